"""Tables in Parquet files, with their many types brought down to those of the other formats."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..column_names import check_width, clean_names, listed
from ..column_readings import ColumnReading, notes_of
from ..column_types import type_texts
from ..dates import UNIT
from ..results import ReadTable
from .file_kinds import too_large
from .limits import BYTES_PER_CELL, TextAccount, is_text_like

_UNNAMED_INDEX = re.compile(r"__index_level_\d+__")
FIRST_INEXACT = 2**53
_FEW_ROWS = 256
# The last one is of a footer that lies about its types.
_DAMAGED = (pa.ArrowException, OSError, UnicodeError, OverflowError, TypeError)


@dataclass
class _Columns:
    """The columns of a file as far as they are read."""

    typed: dict[str, np.ndarray] = field(default_factory=dict)
    texts: dict[str, pa.Array] = field(default_factory=dict)
    readings: dict[str, ColumnReading] = field(default_factory=dict)
    binary: list[str] = field(default_factory=list)


def read_parquet(
    stream: BinaryIO, name: str, max_bytes: int, announce: Callable[[int], None]
) -> ReadTable:
    """Return the table of a Parquet file.

    Parameters
    ----------
    stream : binary stream
        Seekable.
    name : str
        The user's name of the file, for the sentences.
    max_bytes : int
        How large the table may be when it is unpacked.
    announce : callable
        As in `reading.read_table`.

    Returns
    -------
    ReadTable

    Raises
    ------
    ValueError
        The file is damaged, encrypted or too large.
    """
    try:
        table, nested = _read(stream, name, max_bytes, announce)
    except MemoryError:  # some of Arrow's are of its own kind too
        raise
    except _DAMAGED as error:
        raise ValueError(
            f"'{name}' is damaged, encrypted or cut short and cannot be opened as a Parquet file. Export it again."
        ) from error
    table, index_notes = _with_index(table)
    names, notes = clean_names(table.column_names)
    columns = _Columns()
    for title, arrow_field, column in zip(names, table.schema, table.columns):
        _sort_out(columns, title, arrow_field, column)
    del table
    read = type_texts(columns.texts, drop_empty_rows=False)
    columns.typed |= {title: read.frame[title] for title in columns.texts}
    readings = columns.readings | read.readings
    notes += [*index_notes, *notes_of(readings)]
    if nested:
        notes.append(f"Columns of lists or records were left out: {listed(nested)}.")
    if columns.binary:
        notes.append(f"Columns of binary data were left out: {listed(columns.binary)}.")
    kept = [title for title in names if title in columns.typed]
    frame = pd.DataFrame({title: columns.typed[title] for title in kept})
    return ReadTable(frame, tuple(notes), readings, read.texts)


def _read(
    stream: BinaryIO, name: str, max_bytes: int, announce: Callable[[int], None]
) -> tuple[pa.Table, list[str]]:
    """Return the flat columns and the names of the others, which could unpack to any size."""
    schema = pq.read_schema(stream)
    check_width(len(schema), name)
    nested = [each.name for each in schema if pa.types.is_nested(_storage(each.type))]
    texts = [each.name for each in schema if is_text_like(each.type)]
    stream.seek(0)
    # Texts stay what most files store: each different one once, and numbers that point to them.
    file = pq.ParquetFile(stream, read_dictionary=texts)
    plain = pq.ParquetFile(stream)
    leaves = map(file.schema.column, range(len(file.schema)))
    # By position, for the name 'a.b' may be that of a column and of a part of the record 'a'.
    flat = [
        position
        for position, leaf in enumerate(leaves)
        if leaf.path == leaf.name and leaf.max_repetition_level == 0
    ]
    widths = {each.name: _width(each.type) for each in schema}
    names = [file.schema.column(position).name for position in flat]
    row_bytes = sum(widths.get(each, BYTES_PER_CELL) for each in names)
    n_bytes = _declared_bytes(file.metadata, row_bytes)
    if n_bytes > max_bytes:
        raise too_large(name, max_bytes)
    announce(n_bytes)
    account = TextAccount(name, max_bytes)
    parts = []
    # One by one, so that not much is held when a column turns out to be too large.
    for position, each in zip(flat, names):
        if widths.get(each, 0) > BYTES_PER_CELL:
            account.add_bytes(each, widths[each] * file.metadata.num_rows)
        parts.append(_read_column(file, plain, position, account))
    announce(n_bytes + account.total)
    return _side_by_side(parts), nested


def _read_column(
    file: pq.ParquetFile, plain: pq.ParquetFile, position: int, account: TextAccount
) -> pa.Table:
    try:
        part = file.reader.read_all(column_indices=[position], use_threads=False)
    except OSError as error:
        if "Not yet implemented" not in str(error):
            raise
    else:
        account.add(part.column_names[0], part.column(0).chunks)
        return part
    # Texts of which only what differs from the one before is stored: a few at a time, as they may become long.
    batches = []
    for batch in plain.reader.iter_batches(
        _FEW_ROWS,
        row_groups=list(range(plain.metadata.num_row_groups)),
        column_indices=[position],
        use_threads=False,
    ):
        account.add(batch.schema.names[0], batch.columns)
        batches.append(batch)
    return pa.Table.from_batches(batches)


def _side_by_side(parts: list[pa.Table]) -> pa.Table:
    metadata = parts[0].schema.metadata if parts else None
    fields = [part.schema.field(0) for part in parts]
    columns = [part.column(0) for part in parts]
    table = pa.Table.from_arrays(columns, schema=pa.schema(fields, metadata))
    table.validate(full=True)
    return table


def _storage(kind: pa.DataType) -> pa.DataType:
    return kind.storage_type if isinstance(kind, pa.BaseExtensionType) else kind


def _width(kind: pa.DataType) -> int:
    """Return how many bytes a cell takes at least."""
    kind = _storage(kind)
    is_wide = pa.types.is_fixed_size_binary(kind) or pa.types.is_decimal(kind)
    return max(BYTES_PER_CELL, kind.byte_width if is_wide else 0)


def _declared_bytes(metadata: pq.FileMetaData, row_bytes: int) -> int:
    """Return how much memory the table takes, as far as the file tells: its texts may be stored once and repeated."""
    # The metadata of single columns stay untouched: damaged ones end the process.
    groups = [metadata.row_group(i) for i in range(metadata.num_row_groups)]
    n_bytes = sum(max(0, group.total_byte_size) for group in groups)
    n_rows = max(metadata.num_rows, sum(max(0, group.num_rows) for group in groups))
    return max(n_bytes, n_rows * row_bytes)


def _with_index(table: pa.Table) -> tuple[pa.Table, list[str]]:
    """Return the table with its index as pandas keeps it: a named one is a column, one without a name is not."""
    notes = []
    for position in reversed(range(table.num_columns)):
        arrow_field = table.schema.field(position)
        if _UNNAMED_INDEX.fullmatch(arrow_field.name):
            if not pa.types.is_integer(arrow_field.type):
                notes.append("The table's index, which has no name, was left out.")
            table = table.remove_column(position)
    for index in _ranges(table):
        stop = index["start"] + index["step"] * table.num_rows
        numbers = np.arange(index["start"], stop, index["step"])
        if len(numbers) == table.num_rows:
            table = table.append_column(str(index["name"]), pa.array(numbers))
    return table, notes


def _ranges(table: pa.Table) -> list[dict]:
    """Return the named indexes that pandas does not store, because each number follows from the one before."""
    try:
        described = json.loads((table.schema.metadata or {}).get(b"pandas", b"{}"))
        return [
            index
            for index in described.get("index_columns", [])
            if isinstance(index, dict)
            and index.get("name") is not None
            and all(abs(int(index[key])) < FIRST_INEXACT for key in ("start", "step"))
            and int(index["step"]) != 0
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def _sort_out(
    columns: _Columns, title: str, arrow_field: pa.Field, column: pa.ChunkedArray
) -> None:
    try:
        found = _typed(column, arrow_field)
    except (ArithmeticError, TypeError, ValueError) as error:
        raise ValueError(
            f'Column "{title}" has values of type {column.type} that cannot be read. Leave it out, or save it as text.'
        ) from error
    if found is None:
        columns.binary.append(title)
    elif isinstance(found, np.ndarray):
        columns.typed[title] = found
        assumption = _assumption(arrow_field)
        if assumption:
            columns.readings[title] = ColumnReading(
                "date" if found.dtype.kind == "M" else "number",
                assumptions=(assumption,),
            )
    else:
        columns.texts[title] = found


def _assumption(arrow_field: pa.Field) -> str:
    kind = arrow_field.type
    if pa.types.is_timestamp(kind) and kind.tz:
        return "UTC"
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return "seconds"
    return "periods" if _frequency(arrow_field) else ""


def _frequency(arrow_field: pa.Field) -> str:
    """Return the frequency of a column of pandas' periods, '' for any other."""
    if getattr(arrow_field.type, "extension_name", "") == "pandas.period":
        return arrow_field.type.freq
    described = arrow_field.metadata or {}
    if described.get(b"ARROW:extension:name") == b"pandas.period":
        return json.loads(described[b"ARROW:extension:metadata"])["freq"]
    return ""


