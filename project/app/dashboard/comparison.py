"""Two models side by side: the difference on the rows of both, what either does, and what their settings differ in."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from app import functions, wording
from app.storage.runs import TrainingRun
from app.ui import components

from .state import search_of
from .verdict import judge

if TYPE_CHECKING:
    from app.functions.evaluation.paired import Difference, Judged, SharedRows
    from app.functions.evaluation.scoring import Metric

Side = tuple[TrainingRun, str]
_ALSO = {
    "binary": ("accuracy", "balanced_accuracy"),
    "multiclass": ("accuracy", "balanced_accuracy"),
    "regression": ("mae", "r2"),
}
_SAME = "Both runs have the same settings"
_IN_POINTS = ("accuracy", "balanced_accuracy")


def comparison(services, first: Side, second: Side) -> list[Any]:
    """Return the parts of the page for two models.

    Parameters
    ----------
    services : Services
    first, second : tuple of (TrainingRun, str)
        A training that is done, and one of its models.
    """
    names = _names(first, second)
    shared, reason = None, _incomparable(first[0], second[0])
    if not reason:
        judged = [_judged(services, *side) for side in (first, second)]
        if None in judged:
            reason = "One of the runs is of an earlier version, which kept no predictions of single rows."
        else:
            shared = functions.evaluation.paired.shared_rows(*judged)
            reason = shared.reason
    parts = [
        (
            components.section(
                "Which one is better?",
                components.message(reason, "No difference can be told.", "warning"),
            )
            if reason
            else _difference(first, names, shared)
        ),
        dmc.SimpleGrid(
            [_side(services, side, name) for side, name in zip((first, second), names)],
            cols={"base": 1, "sm": 2},
        ),
    ]
    if first[0] is not second[0]:
        parts.append(_settings(first[0], second[0]))
    return parts


def _label(side: Side) -> str:
    training, model = side
    return next(r.label for r in training.summary.trained if r.model == model)


def _names(first: Side, second: Side) -> tuple[str, str]:
    """Return what a sentence calls them: by model, or by run where the models are the same."""
    labels = _label(first), _label(second)
    if labels[0] != labels[1]:
        return labels
    times = tuple(_when(side[0]) for side in (first, second))
    if first[0] is second[0] or times[0] == times[1]:
        return f"{labels[0]} (first)", f"{labels[1]} (second)"
    return tuple(f"{name} of {time}" for name, time in zip(labels, times))


def _when(training: TrainingRun) -> str:
    created = datetime.fromtimestamp(training.run.created, UTC)
    return created.strftime("%Y-%m-%d %H:%M")


def _incomparable(first: TrainingRun, second: TrainingRun) -> str:
    names = [wording.shortened(run.run.dataset.name) for run in (first, second)]
    if first.run.dataset.id != second.run.dataset.id:
        return f"The runs are of different tables ({wording.listed(names)}), so no row was judged by both."
    one, other = first.settings, second.settings
    if one.target != other.target:
        targets = wording.quoted([one.target, other.target])
        return f"The runs predict different columns, {targets}."
    if one.task != other.task:
        return "One run predicts a number and the other a class."
    return ""


def _judged(services, training: TrainingRun, model: str) -> Judged | None:
    holdout = services.runs.table(training.id, "holdout")
    output = services.runs.table(training.id, f"output-{model}")
    if holdout is None or output is None:
        return None
    values = output.to_numpy()
    return functions.evaluation.paired.Judged(
        holdout["position"].to_numpy(),
        holdout["target"].to_numpy(),
        values if training.summary.classes else values[:, 0],
        training.summary.classes,
    )


def _difference(first: Side, names: tuple[str, str], shared: SharedRows) -> dmc.Paper:
    settings, scoring = first[0].settings, functions.evaluation.scoring
    keys = dict.fromkeys([settings.scoring, *_ALSO[settings.task]])
    metrics = [scoring.METRICS[key] for key in keys]
    rows = [_compared(metric, names, shared) for metric in metrics]
    head = [
        html.Th(text, scope="col", className="number" if i else "")
        for i, text in enumerate(("Score", *names, "Difference"))
    ]
    return components.section(
        "Which one is better?",
        html.P(rows[0][0], className="verdict-says", id="comparison-says"),
        html.Div(
            components.table(
                head, [row for _, row in rows], "Scores of both", min_width=520
            ),
            className="compared",
        ),
        html.P(
            f"Both are judged on the same {wording.plural(len(shared.y), 'row')}, which neither has seen. After ± "
            "stands half of the 95 % interval of the difference: where it is larger than the difference, the next "
            "rows may turn it around.",
            className="caption",
        ),
        hint=f"{metrics[0].label}: {metrics[0].explanation}",
    )


def _compared(
    metric: Metric, names: tuple[str, str], shared: SharedRows
) -> tuple[str, html.Tr]:
    score, paired = functions.evaluation.scoring.score, functions.evaluation.paired
    scores = [score(metric.key, shared.y, o) for o in (shared.first, shared.second)]
    difference = paired.paired_difference(
        metric.key, shared.y, shared.first, shared.second
    )
    cells = [
        html.Td(text, className="number", **{"data-head": head})
        for text, head in (
            *((shown_score(metric, value), name) for value, name in zip(scores, names)),
            (short(metric, difference), "Difference"),
        )
    ]
    row = html.Tr([html.Th(metric.label, scope="row"), *cells])
    return _sentence(metric, difference, names), row


def shown_score(metric: Metric, value: float) -> str:
    """Return a score as text: a share as percent."""
    if metric.key in _IN_POINTS:
        return wording.percent(value)
    bounded = metric.bounds[1] == 1
    return wording.fixed(value) if bounded else wording.number(value)


def _amount(metric: Metric, value: float) -> str:
    if metric.key in _IN_POINTS:
        return wording.fixed(100 * value, 1)
    return wording.fixed(value) if metric.bounds[1] == 1 else wording.number(value)


def short(metric: Metric, difference: Difference) -> str:
    """Return a difference with half of its interval, such as '0.8 ± 1.1 points'."""
    amount = _amount(metric, difference.lead)
    unit = " points" if metric.key in _IN_POINTS else ""
    if difference.reason:
        return f"{amount}{unit}"
    return f"{amount} ± {_amount(metric, difference.half_width)}{unit}"


def _sentence(metric: Metric, difference: Difference, names: tuple[str, str]) -> str:
    if difference.identical:
        return f"{names[0]} and {names[1]} predict the same."
    better, other = names if difference.lead >= 0 else names[::-1]
    by = _amount(metric, abs(difference.lead))
    unit = " points" if metric.key in _IN_POINTS else ""
    if difference.reason:
        return f"{better} is better than {other} by {by}{unit}. {difference.reason}"
    ends = "may be luck" if difference.may_be_luck else "more than luck"
    half = _amount(metric, difference.half_width)
    return f"{better} is better than {other} by {by} ± {half}{unit} in {named(metric)}: {ends}."


def named(metric: Metric) -> str:
    """Return what a metric is called within a sentence."""
    # An abbreviation keeps its capitals.
    first = metric.label.split()[0]
    return (
        metric.label
        if first.isupper() or len(first) < 3
        else metric.label[0].lower() + metric.label[1:]
    )


def _side(services, side: Side, name: str) -> dmc.Paper:
    training, model = side
    judged, _, _ = judge(services, training, model)
    run = {"run": training.id, "model": model}
    table = wording.shortened(training.run.dataset.name, 60)
    return components.section(
        name,
        dmc.Stack(
            [
                html.P(judged.says),
                html.P(f"{judged.against} {judged.judged}", className="caption"),
                dcc.Link(
                    f"Open {_label(side)} in Evaluate",
                    href="/evaluate" + search_of(run),
                ),
            ],
            gap="xs",
        ),
        hint=f"{wording.shortened(training.settings.target)} of {table}, run of {_when(training)} (UTC)",
    )


def _settings(first: TrainingRun, second: TrainingRun) -> dmc.Paper:
    found = functions.models.differences.differences(first.settings, second.settings)
    said = "Second run, beside the first: " + "; ".join(found) if found else _SAME
    return components.section(
        "What differs in the settings", dmc.Text(f"{said}.", size="sm")
    )
