"""Bands around a line, and intervals around points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.ui.figures import line


def band(x: Any, low: Any, high: Any, rgb: str) -> list[dict[str, Any]]:
    """Return the traces of the area between two lines.

    Parameters
    ----------
    x, low, high : array-like
    rgb : str
        Red, green and blue, such as '59,130,196'.
    """
    color = f"rgba({rgb},0.16)"
    edge = {"line": {"width": 0}, "showlegend": False, "hoverinfo": "skip"}
    filled = {"fill": "tonexty", "fillcolor": color}
    return [
        line(x, low, "low", color) | edge,
        line(x, high, "high", color) | edge | filled,
    ]


def intervals(
    x: Sequence[float],
    low: Sequence[float],
    high: Sequence[float],
    names: Sequence[str],
    color: str,
    hover: str,
    **more: Any,
) -> dict[str, Any]:
    """Return the trace of points, one below the other, each with a horizontal interval around it.

    Parameters
    ----------
    x, low, high : sequence of float
        The points and the ends of their intervals.
    names : sequence of str
        What the points are, on the vertical axis.
    color : str
    hover : str
        Plotly's template for the text beside the pointer.
    **more
        Further entries of the trace.
    """
    return {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": names,
        "marker": {"color": color, "size": 11},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [end - point for end, point in zip(high, x)],
            "arrayminus": [point - end for end, point in zip(low, x)],
            "thickness": 3,
            "width": 8,
        },
        "hovertemplate": f"{hover}<extra></extra>",
    } | more
