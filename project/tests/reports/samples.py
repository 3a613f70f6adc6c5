"""Sample reports to put into a folder, and the request of their callback."""

from __future__ import annotations

from pathlib import Path
from string import Template

_REPORT = Template('''"""A report of the tests."""

from dash import Dash, Input, Output, html

from app.reports import kit

TITLE = $title
DESCRIPTION = "What it is for."
TAGS = ("test",)
$module

def create_app(**dash_options):
    $before
    app = kit.create(__name__, **dash_options)
    button = html.Button("Add", id="add")
    $layout
    app.layout = kit.page(TITLE, "Intro.", button, html.Div(id="answer"), *parts)

    @app.callback(Output("answer", "children"), Input("add", "n_clicks"), prevent_initial_call=True)
    def answer(n_clicks):
        $callback
        return f"{TITLE}: {n_clicks}"

    return app


if __name__ == "__main__":
    create_app().run()
''')


def source(
    title: str = "Sample",
    module: str = "",
    before: str = "",
    layout: str = "parts = []",
    callback: str = "",
) -> str:
    """Return a working report with extra lines of Python.

    Parameters
    ----------
    title : str
    module, before, layout, callback : str
        Lines at the top, first in `create_app`, before the layout (it may set `parts`), and in the callback.
    """
    return _REPORT.substitute(
        title=repr(title),
        module=module,
        before=before or "pass",
        layout=layout,
        callback=callback or "pass",
    )


def drop(folder: Path, name: str, content: str) -> Path:
    """Put a report into a folder atomically."""
    half = folder / f"{name}.half"
    half.write_text(content, encoding="utf-8")
    return half.replace(folder / f"{name}.py")


def question(n_clicks: object = 1) -> dict:
    """Return the request of the page of `source` when its button is clicked."""
    return {
        "output": "answer.children",
        "outputs": {"id": "answer", "property": "children"},
        "inputs": [{"id": "add", "property": "n_clicks", "value": n_clicks}],
        "changedPropIds": ["add.n_clicks"],
    }
