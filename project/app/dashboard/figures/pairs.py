"""Two columns as a chart: points or a density, boxes, a heatmap of shares, or a line over time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import wording
from app.ui.figures import PERCENT, figure, in_percent, labels, line
from app.ui.theme import SEQUENTIAL, SERIES

if TYPE_CHECKING:
    from app.functions.tables.pairs import Pair
    from app.functions.tables.relations import Relation

_NAME_LENGTH = 22


def pair_figure(pair: Pair, is_small: bool = False) -> dict[str, Any]:
    """Return the chart of two columns.

    Parameters
    ----------
    pair : Pair
    is_small : bool
        One of many: without what can be read in its caption.
    """
    draw = {
        "points": _points,
        "density": _density,
        "boxes": _boxes,
        "shares": _shares,
        "line": _lines,
    }[pair.kind]
    x, y = (labels([name], 30)[0] for name in (pair.x, pair.y))
    traces, layout = draw(pair)
    if is_small:
        layout = layout | {"margin": {"l": 36, "r": 6, "t": 6, "b": 34}}
    return figure(traces, x, "" if is_small and pair.kind == "shares" else y, **layout)


def pair_caption(pair: Pair, relation: Relation | None) -> str:
    """Return what the chart shows, and how strongly the two go together.

    Parameters
    ----------
    pair : Pair
    relation : Relation or None
        None where it may be chance.
    """
    x, y = (f"'{wording.shortened(name)}'" for name in (pair.x, pair.y))
    shown = {
        "points": f"Each point is one of {wording.plural(pair.rows, 'row')}.",
        "density": (
            f"The darker, the more of {wording.plural(pair.rows, 'row')}; the outermost 0.5 % on each side are "
            "not drawn."
        ),
        "boxes": (
            f"Half of the rows of each {x} lie in its box, the line is their median; "
            f"{wording.plural(pair.rows, 'row')}."
        ),
        "shares": (
            f"Of the rows with each {x}, the share with each {y}; {wording.plural(pair.rows, 'row')}."
        ),
        "line": (
            f"The {'share of each ' + y if pair.names else 'mean of ' + y} over time; "
            f"{wording.plural(pair.rows, 'row')}."
        ),
    }[pair.kind]
    if relation is None:
        return f"{shown} Whether they go together cannot be told from chance."
    way = {1: ", and rise together", -1: ", and one falls as the other rises", 0: ""}
    strength = wording.fixed(relation.strength, 2)
    return f"{shown} They go together by {strength} of 1{way[relation.sign]}."


def _points(pair: Pair) -> tuple[list, dict]:
    trace = {
        "type": "scatter",
        "mode": "markers",
        "x": pair.xs,
        "y": pair.ys,
        "marker": {"color": SERIES[0], "size": 5, "opacity": 0.45},
        "hovertemplate": "%{x}, %{y}<extra></extra>",
    }
    return [trace], {}


def _density(pair: Pair) -> tuple[list, dict]:
    trace = {
        "type": "heatmap",
        "x": pair.xs,
        "y": pair.ys,
        "z": [[count or None for count in row] for row in pair.cells],
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "hovertemplate": "%{z} rows<extra></extra>",
        "hoverongaps": False,
    }
    return [trace], {}


def _boxes(pair: Pair) -> tuple[list, dict]:
    low, q1, middle, q3, high = (list(part) for part in zip(*pair.cells))
    trace = {
        "type": "box",
        "x": labels(list(pair.xs), _NAME_LENGTH),
        "lowerfence": low,
        "q1": q1,
        "median": middle,
        "q3": q3,
        "upperfence": high,
        "marker": {"color": SERIES[0]},
        "line": {"width": 1.5},
    }
    return [trace], {"xaxis": {"type": "category", "showgrid": False}}


def _shares(pair: Pair) -> tuple[list, dict]:
    trace = {
        "type": "heatmap",
        "x": labels(list(pair.xs), _NAME_LENGTH),
        "y": labels(list(pair.ys), _NAME_LENGTH),
        "z": [in_percent(row) for row in pair.cells],
        "zmin": 0,
        "zmax": 100,
        "colorscale": SEQUENTIAL,
        "showscale": False,
        "texttemplate": "%{z:.0f} %" if len(pair.xs) * len(pair.ys) <= 60 else "",
        "hovertemplate": "%{x}: %{z:.1f} % are %{y}<extra></extra>",
        "xgap": 2,
        "ygap": 2,
    }
    axis = {"type": "category", "showgrid": False}
    return [trace], {"xaxis": axis, "yaxis": axis | {"autorange": "reversed"}}


def _lines(pair: Pair) -> tuple[list, dict]:
    if not pair.names:
        return [line(pair.xs, pair.cells[0], pair.y, SERIES[0], "%{x}: %{y}")], {}
    traces = [
        line(pair.xs, in_percent(shares), name, SERIES[k], "%{x}: %{y}")
        for k, (name, shares) in enumerate(
            zip(labels(list(pair.names), _NAME_LENGTH), pair.cells)
        )
    ]
    return traces, {"yaxis": PERCENT | {"range": [0, 100]}, "showlegend": True}
