"""The process of one job, which inherits a place in the queue.

``python -m app.jobs.worker DATA_DIR RUN_ID SLOTS SERVER_PID TICKET DESCRIPTOR``
"""

from __future__ import annotations

import logging
import os
import sys
import warnings
from pathlib import Path

from app.jobs import learning_curve, train
from app.jobs.progress import Progress
from app.jobs.queue import Ticket, hold_slot
from app.storage import DatasetStore, NotFound, RunStore

KINDS = {"training": train.train, "learning": learning_curve.learn}
_NICENESS = 5


def main(
    data_dir: Path, run_id: str, slots: int, server_pid: int, ticket: Ticket
) -> None:
    """Wait for this run's turn, do its work and say how it ended."""
    os.nice(_NICENESS)  # pages are answered first
    # What a library warns about shows in the scores; the server's log is not the place for it.
    warnings.simplefilter("ignore")
    runs = RunStore(data_dir / "runs")
    datasets = DatasetStore(data_dir / "datasets")
    record = Progress(runs, run_id, server_pid)
    try:
        with hold_slot(ticket, slots, record.waiting):
            results = KINDS[record["kind"]](record, datasets, runs)
    except (ValueError, NotFound) as error:
        record.finish("failed", str(error))
    except MemoryError:
        record.finish(
            "failed",
            "The machine ran out of memory. Train on fewer rows or columns, or choose fewer models.",
        )
    except OSError as error:
        logging.exception("run %s could not use its files", run_id)
        record.finish(
            "failed",
            f"The server could not read or write its files: {error.strerror or error}. "
            "Whoever runs it has to look at its disk; start the run again after that.",
        )
    except Exception:
        logging.exception("run %s failed", run_id)
        record.finish(
            "failed",
            "Something went wrong that should not have; it was logged. Try other models or settings.",
        )
    else:
        record.finish("done", **results)


if __name__ == "__main__":
    logging.basicConfig(format="%(levelname)s %(message)s")
    folder, run, places, server, path, descriptor = sys.argv[1:]
    place = Ticket(Path(path), int(descriptor))
    main(Path(folder), run, int(places), int(server), place)
