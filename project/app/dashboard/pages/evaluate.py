"""The Evaluate page: how good the models of a run are, and whether to believe it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

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
from app.storage.brought import is_brought
from app.storage.runs import Run, TrainingRun
from app.ui import components

from ..brought import about_brought, is_unjudged, unjudged
from ..leaderboard import leaderboard, leaderboard_caption, training_notes
from ..learning_curve import LEARNING_CURVE
from ..on_demand import on_demand, register_on_demand
from ..results_binary import binary_results, register_binary
from ..results_multiclass import multiclass_results
from ..results_regression import regression_results
from ..served import badges
from ..state import chosen_model, query_of, search_of
from ..trust import alarm, register_trust, trust_section
from ..verdict import baseline_result, verdict_panel
from ..verification import VERIFY

_INTRO = "How good each model is on rows it has not seen, how certain that is, and which problems were found."


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the page for the run in the URL."""
    if "run" not in query:
        return components.page("Evaluate", _INTRO, _no_run())
    training = services.runs.training(query["run"])
    if not training.summary.best:
        return components.page("Evaluate", _INTRO, _unfinished(training.run))
    model = chosen_model(training.summary, query)
    if is_unjudged(services, training):
        return components.page("Evaluate", _INTRO, unjudged(training))
    return components.page(
        "Evaluate",
        _INTRO,
        *badges(services, training),
        *about_brought(services, training),
        dcc.Store(id="results-key", data=_key(query)),
        html.Div(verdict_panel(services, training, model), id="verdict"),
        *alarm(training.summary),
        _tabs(services, training, model, query),
    )


def _tabs(
    services, training: TrainingRun, model: str, query: Mapping[str, str]
) -> dmc.Tabs:
    panels = {
        "result": [
            _board(training, model),
            html.Div(_results(services, training, model, query), id="model-results"),
        ],
        "trust": [html.Div(_trust(services, training, model), id="model-trust")],
    }
    chosen = query.get("tab")
    return dmc.Tabs(
        [
            dmc.TabsList([dmc.TabsTab(key.capitalize(), value=key) for key in panels]),
            *[
                dmc.TabsPanel(dmc.Stack(parts, gap="lg"), value=key, pt="lg")
                for key, parts in panels.items()
            ],
        ],
        id="tab",
        value=chosen if chosen in panels else "result",
    )


def _board(training: TrainingRun, model: str) -> dmc.Paper:
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    return components.section(
        f"Leaderboard: {training.settings.target} of {training.run.dataset.name}",
        *training_notes(training),
        html.Div(leaderboard(training, model, sortable=True), id="leaderboard"),
        html.P(leaderboard_caption(training), className="caption"),
        *_to_compare(training, model),
        hint=f"{metric.label}: {metric.explanation}",
    )


def _to_compare(training: TrainingRun, model: str) -> list[dmc.Group]:
    """Return the way to two models side by side; none if there is only one."""
    rows = training.summary.trained
    others = [row for row in rows if row.model != model]
    other = functions.evaluation.results.best_model(others, training.settings.scoring)
    if other is None:
        return []
    options = [{"value": row.model, "label": row.label} for row in rows]
    selects = [
        dmc.Select(
            id=f"to-compare-{side}",
            label=label,
            data=options,
            value=value,
            allowDeselect=False,
            w=220,
        )
        for side, label, value in (
            ("left", "Compare", model),
            ("right", "with", other),
        )
    ]
    href = "/compare" + search_of({"runs": training.id, "models": f"{model},{other}"})
    link = components.button_link(
        "Compare the two side by side", href, kind="light", id="to-compare"
    )
    return [dmc.Group([*selects, link], align="flex-end", mt="md")]


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


def _key(query: Mapping[str, str]) -> str:
    """Return what of the address decides what is shown, as `evaluate.key` in assets/evaluate.js computes it."""
    return " ".join(query.get(name, "") for name in ("run", "model", "class"))


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
        is_baseline = model == functions.models.catalogue.BASELINE
        baseline = None if is_baseline else baseline_result(services, training)
        parts = regression_results(result, baseline)
    return dmc.Stack(
        [
            dcc.Store(id="shown-model", data=model),
            *parts,
        ],
        gap="lg",
    )


def _trust(services, training: TrainingRun, model: str) -> dmc.Stack:
    return dmc.Stack(
        [
            trust_section(services, training, model),
            *(
                []
                if is_brought(training.run)
                else [on_demand(services, LEARNING_CURVE, training, model=model)]
            ),
        ],
        gap="lg",
    )


def register_callbacks(app: Dash, services) -> None:
    """Make the page answer: the model and the class are in the URL, the threshold stays in the browser."""
    register_binary(app)
    register_trust(app, services, partial(verdict_panel, services))
    register_on_demand(app, services, [LEARNING_CURVE, VERIFY])
    _register_browser(app)

    @app.callback(
        Output("verdict", "children"),
        Output("leaderboard", "children"),
        Output("model-results", "children"),
        Output("model-trust", "children"),
        Input("results-key", "data"),
        State("search", "data"),
        State("shown-model", "data"),
        prevent_initial_call=True,
    )
    def show_model(_, search, shown):
        query = query_of(search)
        training = services.runs.training(query.get("run", ""))
        if not training.summary.best:
            return [no_update] * 4
        model = chosen_model(training.summary, query)
        results = _results(services, training, model, query)
        if model == shown:
            return no_update, no_update, results, no_update
        return (
            verdict_panel(services, training, model),
            leaderboard(training, model, sortable=True),
            results,
            _trust(services, training, model),
        )


def _register_browser(app: Dash) -> None:
    """Choose, sort and switch in the browser."""
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
        ClientsideFunction("evaluate", "toComparison"),
        Output("to-compare", "href"),
        Input("to-compare-left", "value"),
        Input("to-compare-right", "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "pick"),
        Output("go", "data", allow_duplicate=True),
        Input({"kind": "choose-model", "model": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "chooseTab"),
        Output("go", "data", allow_duplicate=True),
        Input("tab", "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "follows"),
        Output("tab", "value"),
        Output("results-key", "data"),
        Input("search", "data"),
        State("tab", "value"),
        State("results-key", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "toSection"),
        Output("tab", "value", allow_duplicate=True),
        Input({"kind": "to-section", "section": ALL}, "n_clicks"),
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
