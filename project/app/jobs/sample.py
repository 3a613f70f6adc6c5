"""The process that makes a sample: ``python -m app.jobs.sample DATA_DIR DATASET_ID``."""

from __future__ import annotations

import sys
from pathlib import Path

from app.storage import DatasetStore

if __name__ == "__main__":
    DatasetStore(Path(sys.argv[1]) / "datasets").get(sys.argv[2])
