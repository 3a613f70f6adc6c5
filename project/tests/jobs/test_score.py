"""A scoring: a new table in, the same table with predictions out, and all that did not fit."""

from __future__ import annotations

import io

import numpy as np
import pandas as pd
import pytest

from app import functions
from app.functions.scoring.drift import Drift
from app.functions.scoring.results import ScoringResult
from app.jobs import score
from app.jobs.job import Job
from app.storage import NotFound, watching
from app.storage.runs import DatasetName
from tests.jobs.conftest import small_table
from tests.jobs.notebook import Notebook


def keep(trained, text: str, name: str = "new.csv") -> str:
    """Keep a file as the upload does, and return the id of its table."""
    table = functions.tables.reading.read_table(
        io.BytesIO(text.encode()), name, 10**8, to_learn=False
    )
    store = trained.workshop.datasets
    dataset = store.add(pd.DataFrame({"a": [1, 2]}), name)
    return store.add_read(table, name, dataset)


def run_score(trained, dataset: str, **parameters):
    """Score in this process; return the run's id and what it has found."""
    workshop = trained.workshop
    asked = {"run": trained.run_id, "model": "linear", **parameters}
    run_id = workshop.runs.create(
        "score", dataset={"id": dataset, "name": "new.csv"}, parameters=asked
    )
    notebook = Notebook(workshop.runs, run_id)
    score.score(Job(run_id, notebook, workshop.datasets, workshop.runs))
    assert notebook.done == notebook.total
    result = workshop.runs.result(run_id, "result", ScoringResult)
    return workshop.runs.table(run_id, score.SCORED), result


def drift_of(trained, dataset: str) -> Drift | None:
    """Score in this process; return how the table differs from the training."""
    runs = trained.workshop.runs
    before = {folder.name for folder in runs.root.iterdir()}
    run_score(trained, dataset)
    (made,) = {folder.name for folder in runs.root.iterdir()} - before
    return runs.result(made, score.DRIFT, Drift)


def test_a_table_is_scored_in_the_background_and_belongs_to_who_asked(trained):
    workshop = trained.workshop
    dataset = workshop.datasets.add(small_table(200).drop(columns="sick"), "new.csv")
    run_id = workshop.note(
        workshop.jobs.score(
            trained.run_id, DatasetName(dataset, "new.csv"), model="linear"
        )
    )
    run = workshop.wait_for_end(run_id)
    assert run.state == "done", run
    assert run.parent is None and run.dataset.name == "new.csv"
    result = workshop.runs.result(run_id, "result", ScoringResult)
    assert (result.n_rows, result.n_scored) == (200, 200)
    again = workshop.note(workshop.jobs.start_again(run_id))
    assert workshop.wait_for_end(again).parameters == run.parameters


def test_the_predictions_are_those_of_the_training_in_whatever_parts(
    trained, monkeypatch
):
    workshop = trained.workshop
    holdout = workshop.runs.table(trained.run_id, "holdout")
    output = workshop.runs.table(trained.run_id, "output-linear")
    frame = small_table().iloc[holdout["position"]].reset_index(drop=True)
    dataset = workshop.datasets.add(frame, "holdout")
    monkeypatch.setattr(score, "_rows_at_once", lambda *_: 7)
    scored, result = run_score(trained, dataset)
    np.testing.assert_array_equal(scored["probability of yes"], output["yes"])
    pd.testing.assert_frame_equal(scored[list(frame)], frame)
    assert sum(result.predicted) == len(frame) and len(frame) > 7


def test_columns_in_another_order_encoding_and_notation_are_read_as_in_training(
    trained,
):
    lines = ["colour;weight;size;Größe", "red;1,5;-0,25;x", "green;;1.000,5;y"]
    dataset = keep(trained, "\n".join(lines))
    scored, result = run_score(trained, dataset)
    assert result.n_scored == 2
    known = functions.models.persistence.model_from_bytes(
        trained.workshop.runs.model(trained.run_id, "linear")
    )
    X = pd.DataFrame(
        {"size": [-0.25, 1000.5], "weight": [1.5, None], "colour": ["red", "green"]}
    )
    expected = known.predict_proba(X)[:, list(known.classes_).index("yes")]
    np.testing.assert_allclose(scored["probability of yes"], expected)
    assert {p.kind for p in result.problems} == {"outside", "surplus"}


def test_a_single_row_is_enough_and_one_that_cannot_be_scored_keeps_its_place(trained):
    dataset = keep(trained, "size,weight,colour\n1.5,0,red\n")
    assert run_score(trained, dataset)[1].n_scored == 1
    lines = ["size,weight,colour", *["1.5,0,red"] * 30, "large,0,red", "1,1,blue"]
    dataset = keep(trained, "\n".join(lines))
    scored, result = run_score(trained, dataset)
    assert (result.n_rows, result.n_scored) == (32, 31)
    assert [(r.row, r.reason) for r in result.refused] == [
        (31, "size: “large” is not a number")
    ]
    assert np.flatnonzero(scored["prediction"].isna()).tolist() == [30]
    scored, result = run_score(trained, dataset, unreadable_as_missing=True)
    assert result.n_scored == 32
    assert scored["note"][30] == "size: “large” is not a number"


