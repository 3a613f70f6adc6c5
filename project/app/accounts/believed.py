"""What a process has read a moment ago, and believes for a few seconds."""

from __future__ import annotations

from typing import Generic, TypeVar

# What was changed elsewhere counts here no later than that.
SECONDS = 3.0
_MAX = 10_000

T = TypeVar("T")


class Believed(Generic[T]):
    """Values by their keys, each for a few seconds."""

    def __init__(self):
        self._values: dict[str, tuple[float, T]] = {}

    def get(self, key: str, now: float) -> T | None:
        """Return what was read a moment ago; None if it must be read again."""
        read, value = self._values.get(key, (0.0, None))
        return value if 0 <= now - read < SECONDS else None

    def keep(self, key: str, value: T, now: float) -> None:
        """Believe a value that was read just now."""
        if len(self._values) >= _MAX:
            self._values.clear()
        self._values[key] = (now, value)

    def forget(self) -> None:
        """Believe nothing any more: something has changed."""
        self._values.clear()
