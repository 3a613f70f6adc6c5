"""The names that models of a run serve under, as its pages and the Library show them."""

from __future__ import annotations

from typing import Any

from dash import html

from app.storage.runs import TrainingRun
from app.storage.served import ServedModels


def badges(services, training: TrainingRun, line: bool = True) -> list[Any]:
    """Return a badge for each name that a model of a run serves under.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    line : bool
        Whether they stand on a line of their own.
    """
    names = ServedModels(services.jobs.data_dir).names_of(training.id)
    labels = {row.model: row.label for row in training.summary.trained}
    found = []
    for name, model in names.items():
        which = f" ({labels[model]})" if len(labels) > 1 and model in labels else ""
        found.append(html.Span(f"serves “{name}”{which}", className="label"))
    if not found or not line:
        return found
    return [html.P(found, className="mb", id="served")]