def _typed(
    column: pa.ChunkedArray, arrow_field: pa.Field
) -> np.ndarray | pa.Array | pa.ChunkedArray | None:
    """Return a column's values, its texts where these have to be looked at, or None if it has no use."""
    frequency = _frequency(arrow_field)
    if frequency:
        return _periods(column, frequency)
    if isinstance(column.type, pa.BaseExtensionType):
        column = column.cast(column.type.storage_type)
    if pa.types.is_dictionary(column.type):
        if is_text_like(column.type.value_type):
            return _texts(column)
        column = column.cast(column.type.value_type)
    kind = column.type
    if pa.types.is_boolean(kind):
        return (
            column.cast(pa.large_string()) if column.null_count else column.to_numpy()
        )
    if pa.types.is_integer(kind):
        return _whole_numbers(column)
    if pa.types.is_floating(kind):
        return column.cast(pa.float64()).to_numpy().astype("float64")
    if pa.types.is_decimal(kind):
        return column.cast(pa.large_string())
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        # Without its time zone a timestamp is the moment in UTC.
        return column.cast(pa.timestamp("us"), safe=False).to_numpy().astype(UNIT)
    if pa.types.is_time(kind) or pa.types.is_duration(kind):
        return _seconds(column)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    return _texts(column)


def _periods(column: pa.ChunkedArray, frequency: str) -> np.ndarray:
    ordinals = (
        column.cast(pa.int64())
        if column.type == pa.int64()
        else column.combine_chunks()
    )
    if isinstance(ordinals, pa.ExtensionArray):
        ordinals = ordinals.storage
    numbers = pc.fill_null(ordinals, 0).to_numpy()
    moments = pd.PeriodIndex.from_ordinals(numbers, freq=frequency).to_timestamp()
    found = moments.to_numpy().astype(UNIT)
    found[pc.is_null(ordinals).to_numpy(zero_copy_only=False)] = np.datetime64("NaT")
    return found


