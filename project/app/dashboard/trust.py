"""'Can I trust this?': the findings of a run, problems first, and which of them somebody knows of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from app import functions, wording
from app.storage.acknowledgements import (
    Acknowledgement,
    acknowledge,
    acknowledged,
    take_back,
)
from app.ui import components

from .state import query_of, search_of

if TYPE_CHECKING:
    from app.functions.checks.findings import Finding
    from app.functions.evaluation.summary import TrainingSummary
    from app.storage.runs import TrainingRun

_ORDER = {"bad": 0, "warning": 1, "good": 2}
_LEVELS = {"bad": "problem", "warning": "warning", "good": "good"}
_WORDS = {"bad": "Problem", "warning": "Caution", "good": "Fine"}


def trust_section(services, training: TrainingRun, model: str) -> html.Div:
    """Return what was found about the data and one model, with what somebody said to it.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        Done.
    model : str
    """
    return html.Div(_current(services, training, model), id="trust")


def _current(services, training: TrainingRun, model: str) -> Any:
    return trust(training.summary, model, said_of(services, training, model))


def said_of(
    services, training: TrainingRun, model: str
) -> Mapping[str, Acknowledgement]:
    """Return what somebody said to the findings about the data and one model, by the names of those in the run.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    model : str
    """
    names = [name for name, _ in _named(training.summary, model)]
    return acknowledged(services.runs, training.id, names)


def standing(services, training: TrainingRun, model: str) -> tuple[list[Finding], int]:
    """Return the findings about the data and one model that are open, and how many are acknowledged.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        Done.
    model : str
    """
    raised = [(n, f) for n, f in _named(training.summary, model) if f.level != "good"]
    known = acknowledged(services.runs, training.id, [name for name, _ in raised])
    open_ = [finding for name, finding in raised if name not in known]
    return open_, len(raised) - len(open_)


def trust(
    summary: TrainingSummary,
    model: str,
    known: Mapping[str, Acknowledgement] | None = None,
    on_paper: bool = False,
) -> Any:
    """Return what was found about the data and one model.

    Parameters
    ----------
    summary : TrainingSummary
        Of a training that is done.
    model : str
    known : mapping of str to Acknowledgement, optional
        What somebody said to findings, by the names that they have in the run.
    on_paper : bool
        Whether nothing can be said to a finding there.
    """
    known = known or {}
    named = sorted(_named(summary, model), key=lambda one: _ORDER[one[1].level])
    passed = [_finding(f) for _, f in named if f.level == "good"]
    raised = [(name, f) for name, f in named if f.level != "good"]
    # What is known comes after what is open.
    raised.sort(key=lambda one: one[0] in known)
    shown = [_finding(f, name, known.get(name), on_paper) for name, f in raised]
    open_ = [f for name, f in raised if name not in known]
    count = wording.plural(len(passed), "check passed", "checks passed")
    return components.section(
        "Can I trust this?",
        html.Div(
            [
                *shown,
                html.Details(
                    [html.Summary(count), html.Div(passed, className="checks")]
                ),
            ],
            className="checks",
        ),
        hint=trust_verdict(open_, len(shown) - len(open_)),
    )


def _named(summary: TrainingSummary, model: str) -> list[tuple[str, Finding]]:
    """Return the findings with their names in the run; what is about one model is known of that model only."""
    checks = summary.checks
    return [
        *((f.key, f) for f in checks.run),
        *((f"{f.key}-{model}", f) for f in checks.models.get(model, ())),
        *((f.key, f) for f in checks.data),
    ]


def alarm(summary: TrainingSummary) -> list[Any]:
    """Return what stands above all results because it makes them worthless, such as that there is no signal.

    Parameters
    ----------
    summary : TrainingSummary
        Of a training that is done.
    """
    return [
        components.message([finding.finding, html.Div(finding.advice)], finding.title)
        for finding in summary.checks.run
        if finding.level == "bad"
    ]


def trust_verdict(open_: list[Finding], n_known: int) -> str:
    """Return the one line that says whether the results can be trusted.

    Parameters
    ----------
    open_ : list of Finding
        Those that nobody acknowledged.
    n_known : int
        How many are acknowledged.
    """
    known = f"; {wording.number(n_known)} acknowledged" if n_known else ""
    bad = sum(finding.level == "bad" for finding in open_)
    if bad:
        return f"Not yet: {wording.plural(bad, 'problem')} to solve first{known}."
    if open_:
        things = wording.plural(len(open_), "thing")
        return f"With care: {things} to know before you use it{known}."
    if n_known:
        found = wording.plural(n_known, "finding was", "findings were")
        return f"With care: {found} acknowledged, and no other is open."
    return (
        "No check found a problem. Only you can know whether the table itself is right."
    )


def _finding(
    finding: Finding,
    name: str = "",
    known: Acknowledgement | None = None,
    on_paper: bool = False,
) -> html.Div:
    title = f"{_WORDS[finding.level]}: {finding.title}"
    body = [finding.finding, *_about(finding)]
    if finding.advice:
        body.append(html.Div(finding.advice, className="advice"))
    said = []
    if known:
        said = [_said_to(known) if on_paper else _said(name, known)]
    elif finding.level != "good" and not on_paper:
        said = [_ask(name)]
    return html.Div(
        [html.Strong(title), html.Div(body), *said],
        className=f"message message-{_LEVELS[finding.level]}",
        role="note",
        id=f"check-{finding.key}",
    )


def _about(finding: Finding) -> list[Any]:
    check = functions.checks.registry.CHECKS.get(finding.key)
    if check is None:  # of a version that knew another one
        return []
    href = "/checks" + search_of({"check": check.code})
    return [" ", dcc.Link(f"About this check: {check.title}", href=href)]


def _ask(name: str) -> html.Details:
    reason = dmc.TextInput(
        id={"kind": "know-reason", "finding": name},
        placeholder="Why it is no obstacle here (optional)",
        value="",
        size="xs",
        className="reason",
        **{"aria-label": "Why it is no obstacle here (optional)"},
    )
    keep = dmc.Button(
        "Keep in this run",
        id={"kind": "know", "finding": name},
        variant="default",
        size="xs",
    )
    return html.Details(
        [
            html.Summary("I know"),
            dmc.Group([reason, keep], gap="xs", align="center"),
        ],
        className="know",
    )


def _said_to(known: Acknowledgement) -> html.Span:
    day = datetime.fromtimestamp(known.when, UTC).date().isoformat()
    reason = f": “{known.reason}”" if known.reason else "."
    return html.Span(f"Acknowledged on {day}{reason}", className="said")


def _said(name: str, known: Acknowledgement) -> dmc.Group:
    button = dmc.Button(
        "Take back",
        id={"kind": "take-back", "finding": name},
        variant="default",
        size="xs",
    )
    return dmc.Group([_said_to(known), button], gap="xs", mt=6)


def register_trust(
    app: Dash, services, verdict: Callable[[TrainingRun, str], Any]
) -> None:
    """Keep and take back what somebody says to a finding.

    Parameters
    ----------
    app : dash.Dash
    services : Services
    verdict : callable
        ``verdict(training, model)`` returns what the page says on top, which follows what is acknowledged.
    """

    @app.callback(
        Output("trust", "children"),
        Output("verdict", "children"),
        Input({"kind": "know", "finding": ALL}, "n_clicks"),
        Input({"kind": "take-back", "finding": ALL}, "n_clicks"),
        State({"kind": "know-reason", "finding": ALL}, "value"),
        State({"kind": "know-reason", "finding": ALL}, "id"),
        State("search", "data"),
        State("shown-model", "data"),
        prevent_initial_call=True,
    )
    def say(kept, taken_back, reasons, ids, search, model):
        if not any([*kept, *taken_back]):  # the buttons have just been drawn
            return no_update, no_update
        training = services.runs.training(query_of(search).get("run", ""))
        finding = ctx.triggered_id["finding"]
        raised = [
            name for name, f in _named(training.summary, model) if f.level != "good"
        ]
        if finding in raised:
            if ctx.triggered_id["kind"] == "know":
                said = {one["finding"]: text for one, text in zip(ids, reasons)}
                reason = said.get(finding)
                reason = reason if isinstance(reason, str) else ""
                acknowledge(services.runs, training.id, finding, reason)
            else:
                take_back(services.runs, training.id, finding)
        return _current(services, training, model), verdict(training, model)
