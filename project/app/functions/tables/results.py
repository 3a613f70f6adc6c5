"""What reading a file gives: a table, and what the user should know about how it was read."""

from __future__ import annotations

from dataclasses import dataclass, field

import pandas as pd

from .column_readings import ColumnReading, notes_of
from .column_types import TypedTexts


@dataclass(frozen=True)
class ReadTable:
    """A table and what the user should know about how it was read.

    Attributes
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        At least 2 rows and 2 columns. The names are different, not empty and str; the types are int64, float64,
        bool, datetime64[us] (without time zone) and str.
    notes : tuple of str
        Sentences that tell what was mended or assumed.
    columns : dict of str to ColumnReading
        How each column that was text in the file was read.
    texts : dict of str to Series of str, each of shape (n_rows,)
        The texts of those columns that may be read otherwise, as `column_types.retype` does.
    sheets : tuple of str
        The names of a workbook's sheets, the visible ones first.
    sheet : str
        The sheet that was read.
    how : dict of str to str
        Of a text file, how it was read: a key of each of `ReadingChoices`; empty for other files.
    """

    frame: pd.DataFrame
    notes: tuple[str, ...] = ()
    columns: dict[str, ColumnReading] = field(default_factory=dict)
    texts: dict[str, pd.Series] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    how: dict[str, str] = field(default_factory=dict)


def table_of(typed: TypedTexts, n_rows: int, notes: list[str]) -> ReadTable:
    """Return the table of columns that were all text.

    Parameters
    ----------
    typed : TypedTexts
    n_rows : int
        How many rows the file has, those without a value among them.
    notes : list of str
        What was assumed before.

    Returns
    -------
    ReadTable
    """
    dropped = n_rows - len(typed.frame)
    return ReadTable(
        typed.frame,
        (*notes, *empty_row_notes(dropped), *notes_of(typed.readings)),
        typed.readings,
        typed.texts,
    )


def empty_row_notes(dropped: int) -> list[str]:
    """Return a sentence about rows without any value, if there were some.

    Parameters
    ----------
    dropped : int

    Returns
    -------
    list of str
    """
    if not dropped:
        return []
    if dropped == 1:
        return ["1 row without any value was left out."]
    return [f"{dropped:,} rows without any value were left out."]
