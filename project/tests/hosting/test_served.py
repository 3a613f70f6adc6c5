"""`/served/<name>` leads to whichever model serves, for those who may see it."""

from __future__ import annotations

import pytest

from app.dashboard import belongings, library_list
from app.dashboard.pages import evaluate, score
from app.dashboard.pages import train as train_page
from app.storage.served import ServedModels
from tests.dashboard.conftest import fields_of, result_of


@pytest.fixture
def run(services):
    made = services.runs.create(**fields_of("binary") | {"state": "done"})
    for model in ("dummy", "linear"):
        services.runs.write_result(made, f"model-{model}", result_of("binary"))
    ServedModels(services.jobs.data_dir).promote("churn", made, "linear")
    return made


def test_a_name_leads_to_its_model(client, run):
    answer = client.get("/served/churn")
    assert answer.status_code == 302
    assert answer.location == f"/score?run={run}&model=linear"
    assert "no-cache" in answer.headers["Cache-Control"]


def test_behind_a_proxy_the_way_to_it_begins_with_the_proxys_path(client, run):
    behind = {"SCRIPT_NAME": "/tools/dashboard"}
    answer = client.get("/served/churn", environ_overrides=behind)
    assert answer.location.startswith("/tools/dashboard/score?run=")


@pytest.mark.parametrize("name", ["other", "../x", "a b", "%00"])
def test_a_name_that_nothing_serves_under_is_not_found(client, run, name):
    assert client.get(f"/served/{name}").status_code == 404


def test_the_pages_of_the_run_say_what_it_serves(services, run):
    for page in (evaluate, score, train_page):
        assert "serves “churn”" in str(page.layout(services, {"run": run}))
    asked = {"entries": [{"kind": "run", "id": run}]}
    shown = str(library_list.library_list(services, asked))
    assert "serves “churn”" in shown and "kept while it serves" in shown


def test_what_serves_is_not_deleted(services, run):
    asked = {"act": "delete", "items": [{"kind": "run", "id": run}]}
    assert "serves as “churn”" in belongings.act(services, asked)
    assert services.runs.get(run)
    ServedModels(services.jobs.data_dir).demote("churn")
    assert belongings.act(services, asked).startswith("Deleted")
