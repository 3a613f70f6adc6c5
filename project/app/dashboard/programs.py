"""How a program uses a run: lines ready to copy, the address for language models, and where a token comes from."""

from __future__ import annotations

import json
from pprint import pformat
from typing import Any
from urllib.parse import quote

from dash import ALL, ClientsideFunction, Dash, Input, Output, dcc, html

from app.storage.runs import TrainingRun
from app.ui import components

_HINT = "Predict up to 10,000 rows at once with this model, by HTTP. Columns that are left out count as missing."
_MOST_COLUMNS = 60
_WIDTH = 88
# The browser knows by which name it reaches the server.
_SERVER = "{server}"
_USUAL = "http://localhost:8050"
_OLD = (
    "This run was trained by a version that did not keep what its columns were like: train again to use it from a "
    "program."
)
_CURL = "From the command line"
_PYTHON = "In Python"
_MCP = "For a language model"


def section(services, training: TrainingRun, model: str) -> Any:
    """Return how one model of a run is used from a program.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        With a best model.
    model : str
    """
    schema = services.runs.schema(training.id)
    if schema is None:
        return components.section(
            "From a program", components.message(_OLD, level="note")
        )
    has_login = services.settings.login != "off"
    row = example_row(schema)
    texts = [
        curl_lines(training.id, model, row, has_login),
        python_lines(training.id, model, row, has_login),
        mcp_settings(has_login),
    ]
    titles = (_CURL, _PYTHON, _MCP)
    return components.section(
        "From a program",
        _token(has_login),
        dcc.Store(id="program-texts", data=texts),
        *[_program(n, *pair) for n, pair in enumerate(zip(titles, texts))],
        _more(),
        hint=_HINT,
        id="programs",
    )


def _token(has_login: bool) -> html.P:
    if not has_login:
        return html.P("Nobody logs in on this server: no token is needed.")
    return html.P(
        [
            "Create a token under ",
            html.A("Account", href="/account"),
            ", for “Predict with models”; language models need “See tables and runs, without rows” too. Put it into "
            "the variable TOKEN, and never into the code.",
        ]
    )


def _program(number: int, title: str, text: str) -> html.Div:
    return html.Div(
        [
            html.Div(
                [
                    html.H3(title),
                    html.Button(
                        "Copy",
                        type="button",
                        className="library-button program-copy",
                        **{"aria-label": f"Copy: {title}"},
                    ),
                ],
                className="program-head",
            ),
            html.Pre(
                text.replace(_SERVER, _USUAL),
                id={"kind": "program-text", "number": number},
                tabIndex=0,
            ),
        ],
        className="program",
    )


def _more() -> html.P:
    return html.P(
        [
            html.A("All requests, to read and try", href="/api/v1/"),
            " · ",
            html.A(
                "dashboard_client.py, the client for Python",
                href="/api/v1/dashboard_client.py",
                download="dashboard_client.py",
            ),
        ],
        className="hint",
    )


def register_programs(app: Dash) -> None:
    """Let the lines name the server as the browser does.

    Parameters
    ----------
    app : dash.Dash
    """
    app.clientside_callback(
        ClientsideFunction("programs", "fill"),
        Output({"kind": "program-text", "number": ALL}, "children"),
        Input("program-texts", "data"),
    )


def example_row(schema: Any) -> dict[str, Any]:
    """Return a row with what is typical of each column.

    Parameters
    ----------
    schema : TableSchema
    """
    return {column.name: _typical(column) for column in schema.columns[:_MOST_COLUMNS]}


def _typical(column: Any) -> Any:
    value = column.typical
    if column.dtype == "boolean" and value is not None:
        return value == "True"
    if column.dtype == "integer" and isinstance(value, float) and value.is_integer():
        return int(value)
    if column.dtype in ("integer", "decimal") and isinstance(value, str):
        return float(value)
    return value


def curl_lines(run: str, model: str, row: dict[str, Any], has_login: bool) -> str:
    """Return the command that predicts a row.

    Parameters
    ----------
    run, model : str
    row : dict
    has_login : bool
        Whether a token is needed.
    """
    body = json.dumps({"rows": [row]}, ensure_ascii=False)
    lines = [
        f"curl -X POST '{_SERVER}/api/v1/runs/{run}/predict?model={quote(model)}'",
        "  -H 'Content-Type: application/json'",
        "  -d " + _quoted(body),
    ]
    if has_login:
        lines.insert(1, '  -H "Authorization: Bearer $TOKEN"')
    return " \\\n".join(lines)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"


def python_lines(run: str, model: str, row: dict[str, Any], has_login: bool) -> str:
    """Return the program that predicts a row by the Python client.

    Parameters
    ----------
    run, model : str
    row : dict
    has_login : bool
        Whether a token is needed.
    """
    token = ', token=os.environ["TOKEN"]' if has_login else ""
    lines = [
        *(["import os", ""] if has_login else []),
        "from dashboard_client import Dashboard",
        "",
        f'dashboard = Dashboard("{_SERVER}"{token})',
        f"row = {pformat(row, width=_WIDTH, sort_dicts=False)}",
        f'answer = dashboard.predict("{run}", [row], model="{model}")',
        'print(answer["predictions"], answer["failed"])',
    ]
    return "\n".join(lines)


def mcp_settings(has_login: bool) -> str:
    """Return what is pasted into the settings of a client of the Model Context Protocol.

    Parameters
    ----------
    has_login : bool
        Whether a token is needed.
    """
    server: dict[str, Any] = {"type": "http", "url": f"{_SERVER}/mcp"}
    if has_login:
        server["headers"] = {"Authorization": "Bearer TOKEN"}
    return json.dumps({"mcpServers": {"dashboard": server}}, indent=2)
