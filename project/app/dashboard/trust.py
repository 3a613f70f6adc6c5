"""'Can I trust this?': the checks of a run, problems first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from app import wording
from app.ui import components

if TYPE_CHECKING:
    from app.functions.checks.findings import Finding
    from app.functions.evaluation.summary import TrainingSummary

_ORDER = {"bad": 0, "warning": 1, "good": 2}
_LEVELS = {"bad": "problem", "warning": "warning", "good": "good"}
_WORDS = {"bad": "Problem", "warning": "Caution", "good": "Fine"}


def trust(summary: TrainingSummary, model: str) -> Any:
    """Return the checks of the data and of one model.

    Parameters
    ----------
    summary : TrainingSummary
        Of a training that is done.
    model : str
    """
    checks = sorted(summary.checks.of(model), key=lambda check: _ORDER[check.level])
    open_ = [_check(check) for check in checks if check.level != "good"]
    passed = [_check(check) for check in checks if check.level == "good"]
    summary = wording.plural(len(passed), "check passed", "checks passed")
    return components.section(
        "Can I trust this?",
        html.Div(
            [
                *open_,
                html.Details(
                    [html.Summary(summary), html.Div(passed, className="checks")],
                    open=not open_,
                ),
            ],
            className="checks",
        ),
        hint=_verdict(open_, checks),
    )


def alarm(summary: TrainingSummary) -> list[Any]:
    """Return what stands above all results because it makes them worthless, such as that there is no signal.

    Parameters
    ----------
    summary : TrainingSummary
        Of a training that is done.
    """
    return [
        components.message([check.finding, html.Div(check.advice)], check.title)
        for check in summary.checks.run
        if check.level == "bad"
    ]


def _verdict(open_: list[Any], checks: list[Finding]) -> str:
    bad = sum(check.level == "bad" for check in checks)
    if bad:
        return f"Not yet: {wording.plural(bad, 'problem')} to solve first."
    if open_:
        return f"With care: {wording.plural(len(open_), 'thing')} to know before you use it."
    return (
        "No check found a problem. Only you can know whether the table itself is right."
    )


def _check(check: Finding) -> html.Div:
    body = [check.finding]
    if check.advice:
        body.append(html.Div(check.advice, className="advice"))
    title = f"{_WORDS[check.level]}: {check.title}"
    return html.Div(
        [html.Strong(title), html.Div(body)],
        className=f"message message-{_LEVELS[check.level]}",
        role="note",
        id=f"check-{check.key}",
    )
