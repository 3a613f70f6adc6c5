"""The words that a newcomer may not know, and what they mean: `docs/glossary.md` is the source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_SOURCE = Path(__file__).parents[2] / "docs" / "glossary.md"
_ENTRY = re.compile(r"^## (.+)\n\n\*(.+?)\.?\*((?:.|\n)*?)(?=^## |\Z)", re.MULTILINE)


@dataclass(frozen=True)
class Entry:
    """One word of the glossary.

    Attributes
    ----------
    term : str
        As the field says it.
    plain : str
        In everyday words.
    explanation : str
        One or two sentences more.
    """

    term: str
    plain: str
    explanation: str

    @property
    def text(self) -> str:
        """All that is said of it, as one text."""
        return f"{self.plain}. {self.explanation}"


@cache
def entries() -> dict[str, Entry]:
    """Return the glossary by term, in lower case."""
    text = _SOURCE.read_text(encoding="utf-8")
    found = (Entry(m[1], m[2], " ".join(m[3].split())) for m in _ENTRY.finditer(text))
    return {entry.term.lower(): entry for entry in found}


def explain(term: str) -> Entry:
    """Return what the glossary says of a term; upper and lower case are alike.

    Raises
    ------
    KeyError
        It is not in the glossary.
    """
    return entries()[term.lower()]
