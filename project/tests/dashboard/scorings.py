"""Scorings as a run leaves them, without a model."""

from __future__ import annotations

import pandas as pd

from app.dashboard.pages import score
from app.functions.scoring.conforming import Problem
from app.functions.scoring.results import RefusedRow, ScoringResult
from app.functions.tables.schema import TableSchema
from app.jobs.score import SCORED
from tests.dashboard.conftest import CLASSES


def misfit(kind: str) -> Problem:
    """A column that does not fit, with an odd name."""
    return Problem(f"<b>{kind}", kind, 2, (1, 2), {"<i>": 2}, "a number")


def scorings(shared, training: str) -> list[str]:
    """Scorings with a run, in several states; the last one has misfits of every kind."""
    about = {"id": "sample-iris", "name": "new.csv"}
    kinds = ("absent", "unreadable", "unseen", "outside", "surplus")
    found = ScoringResult(
        "linear", 3, 2, 0.5, CLASSES["binary"], (1, 1), 0.1, 0.9, 0.5,
        problems=tuple(map(misfit, kinds)),
        refused=(RefusedRow(2, "“x” is not a number"),),
        similar={"size": "Size"},
    )  # fmt: skip
    rows = pd.DataFrame({"<b>": [1.0, 2.0, 3.0], "prediction": ["yes", None, "no"]})
    rows = rows.assign(**{"may be": "no", "note": None})
    schema = TableSchema.of(rows, {"<b>": "number", "prediction": "category"})
    shared.runs.write_result(training, "schema", schema)
    made = []
    for state in ("running", "failed", "done"):
        run = shared.runs.create("score", dataset=about, parameters={"run": training})
        shared.runs.write(
            shared.runs.content(run) | {"state": state, "message": "Why."}
        )
        with shared.runs.writing_table(run, SCORED) as writer:
            writer.write(rows)
        shared.runs.write_result(run, "result", found)
        made.append(run)
    return made


def score_layouts(shared, training: str) -> list:
    """The Use page with each of them."""
    return [
        score.layout(shared, {"run": training, "scoring": each})
        for each in scorings(shared, training)
    ]
