"""The frame around every page."""

from __future__ import annotations

from dash import Dash, html


def create_app(server, services) -> Dash:
    """Make the Dash app on `server` and return it."""
    app = Dash("app", server=server, use_async=False, title="Dashboard")
    app.layout = html.Main(html.H1("Dashboard"))
    return app
