"""Static files as the image's build leaves them."""

from __future__ import annotations

import importlib.util
from pathlib import Path

from tests.conftest import PROJECT


def compress(file: Path) -> None:
    """Compress a file, and give it the date that identifies its content."""
    path = PROJECT / "deploy" / "image" / "compress.py"
    spec = importlib.util.spec_from_file_location("compress", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.compress(file)
