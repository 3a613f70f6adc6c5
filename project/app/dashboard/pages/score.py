"""The Use page: predict new rows with a model of a run, and take it away."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import (
    ALL,
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    ctx,
    dcc,
    html,
    no_update,
)

from app.storage import NotFound
from app.storage.runs import DatasetName, TrainingRun
from app.ui import components

from .. import programs, take_away, watching_section
from ..one_row import one_row, register_one_row
from ..refusals import REFUSALS, TITLE, refusal
from ..scoring_results import asked_again, scoring, scoring_progress
from ..served import badges
from ..state import chosen_model, query_of, search_of
from ..verdict import verdict_in_short

_INTRO = "Predict new rows with the trained model, see what does not fit, and take the model with you."
_DROP = (
    "A table with the columns that the model was trained on, in any order: CSV or other text, Excel, OpenDocument or "
    "Parquet. One row is enough, and further columns stay as they are."
)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the page for the run in the URL."""
    if "run" not in query:
        return components.page("Use", _INTRO, _no_run())
    training = services.runs.training(query["run"])
    if not training.summary.best:
        return components.page("Use", _INTRO, _unfinished(training))
    # Of a model that somebody brought.
    threshold = services.runs.content(training.id).get("threshold")
    if threshold is not None:
        query = {"threshold": str(threshold), **query}
    return components.page(
        "Use",
        _INTRO,
        *badges(services, training),
        dcc.Store(id="score-asked"),
        dcc.Store(
            id="score-begun",
            data={
                "model": chosen_model(training.summary, query),
                "threshold": chosen_threshold(query),
            },
        ),
        dcc.Store(id="score-shown", data=query.get("scoring", "")),
        html.Div(
            verdict_in_short(services, training, chosen_model(training.summary, query)),
            id="score-verdict",
        ),
        _model(training, query),
        _tabs(services, training, query),
    )


def _tabs(services, training: TrainingRun, query: Mapping[str, str]) -> dmc.Tabs:
    model = chosen_model(training.summary, query)
    panels = {
        "predict": [
            components.section(
                "Score new rows",
                _zone(services),
                _options(),
                html.Div(id="score-says"),
            ),
            html.Div(_found(services, training, query), id="score-results"),
            one_row(services, training),
        ],
        "over-time": [
            html.Div(watching_section.section(services, training.id), id="over-time")
        ],
        "from-a-program": [
            html.Div(programs.section(services, training, model), id="from-a-program")
        ],
        "take-away": [
            html.Div(take_away.section(services, training, model), id="taken-away")
        ],
    }
    chosen = query.get("tab")
    # A value becomes part of an id, in which no space may stand.
    labels = {key: key.replace("-", " ").capitalize() for key in panels}
    return dmc.Tabs(
        [
            dmc.TabsList(
                [dmc.TabsTab(says, value=key) for key, says in labels.items()]
            ),
            *[
                dmc.TabsPanel(dmc.Stack(parts, gap="lg"), value=key, pt="lg")
                for key, parts in panels.items()
            ],
        ],
        id="use-tab",
        value=chosen if chosen in panels else "predict",
    )


def _no_run() -> Any:
    return components.empty(
        "No run is chosen",
        "Train models for a table first; this page then predicts new rows with them.",
        "Go to training",
        "/train",
    )


def _unfinished(training: TrainingRun) -> Any:
    return components.empty(
        "This run has no model yet",
        training.run.message or "It is still being trained.",
        "See its progress",
        "/train" + search_of({"run": training.id}),
    )


def chosen_threshold(query: Mapping[str, str]) -> float:
    """Return the threshold of the address if it is one, else a half."""
    try:
        threshold = float(query.get("threshold", ""))
    except ValueError:
        return 0.5
    return threshold if 0 <= threshold <= 1 else 0.5


def _model(training: TrainingRun, query: Mapping[str, str]) -> dmc.Group:
    best = training.summary.best
    choice = dmc.Select(
        id="score-model",
        label="Model",
        data=[
            {
                "value": row.model,
                "label": f"{row.label} (best)" if row.model == best else row.label,
            }
            for row in training.summary.trained
        ],
        value=chosen_model(training.summary, query),
        allowDeselect=False,
        w=260,
    )
    threshold = dmc.NumberInput(
        id="score-threshold",
        label="Threshold",
        value=chosen_threshold(query),
        min=0,
        max=1,
        step=0.05,
        decimalScale=3,
        w=140,
        debounce=True,
    )
    is_binary = training.settings.task == "binary"
    hidden = None if is_binary else {"display": "none"}
    return dmc.Group([choice, html.Div(threshold, style=hidden)])


def _zone(services) -> html.Div:
    limit = str(services.settings.max_upload_bytes)
    return html.Div(
        [
            html.P(
                [
                    html.Strong("Drop the new table here"),
                    " or ",
                    html.Button("choose a file", id="upload-button", type="button"),
                ]
            ),
            html.P(_DROP, className="hint"),
            html.Div(id="upload-status", role="status", **{"aria-live": "polite"}),
        ],
        id="upload",
        **{"data-max-bytes": limit, "data-purpose": "score"},
    )


def _options() -> dmc.Stack:
    return dmc.Stack(
        [
            dmc.Switch(
                id="score-reasons",
                label="Say for each row which three columns move its prediction most (takes longer)",
            ),
            dmc.Switch(
                id="score-unreadable",
                label="Score a row although a cell of it cannot be read: the cell then counts as missing",
            ),
        ],
        gap="xs",
        mt="md",
    )


