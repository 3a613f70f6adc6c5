"""Datasets: a table in Parquet and what is known of it in JSON. Written once, never changed."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import orjson

from app import functions

from . import files, records
from .dataset_ids import derived_id

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from app.functions.tables.column_readings import ColumnReading
    from app.functions.tables.corrections import ColumnCorrection
    from app.functions.tables.profiling import TableProfile
    from app.functions.tables.remarks import Offer, Remark
    from app.functions.tables.results import ReadTable

SAMPLE_PREFIX = "sample-"
# Of the records that this version writes. 1: no field 'schema', and none that says what counted as missing.
# 2: none of how the columns were read, so nothing can be corrected.
SCHEMA = 3
# A text, or a workbook of several sheets, is kept up to this size, so that it can be read otherwise.
MAX_KEPT_BYTES = 64 * 1024**2


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
    remarks : tuple of Remark
        The notes, each with what can be done about it. Empty of a version that kept none.
    source : str
        The id of the dataset as it was read at first; empty if this is it.
    corrections : mapping of str to ColumnCorrection
        By column, what was changed of `source`.
    written : mapping of str to str
        By column, how values such as 1.234 or 3/2/2024 were taken: a `ColumnReading.written`.
    sheets : tuple of str
        The sheets of its workbook that can be read.
    sheet : str
        The one that was read.
    workbook : str
        The id of the dataset that keeps the file.
    how : mapping of str to str
        Of a text file that is kept, how it was read: as `ReadTable.how`.
    chosen : mapping of str to str
        What of that somebody chose: the fields of `ReadingChoices`.
    """

    id: str
    name: str
    created: float
    notes: tuple[str, ...]
    profile: TableProfile
    missing: Mapping[str, Mapping[str, int]]
    remarks: tuple[Remark, ...] = ()
    source: str = ""
    corrections: Mapping[str, ColumnCorrection] = field(default_factory=dict)
    written: Mapping[str, str] = field(default_factory=dict)
    sheets: tuple[str, ...] = ()
    sheet: str = ""
    workbook: str = ""
    how: Mapping[str, str] = field(default_factory=dict)
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def offers(self) -> tuple[tuple[str, Offer], ...]:
        """What can be done about the remarks, each with its column; the place of each here is its number."""
        return tuple((r.column, offer) for r in self.remarks for offer in r.offers)


