"""'Change and train again': the form with the settings of a training, and what is different from it by then."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dash import dcc, html

from app import functions
from app.storage import NotFound
from app.storage.brought import is_brought
from app.storage.runs import TrainingRun

from .state import query_of, search_of, view_of_settings


def change_link(services, training: TrainingRun) -> str:
    """Return the address of the form with the settings of a training; empty without its table, or if it was brought.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    """
    if is_brought(training.run):
        return ""
    try:
        profile = services.datasets.get(training.run.dataset.id).profile
    except NotFound:
        return ""
    settings = training.settings
    view = view_of_settings(training.run.dataset.id, settings, profile)
    options = functions.models.settings.address_of(settings)
    query = {**query_of(view.search()), **options, "from": training.id}
    return "/train" + search_of(query)


def changes(services, run_id: str | None, settings: Any) -> Any:
    """Return what is different from an earlier training in a sentence; None where there is none.

    Parameters
    ----------
    services : Services
    run_id : str or None
        The earlier training.
    settings : TrainingSettings
    """
    if not run_id:
        return None
    try:
        before = services.runs.training(run_id)
    except NotFound:
        return None
    found = functions.models.differences.differences(before.settings, settings)
    at = datetime.fromtimestamp(before.run.created, UTC)
    same_day = at.date() == datetime.now(UTC).date()
    said = f"{at:%H:%M}" if same_day else f"{at:%Y-%m-%d %H:%M}"
    link = dcc.Link(
        html.Time(f"the run of {said} UTC", dateTime=at.isoformat()),
        href="/train" + search_of({"run": run_id}),
    )
    return ["Compared with ", link, ": ", "; ".join(found) or "nothing is changed", "."]
