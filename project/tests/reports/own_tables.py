"""Tables of a reader's own, as the page of a report holds them."""

from __future__ import annotations

import pandas as pd


def opened(server, frame: pd.DataFrame, sure: bool = True, **columns: str) -> dict:
    """Keep a table on a server and return the data of 'own-table'.

    Parameters
    ----------
    server : flask.Flask
    frame : DataFrame of shape (n_rows, n_columns)
    sure : bool
        Whether the reader has confirmed the columns.
    **columns : str
        The columns by the id of their select, '_' for '-'.
    """
    table = server.extensions["services"].datasets.add(frame, "own.csv")
    named = {name.replace("_", "-"): column for name, column in columns.items()}
    return {"table": table, "file": "own.csv", "sure": sure, "columns": named}
