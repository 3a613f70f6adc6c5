"""Undoes an interrupted release or rollback that was killed before it could restore the traffic itself."""

from __future__ import annotations

from deploy.cloudrun import CloudRun
from deploy.config import Config
from deploy.github import summarise
from deploy.traffic import Safeguard


def add_arguments(parser) -> None:
    """Add nothing: a file says what there is to undo."""


def run(_) -> None:
    """Restore the traffic and remove the candidate's tag, if a command left them changed."""
    safeguard = Safeguard.left_behind(CloudRun(Config.from_environ()))
    if safeguard is None:
        print("There is nothing to undo.")
        return
    summarise(f"Undone. {safeguard.restore()}")
