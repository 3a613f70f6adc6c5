"""What the API takes, declared once: requests are validated by it, and the description is drawn from it."""

from __future__ import annotations

from math import isfinite
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model, field_validator
from pydantic_core import PydanticCustomError

from app import functions
from app.functions.models.options import Columns, OneOf, Option, SeveralOf, Share, Whole
from app.functions.models.row_filters import MAX_FILTERS, RowFilters
from app.functions.tables.column_names import MAX_COLUMNS

MAX_ROWS = 10_000
MAX_EXPLAINED = 100
# As many columns as a table may have, and as many again that the model does not use.
MAX_NAMES = 2 * MAX_COLUMNS
_MAX_TEXT = 1_000
_TOO_MANY_NAMES = (
    "The rows name more than {most} different columns. Send only the columns that the model uses; the run's schema "
    "lists them"
)
_NOT_FINITE = (
    "Row {row} (the first is 0) has an infinite number or NaN, which JSON does not have. Send null for a value that is "
    "missing"
)
_TASKS = ("binary", "multiclass", "regression")
_EXAMPLE_ROWS = [{"age": 31, "city": "Bern", "member": True, "income": None}]


class _Taken(BaseModel):
    """A request; what it does not know is refused, so that no misspelled name goes unnoticed."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Page(_Taken):
    """Which part of a list."""

    limit: int = Field(50, ge=1, le=200, description="How many, at most.")
    offset: int = Field(0, ge=0, le=1_000_000, description="How many are left out.")


class UploadName(_Taken):
    """What a table is called that is sent as it is."""

    name: str = Field(
        "table",
        max_length=255,
        description="The name of the file; its ending may tell its format. For a body that is the file itself.",
    )


class Upload(_Taken):
    """A table as a form sends it."""

    file: bytes = Field(
        description="CSV, TSV, Excel or Parquet, also compressed.",
        json_schema_extra={"format": "binary"},
    )


class ModelChoice(_Taken):
    """Which model."""

    model: str | None = Field(
        None,
        max_length=_MAX_TEXT,
        description="A key of the run's models; default: the best one.",
    )


class PredictChoice(ModelChoice):
    """Which model, and how it decides."""

    threshold: float | None = Field(
        None,
        ge=0,
        le=1,
        description="Of two classes: the probability from which a row counts as the positive one; default: 0.5.",
    )


class _OfRows(_Taken):
    @field_validator("rows", check_fields=False)
    @classmethod
    def _are_usable(cls, rows: list[Any]) -> list[Any]:
        names: set[str] = set()
        for number, row in enumerate(rows):
            if not isinstance(row, dict):
                continue
            names.update(row)
            if not all(isfinite(v) for v in row.values() if isinstance(v, float)):
                raise PydanticCustomError(
                    "not_finite", _NOT_FINITE, {"row": f"{number:,}"}
                )
        if len(names) > MAX_NAMES:
            most = {"most": f"{MAX_NAMES:,}"}
            raise PydanticCustomError("too_many_names", _TOO_MANY_NAMES, most)
        return rows


class Rows(_OfRows):
    """Rows to predict or to check."""

    rows: list[Any] = Field(
        min_length=1,
        max_length=MAX_ROWS,
        description="Each an object with a text, a number, true, false or null by the name of its column. One that is "
        "not is reported beside the others.",
        examples=[_EXAMPLE_ROWS],
    )


class FewRows(_OfRows):
    """Rows whose predictions are to be explained."""

    rows: list[Any] = Field(
        min_length=1,
        max_length=MAX_EXPLAINED,
        description="As for a prediction, but fewer: each is predicted many times.",
        examples=[_EXAMPLE_ROWS],
    )


class RowFilter(_Taken):
    """Rows that are used because of their value in one column: one of several, or one within bounds."""

    column: str = Field(max_length=_MAX_TEXT)
    values: list[str] = Field([], max_length=100)
    minimum: str = Field("", max_length=100, description="A number or a date.")
    maximum: str = Field("", max_length=100, description="A number or a date.")
    leave_out: bool = Field(False, description="Use all other rows instead.")
    missing: bool = Field(False, description="Use the rows without a value as well.")


def _type_of(option: Option) -> Any:
    if isinstance(option, Share):
        return float, {"ge": option.minimum, "le": option.maximum}
    if isinstance(option, Whole):
        return int, {"ge": option.minimum, "le": option.maximum}
    if isinstance(option, RowFilters):
        return list[RowFilter], {"max_length": MAX_FILTERS}
    if isinstance(option, (OneOf, SeveralOf)):
        keys = {choice.key: None for task in _TASKS for choice in option.choices(task)}
        one = Literal[tuple(keys)]
        return (list[one] if isinstance(option, SeveralOf) else one), {}
    if isinstance(option, Columns):
        return list[str], {"max_length": _MAX_TEXT}
    return str, {"max_length": _MAX_TEXT}


def _field(option: Option) -> Any:
    kind, bounds = _type_of(option)
    says = " ".join(filter(None, (f"{option.shown_label}.", option.help)))
    return kind | None, Field(None, description=says, **bounds)


TrainingOptions = create_model(
    "TrainingOptions",
    __base__=_Taken,
    __doc__="What the form of the page Train offers; what is left out has the page's default.",
    **{
        option.key: _field(option)
        for option in functions.models.settings.OPTIONS.values()
    },
)


class NewRun(_Taken):
    """What to train."""

    dataset: str = Field(max_length=_MAX_TEXT, description="The id of a table.")
    target: str | None = Field(
        None,
        max_length=_MAX_TEXT,
        description="The column to predict; default: the one that is surely meant, if there is one.",
    )
    task: Literal[_TASKS] | None = Field(
        None, description="What kind of target it is; default: as its values tell."
    )
    columns: dict[str, str] = Field(
        {},
        max_length=100_000,
        description="Roles by column, where they differ from the recognised ones; 'out' leaves a column out.",
    )
    options: TrainingOptions = Field(default_factory=TrainingOptions)


class ListRuns(_Taken):
    """Nothing: all runs that you may see."""


class RunModel(_Taken):
    """A run, and one of its models."""

    run: str = Field(max_length=_MAX_TEXT, description="The id of the run.")
    model: str | None = Field(
        None, max_length=_MAX_TEXT, description="Default: the best one."
    )


class PredictTool(PredictChoice, Rows):
    """Rows to predict, and by which run."""

    run: str = Field(max_length=_MAX_TEXT, description="The id of the run.")


class ExplainTool(ModelChoice, FewRows):
    """Rows to explain, and by which run."""

    run: str = Field(max_length=_MAX_TEXT, description="The id of the run.")


class CheckTool(Rows):
    """Rows to check, and by which run."""

    run: str = Field(max_length=_MAX_TEXT, description="The id of the run.")
