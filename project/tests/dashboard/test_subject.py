"""What stands above a page: the table, the target and the run that it is about."""

from __future__ import annotations

import pytest

from app.dashboard.state import View, choose
from app.dashboard.subject import subject_of
from app.storage import NotFound


def test_a_table_has_the_target_that_is_chosen_or_suggested(shared):
    subject = subject_of(shared, {"dataset": "sample-iris"})
    assert (subject["name"], subject["target"]) == ("Iris", "species")
    chosen = {
        "dataset": "sample-iris",
        "target": "petal width (cm)",
        "columns": "0:out",
    }
    subject = subject_of(shared, chosen)
    assert (subject["target"], subject["suggested"]) == ("petal width (cm)", "species")
    assert subject["query"] == chosen


def test_a_run_opens_its_table_with_the_columns_it_learned_from(shared, finished):
    names = [c.name for c in shared.datasets.get("sample-iris").profile.columns]
    settings = {
        "target": "species",
        "task": "multiclass",
        "roles": {names[1]: "number", names[2]: "number"},
        "models": ["linear"],
        "scoring": "accuracy",
    }
    run = finished("multiclass", settings=settings)
    subject = subject_of(shared, {"run": run})
    view = View.of(subject["query"])
    choice = choose(view, shared.datasets.get("sample-iris").profile)
    assert choice.target == "species"
    assert choice.features == settings["roles"]
    assert subject["score"] == "Accuracy 0.750"
    assert subject["results"] and subject["state"] == "done"


def test_a_run_outlives_its_table(shared, finished):
    run = finished("binary", dataset={"id": "gone", "name": "old.csv"})
    subject = subject_of(shared, {"run": run})
    assert (subject["name"], subject["query"]) == ("old.csv", {})


def test_a_run_without_results_has_no_score(shared, finished):
    run = finished("binary", state="failed", leaderboard=[], best=None)
    subject = subject_of(shared, {"run": run})
    assert (subject["score"], subject["results"]) == ("", False)


@pytest.mark.parametrize("query", [{"dataset": "gone"}, {"run": "gone"}])
def test_what_does_not_exist_has_no_subject(shared, query):
    with pytest.raises(NotFound):
        subject_of(shared, query)
