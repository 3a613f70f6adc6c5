"""What a table may take in memory once it is read, whatever its file looks like: cells, texts, the whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from .file_kinds import too_large

# A number in a column; texts take as much for where they begin, and their bytes besides.
BYTES_PER_CELL = 8
# So much is never too much, however low the limit is.
_SMALL_BYTES = 1024 * 1024
# Spreadsheets hold 32,767 characters in a cell; documents of JSON are longer.
MAX_CELL_CHARACTERS = 2**20
# The texts of one column are read at once by a page, so they take at most this share of a table.
MAX_COLUMN_SHARE = 4


def check_cells(n_rows: int, n_columns: int, name: str, max_bytes: int) -> None:
    """Refuse a table whose cells alone take too much memory.

    Parameters
    ----------
    n_rows, n_columns : int
    name : str
        The user's name of the file, for the sentence.
    max_bytes : int
        How large the table may be when it is unpacked.

    Raises
    ------
    ValueError
        It is larger.
    """
    if n_rows * n_columns * BYTES_PER_CELL > max(max_bytes, _SMALL_BYTES):
        raise too_large(name, max_bytes)


def long_cell(name: str, column: str) -> ValueError:
    """Return what to raise for a cell that is longer than a cell may be.

    Parameters
    ----------
    name : str
        The user's name of the file.
    column : str
        Where the cell is; '' if that is not known yet.

    Returns
    -------
    ValueError
    """
    where = f' in column "{column}"' if column else ""
    return ValueError(
        f"'{name}' has a cell of more than {MAX_CELL_CHARACTERS:,} characters{where}. Shorten it, or leave it out."
    )


class TextAccount:
    """Adds up the texts of a table while it is read, and refuses what takes too much memory.

    Parameters
    ----------
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the table may be when it is unpacked.

    Attributes
    ----------
    total : int
        How many bytes the texts of the columns take that were added.
    """

    def __init__(self, name: str, max_bytes: int):
        self._name = name
        self._max_bytes = max_bytes
        self.total = 0
        self._columns: Counter = Counter()

    def add(self, column: str, chunks: Iterable[pa.Array]) -> None:
        """Count texts of a column; those that are stored once count as often as they appear.

        Parameters
        ----------
        column : str
        chunks : iterable of pyarrow.Array
            Other types than texts and bytes count nothing.

        Raises
        ------
        ValueError
            A cell is too long, the column or the table takes too much.
        """
        n_bytes = sum(self._bytes_of(column, chunk) for chunk in chunks)
        self.add_bytes(column, n_bytes)

    def add_bytes(self, column: str, n_bytes: int) -> None:
        """Count the texts of a column of which it is known how many bytes they have.

        Parameters
        ----------
        column : str
        n_bytes : int

        Raises
        ------
        ValueError
            The column or the table takes too much.
        """
        self.total += n_bytes
        self._columns[column] += n_bytes
        if self.total > self._max_bytes:
            raise too_large(self._name, self._max_bytes)
        most = max(self._max_bytes // MAX_COLUMN_SHARE, _SMALL_BYTES)
        if self._columns[column] > most:
            raise ValueError(self._long_column(column))

    def _bytes_of(self, column: str, chunk: pa.Array) -> int:
        values = _values_of(chunk)
        if not is_text_like(values.type):
            return 0
        lengths = pc.binary_length(values)
        # A character takes up to 4 bytes.
        if (pc.max(lengths).as_py() or 0) > MAX_CELL_CHARACTERS:
            self._check_characters(column, values)
        if pa.types.is_dictionary(chunk.type):
            lengths = lengths.take(chunk.indices)
        return pc.sum(lengths).as_py() or 0

    def _check_characters(self, column: str, values: pa.Array) -> None:
        lengths = pc.binary_length(values)
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            lengths = pc.utf8_length(values)
        if pc.max(lengths).as_py() > MAX_CELL_CHARACTERS:
            raise long_cell(self._name, column)

    def _long_column(self, column: str) -> str:
        megabytes = self._max_bytes // MAX_COLUMN_SHARE / 1024**2
        return (
            f"The texts in column \"{column}\" of '{self._name}' take more than {megabytes:,.4g} MB, unpacked. "
            "Shorten them, or leave out the column."
        )


def is_text_like(kind: pa.DataType) -> bool:
    """Tell whether a type of Arrow holds texts or bytes.

    Parameters
    ----------
    kind : pyarrow.DataType

    Returns
    -------
    bool
    """
    checks = (
        *(pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view),
        *(pa.types.is_binary, pa.types.is_large_binary, pa.types.is_binary_view),
        pa.types.is_fixed_size_binary,
    )
    return any(check(kind) for check in checks)


def check_table(frame: pd.DataFrame, name: str, max_bytes: int) -> None:
    """Refuse a table that takes too much memory, whichever way it was read.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the table may be when it is unpacked.

    Raises
    ------
    ValueError
        It is larger, or has a cell that is longer than a cell may be.
    """
    check_cells(*frame.shape, name, max_bytes)
    account = TextAccount(name, max_bytes)
    for column in frame.select_dtypes("str"):
        texts = pa.array(frame[column])
        account.add(column, texts.chunks if isinstance(texts, pa.ChunkedArray) else [texts])  # fmt: skip


def _values_of(chunk: pa.Array) -> pa.Array:
    values = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
    if pa.types.is_string_view(values.type):
        return values.cast(pa.large_string())
    if pa.types.is_binary_view(values.type):
        return values.cast(pa.large_binary())
    return values
