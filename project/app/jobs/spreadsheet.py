"""Writes a scored table as an Excel workbook: `python -m app.jobs.spreadsheet DATA_DIR RUN_ID`.

It is a process of its own because it takes long, and memory that the server would keep. The file stays in the run.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

from app import functions
from app.storage import RunStore

from .score import SCORED, WORKBOOK

_ROWS_AT_ONCE = 20_000


def main(data_dir: str, run_id: str) -> None:
    """Write the workbook, unless it is there."""
    table = RunStore(Path(data_dir) / "runs").table_path(run_id, SCORED)
    path = table.with_name(WORKBOOK)
    if path.exists():
        return
    batches = functions.tables.serialization.batches_of(table, _ROWS_AT_ONCE)
    temporary = path.with_name(f".{secrets.token_hex(4)}.xlsx")
    try:
        functions.scoring.exporting.write_excel(batches, str(temporary))
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


if __name__ == "__main__":
    os.nice(5)
    main(*sys.argv[1:])
