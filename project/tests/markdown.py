"""Pages of documentation as tests read them: sections, code blocks, tables, links."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^()\s]+)\)")


@dataclass(frozen=True)
class Block:
    """A block of code.

    Attributes
    ----------
    language : str
        Empty for commands of a shell.
    text : str
    before : str
        The line of text before it.
    """

    language: str
    text: str
    before: str


@dataclass(frozen=True)
class Page:
    """A page of documentation."""

    path: Path

    @property
    def text(self) -> str:
        """The whole page."""
        return self.path.read_text(encoding="utf-8")

    @property
    def prose(self) -> str:
        """The page without its blocks of code."""
        return _BLOCK.sub("", self.text)

    @property
    def links(self) -> list[str]:
        """Where its links and pictures lead."""
        return _LINK.findall(self.prose)

    @property
    def anchors(self) -> set[str]:
        """What the headings are linked by, as GitHub makes it of them."""
        titles = re.findall(r"^#+ (.+)$", self.prose, re.MULTILINE)
        return {re.sub(r"[^\w\- ]", "", t).lower().replace(" ", "-") for t in titles}

    @property
    def table_rows(self) -> list[list[str]]:
        """The cells of every row of every table, heads and rules left out."""
        lines = self.prose.splitlines()
        rows = [
            line
            for line, following in zip(lines, [*lines[1:], ""])
            if line.startswith("|") and not {line[:2], following[:2]} & {"|-"}
        ]
        return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]

    def section(self, title: str) -> str:
        """Return what is below a heading of the second level."""
        text = self.text.partition(f"\n## {title}\n")[2]
        assert text, f"{self.path.name} has no section '{title}'."
        return text.partition("\n## ")[0]


def blocks(text: str) -> list[Block]:
    """Return the blocks of code in a page or a section."""
    found = []
    for match in _BLOCK.finditer(text):
        before = text[: match.start()].rstrip().rpartition("\n")[2]
        found.append(Block(match[1], match[2], before))
    return found
