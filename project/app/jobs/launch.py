"""Starts the processes that read uploads and train models, and never waits for a training."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from app.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]


class Jobs:
    """Starts jobs that work on one data directory.

    Parameters
    ----------
    data_dir : pathlib.Path
    settings : Settings
    """

    def __init__(self, data_dir: Path, settings: Settings):
        self.data_dir = data_dir
        self.settings = settings
