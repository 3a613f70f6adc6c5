"""Questions in the Socrata Query Language, in which many cities' open data are asked for."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode


def question(path: str, **parameters: Any) -> str:
    """Return the path and query of a question, every value encoded.

    Parameters
    ----------
    path : str
        '/resource/abcd-1234.json'.
    **parameters
        Clauses of the language, without their dollar sign: ``select``, ``where``, ``group`` and ``order``. Without
        ``order``, pages may overlap.

    Returns
    -------
    str

    References
    ----------
    https://dev.socrata.com/docs/queries/
    """
    clauses = {f"${name}": value for name, value in parameters.items()}
    return f"{path}?{urlencode(clauses)}"


def soql_text(value: Any) -> str:
    """Return a value as a text literal: O'Brien becomes 'O''Brien'.

    Parameters
    ----------
    value : object
        Any value, even one that a browser sent.

    Returns
    -------
    str
    """
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"
