"""Takes back what a release or rollback left that was killed before it could do so itself."""

from __future__ import annotations

from deploy.cloudrun import CloudRun
from deploy.config import Config
from deploy.github import summarise
from deploy.traffic import Safeguard


def add_arguments(parser) -> None:
    """Add nothing: what there is to take back, a file tells."""


def run(_) -> None:
    """Put the traffic back and remove the candidate's tag, if there is any need."""
    safeguard = Safeguard.left_behind(CloudRun(Config.from_environ()))
    if safeguard is None:
        print("There is nothing to take back.")
        return
    summarise(f"Taken back. {safeguard.restore()}")
