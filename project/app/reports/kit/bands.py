"""Bands around a line, such as intervals."""

from __future__ import annotations

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
