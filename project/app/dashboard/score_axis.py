"""Scores as dots with whiskers on one axis, which never runs beyond what the metric can be."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dash import html

from app import functions, wording

if TYPE_CHECKING:
    from app.functions.evaluation.results import LeaderboardRow
    from app.functions.evaluation.scoring import Metric

_MARGIN = 0.04


@dataclass(frozen=True)
class ScoreAxis:
    """An axis from `low` to `high` with the baseline's score on it, NaN if there is none."""

    low: float
    high: float
    baseline: float = float("nan")

    def position(self, value: float) -> float:
        """Return where a value lies, in percent of the width; at an end if it is beyond."""
        share = (value - self.low) / (self.high - self.low)
        return round(100 * min(max(share, 0.0), 1.0), 2)

    def holds(self, value: float) -> bool:
        """Return whether a value lies on the axis."""
        return self.low <= value <= self.high


def axis_of(rows: Sequence[LeaderboardRow], metric: Metric) -> ScoreAxis:
    """Return the axis for all scores of a leaderboard.

    A model that is far worse than the baseline would squeeze the others: the axis ends one distance from the best to
    the baseline below either.
    """
    trained = [row for row in rows if row.error is None]
    values = [v for row in trained for v in _scores(row) if math.isfinite(v)]
    key = functions.models.catalogue.BASELINE
    baseline = next((row.holdout for row in trained if row.model == key), math.nan)
    if not values:
        return ScoreAxis(0.0, 1.0, baseline)
    best = max(values) if metric.greater_is_better else min(values)
    low, high = min(values), max(values)
    if math.isfinite(baseline) and best != baseline:
        reach = abs(best - baseline)
        low = max(low, min(best, baseline) - reach)
        high = min(high, max(best, baseline) + reach)
    margin = _MARGIN * (high - low) or 0.05 * abs(low) or 0.5
    least, most = metric.bounds
    return ScoreAxis(max(least, low - margin), min(most, high + margin), baseline)


def _scores(row: LeaderboardRow) -> tuple[float, ...]:
    return row.cv_mean, row.holdout, row.holdout_low, row.holdout_high


def axis_head(axis: ScoreAxis) -> html.Th:
    """Return the heading of the column with the dots: the ends of the axis."""
    ends = [html.Span(_end(axis.low)), html.Span(_end(axis.high))]
    return html.Th(
        [
            html.Span("On one axis", className="unseen"),
            html.Div(ends, className="interval-ends", **{"aria-hidden": "true"}),
        ],
        scope="col",
        className="interval-head",
    )


def _end(value: float) -> str:
    return wording.number(value, 2)


def interval_cell(row: LeaderboardRow, axis: ScoreAxis) -> html.Td:
    """Return the dots of one model; a screen reader has the numbers beside them."""
    parts: list[Any] = []
    if math.isfinite(axis.baseline):
        parts.append(_at(axis.position(axis.baseline), "interval-baseline"))
    if math.isfinite(row.holdout_low):
        left, right = map(axis.position, (row.holdout_low, row.holdout_high))
        ends = [
            name
            for name, value in (("start", row.holdout_low), ("end", row.holdout_high))
            if axis.holds(value)
        ]
        parts.append(
            html.Span(
                className=" ".join(
                    ["interval-whisker", *(f"interval-{name}" for name in ends)]
                ),
                style={"left": f"{left}%", "width": f"{round(right - left, 2)}%"},
            )
        )
    parts += _dot(row.cv_mean, axis, "interval-cv")
    parts += _dot(row.holdout, axis, "interval-holdout")
    plot = html.Div(parts, className="interval")
    return html.Td(plot, className="interval-cell", **{"aria-hidden": "true"})


def _dot(value: float, axis: ScoreAxis, name: str) -> list[html.Span]:
    if not math.isfinite(value):
        return []
    if axis.holds(value):
        return [_at(axis.position(value), f"interval-dot {name}")]
    arrow = "◂" if value < axis.low else "▸"
    return [_at(axis.position(value), f"interval-beyond {name}-beyond", arrow)]


def _at(position: float, name: str, text: str | None = None) -> html.Span:
    return html.Span(text, className=name, style={"left": f"{position}%"})
