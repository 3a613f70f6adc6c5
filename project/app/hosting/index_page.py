"""What a page loads and when: the plotly.js that its graphs need, and preloads of what it always requests."""

from __future__ import annotations

import json
import re
from typing import Any

import plotly
from dash import Dash
from dash.fingerprint import build_fingerprint
from flask import has_request_context, request

from .static_files import BUNDLES, package_folder

_FULL = "package_data/plotly.min.js"
# Without scattergl, 3D and maps. Only the image has it (deploy/image/fetch_plotly.py).
_CARTESIAN = "package_data/plotly-cartesian.min.js"
# Dash's renderer sets this to the address of the full one, without a version.
_SET_PLOTLY = "<script>Object.defineProperty(window, '_dashPlotlyJSURL', {get: () => %s, set: () => {}});</script>"
_ASKED_BY_RENDERER = ("/_dash-layout", "/_dash-dependencies")
_GRAPH = f"{BUNDLES}dash/dcc/async-graph.js"
# By far the largest script that others wait for: it is among the first requests, not behind a dozen small ones.
_LARGEST = re.compile(r'src="([^"]*/dash_mantine_components/[^"]*)"')


def choose_plotly(pages: Dash, cartesian: bool) -> str | None:
    """Let the graphs of an app load the small plotly.js if it exists and suffices, else the full one.

    Parameters
    ----------
    pages : Dash
    cartesian : bool
        Whether the small one suffices for all its figures.

    Returns
    -------
    str or None
        The address of the small one; None if the full one is loaded.
    """
    small = cartesian and (package_folder("plotly") / _CARTESIAN).is_file()
    if small:
        # Registered with Dash, which serves it, but not loaded by the page itself.
        pages.scripts.append_script(
            {
                "relative_package_path": _CARTESIAN,
                "namespace": "plotly",
                "dynamic": True,
            }
        )
    address = _address(_CARTESIAN if small else _FULL)
    interpolate = pages.interpolate_index

    def with_plotly(**parts: Any) -> str:
        parts["scripts"] = _SET_PLOTLY % json.dumps(address) + parts["scripts"]
        return interpolate(**parts)

    pages.interpolate_index = with_plotly
    return address if small else None


def asked_from() -> str:
    """Return the address of the page that sent the current request; empty if it is not known."""
    return (request.referrer or "") if has_request_context() else ""


def preload(pages: Dash, plotly_address: str | None, path: str) -> None:
    """Let the dashboard's pages request at once what they would request once their scripts run.

    Parameters
    ----------
    pages : Dash
    plotly_address : str or None
        The address of the plotly.js to preload, if any.
    path : str
        The page that always shows a graph; other pages may not need it.
    """
    always = "".join(map(_preload_data, _ASKED_BY_RENDERER))
    # After everything that the page needs before its graph.
    graph = "".join(_preload_script(a, "low") for a in (_GRAPH, plotly_address or ""))
    interpolate = pages.interpolate_index

    def with_preloads(**parts: Any) -> str:
        shows_graph = has_request_context() and request.path == path
        early = always + graph if plotly_address and shows_graph else always
        largest = "".join(map(_preload_script, _LARGEST.findall(parts["scripts"])))
        parts["css"] = largest + early + parts["css"]
        return interpolate(**parts)

    pages.interpolate_index = with_preloads


def _preload_data(address: str) -> str:
    return f'<link rel="preload" as="fetch" crossorigin href="{address}">'


def _preload_script(address: str, priority: str = "auto") -> str:
    return (
        f'<link rel="preload" as="script" fetchpriority="{priority}" href="{address}">'
    )


def _address(name: str) -> str:
    """Return a bundle's address on the dashboard, which reports share."""
    written = int((package_folder("plotly") / name).stat().st_mtime)
    return f"{BUNDLES}plotly/{build_fingerprint(name, plotly.__version__, written)}"
