"""Which plotly.js a page loads: the small one where it is there and enough; its address is one that a browser keeps."""

from __future__ import annotations

import json
from typing import Any

import plotly
from dash import Dash
from dash.fingerprint import build_fingerprint
from flask import has_request_context, request

from .static_files import BUNDLES, package_folder

_FULL = "package_data/plotly.min.js"
# Scatter, bar, box, heatmap, histogram, contour, violin and what else has two axes; no scattergl, no 3D, no maps. Only
# an image has it (deploy/image/fetch_plotly.py).
_CARTESIAN = "package_data/plotly-cartesian.min.js"
_GRAPH = f"{BUNDLES}dash/dcc/async-graph.js"
# Dash writes the address of the full one there, without a version, when its renderer starts.
_SCRIPT = "<script>Object.defineProperty(window, '_dashPlotlyJSURL', {get: () => %s, set: () => {}});</script>"
_PRELOAD = '<link rel="preload" as="script" href="%s">'


def install(pages: Dash, cartesian: bool, graphs_at: tuple[str, ...] = ()) -> None:
    """Let the graphs of an app load the plotly.js that is meant for them.

    Parameters
    ----------
    pages : Dash
    cartesian : bool
        Whether all its figures do with the small one.
    graphs_at : tuple of str
        Addresses whose pages always show a graph: it is fetched at once, not when the graph comes.
    """
    small = cartesian and (package_folder("plotly") / _CARTESIAN).is_file()
    if small:
        # Known to Dash, and so served by it, but no part of the page.
        pages.scripts.append_script(
            {
                "relative_package_path": _CARTESIAN,
                "namespace": "plotly",
                "dynamic": True,
            }
        )
    address = _address(_CARTESIAN if small else _FULL)
    script = _SCRIPT % json.dumps(address)
    preload = "".join(_PRELOAD % early for early in (_GRAPH, address))
    interpolate = pages.interpolate_index

    def with_plotly(**parts: Any) -> str:
        if small and has_request_context() and request.path in graphs_at:
            parts["css"] = preload + parts["css"]
        parts["scripts"] = script + parts["scripts"]
        return interpolate(**parts)

    pages.interpolate_index = with_plotly


def _address(name: str) -> str:
    """Return a bundle's address on the dashboard, which all reports share."""
    written = int((package_folder("plotly") / name).stat().st_mtime)
    return f"{BUNDLES}plotly/{build_fingerprint(name, plotly.__version__, written)}"
