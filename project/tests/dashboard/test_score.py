"""The Use page without a browser: what it says of a scoring, and of an odd address."""

from __future__ import annotations

import json

import pytest
from plotly.utils import PlotlyJSONEncoder

from app.dashboard.pages import score
from tests.dashboard.conftest import CLASSES, walk, words
from tests.dashboard.scorings import scorings


def size(layout) -> int:
    return len(json.dumps(layout, cls=PlotlyJSONEncoder))


def test_what_did_not_fit_is_said_of_each_column(shared, finished):
    run = finished("binary")
    layout = score.layout(shared, {"run": run, "scoring": scorings(shared, run)[2]})
    said = words(layout)
    assert "2 of 3 rows were scored with the model “Linear model”" in said
    for kind in ("unreadable", "unseen", "outside"):
        assert f"'<b>{kind}'" in said
    assert "Rows 1 and 2." in said and "1 row not scored" in said
    assert "“Size” for “size”" in said
    assert size(layout) < 60_000


def test_a_scoring_of_another_run_or_no_scoring_is_a_sentence(shared, finished):
    run, other = finished("binary"), finished("binary")
    for scoring in (scorings(shared, other)[2], other, "../x", "0" * 20):
        layout = score.layout(shared, {"run": run, "scoring": scoring})
        (found,) = [p for p in walk(layout) if getattr(p, "id", "") == "score-results"]
        (alert,) = [p for p in walk(found) if getattr(p, "role", "") == "alert"]
        assert words(alert).endswith(".")


@pytest.mark.parametrize("task", CLASSES)
@pytest.mark.parametrize("threshold", ["", "x", "-1", "nan", "1e400", "0.3"])
def test_an_odd_threshold_in_the_address_is_ignored(shared, finished, task, threshold):
    query = {"run": finished(task), "threshold": threshold, "model": "<b>"}
    layout = score.layout(shared, query)
    (shown,) = [p for p in walk(layout) if getattr(p, "id", "") == "score-threshold"]
    assert shown.value == (0.3 if threshold == "0.3" else 0.5)


def test_the_threshold_of_a_model_that_was_brought_is_the_one_it_begins_with(
    shared, finished
):
    run = finished("binary", threshold=0.9)
    layout = score.layout(shared, {"run": run})
    known = {str(getattr(part, "id", "")): part for part in walk(layout)}
    assert known["score-threshold"].value == 0.9
    assert known["score-begun"].data == {"model": "linear", "threshold": 0.9}
