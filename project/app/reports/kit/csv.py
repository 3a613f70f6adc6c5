"""The button 'Download CSV': a table as a file whose name has the choices."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

if TYPE_CHECKING:
    import pandas as pd

_MAX_NAME = 120
# Spreadsheets take a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def download_button(button_id: str) -> html.Div:
    """Return the button; its callback has ``Output(f"{button_id}-file", "data")`` and ``Input(button_id, "n_clicks")``.

    Parameters
    ----------
    button_id : str
    """
    button = dmc.Button("Download CSV", id=button_id, variant="default", size="xs")
    return html.Div([button, dcc.Download(id=f"{button_id}-file")])


def download(frame: pd.DataFrame, name: str, **parameters: Any) -> dict[str, Any]:
    """Return the value of a callback for the download.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        Written without its index. Texts that a spreadsheet would run as formulas are quoted.
    name : str
        The name of the table, such as 'sales'.
    **parameters
        The choices, which become part of the file's name. Empty ones are left out.

    Returns
    -------
    dict
    """
    parts = [name] + [
        f"{key}-{_joined(value)}"
        for key, value in parameters.items()
        if value not in (None, "", [], ())
    ]
    safe = re.sub(r"[^\w.-]+", "_", "_".join(parts)).strip("._")[:_MAX_NAME] or "table"
    harmless = frame.map(_harmless).rename(columns=_harmless)
    # Line ends of RFC 4180: with others, a lone carriage return in a cell would end its row.
    content = harmless.to_csv(index=False, lineterminator="\r\n")
    return {"content": content, "filename": f"{safe}.csv", "type": "text/csv"}


def download_rows(rows: Sequence[Sequence[str]], name: str) -> dict[str, Any]:
    """Return the value of a callback for the download of a few rows of text, the head first.

    Parameters
    ----------
    rows : sequence of sequence of str
    name : str
        Of the file, without '.csv'.

    Returns
    -------
    dict
    """
    text = io.StringIO()
    csv.writer(text).writerows([map(_harmless, row) for row in rows])
    return {"content": text.getvalue(), "filename": f"{name}.csv", "type": "text/csv"}


def _joined(value: Any) -> str:
    return "+".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _harmless(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
