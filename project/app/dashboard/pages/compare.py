"""The Compare page: two models side by side on the rows that neither has seen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import (
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    dcc,
    html,
    no_update,
)

from app import functions
from app.storage.runs import TrainingRun
from app.ui import components

from ..comparison import comparison
from ..state import query_of, search_of

_INTRO = (
    "Two models on the rows that neither has seen: which one is better, and whether that may be luck. "
    "Judged row by row, so that a difference shows that two separate scores would hide."
)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the comparison of the runs and models in the URL."""
    return components.page(
        "Compare",
        _INTRO,
        dcc.Store(id="compare-key", data=_key(query)),
        html.Div(_body(services, query), id="comparison"),
    )


def _key(query: Mapping[str, str]) -> str:
    return f"{query.get('runs', '')} {query.get('models', '')}"


def _body(services, query: Mapping[str, str]) -> Any:
    wanted = list(dict.fromkeys(filter(None, query.get("runs", "").split(","))))
    if not 1 <= len(wanted) <= 2:
        return components.empty(
            "Choose two models",
            "Open the results of a run and choose two of its models below the leaderboard, or two runs.",
            "Go to Evaluate",
            "/evaluate",
        )
    trainings = [services.runs.training(run) for run in wanted]
    if not all(services.permissions.may("rows", "run", run) for run in wanted):
        return components.empty(
            "Only the results are shared with you",
            "To compare two models row by row, ask whoever shared them for a link that shows the table too.",
            "Go to Evaluate",
            "/evaluate" + search_of({"run": wanted[0]}),
        )
    for training in trainings:
        if not training.summary.best:
            return components.empty(
                "One of the runs has no results",
                training.run.message or "It is still being trained.",
                "See its progress",
                "/train" + search_of({"run": training.id}),
            )
    first, second = trainings[0], trainings[-1]
    models = (*query.get("models", "").split(","), "", "")[:2]
    left = _model(first, models[0])
    taken = left if first is second else None
    right = _model(second, models[1], taken)
    return dmc.Stack(
        [
            dcc.Store(id="compare-shown", data=f"{left},{right}"),
            dmc.SimpleGrid(
                [_select("left", first, left), _select("right", second, right)],
                cols=2,
            ),
            *comparison(services, (first, left), (second, right)),
        ],
        gap="lg",
    )


def _model(training: TrainingRun, wanted: str, taken: str | None = None) -> str:
    """Return the wanted model if there is one, else the run's best that is not taken yet."""
    rows = [row.model for row in training.summary.trained]
    if wanted in rows:
        return wanted
    results = functions.evaluation.results
    free = [row for row in training.summary.trained if row.model != taken]
    best = results.best_model(free, training.settings.scoring)
    return best or training.summary.best


def _select(side: str, training: TrainingRun, model: str) -> dmc.Select:
    return dmc.Select(
        id=f"compare-{side}",
        label="First model" if side == "left" else "Second model",
        data=[{"value": r.model, "label": r.label} for r in training.summary.trained],
        value=model,
        allowDeselect=False,
    )


def register_callbacks(app: Dash, services) -> None:
    """Follow the choice of the models, which is in the URL."""
    app.clientside_callback(
        ClientsideFunction("evaluate", "compare"),
        Output("go", "data", allow_duplicate=True),
        Input("compare-left", "value"),
        Input("compare-right", "value"),
        State("compare-shown", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("comparison", "children"),
        Output("compare-key", "data"),
        Input("search", "data"),
        State("url", "pathname"),
        State("compare-key", "data"),
        prevent_initial_call=True,
    )
    def show(search, pathname, shown):
        query = query_of(search)
        if pathname != "/compare" or _key(query) == shown:
            return no_update, no_update
        return _body(services, query), _key(query)
