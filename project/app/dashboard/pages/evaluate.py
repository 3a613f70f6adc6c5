"""The Evaluate page: how good the models of a run are, and whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import (
    ALL,
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
from app.storage.runs import Run, TrainingRun
from app.ui import components

from ..leaderboard import leaderboard, leaderboard_caption, training_notes
from ..learning_curve import LEARNING_CURVE
from ..on_demand import on_demand, register_on_demand
from ..results_binary import binary_results, register_binary
from ..results_multiclass import multiclass_results
from ..results_regression import regression_results
from ..state import query_of, search_of
from ..trust import alarm, register_trust, trust_section

if TYPE_CHECKING:
    from app.functions.evaluation.summary import TrainingSummary

_INTRO = "How good each model is on rows it has not seen, how certain that is, and which problems were found."


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the page for the run in the URL."""
    if "run" not in query:
        return components.page("Evaluate", _INTRO, _no_run())
    training = services.runs.training(query["run"])
    if not training.summary.best:
        return components.page("Evaluate", _INTRO, _unfinished(training.run))
    settings, summary = training.settings, training.summary
    metric = functions.evaluation.scoring.METRICS[settings.scoring]
    model = _model(summary, query)
    return components.page(
        "Evaluate",
        _INTRO,
        *alarm(summary),
        components.section(
            f"Leaderboard: {settings.target} of {training.run.dataset.name}",
            *training_notes(training),
            html.Div(leaderboard(training, model, sortable=True), id="leaderboard"),
            html.P(leaderboard_caption(training), className="caption"),
            _model_select(summary, model),
            hint=f"{metric.label}: {metric.explanation}",
        ),
        html.Div(_results(services, training, model, query), id="model-results"),
    )


def _no_run() -> Any:
    return components.empty(
        "No run is chosen",
        "Train models for a table first; this page then shows how good they are and whether you can trust them.",
        "Go to training",
        "/train",
    )


def _unfinished(run: Run) -> Any:
    return components.empty(
        "This run has no results yet",
        run.message or "It is still being trained.",
        "See its progress",
        "/train" + search_of({"run": run.id}),
    )


def _model(summary: TrainingSummary, query: Mapping[str, str]) -> str:
    usable = [row.model for row in summary.trained]
    return query["model"] if query.get("model") in usable else summary.best


def _model_select(summary: TrainingSummary, model: str) -> dmc.Select:
    options = [{"value": row.model, "label": row.label} for row in summary.trained]
    return dmc.Select(
        id="model",
        label="Model",
        data=options,
        value=model,
        allowDeselect=False,
        w=260,
        mt="sm",
    )


def _results(
    services, training: TrainingRun, model: str, query: Mapping[str, str]
) -> dmc.Stack:
    result = services.runs.model_result(training, model)
    task, classes = training.settings.task, training.summary.classes
    if task == "binary":
        parts = binary_results(result, classes, query, training.settings.calibration)
    elif task == "multiclass":
        parts = multiclass_results(
            result, classes, query, training.settings.calibration
        )
    else:
        parts = regression_results(result)
    return dmc.Stack(
        [
            dcc.Store(id="shown-model", data=model),
            trust_section(services, training, model),
            *parts,
            on_demand(services, LEARNING_CURVE, training, model=model),
        ],
        gap="lg",
    )


def register_callbacks(app: Dash, services) -> None:
    """Make the page answer: the model and the class are in the URL, the threshold stays in the browser."""
    register_binary(app)
    register_trust(app, services)
    register_on_demand(app, services, [LEARNING_CURVE])
    app.clientside_callback(
        ClientsideFunction("evaluate", "choose"),
        Output("go", "data", allow_duplicate=True),
        Input("model", "value"),
        State("shown-model", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "chooseClass"),
        Output("go", "data", allow_duplicate=True),
        Input("class", "value"),
        State("class", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "sort"),
        Output("leaderboard-rows", "children"),
        Output({"kind": "sorted", "column": ALL}, "aria-sort"),
        Input({"kind": "sort", "column": ALL, "first": ALL}, "n_clicks"),
        State("leaderboard-rows", "children"),
        State({"kind": "sorted", "column": ALL}, "id"),
        State({"kind": "sorted", "column": ALL}, "aria-sort"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("model-results", "children"),
        Output("leaderboard", "children"),
        Input("search", "data"),
        State("shown-model", "data"),
        State("url", "pathname"),
        prevent_initial_call=True,
    )
    def show_model(search, shown, pathname):
        query = query_of(search)
        if pathname != "/evaluate" or "run" not in query:
            return no_update, no_update
        training = services.runs.training(query["run"])
        if not training.summary.best:
            return no_update, no_update
        model = _model(training.summary, query)
        board = no_update
        if model != shown:
            board = leaderboard(training, model, sortable=True)
        return _results(services, training, model, query), board