def _whole_numbers(column: pa.ChunkedArray) -> np.ndarray | pa.ChunkedArray:
    """Return whole numbers; those that floats cannot tell apart as text, as from any other file."""
    try:
        exact = column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column.cast(pa.large_string())
    if not column.null_count:
        return exact.to_numpy()
    extremes = pc.min_max(exact).as_py()
    largest = max(abs(extreme or 0) for extreme in extremes.values())
    if largest >= FIRST_INEXACT:
        return column.cast(pa.large_string())
    return exact.cast(pa.float64()).to_numpy().astype("float64")


def _seconds(column: pa.ChunkedArray) -> np.ndarray:
    """Return how long durations last, or times of day are after midnight."""
    parts = {"s": 1.0, "ms": 1e3, "us": 1e6, "ns": 1e9}[column.type.unit]
    if pa.types.is_time32(column.type):
        column = column.cast(pa.int32())
    return column.cast(pa.int64()).cast(pa.float64()).to_numpy() / parts


def _texts(column: pa.ChunkedArray) -> pa.Array | pa.ChunkedArray | None:
    """Return texts, also those that are stored as bytes; None where the bytes are none."""
    kind = column.type
    try:
        if pa.types.is_dictionary(kind):
            kept = pa.dictionary(kind.index_type, pa.string())
            return column if kind == kept else column.cast(kept)
        return column.cast(pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        is_bytes = pa.types.is_dictionary(kind) or pa.types.is_fixed_size_binary(kind)
        if is_bytes or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
            return None
    values = [None if value is None else str(value) for value in column.to_pylist()]
    return pa.array(values, pa.large_string())
