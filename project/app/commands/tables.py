"""A table as a command names it: a file, or the id of one that is kept already."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from app.storage import NotFound, belongings, files
from app.storage.uploads import PART_BYTES

from .session import Session

_MAX_NAME = 120


@contextmanager
def kept(session: Session, table: str, to_learn: bool = True) -> Iterator[Any]:
    """Give the table that a command names to the block; a file is read and kept, as an upload is.

    If the block fails, as it does where a column is misspelt, what was read is not kept.

    Parameters
    ----------
    session : Session
    table : str
        A file, or the id of a table.
    to_learn : bool
        Whether a file is to be learned from; else one row, and one column, is enough.

    Yields
    ------
    Dataset

    Raises
    ------
    ValueError
        There is no such file, or it holds no table; the sentence says what to do.
    """
    datasets = session.services.datasets
    if not Path(table).is_file():
        yield datasets.get(_known(session, table))
        return
    made = _read(session, Path(table), to_learn)
    with files.or_removed(datasets.root / made):
        yield datasets.get(made)


def _known(session: Session, table: str) -> str:
    path = Path(table)
    if path.exists():
        raise ValueError(f"{table} is not a file. Name the file that holds the table.")
    if files.is_id(table):
        try:
            return session.services.datasets.get(table).id
        except NotFound:
            pass
    raise ValueError(
        f"There is no file called {table}, nor is that the id of a table. Check the name."
    )


def _read(session: Session, path: Path, to_learn: bool) -> str:
    services = session.services
    size = path.stat().st_size
    services.limits.check_upload(session.actor, size)
    upload = services.uploads.create(path.name[-_MAX_NAME:], size, to_learn)
    try:
        belongings.claim(services.uploads.root, upload.id, session.actor.owner)
        with path.open("rb") as file:
            for number in range(upload.n_parts):
                services.uploads.put(upload.id, number, file.read(PART_BYTES))
        outcome = services.jobs.ingest(upload.id)
    finally:
        services.uploads.remove(upload.id)
    if "error" in outcome:
        raise ValueError(outcome["error"])
    for note in outcome["notes"]:
        click.echo(note, err=True)
    return outcome["dataset"]
