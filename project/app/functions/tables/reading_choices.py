"""How a text file is to be read where its content does not tell it rightly: encoding, delimiter, decimals, header."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

# What somebody may choose, and how it is called.
ENCODINGS = {
    "utf-8": "UTF-8",
    "cp1252": "Windows-1252 (Western European)",
    "latin-1": "ISO 8859-1 (Western European)",
    "cp1250": "Windows-1250 (Central European)",
    "mac_roman": "Mac Roman",
    "utf-16": "UTF-16",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "euc_kr": "EUC-KR (Korean)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp866": "DOS 866 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp874": "Windows-874 (Thai)",
}
DELIMITERS = {
    ",": "Comma",
    ";": "Semicolon",
    "\t": "Tab",
    "|": "Pipe |",
    ":": "Colon",
    " ": "Space",
}
DECIMALS = {".": "Point, 1.5", ",": "Comma, 1,5"}
NO_HEADER = "none"
MAX_HEADER_ROW = 50


@dataclass(frozen=True)
class ReadingChoices:
    """What somebody chose of how a file is read; an empty text is 'as its content tells'.

    Attributes
    ----------
    encoding : str
        A key of `ENCODINGS`.
    delimiter : str
        A key of `DELIMITERS`.
    decimal : str
        A key of `DECIMALS`; with a comma, dates begin with the day.
    header : str
        The number of the row with the names, of those that are not blank, counted from 1; 'none' if there is none.
    """

    encoding: str = ""
    delimiter: str = ""
    decimal: str = ""
    header: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be chosen, with a sentence."""
        for value, known, what in (
            (self.encoding, ENCODINGS, "encoding"),
            (self.delimiter, DELIMITERS, "delimiter"),
            (self.decimal, DECIMALS, "decimal mark"),
        ):
            if value and value not in known:
                raise ValueError(f"There is no such {what}: choose one of the list.")
        if self.header not in ("", NO_HEADER) and self.header_row is None:
            raise ValueError(
                f"The row with the names must be a number from 1 to {MAX_HEADER_ROW}."
            )

    @property
    def header_row(self) -> int | None:
        """The number of the row with the names; None where there is none, or its content is to tell."""
        if not (self.header.isdecimal() and self.header.isascii()):
            return None
        row = int(self.header) if len(self.header) < 4 else 0
        return row if 1 <= row <= MAX_HEADER_ROW else None

    @property
    def is_empty(self) -> bool:
        """Whether all is as the content tells."""
        return self == ReadingChoices()

    @classmethod
    def of(cls, values: Any) -> ReadingChoices:
        """Return the choices that a record in JSON describes.

        Parameters
        ----------
        values : mapping of str to str

        Raises
        ------
        ValueError
            They are none.
        """
        if not isinstance(values, Mapping):
            raise ValueError("How to read the file makes no sense: choose it again.")
        known = [each.name for each in fields(cls)]
        chosen = {name: values.get(name) or "" for name in known}
        if not all(isinstance(value, str) for value in chosen.values()):
            raise ValueError("How to read the file makes no sense: choose it again.")
        return cls(**chosen)
