"""The page that compares two models: on the same rows where there are some, and in words where not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app import functions
from app.dashboard.pages import compare, evaluate
from app.storage import NotFound
from tests.dashboard.conftest import CLASSES, fields_of, walk, words


@pytest.fixture(scope="module")
def judged(shared, finished):
    """Store a run whose models predict; `linear` is right, `dummy` guesses."""

    def keep(task: str = "binary", start: int = 0, n_rows: int = 60, **changes):
        run = finished(task, **changes)
        draw = np.random.default_rng(start)
        rows = np.arange(start, start + n_rows)
        y = rows % len(CLASSES[task]) if CLASSES[task] else rows * 1.0
        holdout = pd.DataFrame({"position": rows, "target": y})
        shared.runs.write_table(run, "holdout", holdout)
        for model, noise in (("linear", 0.2), ("dummy", 2)):
            output = y + noise * draw.normal(size=n_rows)
            if CLASSES[task]:
                output = np.eye(len(CLASSES[task]))[y] + noise * draw.random(
                    (n_rows, len(CLASSES[task]))
                )
                output /= output.sum(axis=1, keepdims=True)
            table = functions.models.fitting.output_table(output, CLASSES[task])
            shared.runs.write_table(run, f"output-{model}", table)
        return run

    return keep


def shown(shared, *runs: str, models: str = "") -> str:
    return words(compare.layout(shared, {"runs": ",".join(runs), "models": models}))


@pytest.mark.parametrize("task", CLASSES)
def test_two_models_of_a_run_are_compared_on_its_holdout(shared, judged, task):
    text = shown(shared, judged(task))
    assert "Linear model is better than Baseline by" in text
    assert "more than luck" in text and "same 60 rows" in text
    # The other way round the other is still worse.
    text = shown(shared, judged(task), models="dummy,linear")
    assert "Linear model is better than Baseline by" in text


def test_a_model_beside_itself_predicts_the_same(shared, judged):
    text = shown(shared, judged(), models="linear,linear")
    assert "predict the same" in text


def test_two_runs_are_compared_on_the_rows_that_both_held_out(shared, judged):
    settings = fields_of("binary")["settings"] | {"n_splits": 10, "roles": {}}
    text = shown(shared, judged(), judged(start=30, settings=settings))
    assert "same 30 rows" in text
    assert "without column 'x'; 5 → 10 folds." in text


def test_runs_without_enough_rows_in_common_are_shown_without_a_difference(
    shared, judged
):
    text = shown(shared, judged(), judged(start=55))
    assert "only 5 rows in common" in text
    assert text.count("Of 100 rows with target = yes") >= 2
    assert "±" not in text


@pytest.mark.parametrize(
    ("changes", "words_of"),
    [
        ({"dataset": {"id": "sample-wine", "name": "Wine"}}, "different tables"),
        (
            {"settings": fields_of("binary")["settings"] | {"target": "other"}},
            "different columns, 'target' and 'other'",
        ),
    ],
)
def test_what_cannot_be_compared_is_said(shared, judged, changes, words_of):
    assert words_of in shown(shared, judged(), judged(**changes))


def test_a_run_of_an_earlier_version_has_no_difference(shared, judged, finished):
    assert "earlier version" in shown(shared, judged(), finished("binary"))


def test_without_two_models_the_page_says_where_to_choose_them(
    shared, finished, judged
):
    assert "Choose two models" in shown(shared)
    assert "Choose two models" in shown(shared, "a", "b", "c")
    with pytest.raises(NotFound):
        shown(shared, "0123456789abcdef0123", judged())
    run = shared.runs.content(finished("binary"))
    shared.runs.write(
        run | {"best": None, "leaderboard": [], "state": "failed", "message": "Why."}
    )
    assert "Why." in shown(shared, run["id"], judged())


@pytest.mark.parametrize("models", ["", ",", "nonsense", "linear", "a,b,c", "<b>"])
def test_nonsense_in_the_address_is_replaced(shared, judged, models):
    assert "Linear model is better" in shown(shared, judged(), models=models)


def test_evaluate_leads_to_the_comparison_of_the_model_with_the_next_best(
    shared, judged
):
    run = judged()
    links = [
        part.href
        for part in walk(evaluate.layout(shared, {"run": run}))
        if getattr(part, "id", "") == "to-compare"
    ]
    assert links == [f"/compare?runs={run}&models=linear%2Cdummy"]
