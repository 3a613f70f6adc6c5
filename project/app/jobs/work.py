"""The process of one job: ``python -m app.jobs.work DATA_DIR RUN_ID SLOTS SERVER_PID``."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from app.jobs import learn, train
from app.jobs.record import RunRecord
from app.jobs.turn import my_turn
from app.storage import DatasetStore, NotFound, RunStore

KINDS = {"training": train.train, "learning": learn.learn}
_NICENESS = 5


def main(data_dir: Path, run_id: str, slots: int, server_pid: int) -> None:
    """Wait for this run's turn, do its work and say how it ended."""
    os.nice(_NICENESS)  # pages are answered first
    runs = RunStore(data_dir / "runs")
    datasets = DatasetStore(data_dir / "datasets")
    record = RunRecord(runs, run_id, server_pid)
    try:
        with my_turn(data_dir, slots, record.waiting):
            results = KINDS[record["kind"]](record, datasets, runs)
    except (ValueError, NotFound) as error:
        record.finish("failed", str(error))
    except MemoryError:
        record.finish(
            "failed",
            "The machine ran out of memory. Train on fewer rows or columns, or choose fewer models.",
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
    logging.basicConfig(stream=sys.stdout, format="%(levelname)s %(message)s")
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
