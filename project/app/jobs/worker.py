"""The process of one job: ``python -m app.jobs.worker DATA_DIR RUN_ID SERVER_PID``.

It inherits a lock on its place in the queue, which is free again when it ends, however it ends.
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
from app.storage import DatasetStore, NotFound, RunStore

_NICENESS = 5


def main(data_dir: Path, run_id: str, server_pid: int) -> None:
    """Do the work of a run and note how it ended."""
    os.nice(_NICENESS)  # pages are answered first
    # What a library warns about shows in the scores; the server's log is not the place for it.
    warnings.simplefilter("ignore")
    runs = RunStore(data_dir / "runs")
    datasets = DatasetStore(data_dir / "datasets")
    try:
        progress = Progress(runs, run_id, server_pid)
    except (NotFound, FileNotFoundError):  # deleted before its turn came
        return
    job = Job(run_id, progress, datasets, runs, joblib.cpu_count())
    try:
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
    folder, run, server = sys.argv[1:]
    main(Path(folder), run, int(server))
