"""Uploads in reports: a table is chosen in the browser, read on the server, and kept in the visitor's page."""

from __future__ import annotations

import base64
import binascii
import io
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from app import functions
from app.ui.components import message
from app.wording import plural

if TYPE_CHECKING:
    import pandas as pd

MAX_MB = 2
_MAX_BYTES = MAX_MB * 1024 * 1024
# A small file may be large when unpacked, and the page must be able to send it back.
_MAX_UNPACKED = 10 * _MAX_BYTES
# The button opens the dialog for mouse, keyboard and screen reader, so the unlabelled field behind it is hidden.
_HIDE_FIELD = """
function (id) {
    const hide = () => {
        const field = document.querySelector(`#${id} input[type=file]`);
        if (field) {
            field.tabIndex = -1;
            field.setAttribute("aria-hidden", "true");
        }
        return field;
    };
    if (!hide()) {
        const watch = new MutationObserver(() => hide() && watch.disconnect());
        watch.observe(document.body, {childList: true, subtree: true});
    }
}
"""
# Large files are refused before anything is sent. The field is emptied so that a file can be chosen again.
_GUARD = """
function (contents, name) {
    if (!contents) {
        return [window.dash_clientside.no_update, window.dash_clientside.no_update];
    }
    const bytes = (contents.length - contents.indexOf(",") - 1) * 3 / 4;
    return [{name: name, contents: bytes > LIMIT + 2 ? null : contents}, null];
}
"""


def upload(upload_id: str, hint: str) -> html.Div:
    """Return a drop zone for a table, with a message and a button that restores the sample.

    Parameters
    ----------
    upload_id : str
        The same as for `receive_upload`.
    hint : str
        What the table must contain.
    """
    choose = dmc.Button("Choose a file, or drop it here", variant="default", size="xs")
    back = dmc.Button(
        "Use the sample", id=f"{upload_id}-forget", variant="subtle", size="xs"
    )
    limit = f"CSV, TSV, Excel or Parquet, at most {MAX_MB} MB. It is not kept on the server."
    return html.Div(
        [
            dmc.Text(f"{hint} {limit}", size="sm", c="dimmed", mb="xs"),
            dmc.Group([dcc.Upload(choose, id=upload_id), back], gap="xs"),
            html.Div(id=f"{upload_id}-says", style={"marginTop": 8}),
            dcc.Store(id=f"{upload_id}-file"),
            dcc.Store(id=f"{upload_id}-table"),
        ]
    )


def receive_upload(app: Dash, upload_id: str) -> None:
    """Let an app read the files that are dropped on `upload`.

    The table is the data of ``f"{upload_id}-table"``, for `uploaded_table`; None stands for the sample. A file that
    cannot be read gets a sentence and leaves the table that was there.

    Parameters
    ----------
    app : dash.Dash
    upload_id : str
    """
    app.clientside_callback(_HIDE_FIELD, Input(upload_id, "id"))
    app.clientside_callback(
        _GUARD.replace("LIMIT", str(_MAX_BYTES)),
        Output(f"{upload_id}-file", "data"),
        Output(upload_id, "contents"),
        Input(upload_id, "contents"),
        State(upload_id, "filename"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(f"{upload_id}-table", "data"),
        Output(f"{upload_id}-says", "children"),
        Input(f"{upload_id}-file", "data"),
        prevent_initial_call=True,
    )
    def read(file):
        try:
            return _read(file)
        except ValueError as error:
            return no_update, message(str(error), "This file cannot be used")

    @app.callback(
        Output(f"{upload_id}-table", "data", allow_duplicate=True),
        Output(f"{upload_id}-says", "children", allow_duplicate=True),
        Input(f"{upload_id}-forget", "n_clicks"),
        prevent_initial_call=True,
    )
    def forget(_):
        return None, None


def uploaded_table(data: Any) -> pd.DataFrame | None:
    """Return the uploaded table; None if there is none.

    Parameters
    ----------
    data : object
        The data of ``f"{upload_id}-table"``, which comes unchecked from the browser.

    Returns
    -------
    DataFrame of shape (n_rows, n_columns) or None

    Raises
    ------
    ValueError
        It is not a table.
    """
    if data is None:
        return None
    content = _decoded(data.get("table") if isinstance(data, dict) else None)
    stream = io.BytesIO(content)
    return functions.tables.reading.read_table(
        stream, "Your table", _MAX_UNPACKED
    ).frame


def _read(file: Any) -> tuple[dict[str, Any], html.Div]:
    file = file if isinstance(file, dict) else {}
    name = file.get("name")
    name = name[:100] if isinstance(name, str) and name else "The file"
    if "contents" in file and file["contents"] is None:
        raise ValueError(
            f"'{name}' is larger than {MAX_MB} MB. Save it as Parquet, or leave out rows and columns that the "
            "report does not need."
        )
    content = _decoded(file.get("contents"))
    result = functions.tables.reading.read_table(
        io.BytesIO(content), name, _MAX_UNPACKED
    )
    packed = functions.tables.serialization.table_to_bytes(result.frame)
    if len(packed) > _MAX_BYTES:
        raise ValueError(
            f"'{name}' contains too much data: compressed, it is larger than {MAX_MB} MB. Leave out rows and "
            "columns that the report does not need."
        )
    n_rows, n_columns = result.frame.shape
    size = f"{plural(n_rows, 'row')}, {plural(n_columns, 'column')}."
    said = message(" ".join([size, *result.notes]), name, "good")
    return {"name": name, "table": base64.b64encode(packed).decode()}, said


def _decoded(text: Any) -> bytes:
    """Return the bytes of base64, with or without the prefix of a data URL."""
    try:
        return base64.b64decode(text.rpartition(",")[2], validate=True)
    except (AttributeError, binascii.Error, ValueError):
        raise ValueError(
            "The file did not arrive completely. Choose it again."
        ) from None
