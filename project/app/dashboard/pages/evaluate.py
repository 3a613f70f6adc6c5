"""Train."""
from dash import html


def layout(services, query):
    return html.Div("train")


def register_callbacks(app, services):
    pass
