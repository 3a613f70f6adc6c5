"""Files of runs over HTTP: they are sent with a safe name, and what is not there is a sentence."""

from __future__ import annotations

import hashlib

import pandas as pd
import pytest

from app.exports import registry
from app.storage import belongings
from app.storage.run_files import RunFiles
from tests.dashboard.conftest import fields_of

JSON = {"Accept": "application/json"}


@pytest.fixture
def run(services) -> str:
    """A training of a table with an odd name, as if it were done."""
    frame = pd.DataFrame({"x": [1.5, None], "target": ["no", "yes"]})
    dataset = services.datasets.add(frame, '../a "b"\r\nc; é.csv')
    about = {"id": dataset, "name": services.datasets.get(dataset).name}
    record = fields_of("binary") | {"state": "done", "dataset": about}
    return services.runs.create(**record)


def sentence(answer) -> str:
    return answer.get_json()["error"]


def test_the_table_comes_as_its_own_file_with_a_safe_name(client, services, run):
    answer = client.get(f"/runs/{run}/files/table?model=linear")
    assert answer.status_code == 200
    dataset = services.runs.get(run).dataset.id
    stored = (services.datasets.root / dataset / "table.parquet").read_bytes()
    assert hashlib.sha256(answer.data).digest() == hashlib.sha256(stored).digest()
    name = answer.headers["Content-Disposition"]
    assert name.startswith("attachment") and ".parquet" in name
    assert not set(name) & set("\r\n/\\") and ".." not in name
    assert "private" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["nothing", "run.json", "..", "%2e%2e%2frun.json"])
def test_what_is_no_export_is_not_found(client, run, name):
    answer = client.get(f"/runs/{run}/files/{name}", headers=JSON)
    assert answer.status_code == 404


@pytest.mark.parametrize("model", ["svm", "../../run", "<b>", "x" * 3000])
def test_a_model_that_was_not_trained_has_no_file(client, run, model):
    answer = client.get(
        f"/runs/{run}/files/table", query_string={"model": model}, headers=JSON
    )
    assert answer.status_code == 409 and "not trained this model" in sentence(answer)


def test_a_run_that_is_deleted_meanwhile_is_not_found(client, services, run):
    belongings.delete(services.runs.root, run, "run")
    answer = client.get(f"/runs/{run}/files/table", headers=JSON)
    assert answer.status_code == 404 and "deleted" in sentence(answer)
    page = client.get(f"/runs/{run}/files/table")
    assert page.status_code == 404 and "text/html" in page.content_type


def test_the_table_of_a_run_whose_table_is_gone_is_not_found(client, services, run):
    belongings.delete(
        services.datasets.root, services.runs.get(run).dataset.id, "table"
    )
    answer = client.get(f"/runs/{run}/files/table", headers=JSON)
    assert answer.status_code == 404 and "table" in sentence(answer)


def test_what_a_job_prepares_is_sent_once_it_is_there(client, services, run):
    address = f"/runs/{run}/files/script?model=linear"
    answer = client.get(address, headers=JSON)
    assert answer.status_code == 409 and "Prepare" in sentence(answer)
    training = services.runs.training(run)
    export = registry.EXPORTS["script"]
    asked = registry.parameters_of(export, training, "linear", services.runs)
    made = services.runs.create("export", parent=run, parameters=asked, state="done")
    services.runs.link_derived("export", run, asked, made)
    assert client.get(address, headers=JSON).status_code == 404  # it was lost
    RunFiles(services.runs.root).write(made, b"print(1)")
    answer = client.get(address)
    assert (answer.status_code, answer.data) == (200, b"print(1)")
    assert answer.mimetype == "text/x-python"
    belongings.delete(services.runs.root, made, "run")
    assert client.get(address, headers=JSON).status_code == 409


def test_a_run_of_an_older_version_says_why_it_has_no_code(client, services, run):
    services.runs.write(services.runs.content(run) | {"schema": 1})
    answer = client.get(f"/runs/{run}/files/script", headers=JSON)
    assert answer.status_code == 409 and "older version" in sentence(answer)


def test_a_file_of_a_run_that_was_lost_is_a_sentence(services, run):
    kept = RunFiles(services.runs.root)
    with pytest.raises(LookupError, match="Prepare it again"):
        kept.path(run, "results")
    kept.write(run, b"content")
    assert kept.path(run, "results").read_bytes() == b"content"
