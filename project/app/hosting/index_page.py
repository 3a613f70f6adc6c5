"""What is put into an app's index page: the plotly.js that its graphs need, and preloads of what it always requests."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

import plotly
from dash import Dash
from dash.fingerprint import build_fingerprint
from flask import has_request_context, request

from . import prefix
from .static_files import BUNDLES, package_folder

_FULL = "package_data/plotly.min.js"
# Without scattergl, 3D and maps. Only the image has it (deploy/image/fetch_plotly.py).
_CARTESIAN = "package_data/plotly-cartesian.min.js"
# Dash's renderer sets this to the address of the full one, without a version.
_SET_PLOTLY = (
    "<script data-plotly=%s>((address) => Object.defineProperty(window, '_dashPlotlyJSURL', "
    "{get: () => address, set: () => {}}))(document.currentScript.dataset.plotly);</script>"
)
_ASKED_BY_RENDERER = ("/_dash-layout", "/_dash-dependencies")
_GRAPH = f"{BUNDLES}dash/dcc/async-graph.js"
# By far the largest script that others wait for: it is among the first requests, not behind a dozen small ones.
_LARGEST = re.compile(r'src="([^"]*/dash_mantine_components/[^"]*)"')


# Takes the parts of an index page by name ("css", "scripts", …), and returns those that it changes.
Insertion = Callable[[dict[str, str]], dict[str, str]]


def install(pages: Dash, *insertions: Insertion) -> None:
    """Let an app's index page go through these, one after the other, before its parts are put together.

    Parameters
    ----------
    pages : Dash
    *insertions : Insertion
        Each sees what those before it have changed.
    """
    put_together = pages.interpolate_index

    def interpolate_index(**parts: str) -> str:
        for insertion in insertions:
            parts |= insertion(parts)
        return put_together(**parts)

    pages.interpolate_index = interpolate_index


def choose_plotly(pages: Dash, cartesian: bool) -> str | None:
    """Tell Dash of the small plotly.js where it is there and enough.

    Parameters
    ----------
    pages : Dash
    cartesian : bool
        Whether the small one suffices for all its figures.

    Returns
    -------
    str or None
        The address of the small one; None if graphs need the full one.
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
    return _address(_CARTESIAN) if small else None


def set_plotly(small: str | None) -> Insertion:
    """Let graphs load the small plotly.js, else the full one.

    Parameters
    ----------
    small : str or None
        What `choose_plotly` returned.

    Returns
    -------
    Insertion
    """
    script = _SET_PLOTLY % json.dumps(small or _address(_FULL))
    return lambda parts: {"scripts": script + parts["scripts"]}


def asked_from() -> str:
    """Return the address of the page that sent the current request; empty if it is not known."""
    if not has_request_context() or not request.referrer:
        return ""
    try:
        page = urlsplit(request.referrer)
    except ValueError:
        return ""
    if not page.path.startswith("/"):
        return ""
    return page._replace(path=prefix.inside(page.path)).geturl()


def preloads(plotly_address: str | None, path: str) -> Insertion:
    """Let the dashboard's pages request at once what they would request once their scripts run.

    Parameters
    ----------
    plotly_address : str or None
        The address of the plotly.js to preload, if any.
    path : str
        The page that always shows a graph; other pages may not need it.

    Returns
    -------
    Insertion
    """
    always = "".join(map(_preload_data, _ASKED_BY_RENDERER))
    # After everything that the page needs before its graph.
    graph = "".join(_preload_script(a, "low") for a in (_GRAPH, plotly_address or ""))

    def insert(parts: dict[str, str]) -> dict[str, str]:
        shows_graph = has_request_context() and request.path == path
        early = always + graph if plotly_address and shows_graph else always
        largest = "".join(map(_preload_script, _LARGEST.findall(parts["scripts"])))
        return {"css": largest + early + parts["css"]}

    return insert


def _preload_data(address: str) -> str:
    # The layout holds the page that asks for it, which without this would not be known.
    return f'<link rel="preload" as="fetch" crossorigin referrerpolicy="same-origin" href="{address}">'


def _preload_script(address: str, priority: str = "auto") -> str:
    return (
        f'<link rel="preload" as="script" fetchpriority="{priority}" href="{address}">'
    )


def _address(name: str) -> str:
    """Return a bundle's address on the dashboard, which reports share."""
    written = int((package_folder("plotly") / name).stat().st_mtime)
    return f"{BUNDLES}plotly/{build_fingerprint(name, plotly.__version__, written)}"