class DatasetStore:
    """The datasets below one directory.

    Parameters
    ----------
    root : pathlib.Path
        Made if it does not exist.
    guard : callable, optional
        Asked before a table is opened; allows everything by default.
    """

    def __init__(self, root: Path, guard: files.Guard = files.allow_all):
        self.root = root
        self._guard = guard
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
        return self._write(
            dataset_id or files.new_id(), frame, name, notes=notes, missing=missing
        )

    def add_read(
        self,
        table: ReadTable,
        name: str,
        dataset_id: str,
        workbook: str = "",
        chosen: Mapping[str, str] | None = None,
    ) -> str:
        """Keep a table as it was read from a file, and what is needed to read columns of it otherwise.

        Parameters
        ----------
        table : ReadTable
        name : str
            Of the file.
        dataset_id : str
        workbook : str
            The id of the dataset that keeps the file; empty if none does.
        chosen : mapping of str to str, optional
            As in `Dataset`.
        """
        tables = functions.tables
        readings = {
            column: replace(reading, misfits={}, joined={})
            for column, reading in table.columns.items()
            if column in table.texts
        }
        if table.texts:
            texts = tables.serialization.table_of_texts(table.texts)
            self._write_file(dataset_id, "texts.parquet", texts)
        return self._write(
            dataset_id,
            table.frame,
            name,
            notes=table.notes,
            missing=_known("missing", table.columns),
            written=_known("written", table.columns),
            readings=readings,
            remarks=tables.remarks.remarks_of(table),
            sheets=table.sheets if workbook else (),
            sheet=table.sheet,
            workbook=workbook,
            how=table.how if workbook else {},
            chosen=chosen or {},
        )

    def add_corrected(
        self, source: str, corrections: Mapping[str, ColumnCorrection]
    ) -> str:
        """Keep a table as a user wants it to be read, and return its id; the same corrections give the same one.

        Parameters
        ----------
        source : str
            The id of the dataset as it was read at first.
        corrections : mapping of str to ColumnCorrection
            By column.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        ValueError
            A column cannot be read so.
        """
        corrections = {n: c for n, c in corrections.items() if not c.is_empty}
        if not corrections:
            return source
        dataset_id = derived_id(source, records.plain(corrections))
        with contextlib.suppress(files.NotFound):
            return self.get(dataset_id).id
        tables = functions.tables
        before, as_read = self.get(source), self.as_read(source)
        table = tables.corrections.apply(as_read, corrections)
        remarks = tables.remarks.remarks_after(
            before.remarks, as_read, table, corrections
        )
        changed = {column: table.columns[column] for column in corrections}

        def known(name: str) -> dict[str, Any]:
            """Return what is known of the columns as they were read, and of the changed ones as they are now."""
            kept = getattr(before, name).items()
            kept = {column: value for column, value in kept if column not in changed}
            return kept | _known(name, changed)

        self._keep_longer(source)
        return self._write(
            dataset_id,
            table.frame,
            before.name,
            notes=[remark.sentence for remark in remarks],
            missing=known("missing"),
            written=known("written"),
            remarks=remarks,
            source=source,
            corrections=corrections,
            sheets=before.sheets,
            sheet=before.sheet,
            workbook=before.workbook,
            how=before.how,
            chosen=before.chosen,
        )

    def as_read(self, dataset_id: str) -> ReadTable:
        """Return a table with the texts of the columns that may be read otherwise.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        ValueError
            Its texts were not kept.
        """
        tables = functions.tables
        record = files.read_json(self._file(dataset_id, "dataset.json"))
        texts = self._file(dataset_id, "texts.parquet")
        if not texts.exists():
            raise ValueError(
                "How this table was read cannot be changed. Upload it again."
            )
        frame = tables.serialization.table_from_bytes(files.bytes_of(texts, "table"))
        kind = tables.column_readings.ColumnReading
        return tables.results.ReadTable(
            self.table(dataset_id),
            (),
            {n: records.read(kind, r) for n, r in record["readings"].items()},
            {name: frame[name] for name in frame},
        )

    def keep_file(self, dataset_id: str, content: BinaryIO) -> bool:
        """Keep the file that a dataset is about to be read from, unless it is too large.

        Returns
        -------
        bool
            Whether it is kept.
        """
        if content.seek(0, os.SEEK_END) > MAX_KEPT_BYTES:
            return False
        content.seek(0)
        (self.root / dataset_id).mkdir(parents=True, exist_ok=True)
        with open(self.root / dataset_id / "file", "wb") as kept:
            shutil.copyfileobj(content, kept)
        return True

    def file(self, dataset_id: str) -> Path:
        """Return where the file of a dataset is kept, so that another sheet of it can be read.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        self._keep_longer(dataset_id)
        return self._file(dataset_id, "file")

    def _keep_longer(self, dataset_id: str) -> None:
        """Let a dataset not expire before what is made of it now."""
        with contextlib.suppress(OSError):
            os.utime(self._file(dataset_id, "dataset.json"))

    def _write(
        self,
        dataset_id: str,
        frame: pd.DataFrame,
        name: str,
        target: str = "",
        **known: Any,
    ) -> str:
        profile = functions.tables.profiling.profile_table(frame)
        if target:
            profile = profile.meant_for(target)
        record: dict[str, Any] = {
            "id": dataset_id,
            "schema": SCHEMA,
            "name": name,
            "created": time.time(),
            "profile": profile,
            **{key: value for key, value in known.items() if value},
        }
        record.setdefault("notes", ())
        record.setdefault("missing", {})
        content = functions.tables.serialization.table_to_bytes(frame)
        path = self.root / dataset_id / "dataset.json"
        with files.or_removed(path.parent, unless=path.name):
            self._write_file(dataset_id, "table.parquet", content)
            # Last: a folder without it is no dataset yet, so nobody sees half of one.
            files.write_json(path, records.plain(record))
        return dataset_id

    def _write_file(self, dataset_id: str, name: str, content: bytes) -> None:
        folder = self.root / dataset_id
        folder.mkdir(parents=True, exist_ok=True)
        files.write_bytes(folder / name, content)

    def get(self, dataset_id: str) -> Dataset:
        """Return what is known of a table; a sample that was never opened is made first.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        self._make_sample(dataset_id)
        known = files.bytes_of(self._file(dataset_id, "dataset.json"), "table")
        record, tables = orjson.loads(known), functions.tables
        return Dataset(
            id=record["id"],
            name=record["name"],
            created=record["created"],
            notes=tuple(record["notes"]),
            profile=records.read(tables.profiling.TableProfile, record["profile"]),
            missing=record.get("missing", {}),
            # What reads files is loaded only for a table that has something to correct.
            remarks=tuple(
                records.read(tables.remarks.Remark, remark)
                for remark in record.get("remarks", ())
            ),
            source=record.get("source", ""),
            corrections={
                name: records.read(tables.corrections.ColumnCorrection, changed)
                for name, changed in record.get("corrections", {}).items()
            },
            written=record.get("written", {}),
            sheets=tuple(record.get("sheets", ())),
            sheet=record.get("sheet", ""),
            workbook=record.get("workbook", ""),
            how=record.get("how", {}),
            chosen=record.get("chosen", {}),
        )

    def table(self, dataset_id: str, columns: list[str] | None = None) -> pd.DataFrame:
        """Return the table itself, or only some of its columns.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        content = self._content(dataset_id)
        return functions.tables.serialization.table_from_bytes(content, columns)

    def thinned(self, dataset_id: str, n_rows: int) -> pd.DataFrame:
        """Return at most `n_rows` rows, spread evenly over the table.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        content = self._content(dataset_id)
        return functions.tables.serialization.thinned_from_bytes(content, n_rows)

    def rows(
        self, dataset_id: str, columns: list[str], positions: np.ndarray
    ) -> pd.DataFrame:
        """Return the rows at some ascending positions; raises `NotFound` as `table` does."""
        read = functions.tables.serialization.rows_from_bytes
        return read(self._content(dataset_id), positions, columns)

    def batches(
        self, dataset_id: str, n_rows: int
    ) -> Iterator[tuple[pd.DataFrame, pd.DataFrame]]:
        """Yield a table in parts of at most `n_rows` rows, each with the texts of its columns that were kept.

        Raises
        ------
        NotFound
            There is no such dataset, or no longer.
        """
        self._make_sample(dataset_id)
        batches_of = functions.tables.serialization.batches_of
        texts = self._file(dataset_id, "texts.parquet")
        parts = batches_of(self._file(dataset_id, "table.parquet"), n_rows)
        if not texts.exists():
            yield from ((part, part[[]]) for part in parts)
            return
        yield from zip(parts, batches_of(texts, n_rows), strict=True)

    def decoded_bytes(self, dataset_id: str, columns: list[str]) -> int:
        """Return how much memory some columns would take; raises `NotFound` as `table` does."""
        measure = functions.tables.serialization.decoded_bytes
        return measure(self._content(dataset_id), columns)

    def _content(self, dataset_id: str) -> bytes:
        self._make_sample(dataset_id)
        return files.bytes_of(self._file(dataset_id, "table.parquet"), "table")

    def _file(self, dataset_id: str, name: str) -> Path:
        self._guard(dataset_id, "rows")
        record = files.file_of(self.root, dataset_id, "table", "dataset.json")
        return record.with_name(name)

    def _make_sample(self, dataset_id: str) -> None:
        key = dataset_id.removeprefix(SAMPLE_PREFIX)
        if key == dataset_id or key not in functions.tables.samples.SAMPLES:
            return
        if not (self.root / dataset_id / "dataset.json").exists():
            sample = functions.tables.samples.SAMPLES[key]
            self._write(dataset_id, sample.load(), sample.name, sample.target)


def _known(name: str, readings: Mapping[str, ColumnReading]) -> dict[str, Any]:
    """Return a field of the readings by column, where it is not empty."""
    values = {column: getattr(reading, name) for column, reading in readings.items()}
    return {column: value for column, value in values.items() if value}
