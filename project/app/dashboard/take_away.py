"""What can be taken away from a run: each file with a sentence, and the button that prepares or downloads it."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

import dash_mantine_components as dmc
from dash import ALL, MATCH, Dash, Input, Output, State, ctx, dcc, html, no_update

from app.exports import registry
from app.exports.export import Export
from app.storage.card_fields import keep
from app.storage.runs import Run, TrainingRun
from app.ui import components

from .card_form import SAVED, card_form, fields_of
from .on_demand import on_demand
from .refusals import REFUSALS, TITLE, refusal
from .run_status import run_bar
from .verification import VERIFY

_KIND = "export"
_POLL_MS = 1000
_NOT_YOURS = "Only those who may work on this run can prepare it."


def section(services, training: TrainingRun, model: str) -> dmc.Stack:
    """Return what can be taken away of one model: the files, whether they give the same, and the card to fill in.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        With a best model.
    model : str
    """
    files = components.section(
        "Take it away",
        html.Ul(
            _items(services, training, model),
            id="take-away-items",
            className="take-away",
        ),
        hint="Files that work without this server.",
        id="take-away",
    )
    asked = {"run": training.id, "model": model}
    return dmc.Stack(
        [
            dcc.Store(id="take-away-request", data=asked),
            files,
            on_demand(services, VERIFY, training, model=model),
            card_form(services, training),
        ],
        gap="lg",
    )


def _items(services, training: TrainingRun, model: str) -> list[html.Li]:
    return [
        _item(services, export, training, model)
        for export in registry.EXPORTS.values()
        if services.permissions.may(export.action, "run", training.id)
    ]


def address(export: Export, run: str, model: str) -> str:
    """Return where a file is downloaded.

    Parameters
    ----------
    export : Export
    run : str
        The id of the training.
    model : str
    """
    return f"/runs/{run}/files/{export.name}?model={quote(model)}"


def _item(services, export: Export, training: TrainingRun, model: str) -> html.Li:
    reason = export.unavailable(training, model)
    says = html.Div(
        [
            html.H3(export.title),
            html.P(export.description),
            *([html.P(reason, className="take-away-not")] if reason else []),
        ],
        className="take-away-says",
    )
    if reason:
        return html.Li(says)
    if not export.in_job:
        return html.Li([says, _download(export, training.id, model)])
    asked = registry.parameters_of(export, training, model, services.runs)
    run = services.runs.derived(_KIND, training.id, asked)
    return html.Li([says, _prepared(services, export, training, model, run)])


def _download(export: Export, run: str, model: str) -> html.A:
    return html.A(
        "Download",
        href=address(export, run, model),
        download=True,
        className="button button-light",
        **{"aria-label": f"Download: {export.title}"},
    )


def _prepared(
    services, export: Export, training: TrainingRun, model: str, run: Run | None
) -> html.Div:
    """Return the parts of a file that a job prepares; which of them are seen depends on how far it is."""
    active, done = bool(run) and run.active, bool(run) and run.state == "done"
    may = services.permissions.may("work", "run", training.id)
    start = dmc.Button(
        _button(run),
        id=_id(export, "start"),
        variant="default",
        **{"aria-label": f"{_button(run)}: {export.title}"},
    )
    return html.Div(
        [
            dcc.Store(
                id=_id(export, "request"), data={"run": training.id, "model": model}
            ),
            html.Div(
                _content(export, training, model, run) or (None if may else _NOT_YOURS),
                id=_id(export, "content"),
            ),
            html.Div(
                start, id=_id(export, "start-box"), hidden=active or done or not may
            ),
            html.Div(
                dmc.Button("Cancel", id=_id(export, "cancel"), variant="default"),
                id=_id(export, "cancel-box"),
                hidden=not active,
            ),
            dcc.Interval(
                id=_id(export, "poll"), interval=_POLL_MS, disabled=not active
            ),
        ],
        className="take-away-does",
    )


def _id(export: Export, part: str) -> dict[str, str]:
    return {"kind": f"take-away-{part}", "name": export.name}


def _button(run: Run | None) -> str:
    return "Try again" if run and not run.active and run.state != "done" else "Prepare"


def _content(export: Export, training: TrainingRun, model: str, run: Run | None) -> Any:
    if run is None:
        return None
    if run.active:
        return dmc.Stack(run_bar(run, f"{export.title}: progress"), gap="sm")
    if run.state != "done":
        level = "problem" if run.state == "failed" else "warning"
        return components.message(run.message, level=level)
    return _download(export, training.id, model)


def register_take_away(app: Dash, services) -> None:
    """Prepare what is asked for, follow its progress, cancel it; keep what is written into the card.

    `VERIFY` must be registered by `register_on_demand`.

    Parameters
    ----------
    app : dash.Dash
    services : Services
    """
    _register_card(app, services)

    def part(name: str) -> dict[str, Any]:
        return {"kind": f"take-away-{name}", "name": MATCH}

    @app.callback(
        Output(part("content"), "children"),
        Output(part("start"), "children"),
        Output(part("start-box"), "hidden"),
        Output(part("cancel-box"), "hidden"),
        Output(part("poll"), "disabled"),
        Input(part("start"), "n_clicks"),
        Input(part("cancel"), "n_clicks"),
        Input(part("poll"), "n_intervals"),
        State(part("request"), "data"),
        prevent_initial_call=True,
    )
    def follow(started, cancelled, _, request):
        name = ctx.triggered_id["name"]
        if name not in registry.EXPORTS or not isinstance(request, dict):
            return [no_update] * 5
        export, model = registry.EXPORTS[name], request.get("model")
        training = services.runs.training(str(request.get("run", "")))
        action = ctx.triggered_id["kind"].removeprefix("take-away-")
        try:
            registry.check(training, {"name": name, "model": model})
            asked = registry.parameters_of(export, training, model, services.runs)
            if action == "start" and started:
                services.jobs.derive(_KIND, training.id, **asked)
        except ValueError as error:
            return components.message(str(error)), "Prepare", False, True, True
        except REFUSALS as error:
            said = components.message(refusal(error), TITLE)
            return said, "Prepare", False, True, True
        run = services.runs.derived(_KIND, training.id, asked)
        if action == "cancel" and cancelled and run:
            services.runs.cancel(run.id)
        active, done = bool(run) and run.active, bool(run) and run.state == "done"
        return (
            _content(export, training, model, run),
            _button(run),
            active or done,
            not active,
            not active,
        )


def _register_card(app: Dash, services) -> None:
    @app.callback(
        Output("card-saved", "children"),
        Output("take-away-items", "children"),
        Input("card-save", "n_clicks"),
        State({"kind": "card-field", "name": ALL}, "value"),
        State({"kind": "card-field", "name": ALL}, "id"),
        State("take-away-request", "data"),
        prevent_initial_call=True,
    )
    def save(clicks, values, ids, request):
        if not clicks or not isinstance(request, dict):
            return no_update, no_update
        training = services.runs.training(str(request.get("run", "")))
        names = [one["name"] for one in ids]
        try:
            written = fields_of(dict(zip(names, values)))
        except ValueError as error:
            return components.message(str(error)), no_update
        keep(services.runs, training.id, written)
        model = request.get("model")
        if model not in [row.model for row in training.summary.trained]:
            model = training.summary.best
        # What was prepared before lacks what was written just now.
        return SAVED, _items(services, training, model)
