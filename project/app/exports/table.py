"""The table of a training, as its file lies on the disk."""

from __future__ import annotations

from pathlib import Path

from app.storage import files

from .export import Context


def path_of(context: Context) -> Path:
    """Return the file of the table.

    Parameters
    ----------
    context : Context

    Returns
    -------
    pathlib.Path

    Raises
    ------
    NotFound
        The table is gone, or is not for the one who asks.
    """
    dataset = context.training.run.dataset.id
    known = context.datasets.get(dataset)  # asks whether one may, and makes a sample
    record = files.file_of(context.datasets.root, known.id, "table", "dataset.json")
    return record.with_name("table.parquet")