def _found(services, training: TrainingRun, query: Mapping[str, str]) -> Any:
    if not query.get("scoring"):
        return None
    try:
        return scoring(services, training, query["scoring"])
    except NotFound as error:
        return components.message(str(error))


def register_callbacks(app: Dash, services) -> None:
    """Score what is dropped, follow it, and show what was found; the choices are in the URL."""
    register_one_row(app, services)
    programs.register_programs(app)
    take_away.register_take_away(app, services)
    _register_browser(app)
    _register_progress(app, services)

    @app.callback(
        Output("go", "data", allow_duplicate=True),
        Output("score-says", "children"),
        Input("score-asked", "data"),
        Input({"kind": "score-again", "what": ALL}, "n_clicks"),
        State("search", "data"),
        State("score-reasons", "checked"),
        State("score-unreadable", "checked"),
        State("score-model", "value"),
        State("score-threshold", "value"),
        prevent_initial_call=True,
    )
    def start(asked, clicks, search, reasons, unreadable, model, threshold):
        # Called, too, when the page is drawn.
        if not asked and not any(clicks):
            return no_update, no_update
        address = query_of(search)
        # What the page shows counts, whether the address says it or not.
        query = {**address, "model": str(model), "threshold": str(threshold)}
        options = {"reasons": reasons, "unreadable_as_missing": unreadable}
        try:
            if ctx.triggered_id == "score-asked":
                run = _start(services, query, asked, options)
            elif any(clicks):
                what = ctx.triggered_id["what"]
                run = _start_again(services, query, what, options)
            else:
                return no_update, no_update
        except REFUSALS as error:
            return no_update, components.message(refusal(error), TITLE)
        except (NotFound, ValueError) as error:
            return no_update, components.message(str(error), TITLE)
        return search_of({**address, "scoring": run}), None

    @app.callback(
        Output("score-results", "children"),
        Output("score-shown", "data"),
        Input("search", "data"),
        State("score-shown", "data"),
        prevent_initial_call=True,
    )
    def show(search, shown):
        query = query_of(search)
        wanted = query.get("scoring", "")
        if wanted == shown or "run" not in query:
            return no_update, no_update
        training = services.runs.training(query["run"])
        return _found(services, training, query), wanted

    @app.callback(
        Output("score-verdict", "children"),
        Output("from-a-program", "children"),
        Output("taken-away", "children"),
        Input("score-model", "value"),
        State("search", "data"),
        prevent_initial_call=True,
    )
    def of_model(model, search):
        query = query_of(search)
        training = services.runs.training(query.get("run", ""))
        model = chosen_model(training.summary, {**query, "model": str(model)})
        return (
            verdict_in_short(services, training, model),
            programs.section(services, training, model),
            take_away.section(services, training, model),
        )


def _register_progress(app: Dash, services) -> None:
    @app.callback(
        Output("score-progress", "children"),
        Output("score-results", "children", allow_duplicate=True),
        Output("over-time", "children"),
        Input("score-poll", "n_intervals"),
        State("search", "data"),
        prevent_initial_call=True,
    )
    def poll(_, search):
        query = query_of(search)
        run = services.runs.get(query.get("scoring", ""))
        if run.active:
            return scoring_progress(run), no_update, no_update
        training = services.runs.training(query.get("run", ""))
        return (
            no_update,
            _found(services, training, query),
            watching_section.section(services, training.id),
        )

    @app.callback(
        Output("score-cancel", "disabled"),
        Output("score-cancel", "children"),
        Input("score-cancel", "n_clicks"),
        State("search", "data"),
        prevent_initial_call=True,
    )
    def cancel(clicks, search):
        if not clicks:
            return no_update, no_update
        services.runs.cancel(query_of(search).get("scoring", ""))
        return True, "Cancelling…"


def _register_browser(app: Dash) -> None:
    """Choose in the browser; the address follows."""
    app.clientside_callback(
        ClientsideFunction("score", "chooseTab"),
        Output("go", "data", allow_duplicate=True),
        Input("use-tab", "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("score", "followTab"),
        Output("use-tab", "value"),
        Input("search", "data"),
        State("use-tab", "value"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("score", "choose"),
        Output("go", "data", allow_duplicate=True),
        Input("score-model", "value"),
        Input("score-threshold", "value"),
        State("score-begun", "data"),
        prevent_initial_call=True,
    )


def _start(services, query: Mapping[str, str], asked: Any, options: dict) -> str:
    dataset = services.datasets.get(str((asked or {}).get("dataset", "")))
    training = services.runs.training(query.get("run", ""))
    parameters = _chosen(training, query, options)
    about = DatasetName(dataset.id, dataset.name)
    return services.jobs.score(training.id, about, **parameters)


def _chosen(
    training: TrainingRun, query: Mapping[str, str], options: dict
) -> dict[str, Any]:
    parameters = {name: True for name, chosen in options.items() if chosen is True}
    if training.settings.task == "binary":
        parameters["threshold"] = chosen_threshold(query)
    return parameters | {"model": chosen_model(training.summary, query)}


def _start_again(services, query: Mapping[str, str], what: str, options: dict) -> str:
    run = services.runs.get(query.get("scoring", ""))
    parameters = asked_again(services, run, what)
    training = services.runs.training(parameters.pop("run"))
    if what == "chosen":
        renamed = parameters.get("renamed", {})
        parameters = _chosen(training, query, options) | {"renamed": renamed}
    return services.jobs.score(training.id, run.dataset, **parameters)
