"""What a page is about: a table, a target and a run, as the address or the run names them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app import functions, wording
from app.storage import NotFound
from app.storage.runs import TrainingRun

from .state import View, choose, query_of, view_of_settings

# The list to switch to another target; whoever looks for a column of a wider table finds it on the Data page.
_MAX_COLUMNS = 500


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
        'dataset' and 'name' of the table, 'target', the 'suggested' one, the names of the first 'columns', how many
        'more' there are, and 'query', which opens the table with the same choices; of a run also 'run', 'state',
        'created' in seconds since the epoch, whether it has 'results', and its best 'score' as text.

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
        **_columns_of(dataset.profile),
    }


def best_score(training: TrainingRun) -> str:
    """Return the metric and the best model's score on the holdout; empty while there is none."""
    summary = training.summary
    best = [row for row in summary.trained if row.model == summary.best]
    if not best:
        return ""
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    return f"{metric.label} {wording.fixed(best[0].holdout)}"


def _columns_of(profile) -> dict[str, Any]:
    names = [column.name for column in profile.columns]
    return {
        "suggested": profile.sure_target,
        "columns": names[:_MAX_COLUMNS],
        "more": max(0, len(names) - _MAX_COLUMNS),
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
        "results": bool(training.summary.best),
        "score": best_score(training),
    }
    try:
        profile = services.datasets.get(run.dataset.id).profile
    except NotFound:  # the table has expired, its run is still there
        return subject | {"query": {}, "columns": [], "more": 0}
    view = view_of_settings(run.dataset.id, settings, profile)
    return subject | {"query": query_of(view.search()), **_columns_of(profile)}
