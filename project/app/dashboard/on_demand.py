"""What is computed of a training on demand: the button, the progress, the result, and what went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import dash_mantine_components as dmc
from dash import MATCH, Dash, Input, Output, State, ctx, dcc, html, no_update

from app.jobs.kinds import KINDS
from app.storage import NotFound
from app.storage.runs import Run, TrainingRun
from app.ui import components

from .refusals import REFUSALS, TITLE, refusal
from .run_status import run_bar

_POLL_MS = 1000


@dataclass(frozen=True)
class OnDemand:
    """A result that a job derives from a training.

    Attributes
    ----------
    kind : str
        A key of ``app.jobs.kinds.KINDS``.
    title, hint, ask : str
        The heading, the sentence below it, and what the button says.
    draw : callable
        ``draw(services, training, run)`` returns what is shown of a derived run that is done.
    """

    kind: str
    title: str
    hint: str
    ask: str
    draw: Callable[[Any, TrainingRun, Run], Any]


def on_demand(
    services, one: OnDemand, training: TrainingRun, **parameters: Any
) -> dmc.Paper:
    """Return the section of a result: as far as it is, or with the button that asks for it.

    Parameters
    ----------
    services : Services
    one : OnDemand
        Must be registered by `register_on_demand`.
    training : TrainingRun
    **parameters
        What is computed, as the job's kind takes it.
    """
    run = services.runs.derived(one.kind, training.id, parameters)
    active = bool(run) and run.active
    return components.section(
        one.title,
        dcc.Store(
            id=_id(one, "request"),
            data={"run": training.id, "parameters": parameters},
        ),
        html.Div(_content(services, one, training, run), id=_id(one, "content")),
        html.Div(
            dmc.Button(_button(one, run), id=_id(one, "start"), variant="default"),
            id=_id(one, "start-box"),
            hidden=_is_asked(run),
        ),
        html.Div(
            dmc.Button("Cancel", id=_id(one, "cancel"), variant="default"),
            id=_id(one, "cancel-box"),
            hidden=not active,
        ),
        dcc.Interval(id=_id(one, "poll"), interval=_POLL_MS, disabled=not active),
        hint=one.hint,
    )


def _id(one: OnDemand, part: str) -> dict[str, str]:
    return {"kind": f"on-demand-{part}", "job": one.kind}


def _is_asked(run: Run | None) -> bool:
    return run is not None and (run.active or run.state == "done")


def _button(one: OnDemand, run: Run | None) -> str:
    return "Try again" if run and not _is_asked(run) else one.ask


def _content(services, one: OnDemand, training: TrainingRun, run: Run | None) -> Any:
    if run is None:
        return None
    if run.active:
        return dmc.Stack(run_bar(run, f"{one.title}: progress"), gap="sm")
    if run.state != "done":
        level = "problem" if run.state == "failed" else "warning"
        return html.Div(components.message(run.message, level=level), className="mb")
    try:
        return one.draw(services, training, run)
    except NotFound as error:
        return components.message(str(error))


def register_on_demand(app: Dash, services, results: Iterable[OnDemand]) -> None:
    """Start what is asked for, follow its progress, cancel it; once for all results of a page.

    Parameters
    ----------
    app : dash.Dash
    services : Services
    results : iterable of OnDemand
    """
    by_kind = {one.kind: one for one in results}

    def part(name: str) -> dict[str, Any]:
        return {"kind": f"on-demand-{name}", "job": MATCH}

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
        one = by_kind.get(ctx.triggered_id["job"])
        if one is None or not isinstance(request, dict):
            return [no_update] * 5
        training = services.runs.training(str(request.get("run", "")))
        parameters = request.get("parameters")
        parameters = parameters if isinstance(parameters, dict) else {}
        action = ctx.triggered_id["kind"].removeprefix("on-demand-")
        try:
            KINDS[one.kind].check(training, parameters)
        except ValueError as error:
            return components.message(str(error)), one.ask, False, True, True
        if action == "start" and started:
            try:
                asked = services.jobs.derive(one.kind, training.id, **parameters)
            except REFUSALS as error:
                said = components.message(refusal(error), TITLE)
                return said, one.ask, False, True, True
            run = services.runs.get(asked)
        else:
            run = services.runs.derived(one.kind, training.id, parameters)
        if action == "cancel" and cancelled and run:
            services.runs.cancel(run.id)
        active = bool(run) and run.active
        return (
            _content(services, one, training, run),
            _button(one, run),
            _is_asked(run),
            not active,
            not active,
        )
