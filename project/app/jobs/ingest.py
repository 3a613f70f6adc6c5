"""Reads one upload and keeps it as a dataset: `python -m app.jobs.ingest DATA_DIR UPLOAD_ID MAX_BYTES`.

It is a process of its own because a stranger's file may take any time and memory; the server outlives it.
The last line it prints is JSON: ``{"dataset", "notes"}``, or ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path

from app import functions
from app.storage import DatasetStore, NotFound, UploadStore

_GIB = 1024**3
# What a table takes in memory while it is read and profiled, as a multiple of the file.
_MEMORY_FACTOR = 8
TOO_LITTLE_MEMORY = (
    "The table needs more memory than this server has for it. "
    "Leave out rows or columns and upload it again."
)


def ingest(data_dir: Path, upload_id: str, max_bytes: int) -> dict:
    """Turn an upload into a dataset of the same id.

    Parameters
    ----------
    data_dir : pathlib.Path
    upload_id : str
    max_bytes : int
        How large the file may become when it is unpacked.

    Returns
    -------
    dict
        ``{"dataset": id, "notes": [sentence, …]}``, or ``{"error": sentence}``.
    """
    uploads = UploadStore(data_dir / "uploads", max_bytes)
    datasets = DatasetStore(data_dir / "datasets")
    try:
        name = uploads.get(upload_id).name
        with tempfile.TemporaryFile() as whole:
            uploads.write_whole(upload_id, whole)
            whole.seek(0)
            table = functions.tables.reading.read_table(whole, name, max_bytes)
            # What may be read otherwise: another sheet, or a text in another way.
            may_change = len(table.sheets) > 1 or bool(table.how)
            is_kept = may_change and datasets.keep_file(upload_id, whole)
    except (NotFound, ValueError) as error:
        return {"error": str(error)}
    datasets.add_read(table, name, upload_id, upload_id if is_kept else "")
    return {"dataset": upload_id, "notes": list(table.notes)}


def bound_memory(max_bytes: int) -> None:
    """Let this process take no more memory than a table of so many bytes may need.

    Parameters
    ----------
    max_bytes : int
    """
    bound = _GIB + _MEMORY_FACTOR * max_bytes
    resource.setrlimit(resource.RLIMIT_DATA, (bound, bound))
    try:
        # Should the machine run out all the same, this process goes, and not the server.
        Path("/proc/self/oom_score_adj").write_text("1000")
    except OSError:  # not Linux
        return


def main(data_dir: str, upload_id: str, max_bytes: str) -> None:
    """Run `ingest` with a bound on memory and print what it returns."""
    bound_memory(int(max_bytes))
    try:
        outcome = ingest(Path(data_dir), upload_id, int(max_bytes))
    except MemoryError:
        outcome = {"error": TOO_LITTLE_MEMORY}
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
