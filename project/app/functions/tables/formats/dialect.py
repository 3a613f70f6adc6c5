"""How the cells of a text file are told apart: the delimiter, quotation marks."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from .layout import usual_width
from .limits import MAX_CELL_CHARACTERS

# Where two delimiters fit equally well, the one that words and numbers contain less often wins.
DELIMITERS = {"\t": "tab", ";": "semicolon", "|": "pipe", ",": "comma"}
SAMPLE_ROWS = 200
_DECLARATION = re.compile(r"\"?sep=(.)\"?[,;\t|]*\r?\n", re.I)
_SINGLE_QUOTED = re.compile(r"(?:^|[,;\t|]) *'[^'\n]*' *(?=[,;\t|\r\n])", re.M)


@dataclass(frozen=True)
class Dialect:
    """How a file separates and quotes its cells.

    Attributes
    ----------
    delimiter : str
    quote : str
    has_backslashes : bool
        Whether a quotation mark inside of a cell is written with a backslash before it, not twice.
    has_nuls : bool
        Whether NUL characters are to be left out.
    """

    delimiter: str
    quote: str = '"'
    has_backslashes: bool = False
    has_nuls: bool = False

    def rows(self, lines: Iterable[str]) -> csv.reader:
        """Return a reader of rows; a blank line is an empty row."""
        # The limit of Python's module is that of its process, and is meant for lines, not for cells of JSON.
        csv.field_size_limit(MAX_CELL_CHARACTERS)
        return csv.reader(
            self._clean(lines),
            delimiter=self.delimiter,
            quotechar=self.quote,
            skipinitialspace=True,
        )

    def _clean(self, lines: Iterable[str]) -> Iterable[str]:
        if self.has_nuls:
            lines = (line.replace("\0", "") for line in lines)
        if self.has_backslashes:
            lines = (line.replace("\\" + self.quote, self.quote * 2) for line in lines)
        return lines


def declared_delimiter(start: str) -> tuple[str, int]:
    """Return the delimiter that a first line such as 'sep=;' declares, and how long that line is.

    Spreadsheet programs write it before a table and hide it when they read it.

    Parameters
    ----------
    start : str
        The first characters of the file.

    Returns
    -------
    delimiter : str
        '' if none is declared.
    n_characters : int
    """
    found = _DECLARATION.match(start)
    return (found[1], found.end()) if found else ("", 0)


def dialect_of(
    sample: str, declared: str, name: str, has_nuls: bool, to_learn: bool = True
) -> Dialect:
    """Return the dialect in which most rows of a sample have equally many cells.

    Parameters
    ----------
    sample : str
        The beginning of the file, from its first row on.
    declared : str
        The delimiter that the file declares; '' if none.
    name : str
        The user's name of the file, for the sentence.
    has_nuls : bool
    to_learn : bool
        Whether one column is too few.

    Returns
    -------
    Dialect

    Raises
    ------
    ValueError
        Whatever the dialect, there is only one column.
    """
    delimiters = [declared] if declared else list(DELIMITERS)
    candidates = [Dialect(delimiter, has_nuls=has_nuls) for delimiter in delimiters]
    if '\\"' in sample:
        candidates = [replace(c, has_backslashes=True) for c in candidates] + candidates
    if len(_SINGLE_QUOTED.findall(sample)) > sample.count("\n") / 2:
        candidates = [replace(c, quote="'") for c in candidates] + candidates
    scores = [_consistency(sample, candidate) for candidate in candidates]
    best = max(scores)
    if best == 0 and not to_learn:
        unused = (each for each in delimiters if each not in sample)
        return replace(candidates[0], delimiter=next(unused, delimiters[0]))
    if best == 0:
        raise ValueError(
            f"'{name}' has only one column; at least 2 are needed. "
            f"Separate its cells by {', '.join(DELIMITERS.values())}: no other character is taken as a delimiter."
        )
    return candidates[scores.index(best)]


def first_rows(
    sample: str, dialect: Dialect, limit: int = SAMPLE_ROWS
) -> list[list[str]]:
    """Return the first rows that are not blank, without the spaces around their cells.

    Parameters
    ----------
    sample : str
    dialect : Dialect
    limit : int

    Returns
    -------
    list of list of str
    """
    rows = []
    try:
        for row in dialect.rows(io.StringIO(sample, newline="")):
            cells = [" ".join(cell.split()) for cell in row]
            if any(cells):
                rows.append(cells)
            if len(rows) >= limit:
                break
    except csv.Error:
        # What follows is one endless cell; the rows before it tell enough.
        pass
    return rows


def _consistency(sample: str, dialect: Dialect) -> float:
    """Return the share of rows with the usual number of cells, 0 if that is one."""
    rows = first_rows(sample, dialect)
    usual = usual_width(rows)
    if usual < 2:
        return 0.0
    return sum(len(row) == usual for row in rows) / len(rows)
