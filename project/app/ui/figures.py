"""The common style of all figures; the style sheet sets the colours of text and lines to those of the theme."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from app import wording

from .theme import SERIES

_AXIS = {
    "zeroline": False,
    "automargin": True,
    "gridcolor": "rgba(128,134,143,0.22)",
    "linecolor": "rgba(128,134,143,0.5)",
    "fixedrange": False,
    # Numbers as `wording` writes them: 12,000 rather than 12k.
    "separatethousands": True,
    "exponentformat": "none",
}
# An axis of `in_percent` values, as plotly's own percent format has no space. `%{x}` and `%{y}` in a hover template
# follow the axis.
PERCENT = {"ticksuffix": " %", "hoverformat": ",.1~f"}


def figure(
    traces: list[dict[str, Any]], x: str = "", y: str = "", **layout: Any
) -> dict[str, Any]:
    """Return a figure in the common style.

    Parameters
    ----------
    traces : list of dict
    x, y : str
        Titles of the axes.
    **layout
        Further entries of plotly's layout; ``xaxis`` and ``yaxis`` are merged with the style.
    """
    axes = {
        "xaxis": _AXIS | {"title": {"text": x}} | layout.pop("xaxis", {}),
        "yaxis": _AXIS | {"title": {"text": y}} | layout.pop("yaxis", {}),
    }
    style = {
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "colorway": list(SERIES),
        "font": {"family": "system-ui, sans-serif", "size": 12, "color": "#6b7280"},
        "margin": {"l": 48, "r": 12, "t": 12, "b": 44},
        "legend": {"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        "modebar": {"bgcolor": "rgba(0,0,0,0)"},
        "hoverlabel": {"namelength": -1},
        "showlegend": False,
        "bargap": 0.06,
    }
    return {"data": traces, "layout": style | axes | layout}


def in_percent(shares: Iterable[float | None]) -> list[float | None]:
    """Return shares in percent, for an axis with `PERCENT`; None stays None."""
    return [None if share is None else round(100 * share, 4) for share in shares]


def precise(largest: float, digits: int = 4) -> dict[str, Any]:
    """Return the option of an axis that gives hover texts as many decimals as its largest value needs.

    Parameters
    ----------
    largest : float
        The largest absolute value on the axis.
    digits : int
        How many digits that value has, unless its whole part has more.
    """
    size = math.floor(math.log10(abs(largest))) if largest else 0
    return {"hoverformat": f",.{min(max(0, digits - 1 - size), 9)}~f"}


def labels(names: list[str], length: int) -> list[str]:
    """Return names for plotly: short, all different, and with its HTML escaped."""
    short = wording.shortened_apart(names, length)
    return [name.replace("&", "&amp;").replace("<", "&lt;") for name in short]


def line(
    x: Any, y: Any, name: str, color: str, hover: str = "", **more: Any
) -> dict[str, Any]:
    """Return a line; `hover` is plotly's hover template."""
    trace = {
        "type": "scatter",
        "mode": "lines",
        "x": x,
        "y": y,
        "name": name,
        "line": {"color": color, "width": 2},
    }
    if hover:
        trace["hovertemplate"] = hover + "<extra></extra>"
    return trace | more


def reference(x: Any, y: Any, name: str) -> dict[str, Any]:
    """Return a dashed reference line, such as the diagonal of a ROC plot."""
    return line(x, y, name, "#80868f", hoverinfo="skip") | {
        "line": {"color": "#80868f", "width": 1, "dash": "dash"}
    }


def bars(
    x: Any, y: Any, color: str = SERIES[0], hover: str = "", **more: Any
) -> dict[str, Any]:
    """Return bars."""
    trace = {"type": "bar", "x": x, "y": y, "marker": {"color": color}}
    if hover:
        trace["hovertemplate"] = hover + "<extra></extra>"
    return trace | more


def histogram(
    edges: list[float], counts: list[int], color: str = SERIES[0], **more: Any
) -> dict[str, Any]:
    """Return the bars of a histogram from its counts."""
    centers = [(a + b) / 2 for a, b in zip(edges, edges[1:])]
    widths = [b - a for a, b in zip(edges, edges[1:])]
    hover = "%{x}: %{y} rows"
    return bars(centers, counts, color, hover, width=widths, **more)
