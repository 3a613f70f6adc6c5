"""The Dash app and page of a report, the same whether it runs alone or on the server."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, html

from app.ui import components
from app.ui.theme import MANTINE

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
_STYLES = ("style.css", "reports.css", "upload.css")
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
    """Create the Dash app of a report.

    Parameters
    ----------
    name : str
        The report's ``__name__``.
    **dash_options
        The options that the server passes; none if the report runs alone.

    Returns
    -------
    dash.Dash
    """
    file = getattr(sys.modules.get(name), "__file__", None) or name
    alone = {
        "assets_folder": str(Path(file).resolve().with_suffix(".assets")),
        "update_title": None,
        "use_async": False,
        "enable_mcp": False,
        "suppress_callback_exceptions": True,
        "index_string": _ALONE.format(style=_styles()),
    }
    return Dash(name, **(alone | dash_options))


def _styles() -> str:
    return "\n".join((_ASSETS / name).read_text(encoding="utf-8") for name in _STYLES)


def page(title: str, intro: Any, *children: Any) -> dmc.MantineProvider:
    """Return the layout of a report: its heading, a sentence about its purpose, and its sections.

    Parameters
    ----------
    title : str
    intro : component or str
    *children : component

    Returns
    -------
    dash_mantine_components.MantineProvider
        Has the theme that was chosen on the dashboard, else the system's.
    """
    body = html.Main(
        components.page(title, intro, *children),
        id="page",
        className="report",
        style={"padding": "var(--mantine-spacing-md)"},
    )
    return dmc.MantineProvider(body, theme=MANTINE, defaultColorScheme="auto")
