"""The tables that a report may read: those of the server it runs on, or, alone, those of a temporary folder."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dash import Dash

from app import wording
from app.jobs import Jobs
from app.settings import Settings
from app.storage import DatasetStore, NotFound, UploadStore
from app.storage.uploads import PART_BYTES

if TYPE_CHECKING:
    import pandas as pd

# Columns are guessed from so many rows, spread evenly over the table.
GUESS_ROWS = 50_000
# What a report may hold in memory at once.
MAX_CELLS = 20_000_000
MAX_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True)
class Tables:
    """The tables that an app may read.

    Parameters
    ----------
    app : dash.Dash
        A server hands its stores over as ``app.server.extensions["tables"]``.
    """

    app: Dash

    @property
    def hosted(self) -> bool:
        """Whether a server gives its tables, and takes files by its upload API."""
        return "tables" in self.app.server.extensions

    @property
    def max_bytes(self) -> int:
        """The largest file that is taken."""
        if self.hosted:
            return self.app.server.extensions["tables"]["uploads"].max_bytes
        return self._alone.settings.max_upload_bytes

    @property
    def _datasets(self) -> DatasetStore:
        if self.hosted:
            return self.app.server.extensions["tables"]["datasets"]
        return self._alone.datasets

    @property
    def days(self) -> int:
        """How many days a file is kept; 0 if it goes with the process."""
        return self.app.server.extensions["tables"]["days"] if self.hosted else 0

    @cached_property
    def _alone(self) -> _Alone:
        return _Alone()

    def name(self, table_id: Any) -> str:
        """Return the name of a table.

        Raises
        ------
        NotFound
            There is no such table, or no longer.
        """
        return self._datasets.get(_text(table_id)).name

    def columns(self, table_id: Any) -> list[str]:
        """Return the names of a table's columns.

        Raises
        ------
        NotFound
            There is no such table, or no longer.
        """
        profile = self._datasets.get(_text(table_id)).profile
        return [column.name for column in profile.columns]

    def size(self, table_id: Any) -> tuple[int, int]:
        """Return how many rows and columns a table has.

        Raises
        ------
        NotFound
            There is no such table, or no longer.
        """
        profile = self._datasets.get(_text(table_id)).profile
        return profile.rows, len(profile.columns)

    def notes(self, table_id: Any) -> tuple[str, ...]:
        """Return what was mended or assumed when a table was read.

        Raises
        ------
        NotFound
            There is no such table, or no longer.
        """
        return self._datasets.get(_text(table_id)).notes

    def read(self, table_id: Any, columns: list[str]) -> pd.DataFrame:
        """Return some columns of a table.

        Raises
        ------
        NotFound
            There is no such table, or no longer.
        ValueError
            There is more in them than a report may hold.
        """
        n_rows, _ = self.size(table_id)
        if (
            n_rows * len(columns) > MAX_CELLS
            or self._datasets.decoded_bytes(_text(table_id), columns) > MAX_BYTES
        ):
            raise ValueError(
                f"This table has {wording.plural(n_rows, 'row')}, more than a report can work on. "
                "Leave out rows or columns."
            )
        return self._datasets.table(_text(table_id), columns)

    def glance(self, table_id: Any) -> pd.DataFrame:
        """Return some rows of a table, spread evenly over it.

        Raises
        ------
        NotFound
            There is no such table, or no longer.
        """
        _, n_columns = self.size(table_id)
        n_rows = min(GUESS_ROWS, max(100, MAX_CELLS // max(1, n_columns)))
        return self._datasets.thinned(_text(table_id), n_rows)

    def take(self, name: str, content: bytes) -> str:
        """Read a file as a table, in a process with bounds on time and memory, and return the table's id.

        Only a report that runs alone takes files so.

        Raises
        ------
        ValueError
            The file holds no usable table; the sentence says why and what to do.
        """
        return self._alone.take(name, content)


class _Alone:
    """The tables of a report that runs alone; they go with its process."""

    def __init__(self) -> None:
        self.settings = Settings.from_environ()
        self._folder = tempfile.TemporaryDirectory(prefix="report-")
        root = Path(self._folder.name)
        self.datasets = DatasetStore(root / "datasets")
        self._uploads = UploadStore(root / "uploads", self.settings.max_upload_bytes)
        self._jobs = Jobs(root, self.settings)

    def take(self, name: str, content: bytes) -> str:
        upload = self._uploads.create(name, len(content))
        for number in range(upload.n_parts):
            start = number * PART_BYTES
            self._uploads.put(upload.id, number, content[start : start + PART_BYTES])
        outcome = self._jobs.ingest(upload.id)
        self._uploads.remove(upload.id)
        if "error" in outcome:
            raise ValueError(outcome["error"])
        return outcome["dataset"]


def _text(table_id: Any) -> str:
    """Return what may be an id; a browser may send anything."""
    if not isinstance(table_id, str):
        raise NotFound("There is no such table.")
    return table_id
