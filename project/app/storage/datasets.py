"""Datasets: a table in Parquet and what is known of it in JSON. Written once, never changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import functions

from . import files, records

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.tables.profiling import TableProfile

SAMPLE_PREFIX = "sample-"


# Of the records that this version writes. 1: no field 'schema', and none that says what counted as missing.
SCHEMA = 2


@dataclass(frozen=True)
class Dataset:
    """What is known of a table without opening it.

    Attributes
    ----------
    id, name : str
    created : float
        Seconds since the epoch.
    notes : tuple of str
        Sentences on how its file was read.
    profile : TableProfile
    missing : mapping of str to mapping of str to int
        By column, the spellings that counted as missing, and their rows.
    """

    id: str
    name: str
    created: float
    notes: tuple[str, ...]
    profile: TableProfile
    missing: Mapping[str, Mapping[str, int]]


class DatasetStore:
    """The datasets below one directory.

    Parameters
    ----------
    root : pathlib.Path
        Made if it does not exist.
    """

    def __init__(self, root: Path):
        self.root = root
        root.mkdir(parents=True, exist_ok=True)

    def add(
        self,
        frame: pd.DataFrame,
        name: str,
        notes: tuple[str, ...] = (),
        dataset_id: str | None = None,
        missing: Mapping[str, Mapping[str, int]] | None = None,
    ) -> str:
        """Keep a table and its profile; return its id.

        Parameters
        ----------
        frame : DataFrame of shape (n_rows, n_columns)
        name : str
        notes : tuple of str
        dataset_id : str, optional
        missing : mapping of str to mapping of str to int, optional
            As in `Dataset`.
        """
        dataset_id = dataset_id or files.new_id()
        profile = functions.tables.profiling.profile_table(frame)
        folder = self.root / dataset_id
        folder.mkdir(exist_ok=True)
        files.write_bytes(
            folder / "table.parquet",
            functions.tables.serialization.table_to_bytes(frame),
        )
        record: dict[str, Any] = {
            "id": dataset_id,
            "schema": SCHEMA,
            "name": name,
            "created": time.time(),
            "notes": notes,
            "profile": profile,
            "missing": missing or {},
        }
        # Last: a folder without it is no dataset yet, so nobody sees half of one.
        files.write_json(folder / "dataset.json", records.plain(record))
        return dataset_id

    def get(self, dataset_id: str) -> Dataset:
        """Return what is known of a table; a sample that was never opened is made first.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        self._make_sample(dataset_id)
        record = files.read_json(self._file(dataset_id, "dataset.json"))
        kind = functions.tables.profiling.TableProfile
        return Dataset(
            id=record["id"],
            name=record["name"],
            created=record["created"],
            notes=tuple(record["notes"]),
            profile=records.read(kind, record["profile"]),
            missing=record.get("missing", {}),
        )

    def table(self, dataset_id: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return the table itself, or only some of its columns.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        self._make_sample(dataset_id)
        content = self._file(dataset_id, "table.parquet").read_bytes()
        return functions.tables.serialization.table_from_bytes(content, columns)

    def _file(self, dataset_id: str, name: str) -> Path:
        return files.file_of(self.root, dataset_id, "table", "dataset.json").with_name(
            name
        )

    def _make_sample(self, dataset_id: str) -> None:
        made = self.root / dataset_id / "dataset.json"
        if not dataset_id.startswith(SAMPLE_PREFIX) or made.exists():
            return
        key = dataset_id.removeprefix(SAMPLE_PREFIX)
        if key in functions.tables.samples.SAMPLES:
            sample = functions.tables.samples.SAMPLES[key]
            self.add(sample.load(), sample.name, dataset_id=dataset_id)
