"""How far a run is: its bar, what is being done, and how long it may still take."""

from __future__ import annotations

import time
from typing import Any

import dash_mantine_components as dmc

from app import wording
from app.storage.brought import is_brought
from app.storage.runs import Run
from app.ui import components

# What each state of a training is called.
STATES = {
    "queued": "Waiting in the queue",
    "running": "Training",
    "done": "Trained",
    "failed": "Training failed",
    "cancelled": "Cancelled",
    "interrupted": "Interrupted",
}


# What they are called of a model that was trained elsewhere.
_BROUGHT = {
    "running": "Looking at the model",
    "done": "Ready",
    "failed": "The model cannot be used",
}


def state_of(run: Run) -> str:
    """Return what the state of a run is called."""
    return (_BROUGHT if is_brought(run) else {}).get(run.state) or STATES[run.state]


def run_bar(run: Run, label: str = "Progress") -> list[Any]:
    """Return the progress of a run that waits or works.

    Parameters
    ----------
    run : Run
    label : str
        What a screen reader says of the bar.
    """
    progress = run.progress
    if run.state == "queued" or progress is None:
        says = run.message or "Starting…"
        return [components.progress(0, label), dmc.Text(says, size="sm")]
    done, total = progress.done, max(1, progress.total)
    elapsed = max(0.0, time.time() - (run.started or run.created))
    times = f"{wording.seconds(elapsed)} so far"
    if done:
        remaining = elapsed / done * (total - done)
        times += f", about {wording.seconds(max(1, remaining))} to go"
    return [
        components.progress(100 * done / total, f"{label}: step {done} of {total}"),
        dmc.Group(
            [
                dmc.Text(progress.doing or "Starting…", size="sm"),
                dmc.Text(times, size="sm", c="dimmed", className="number"),
            ],
            justify="space-between",
        ),
    ]
