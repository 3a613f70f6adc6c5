"""Whether the code of a model gives the run's results, on request."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from app.exports.verification import ROUNDING, Verification
from app.storage.runs import Run, TrainingRun
from app.ui import components

from .on_demand import OnDemand


def _draw(services, training: TrainingRun, run: Run) -> Any:
    return stamp(services.runs.derived_result(run, Verification))


def stamp(found: Verification) -> html.Div:
    """Return what is said of a verification.

    Parameters
    ----------
    found : Verification
    """
    level = "good" if found.difference < ROUNDING else "problem"
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    return html.Div(
        [
            components.message(found.sentence, level=level),
            dmc.Text(
                ["The table's SHA-256: ", html.Code(found.table_sha256), "."],
                size="sm",
                c="dimmed",
                mt="xs",
                style={"overflowWrap": "anywhere"},
            ),
            dmc.Text(f"With {versions}.", size="sm", c="dimmed"),
        ]
    )


VERIFY = OnDemand(
    kind="verify",
    title="Can it be repeated?",
    hint="The script is run in a clean process, and its predictions and scores are compared with this run's.",
    ask="Verify",
    draw=_draw,
)
