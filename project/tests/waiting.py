"""How tests wait: for an event, never for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# When a test gives up. A busy machine needs many times as long as an idle one, so this says nothing about speed.
PATIENCE_SECONDS = 300
_LOOK_SECONDS = 0.05


def wait_for(
    condition: Callable[[], Any],
    seconds: float = PATIENCE_SECONDS,
    what: str = "the condition",
) -> Any:
    """Return the first true value of `condition()`, asking again and again."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"Waited {seconds} s in vain for {what}.")
        time.sleep(_LOOK_SECONDS)
    return value


class Gate:
    """Holds up code, in whatever thread or process it runs, until the test lets it go on.

    Parameters
    ----------
    folder : pathlib.Path
        An empty one, where both sides leave word.

    Attributes
    ----------
    code : str
        One line of Python that waits at the gate.
    """

    def __init__(self, folder: Path):
        self._reached, self._open = folder / "reached", folder / "open"
        self.code = (
            f"from tests.waiting import Gate; from pathlib import Path; "
            f"Gate(Path({str(folder)!r})).wait()"
        )

    def wait(self) -> None:
        """Say that somebody is here, and wait until the gate is open."""
        self._reached.touch()
        wait_for(self._open.exists, what="the gate to open")

    def wait_until_reached(self) -> None:
        """Wait until somebody stands before the gate."""
        wait_for(self._reached.exists, what="somebody before the gate")

    def open(self) -> None:
        """Let everybody go on."""
        self._open.touch()
