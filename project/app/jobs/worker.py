"""The process of one job, which inherits a place in the queue.

``python -m app.jobs.worker DATA_DIR RUN_ID SLOTS SERVER_PID TICKET DESCRIPTOR``
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

import joblib

from app.jobs.job import Job
from app.jobs.kinds import KINDS
from app.jobs.progress import Progress
from app.jobs.queue import Ticket, hold_slot
from app.storage import DatasetStore, NotFound, RunStore

_NICENESS = 5


def main(
    data_dir: Path, run_id: str, slots: int, server_pid: int, ticket: Ticket
) -> None:
    """Wait for a slot, do the work of a run and note how it ended."""
    os.nice(_NICENESS)  # pages are answered first
    # What a library warns about shows in the scores; the server's log is not the place for it.
    warnings.simplefilter("ignore")
    runs = RunStore(data_dir / "runs")
    datasets = DatasetStore(data_dir / "datasets")
    progress = Progress(runs, run_id, server_pid)
    job = Job(run_id, progress, datasets, runs, joblib.cpu_count())
    try:
        with hold_slot(ticket, slots, progress.waiting):
            found = KINDS[runs.get(run_id).kind].work(job)
    except (ValueError, NotFound) as error:
        progress.finish("failed", str(error))
    except MemoryError:
        progress.finish(
            "failed",
            "The machine ran out of memory. Train on fewer rows or columns, or choose fewer models.",
        )
    except OSError as error:
        logging.exception("run %s could not use its files", run_id)
        progress.finish(
            "failed",
            f"The server could not read or write its files: {error.strerror or error}. "
            "Ask the person who runs it to check its disk, then start the run again.",
        )
    except Exception:
        logging.exception("run %s failed", run_id)
        progress.finish(
            "failed",
            "Something went wrong that should not have; it was logged. Try other models or settings.",
        )
    else:
        progress.finish("done", **found)


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s")
    folder, run, places, server, path, descriptor = sys.argv[1:]
    place = Ticket(Path(path), int(descriptor))
    main(Path(folder), run, int(places), int(server), place)
