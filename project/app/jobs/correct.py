"""Reads a table otherwise: `python -m app.jobs.correct DATA_DIR DATASET MAX_BYTES SECONDS KIND CHOICE`.

It is a process of its own, as reading an upload is. CHOICE is the number of an offer, the name of a sheet, or how to
read a text file as JSON. The last line it prints is JSON: ``{"dataset"}``, or ``{"error": "a sentence"}``.
"""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from app import functions
from app.storage import DatasetStore, NotFound
from app.storage.dataset_ids import reading_id, sheet_id
from app.storage.datasets import Dataset

from .bounds import Bounds
from .ingest import outcome_of


def take_offer(datasets: DatasetStore, dataset_id: str, number: int) -> str:
    """Make the dataset that an offer leads to, and return its id.

    Parameters
    ----------
    datasets : DatasetStore
    dataset_id : str
    number : int
        Its place in `Dataset.offers`.

    Returns
    -------
    str

    Raises
    ------
    NotFound
        There is no such dataset, or no longer.
    ValueError
        It has no such offer, or no value can be read so.
    """
    dataset = datasets.get(dataset_id)
    if not 0 <= number < len(dataset.offers):
        raise ValueError("This table cannot be read so. Reload the page.")
    column, offer = dataset.offers[number]
    corrections = {**dataset.corrections, column: offer.correction}
    return datasets.add_corrected(dataset.source or dataset_id, corrections)


def read_sheet(
    datasets: DatasetStore, dataset_id: str, sheet: str, max_bytes: int
) -> str:
    """Read another sheet of the workbook of a dataset, and return the id of what it becomes.

    Parameters
    ----------
    datasets : DatasetStore
    dataset_id : str
    sheet : str
    max_bytes : int
        How large the file may become when it is unpacked.

    Returns
    -------
    str

    Raises
    ------
    NotFound
        There is no such dataset, or no longer.
    ValueError
        It has no such sheet, or the sheet holds no table.
    """
    dataset = datasets.get(dataset_id)
    if sheet not in dataset.sheets:
        raise ValueError("The file has no such sheet. Choose one of those that it has.")
    first = datasets.get(dataset.workbook)
    if sheet == first.sheet:
        return first.id
    new_id = sheet_id(first.id, sheet)
    return _read_again(datasets, first, new_id, max_bytes, sheet=sheet)


def read_otherwise(
    datasets: DatasetStore, dataset_id: str, chosen: str, max_bytes: int
) -> str:
    """Read the text file of a dataset as somebody chose, and return the id of what it becomes.

    Parameters
    ----------
    datasets : DatasetStore
    dataset_id : str
    chosen : str
        The fields of `ReadingChoices` as JSON.
    max_bytes : int
        How large the file may become when it is unpacked.

    Returns
    -------
    str

    Raises
    ------
    NotFound
        There is no such dataset, or no longer.
    ValueError
        Its file was not kept, or cannot be read so.
    """
    dataset = datasets.get(dataset_id)
    if not dataset.how:
        raise ValueError("The file of this table was not kept. Upload it again.")
    module = functions.tables.reading_choices
    choices = module.ReadingChoices.of(_parsed(chosen))
    first = datasets.get(dataset.workbook)
    if choices.is_empty:
        return first.id
    kept = asdict(choices)
    new_id = reading_id(first.id, kept)
    return _read_again(datasets, first, new_id, max_bytes, kept, choices=choices)


def _read_again(
    datasets: DatasetStore,
    first: Dataset,
    new_id: str,
    max_bytes: int,
    kept: dict[str, str] | None = None,
    **how: Any,
) -> str:
    """Read the file that a dataset was first read from, unless it has been read so before."""
    try:
        return datasets.get(new_id).id
    except NotFound:
        pass
    with open(datasets.file(first.id), "rb") as content:
        table = functions.tables.reading.read_table(
            content, first.name, max_bytes, **how
        )
    return datasets.add_read(table, first.name, new_id, first.id, kept)


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def correct(
    data_dir: Path, dataset_id: str, max_bytes: int, kind: str, choice: str
) -> dict:
    """Take an offer, read a sheet, or read a text file otherwise.

    Parameters
    ----------
    data_dir : pathlib.Path
    dataset_id : str
    max_bytes : int
        How large a file may become when it is unpacked.
    kind : {"offer", "sheet", "reading"}
    choice : str
        The number of an offer, the name of a sheet, or `ReadingChoices` as JSON.

    Returns
    -------
    dict
        ``{"dataset": id}``.

    Raises
    ------
    NotFound
        There is no such dataset, or no longer.
    ValueError
        It cannot be read so.
    """
    datasets = DatasetStore(data_dir / "datasets")
    if kind == "sheet":
        return {"dataset": read_sheet(datasets, dataset_id, choice, max_bytes)}
    if kind == "reading":
        return {"dataset": read_otherwise(datasets, dataset_id, choice, max_bytes)}
    number = int(choice) if choice.isdecimal() else -1
    return {"dataset": take_offer(datasets, dataset_id, number)}


def main(
    data_dir: str, dataset_id: str, max_bytes: str, seconds: str, kind: str, choice: str
) -> None:
    """Run `correct` with bounds on memory and processor time, and print what it returns."""
    Bounds(int(max_bytes), int(seconds))
    root, limit = Path(data_dir), int(max_bytes)
    outcome = outcome_of(lambda: correct(root, dataset_id, limit, kind, choice))
    print(json.dumps(outcome))


if __name__ == "__main__":
    main(*sys.argv[1:])
