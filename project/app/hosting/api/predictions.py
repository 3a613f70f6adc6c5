"""Predictions of a run's models, what moves them, and whether rows fit what the models have learned from."""

from __future__ import annotations

import contextlib
from typing import Any

from flask import Response

from app.jobs.models import Refused, Unavailable
from app.services import Services
from app.storage import NotFound
from app.storage.served import Promotion, ServedModels, is_name

from . import problems
from .operations import Operations

_TAG = "Predictions"
_FAILS = (404, 409, 503)


def register(operations: Operations, services: Services) -> None:
    """Add the operations on models."""

    @operations.add(
        "POST",
        "/runs/<run_id>/predict",
        _TAG,
        body="Rows",
        query="PredictChoice",
        gives={200: "Predictions"},
        fails=_FAILS,
    )
    def predict(run_id: str, query, body):
        """Predict up to 10,000 rows."""
        return asked(
            services,
            "predict",
            run_id,
            rows=body.rows,
            model=query.model,
            threshold=query.threshold,
        )

    @operations.add(
        "POST",
        "/runs/<run_id>/explain",
        _TAG,
        body="FewRows",
        query="ModelChoice",
        gives={200: "Explanations"},
        fails=_FAILS,
    )
    def explain(run_id: str, query, body):
        """Predict up to 100 rows, with the columns that move each prediction most."""
        return asked(services, "explain", run_id, rows=body.rows, model=query.model)

    @operations.add(
        "POST",
        "/runs/<run_id>/check",
        _TAG,
        body="Rows",
        gives={200: "Checked"},
        fails=_FAILS,
    )
    def check(run_id: str, body):
        """Check up to 10,000 rows against what the models have learned from."""
        return asked(services, "check", run_id, rows=body.rows)


def asked(services: Services, what: str, run_id: str, **fields: Any) -> dict[str, Any]:
    """Return what the process that keeps models answers, if whoever asks may use the run's models.

    A run may be called by a name under which one of its models serves.

    Raises
    ------
    NotFound
        There is no such run, or whoever asks may not.
    """
    serving = _serving(services, run_id)
    if serving is not None:
        run_id = serving.run
        if "model" in fields:
            fields["model"] = fields["model"] or serving.model
    services.permissions.guard("run")(run_id, "score")
    if what == "predict":
        fields["watched"] = True
    return services.models.ask(what, run_id, **fields)


def _serving(services: Services, name: str) -> Promotion | None:
    """Return which model serves under a name; None if it is none, of which nobody is told more than of a run."""
    if not is_name(name):
        return None
    with contextlib.suppress(NotFound):
        return ServedModels(services.jobs.data_dir).run_of(name)
    return None


def unavailable(error: Unavailable) -> Response:
    """Answer that there is no answer now."""
    response = problems.problem(503, str(error))
    response.headers["Retry-After"] = str(error.seconds)
    return response


def refused(error: Refused) -> Response:
    """Answer why a model cannot."""
    return problems.problem(error.status, str(error))
