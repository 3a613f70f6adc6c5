"""The smallest Dash application, which the start of the product is compared with: `gunicorn hello:server`."""

from dash import Dash, html

app = Dash(__name__)
app.layout = html.Div("Hello, world")
server = app.server
