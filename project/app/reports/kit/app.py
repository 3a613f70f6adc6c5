"""A report's Dash app and page, alike whether it runs alone or on the server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, html

from app.ui import components
from app.ui.theme import MANTINE

_STYLE = Path(__file__).resolve().parents[2] / "assets" / "style.css"
_ALONE = """<!DOCTYPE html>
<html lang="en">
<head>
{{%metas%}}
<title>{{%title%}}</title>
{{%favicon%}}
{{%css%}}
<style>{style}</style>
</head>
<body>
{{%app_entry%}}
<footer>{{%config%}}{{%scripts%}}{{%renderer%}}</footer>
</body>
</html>"""


def create(name: str, **dash_options: Any) -> Dash:
    """Make a report's Dash app.

    Parameters
    ----------
    name : str
        The report's ``__name__``.
    **dash_options
        What the server passes; none when the report runs alone.

    Returns
    -------
    dash.Dash
    """
    file = getattr(sys.modules.get(name), "__file__", None) or name
    alone = {
        "assets_folder": str(Path(file).resolve().with_suffix(".assets")),
        "update_title": None,
        "use_async": False,
        "suppress_callback_exceptions": True,
        "index_string": _ALONE.format(style=_STYLE.read_text(encoding="utf-8")),
    }
    return Dash(name, **(alone | dash_options))


def page(title: str, intro: Any, *children: Any) -> dmc.MantineProvider:
    """Return a report's whole layout: its heading, a sentence on what it is for, and its sections.

    Parameters
    ----------
    title : str
    intro : component or str
    *children : component

    Returns
    -------
    dash_mantine_components.MantineProvider
        Follows the system's light or dark theme, or what was chosen on the dashboard.
    """
    body = html.Main(
        components.page(title, intro, *children),
        id="page",
        className="report",
        style={"padding": "var(--mantine-spacing-md)"},
    )
    return dmc.MantineProvider(body, theme=MANTINE, defaultColorScheme="auto")
