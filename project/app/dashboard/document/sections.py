"""The sections of a run's document: those of the Evaluate page, in their order, and what stands elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dash import html

from app import exports, functions, wording
from app.storage import NotFound, card_fields
from app.storage.runs import TrainingRun
from app.ui import components

from ..column_table import column_list
from ..leaderboard import leaderboard, leaderboard_caption, training_notes
from ..learning_curve import LEARNING_CURVE
from ..results_binary import binary_results
from ..results_multiclass import multiclass_results, one_class
from ..results_regression import regression_results
from ..trust import alarm, said_of, trust, trust_verdict
from ..verdict import baseline_result, frame_of, judge, verdict_says

if TYPE_CHECKING:
    from app.functions.models.options import Option

MAX_COLUMNS = 200
_ENDED = {
    "cancelled": "This training was cancelled before it was done.",
    "failed": "This training failed before it was done.",
    "interrupted": "This training was interrupted before it was done.",
}
_UNWRITTEN = "Not filled in yet."
_HIDDEN = "The profile of the table is only in the document of somebody who may see the table."


def state_of(training: TrainingRun) -> list[Any]:
    """Return what is said of a training that did not come to its end."""
    run = training.run
    if run.state not in _ENDED and training.summary.best:
        return []
    title = _ENDED.get(run.state, "This training is not done yet.")
    return [components.message(run.message or "It has no more results.", title)]


def verdict_of(services, training: TrainingRun, model: str) -> list[Any]:
    """Return how good the model is and whether to trust it."""
    judged, context, checked = judge(services, training, model)
    frame = components.section("", className=frame_of(judged, checked), id="verdict")
    side = html.Div(
        [html.Strong("Can I trust it?"), html.Div(trust_verdict(*checked))],
        className="verdict-trust",
    )
    says = verdict_says(judged, context, checked)
    frame.children = [
        html.Div([says, html.Div(side, className="verdict-side")], className="verdict")
    ]
    return [frame, *alarm(training.summary)]


def board_of(training: TrainingRun, model: str) -> list[Any]:
    """Return the leaderboard."""
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    return [
        components.section(
            "Leaderboard",
            *training_notes(training),
            leaderboard(training, model),
            html.P(leaderboard_caption(training), className="caption"),
            hint=f"{metric.label}: {metric.explanation}",
        )
    ]


def results_of(services, training: TrainingRun, model: str) -> list[Any]:
    """Return numbers and charts of the model on the rows held out."""
    result = services.runs.model_result(training, model)
    settings, classes = training.settings, training.summary.classes
    if settings.task == "binary":
        return binary_results(result, classes, {}, settings.calibration)
    if settings.task == "multiclass":
        return multiclass_results(result, classes, {}, settings.calibration)
    is_baseline = model == functions.models.catalogue.BASELINE
    baseline = None if is_baseline else baseline_result(services, training)
    return regression_results(result, baseline)


def charts_by_class(
    services, training: TrainingRun, model: str
) -> dict[str, dict[str, Any]]:
    """Return the charts of each class against all others, by class code and id: their figures and captions."""
    result = services.runs.model_result(training, model)
    classes = training.summary.classes
    curves = {int(k): curve for k, curve in result.curves.items()}
    return {
        str(k): _charts(one_class(result, curves, classes, {"class": str(k)}))
        for k in curves
    }


def _charts(section: Any) -> dict[str, Any]:
    parts = {
        part.id: part for part in section._traverse() if isinstance(getattr(part, "id", None), str)  # fmt: skip
    }
    return {
        name: {"figure": part.figure, "says": parts[f"{name}-says"].children}
        for name, part in parts.items()
        if hasattr(part, "figure")
    }


def trust_of(services, training: TrainingRun, model: str) -> list[Any]:
    """Return what the checks found, with what somebody said to it, and the learning curve if there is one."""
    known = said_of(services, training, model)
    found = trust(training.summary, model, known, on_paper=True)
    run = services.runs.derived(LEARNING_CURVE.kind, training.id, {"model": model})
    if run is None or run.state != "done":
        return [found]
    curve = components.section(
        LEARNING_CURVE.title,
        LEARNING_CURVE.draw(services, training, run),
        hint=LEARNING_CURVE.hint,
    )
    return [found, curve]


def table_of(services, training: TrainingRun) -> list[Any]:
    """Return the profile of the table: what each column holds, and no row."""
    title = f"The table: {training.run.dataset.name}"
    try:
        dataset = services.datasets.get(training.run.dataset.id)
    except NotFound:
        return [components.section(title, html.P(_HIDDEN, className="caption"))]
    columns, profile = column_list(dataset), dataset.profile
    rows = [
        _column(column, columns["labels"], training)
        for column in columns["columns"][:MAX_COLUMNS]
    ]
    more = len(profile.columns) - len(rows)
    head = ["Column", "Role", "Values", "Distribution", "Missing", "Distinct"]
    classes = ["", "", "", "", "number", "number"]
    heads = [html.Th(h, scope="col", className=c) for h, c in zip(head, classes)]
    says = (
        f"{wording.plural(profile.rows, 'row')} and {wording.plural(len(profile.columns), 'column')}; "
        f"{wording.percent(profile.missing_share)} of the cells are missing, and "
        f"{wording.plural(profile.duplicate_rows, 'row repeats', 'rows repeat')} an earlier one."
    )
    if more > 0:
        says += f" Listed are the first {wording.number(MAX_COLUMNS)} columns; {wording.number(more)} more are not."
    return [
        components.section(
            title,
            html.P(says),
            components.table(heads, rows, "Columns of the table", min_width=760),
            className="columns",
        )
    ]


def _column(
    column: Mapping[str, Any], labels: Mapping[str, str], training: TrainingRun
) -> html.Tr:
    settings, name = training.settings, column["name"]
    role = labels[settings.roles.get(name, column["role"])]
    if name == settings.target:
        role = "Target"
    elif name not in settings.roles:
        role = f"{role}, left out"
    bars = [html.Span(style={"height": height}) for height in column["bars"]]
    plot = html.Div(bars, className="bars", role="img", **{"aria-label": column["barsLabel"]})  # fmt: skip
    return html.Tr(
        [
            html.Th(wording.shortened(name, 60), scope="row", title=name),
            html.Td(role),
            html.Td(column["values"]),
            html.Td(plot if bars else "–"),
            html.Td(column["missingText"], className="number"),
            html.Td(column["distinctText"], className="number"),
        ]
    )


def card_of(services, training: TrainingRun, model: str) -> list[Any]:
    """Return of the model card what stands nowhere else in the document: what people wrote, and the limits."""
    cards = exports.cards
    written = card_fields.kept(services.runs, training.id)
    verified = exports.verification.stamped(services.runs, training.id, model)
    card = cards.card(training, model, written, verified)
    texts = {name: getattr(written, name) for name in cards.HEADINGS}
    texts["licence"] = texts["licence"] or cards.LICENCE_UNKNOWN
    parts = [
        html.Div([html.Dt(label), html.Dd(texts[name] or _UNWRITTEN)])
        for name, label in cards.HEADINGS.items()
    ]
    proof = [html.P(verified.sentence, className="said")] if verified else []
    return [
        components.section(
            "Model card",
            html.Dl(parts, className="facts written"),
            html.Ul([html.Li(limit) for limit in card.limits]),
            *proof,
        )
    ]


def made_of(training: TrainingRun) -> list[Any]:
    """Return how the run was made, enough to repeat it, and with which versions."""
    summary = training.summary
    facts = [
        *_when(training),
        ("Target", training.settings.target),
        ("Task", training.settings.task),
        ("Training rows", wording.number(summary.n_train)),
        ("Rows held out", wording.number(summary.n_test)),
        *_chosen(training.settings),
        *summary.versions.items(),
    ]
    parts = [html.Div([html.Dt(name), html.Dd(value)]) for name, value in facts]
    return [components.section("How it was made", html.Dl(parts, className="facts"))]


def _when(training: TrainingRun) -> Iterator[tuple[str, str]]:
    run = training.run
    yield "Run", run.id
    for label, when in (("Started", run.started), ("Finished", run.finished)):
        if when:
            yield label, f"{datetime.fromtimestamp(when, UTC):%Y-%m-%d %H:%M} (UTC)"


def _chosen(settings) -> Iterator[tuple[str, str]]:
    options = functions.models.settings.options_of(type(settings))
    chosen = {o.key: getattr(settings, name) for name, o in options.items()}
    for name, option in options.items():
        if not (option.matters(chosen) and option.suits(settings.task)):
            continue
        text = _value(option, getattr(settings, name), settings.task)
        if text:
            yield option.label, text


def _value(option: Option, value: Any, task: str) -> str:
    options = functions.models.options
    if isinstance(option, (options.OneOf, options.SeveralOf)):
        labels = {choice.key: choice.label for choice in option.choices(task)}
        keys = [value] if isinstance(value, str) else value
        return wording.listed([labels.get(key, str(key)) for key in keys])
    if isinstance(option, (options.Columns,)):
        return wording.quoted(list(value))
    if isinstance(value, (tuple, list)):
        return wording.listed([getattr(one, "sentence", str(one)) for one in value])
    if isinstance(option, options.Whole):
        return wording.number(option.to_control(value))
    return "" if value is None else str(value)