def test_a_column_with_a_similar_name_is_proposed_and_taken_on_request(trained):
    dataset = keep(trained, "Size ,weight,colour\n1.5,0,red\n2.5,0,red\n")
    scored, result = run_score(trained, dataset)
    assert result.similar == {"size": "Size"} and result.n_scored == 2
    renamed, result = run_score(trained, dataset, renamed=dict(result.similar))
    assert not result.problems or result.problems[0].kind == "outside"
    assert (renamed["probability of yes"] != scored["probability of yes"]).all()


def test_reasons_stand_behind_the_predictions(trained):
    dataset = keep(trained, "size,weight,colour\n3,0,red\n-3,0,red\n")
    scored, _ = run_score(trained, dataset, reasons=True)
    assert scored["reason 1"].str.startswith("size = ").all()
    assert scored["reason 1"].str.endswith(" points)").all()


def test_a_column_of_the_table_keeps_its_name(trained):
    dataset = keep(trained, "size,weight,colour,prediction\n3,0,red,a\n-3,0,red,b\n")
    scored, _ = run_score(trained, dataset)
    assert scored["prediction"].tolist() == ["a", "b"]
    assert scored["prediction (model)"].tolist() == ["yes", "no"]


def test_the_wrong_table_is_refused_with_a_sentence(trained):
    dataset = keep(trained, "x,y\n1,2\n3,4\n")
    with pytest.raises(ValueError, match="none of the columns that the model uses"):
        run_score(trained, dataset)


def test_surplus_columns_change_nothing(trained):
    names = [f"x{i}" for i in range(1_900)]
    frame = pd.DataFrame(1.0, index=range(3), columns=names)
    frame = frame.assign(size=1.0, weight=0.0, colour="red")
    dataset = trained.workshop.datasets.add(frame, "wide")
    _, result = run_score(trained, dataset)
    assert result.n_scored == 3
    assert sum(p.kind == "surplus" for p in result.problems) == 1_900


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"model": "none"}, "has not trained this model"),
        ({"threshold": 2}, "from 0 to 1"),
        ({"threshold": True}, "from 0 to 1"),
        ({"renamed": {"size": 3}}, "by name"),
    ],
)
def test_what_makes_no_sense_is_refused_before_it_starts(trained, parameters, sentence):
    workshop = trained.workshop
    dataset = workshop.datasets.add(small_table(), "new.csv")
    asked = {"model": "linear", **parameters}
    with pytest.raises(ValueError, match=sentence):
        workshop.jobs.score(trained.run_id, DatasetName(dataset), **asked)
    with pytest.raises(NotFound):
        workshop.jobs.score("0" * 20, DatasetName(dataset), model="linear")


def test_new_rows_are_compared_with_those_of_the_training(trained):
    frame = small_table(400).assign(size=lambda table: table["size"] + 3)
    dataset = trained.workshop.datasets.add(frame, "later")
    drift = drift_of(trained, dataset)
    assert [column.name for column in drift.changed] == ["size"]
    assert drift.whole.is_alarm
    # The holdout has 24 rows.
    assert drift.predictions.level == "few"
    # The table has the target, so the scores are known too.
    assert {each.metric for each in drift.scores} >= {"roc_auc", "accuracy"}
    assert all(each.n_after == 400 for each in drift.scores)


def test_the_training_table_is_not_compared_with_itself(trained):
    assert drift_of(trained, trained.run.run.dataset.id) is None


def test_a_scoring_leaves_counts_with_its_training_and_no_rows(trained):
    dataset = keep(trained, "size,weight,colour\n" + "8.5,0,red\n" * 40 + "x,0,red\n")
    before = watching.scorings(trained.workshop.runs, trained.run_id)
    run_score(trained, dataset)
    kept = watching.scorings(trained.workshop.runs, trained.run_id)
    assert len(kept) == len(before) + 1
    assert (kept[-1].rows, kept[-1].refused, kept[-1].model) == (41, 1, "linear")
    assert sum(kept[-1].columns["colour"]) == sum(kept[-1].predictions) == 40


def test_a_row_is_scored_alike_whichever_rows_stand_beside_it(trained):
    head = "colour;weight;size"
    usual = [f"red;1,{k};0,{k}5" for k in range(10, 50)]
    odd = ["red;1.5;0.25", "red;1,5;1.000,5", "green;much;0,25", "red;NA;0,25"]
    together, _ = run_score(trained, keep(trained, "\n".join([head, *usual, *odd])))
    for k, line in enumerate(odd):
        alone, _ = run_score(trained, keep(trained, f"{head}\n{line}\n{usual[0]}"))
        for name in ("prediction", "probability of yes", "note"):
            beside, by_itself = together[name][40 + k], alone[name][0]
            assert beside == by_itself or (beside != beside and by_itself != by_itself)
    assert together["note"][42] == "Not scored: weight: “much” is not a number"
    assert together["prediction"].notna().tolist() == [True] * 42 + [False, True]
