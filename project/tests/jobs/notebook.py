"""What a job tells of itself, taken down by a test."""

from __future__ import annotations

from typing import Any

from app.storage import RunStore


class Notebook:
    """Takes down what a training tells of itself, without a process or a clock."""

    def __init__(self, runs: RunStore, run_id: str):
        self._runs, self._content = runs, runs.content(run_id)
        self.done = self.total = 0
        self.told: list[str] = []

    def update(self, **fields: Any) -> None:
        """Write some fields of the record."""
        self._content |= fields
        self._runs.write(self._content)

    def begin(self, total: int) -> None:
        """Take down how many steps there are."""
        self.total = total

    def doing(self, text: str) -> None:
        """Take down what is being worked on."""
        self.told.append(text)

    def at(self, done: int, doing: str) -> None:
        """Take down how far it is."""
        assert done >= self.done
        self.done = done
        self.told.append(doing)

    def advance(self) -> None:
        """Count a step."""
        self.done += 1
