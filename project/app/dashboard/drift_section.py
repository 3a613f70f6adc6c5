"""How new rows differ from those of the training: the verdict first, then the columns, what has changed most on top."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from app import functions, wording
from app.ui import components

if TYPE_CHECKING:
    from app.functions.scoring.column_drift import ColumnDrift
    from app.functions.scoring.drift import Drift
    from app.functions.scoring.labelled import ScoreChange

_MARKS = {"large": "problem", "moderate": "warning", "none": "good"}
_TITLES = {
    "large": "Not the rows that the model was trained for",
    "moderate": "Some things have changed",
    "none": "Like the rows that the model was trained on",
    "few": "Too few rows to tell",
}
_ADVICE = {
    "large": "Find out why before you rely on these predictions. If the rows are right, train again with newer ones.",
    "moderate": "Look at what has changed. If it stays so, train again with newer rows.",
}
_MOST_SHOWN = 60
_HINT = "Bars: grey is the training table, blue are these rows."


def section(drift: Drift) -> Any:
    """Return what was found when new rows were compared with the training table.

    Parameters
    ----------
    drift : Drift
    """
    title, text = _TITLES[drift.level], [html.Div(drift.says)]
    if drift.level in _ADVICE:
        text.append(html.Div(_ADVICE[drift.level], className="advice"))
    level = _MARKS.get(drift.level, "note")
    parts = [html.Div(components.message(text, title, level), className="mb")]
    if drift.scores:
        parts.append(_scores(drift.scores))
    if drift.whole_reason:
        parts.append(html.P(drift.whole_reason, className="hint"))
    if drift.level != "few":
        parts += _columns(drift)
    rows = wording.plural(drift.rows, "row")
    return components.section(
        "Compared with training",
        *parts,
        hint=f"{rows} here, {wording.number(drift.training_rows)} in the training table.",
        className="drift",
    )


def _columns(drift: Drift) -> list[Any]:
    first = [drift.predictions] if drift.predictions else []
    ordinary = ("none", "few")
    changed = [each for each in drift.columns if each.level not in ordinary]
    alike = [each for each in drift.columns if each.level in ordinary]
    shown = [*first, *changed]
    parts: list[Any] = []
    if shown:
        parts += [html.P(_HINT, className="hint"), _list(shown[:_MOST_SHOWN])]
        parts += _more(len(shown) - _MOST_SHOWN, "that changed less")
    if alike:
        count = wording.plural(len(alike), "column")
        summary = html.Summary(f"{count} without a change that is sure")
        hidden = [_list(alike[:_MOST_SHOWN]), *_more(len(alike) - _MOST_SHOWN, "alike")]
        hint = [] if shown else [html.P(_HINT, className="hint")]
        parts.append(html.Details([summary, *hint, *hidden]))
    return parts


def _more(n: int, what: str) -> list[Any]:
    text = f"{wording.plural(n, 'further column')} {what} are not listed."
    return [html.P(text, className="hint")] if n > 0 else []


def _list(columns: list[ColumnDrift]) -> html.Ul:
    return html.Ul([_item(each) for each in columns], className="drift-columns")


def _item(found: ColumnDrift) -> html.Li:
    column_drift = functions.scoring.column_drift
    word = html.Span(
        column_drift.LEVELS[found.level], className=f"drift-word drift-{found.level}"
    )
    name = html.Strong(wording.shortened(found.name, 60), title=found.name)
    effect = column_drift.describe_effect(found)
    return html.Li(
        [
            html.Div([name, word], className="drift-name"),
            html.Div(
                [html.Div(found.says), html.Div(effect, className="hint number")],
                className="drift-says",
            ),
            bars(found),
        ]
    )


def bars(found: ColumnDrift) -> html.Div:
    """Return both distributions of a column as pairs of small bars.

    Parameters
    ----------
    found : ColumnDrift
    """
    highest = max([*found.before, *found.after], default=0) or 1
    pairs = [
        html.Div(
            [_bar("before", before / highest), _bar("after", after / highest)],
            title=f"{label}: {wording.percent(after)}, in training {wording.percent(before)}",
        )
        for label, before, after in zip(found.labels, found.before, found.after)
    ]
    name = wording.shortened(found.name)
    return html.Div(
        pairs,
        className="drift-bars",
        role="img",
        **{"aria-label": f"Distribution of {name}: {_spoken(found)}"},
    )


def _bar(part: str, share: float) -> html.Div:
    height = f"{round(100 * share, 1)}%"
    return html.Div(className=f"drift-bar-{part}", style={"height": height})


def _spoken(found: ColumnDrift) -> str:
    groups = zip(found.labels, found.before, found.after)
    said = [
        f"{wording.shortened(label, 20)} {wording.percent(after)}, was {wording.percent(before)}"
        for label, before, after in groups
    ]
    return "; ".join(said)


def _scores(scores: tuple[ScoreChange, ...]) -> html.Div:
    rows = [
        [
            components.explained(each.label),
            _score(each.before, each.before_low, each.before_high),
            _score(each.after, each.after_low, each.after_high),
            html.Span(each.says, className=f"drift-score-{each.level}"),
        ]
        for each in scores
    ]
    n_before, n_after = scores[0].n_before, scores[0].n_after
    return html.Div(
        [
            components.table(
                [
                    "Score",
                    f"Holdout ({wording.plural(n_before, 'row')})",
                    f"These rows ({wording.number(n_after)} with a target)",
                    "Difference, with its 95 % interval",
                ],
                rows,
                "Scores of these rows beside those of the holdout",
                620,
            ),
            html.P(_on_scores(scores), className="hint"),
        ],
        className="mb",
    )


def _on_scores(scores: tuple[ScoreChange, ...]) -> str:
    if any(each.metric == "r2" for each in scores):
        return "R² also changes with how much the target varies; the errors do not."
    return (
        "Average precision, F1 and accuracy also change with how frequent each class is; ROC AUC and balanced accuracy "
        "do not."
    )


def _score(value: float, low: float, high: float) -> html.Span:
    text = wording.fixed(value)
    interval = wording.fixed(low) + " to " + wording.fixed(high)
    shown = f"{text} ({interval})" if low == low else text
    return html.Span(shown, className="number")
