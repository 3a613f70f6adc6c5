"""What a page is about: a table, a target and a run, as the address or the run names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import functions
from app.storage import NotFound
from app.storage.runs import TrainingRun

from .state import LEFT_OUT, View, choose, query_of


def subject_of(services, query: Mapping[str, str]) -> dict[str, Any]:
    """Return what the browser remembers of an open page and shows above it.

    Parameters
    ----------
    services : Services
    query : mapping of str to str
        Of the address of a page that exists.

    Returns
    -------
    dict of str
        'dataset' and 'name' of the table, 'target', and 'query', which opens the table with the same choices; of a run
        also 'run', 'state', and 'created' in seconds since the epoch.

    Raises
    ------
    NotFound
        There is no such run or table, or no longer.
    """
    if "run" in query:
        return _of_run(services, services.runs.training(query["run"]))
    view = View.of(query)
    dataset = services.datasets.get(view.dataset)
    return {
        "dataset": dataset.id,
        "name": dataset.name,
        "target": choose(view, dataset.profile).target,
        "query": query_of(view.search()),
    }


def _of_run(services, training: TrainingRun) -> dict[str, Any]:
    run, settings = training.run, training.settings
    subject = {
        "dataset": run.dataset.id,
        "name": run.dataset.name,
        "target": settings.target,
        "run": run.id,
        "state": run.state,
        "created": run.created,
    }
    try:
        profile = services.datasets.get(run.dataset.id).profile
    except NotFound:  # the table has expired, its run is still there
        return subject | {"query": {}}
    view = View(
        run.dataset.id, settings.target, settings.task, _columns(settings, profile)
    )
    return subject | {"query": query_of(view.search())}


def _columns(settings, profile) -> dict[int, str]:
    """Return the changes that make the recognised columns those of a run."""
    usable = functions.tables.profiling.ROLES_FOR_TRAINING
    changed = {}
    for i, column in enumerate(profile.columns):
        role = settings.roles.get(column.name)
        if column.name == settings.target or role == column.role:
            continue
        if role is not None:
            changed[i] = role
        elif column.role in usable:
            changed[i] = LEFT_OUT
    return changed
