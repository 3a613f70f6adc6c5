"""The Train page: choose models and their evaluation, then watch the training."""

from __future__ import annotations

from collections.abc import Mapping

from dash import Dash, html

from app.ui import components

from ..state import View
from ..training_form import register_form, training_form
from ..training_progress import register_progress, training_progress

_INTRO = (
    "Every model is checked on the same parts of the rows, and compared with a guess that ignores the columns. "
    "Some rows are kept aside for the final check, and used for no choice."
)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the progress of the run in the URL, or the form for the dataset in it."""
    if "run" in query:
        return components.page(
            "Train", _INTRO, *training_progress(services, query["run"])
        )
    return components.page(
        "Train", _INTRO, *training_form(services, View.of(query), query)
    )


def register_callbacks(app: Dash, services) -> None:
    """Register the callbacks of the form and the progress."""
    register_form(app, services)
    register_progress(app, services)
