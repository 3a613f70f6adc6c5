"""The data contract of a model: what a row must look like, as a JSON Schema, and what a table must be like besides."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..tables.profiling import TableProfile
from ..tables.schema import ColumnSchema, TableSchema
from .reference import Reference

DIALECT = "https://json-schema.org/draft/2020-12/schema"
VERSION = 1
# Besides JSON Schema, which describes single rows: whatever reads it may ignore these.
VERSION_KEY, COLUMNS_KEY = "x-contract", "x-columns"
UNIQUE_KEY, ROWS_KEY = "x-unique", "x-training-rows"
_TYPES = {"integer": "integer", "decimal": "number", "boolean": "boolean"}
_NO_CONTRACT = (
    "This file is no contract of a model: it should be the contract.json of a run."
)


def contract_of(
    schema: TableSchema,
    target: str = "",
    reference: Reference | None = None,
    unique: Sequence[str] = (),
) -> dict[str, Any]:
    """Describe the rows that a model takes, as the training table had them.

    Numbers may be as far outside of the training table's range as that range is wide, but not negative where none was:
    a new table has new extremes, while a value further out is more likely a mistake. A category is closed, so that
    another value breaks the contract, unless some of its values stood in a single row of the training table: then
    there are more of them to come.

    Parameters
    ----------
    schema : TableSchema
    target : str
        What the model predicts.
    reference : Reference, optional
        Without it every category is open.
    unique : sequence of str
        The columns in which no value occurs twice, as `unique_columns` finds them.

    Returns
    -------
    dict
        A JSON Schema for a row as an object. What is of tables, not of rows, begins with 'x-'.

    References
    ----------
    https://json-schema.org/draft/2020-12
    I. Good (1953), "The population frequencies of species", for the values that are still to come.
    """
    names = [column.name for column in schema.columns]
    properties = {c.name: _property(c, reference) for c in schema.columns}
    properties |= {name: {} for name in unique if name not in properties}
    title = (
        f"Rows for a model that predicts '{target}'" if target else "Rows for a model"
    )
    document: dict[str, Any] = {
        "$schema": DIALECT,
        "title": title,
        "type": "object",
        "properties": properties,
        "required": names,
        "additionalProperties": True,
        VERSION_KEY: VERSION,
        UNIQUE_KEY: list(unique),
        COLUMNS_KEY: [asdict(column) for column in schema.columns],
    }
    if reference is not None:
        document[ROWS_KEY] = reference.rows
    return json.loads(json.dumps(document, allow_nan=False))


def unique_columns(profile: TableProfile, target: str = "") -> tuple[str, ...]:
    """Return the columns of a training table that name its rows, and in which no value occurs twice.

    Parameters
    ----------
    profile : TableProfile
    target : str

    Returns
    -------
    tuple of str
    """
    return tuple(
        column.name
        for column in profile.columns
        if column.role == "identifier"
        and column.name != target
        and column.distinct == profile.rows - column.missing
    )


def schema_in(contract: Mapping[str, Any]) -> TableSchema:
    """Return the schema by which a contract reads a table.

    Parameters
    ----------
    contract : mapping
        What `contract_of` returned, maybe of another version.

    Returns
    -------
    TableSchema

    Raises
    ------
    ValueError
        It is no contract of a model.
    """
    try:
        columns = tuple(_column(each) for each in contract[COLUMNS_KEY])
        if not isinstance(contract["properties"], Mapping) or not columns:
            raise TypeError
    except (KeyError, TypeError, AttributeError):
        raise ValueError(_NO_CONTRACT) from None
    return TableSchema(columns)


def _column(content: Mapping[str, Any]) -> ColumnSchema:
    known = ColumnSchema.__dataclass_fields__
    fields = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in content.items()
        if name in known
    }
    column = ColumnSchema(**fields)
    texts = (column.name, column.role, column.dtype, column.written)
    if not all(isinstance(text, str) for text in texts):
        raise TypeError
    return column


def _property(column: ColumnSchema, reference: Reference | None) -> dict[str, Any]:
    kind = _TYPES.get(column.dtype, "string")
    may_be_missing = column.missing_share > 0
    found: dict[str, Any] = {"type": [kind, "null"] if may_be_missing else kind}
    if column.dtype == "date":
        found["format"] = "date" if len(column.minimum or "") <= 10 else "date-time"
        found["x-range"] = [column.minimum, column.maximum]
    elif column.categories:
        levels = [_json_value(label, column.dtype) for label in column.categories]
        if is_closed(column, reference):
            found["enum"] = [*levels, None] if may_be_missing else levels
        else:
            found["x-levels"] = levels
    elif isinstance(column.minimum, (int, float)):
        low, high = allowed_range(column)
        found |= {"minimum": low, "maximum": high}
        found["x-range"] = [_whole(column.minimum), _whole(column.maximum)]
    found["x-missing-share"] = round(column.missing_share, 6)
    return found


def is_closed(column: ColumnSchema, reference: Reference | None) -> bool:
    """Tell whether the training table has shown all values of a category.

    Parameters
    ----------
    column : ColumnSchema
    reference : Reference or None

    Returns
    -------
    bool
    """
    known = reference.column(column.name) if reference else None
    return column.dtype == "boolean" or (known is not None and not known.once)


def allowed_range(column: ColumnSchema) -> tuple[float, float]:
    """Return the range in which a number may lie.

    Parameters
    ----------
    column : ColumnSchema
        Of numbers.

    Returns
    -------
    (low, high) : tuple of float
    """
    low, high = float(column.minimum), float(column.maximum)
    # Of a column with a single value nothing is known of how it varies.
    width = high - low or max(abs(high), 1.0)
    least = max(0.0, low - width) if low >= 0 else low - width
    finite = max(-1.7e308, least), min(1.7e308, high + width)
    return _whole(finite[0]), _whole(finite[1])


def _json_value(label: str, dtype: str) -> Any:
    if dtype == "boolean":
        return label.lower() == "true"
    if dtype in ("integer", "decimal"):
        return _whole(float(label))
    return label


def _whole(number: float) -> float | int:
    exact = float(number).is_integer() and abs(number) < 2**53
    return int(number) if exact else float(number)


def limits_of(contract: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return what a contract says of one column's values; empty if it says nothing.

    Parameters
    ----------
    contract : mapping
    name : str

    Returns
    -------
    mapping
    """
    found = contract["properties"].get(name)
    return found if isinstance(found, Mapping) else {}


def labels_of(values: Iterable[Any]) -> set[str]:
    """Return the values of a category as they are written in a table.

    Parameters
    ----------
    values : iterable of str, float, bool or None

    Returns
    -------
    set of str
    """
    return {str(value) for value in values if value is not None}
