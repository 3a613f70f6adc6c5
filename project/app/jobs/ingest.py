"""Reads one upload and keeps it as a dataset: `python -m app.jobs.ingest DATA_DIR UPLOAD_ID MAX_BYTES SECONDS`.

It is a process of its own because a stranger's file may take any time and memory; the server outlives it.
The last line it prints is JSON: ``{"dataset", "notes"}``, or ``{"error": "a sentence"}``, with ``"again": true`` where
the file is not to blame.
"""

from __future__ import annotations

import json
import sys
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path

from app import functions
from app.storage import DatasetStore, NotFound, UploadStore

from .bounds import Bounds

TOO_LITTLE_MEMORY = (
    "The table needs more memory than this server has for it. "
    "Leave out rows or columns and upload it again."
)

DAMAGED = (
    "The table cannot be read: the file may be damaged. "
    "Save it again, or export it as CSV in UTF-8, and upload that."
)


def ingest(
    data_dir: Path,
    upload_id: str,
    max_bytes: int,
    announce: Callable[[int], None] = lambda n_bytes: None,
) -> dict:
    """Turn an upload into a dataset of the same id.

    Parameters
    ----------
    data_dir : pathlib.Path
    upload_id : str
    max_bytes : int
        How large the file may become when it is unpacked.
    announce : callable
        As in `functions.tables.reading.read_table`.

    Returns
    -------
    dict
        ``{"dataset": id, "notes": [sentence, …]}``.

    Raises
    ------
    NotFound
        There is no such upload, or no longer.
    ValueError
        Its file holds no usable table; the sentence says why and what to do.
    """
    uploads = UploadStore(data_dir / "uploads", max_bytes)
    datasets = DatasetStore(data_dir / "datasets")
    upload = uploads.get(upload_id)
    name = upload.name
    with tempfile.TemporaryFile() as whole:
        uploads.write_whole(upload_id, whole)
        whole.seek(0)
        table = functions.tables.reading.read_table(
            whole, name, max_bytes, announce=announce, to_learn=upload.to_learn
        )
        # What may be read otherwise: another sheet, or a text in another way.
        may_change = len(table.sheets) > 1 or bool(table.how)
        is_kept = may_change and datasets.keep_file(upload_id, whole)
    datasets.add_read(table, name, upload_id, upload_id if is_kept else "")
    return {"dataset": upload_id, "notes": list(table.notes)}


def outcome_of(work: Callable[[], dict]) -> dict:
    """Do the work of a process that reads a table, and return how it ended, whatever happens.

    Parameters
    ----------
    work : callable
        Returns what the process is to print.

    Returns
    -------
    dict
    """
    try:
        return work()
    except (NotFound, ValueError) as error:
        if str(error).endswith("."):  # a sentence of ours
            return {"error": str(error)}
        traceback.print_exc()
        return {"error": DAMAGED}
    except MemoryError:
        return {"error": TOO_LITTLE_MEMORY}
    except FileNotFoundError:
        # Deleted by its owner while it was read.
        return {"error": "The file was deleted while it was read. Upload it again."}
    except OSError as error:
        sentence = f"The server could not keep the table: {error.strerror or error}. Try again later."
        return {"error": sentence, "again": True}
    except Exception:
        # What is damaged may fail anywhere in what reads it.
        traceback.print_exc()
        return {"error": DAMAGED}


def main(data_dir: str, upload_id: str, max_bytes: str, seconds: str) -> None:
    """Run `ingest` with bounds on memory and processor time, and print what it returns."""
    bounds = Bounds(int(max_bytes), int(seconds))
    outcome = outcome_of(
        lambda: ingest(Path(data_dir), upload_id, int(max_bytes), bounds.tighten)
    )
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
