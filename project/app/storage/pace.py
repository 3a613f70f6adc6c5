"""How fast the machine trains, as its own trainings tell: one small file."""

from __future__ import annotations

import math
from pathlib import Path

from . import files

KEPT = 20


class PaceStore:
    """What the last trainings took, each divided by what was expected.

    Parameters
    ----------
    path : pathlib.Path
        The file; it need not exist.
    """

    def __init__(self, path: Path):
        self._path = path

    def ratios(self) -> tuple[float, ...]:
        """Return the ratios of the last trainings, the latest last; none if the file is damaged."""
        try:
            kept = files.read_json(self._path)["ratios"]
            known = [float(ratio) for ratio in kept]
        except (OSError, ValueError, TypeError, KeyError):
            return ()
        return tuple(ratio for ratio in known if math.isfinite(ratio) and ratio > 0)

    def add(self, seconds: float, expected: float) -> None:
        """Keep what a training took; of two at the same moment one may be lost.

        Parameters
        ----------
        seconds : float
        expected : float
            At a pace of 1.
        """
        if seconds > 0 and expected > 0:
            kept = [*self.ratios(), seconds / expected][-KEPT:]
            files.write_json(self._path, {"ratios": kept})
