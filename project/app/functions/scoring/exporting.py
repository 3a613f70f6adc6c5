"""A scored table as a file for other programs: CSV and Excel, written in parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
import xlsxwriter

MAX_EXCEL_ROWS = 200_000
_MIDNIGHT = "datetime64[D]"
# The first of the columns of predictions.
_OURS = re.compile(r"prediction( \(model\))*")
# Spreadsheets take a cell that begins with one of these for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
# A class such as -1 is none.
_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")
# Excel's own limit; a longer text would be left out.
_MAX_EXCEL_TEXT = 32_767
_TOO_LONG = (
    "The table has {rows} rows, too many to write as an Excel workbook here (at most {most}). "
    "Download it as CSV, which Excel opens too, or as Parquet."
)


def csv_of(parts: Iterable[pd.DataFrame]) -> Iterator[bytes]:
    """Yield a scored table as CSV in UTF-8, with the mark by which Excel recognises it.

    A class or a column of the training table may be called like a formula, which whoever scores does not expect: in
    the columns of predictions it gets an apostrophe. The table's own cells stay as they are.

    Parameters
    ----------
    parts : iterable of DataFrame
        Of the same columns, as `results.joined` returns them.

    Yields
    ------
    bytes

    References
    ----------
    https://owasp.org/www-community/attacks/CSV_Injection
    """
    for number, part in enumerate(parts):
        harmless = _with_harmless_predictions(_with_dates_as_text(part))
        text = harmless.to_csv(index=False, header=number == 0)
        yield text.encode("utf-8-sig" if number == 0 else "utf-8")


def write_excel(parts: Iterable[pd.DataFrame], target: str) -> None:
    """Write a table as an Excel workbook of one sheet, row by row.

    Parameters
    ----------
    parts : iterable of DataFrame
        Of the same columns; together at most `MAX_EXCEL_ROWS` rows.
    target : str
        The path of the file.

    References
    ----------
    https://xlsxwriter.readthedocs.io/working_with_memory.html
    """
    options = {
        "constant_memory": True,
        # A text that looks like a formula or an address stays a text.
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "default_date_format": "yyyy-mm-dd hh:mm:ss",
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(target, options) as workbook:
        sheet = workbook.add_worksheet("scored")
        row = 0
        for part in parts:
            if row == 0:
                sheet.write_row(0, 0, map(str, part), workbook.add_format({"bold": 1}))
                sheet.freeze_panes(1, 0)
            for cells in _cells(part):
                row += 1
                for column, cell in enumerate(cells):
                    if cell is not None:
                        sheet.write(row, column, cell)


def refuse_too_long(n_rows: int) -> None:
    """Refuse a table that would take too long to write as a workbook.

    Parameters
    ----------
    n_rows : int

    Raises
    ------
    ValueError
        The sentence says what to do instead.
    """
    if n_rows > MAX_EXCEL_ROWS:
        raise ValueError(
            _TOO_LONG.format(rows=f"{n_rows:,}", most=f"{MAX_EXCEL_ROWS:,}")
        )


def _with_harmless_predictions(part: pd.DataFrame) -> pd.DataFrame:
    names = [str(name) for name in part]
    # The last one is ours: the table may have some of the same name before it.
    first = max((i for i, name in enumerate(names) if _OURS.fullmatch(name)), default=0)
    ours = part.iloc[:, first:].select_dtypes(["object", "string"])
    return part.assign(**{name: ours[name].map(_harmless) for name in ours})


def _harmless(cell: object) -> object:
    is_formula = isinstance(cell, str) and cell.startswith(_FORMULA)
    return f"'{cell}" if is_formula and not _NUMBER.fullmatch(cell) else cell


def _with_dates_as_text(part: pd.DataFrame) -> pd.DataFrame:
    dates = part.select_dtypes("datetime")
    return part.assign(**{name: _dates_as_text(dates[name]) for name in dates})


def _dates_as_text(values: pd.Series) -> np.ndarray:
    """Write each date in ISO 8601, without a time at midnight, whatever the others of its column have."""
    moments = values.to_numpy(dtype="datetime64[s]")
    days = np.datetime_as_string(moments.astype(_MIDNIGHT))
    texts = np.where(
        moments == moments.astype(_MIDNIGHT), days, np.datetime_as_string(moments)
    ).astype(object)
    texts[np.isnat(moments)] = None
    return texts


def _cells(part: pd.DataFrame) -> Iterator[tuple]:
    """Yield the rows as Python's own values; what is missing is None."""
    columns = []
    for _, column in part.items():
        if column.dtype.kind == "M":
            column = pd.Series(_excel_dates(column), dtype=object)
        values = column.astype(object).where(column.notna().to_numpy(), None).tolist()
        columns.append(
            [v[:_MAX_EXCEL_TEXT] if isinstance(v, str) else v for v in values]
        )
    return zip(*columns)


def _excel_dates(values: pd.Series) -> list:
    """Return dates as Excel can show them; those before its calendar as text."""
    texts = _dates_as_text(values)
    return [
        moment.to_pydatetime() if text and moment.year >= 1900 else text
        for moment, text in zip(values, texts)
    ]
