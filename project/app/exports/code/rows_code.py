"""The code that takes the rows of a training from its table, and makes the target of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app import functions

from ..sources import Name
from .cells import Cell, code, words
from .layout import quoted

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.models.row_filters import RowFilter
    from app.functions.models.settings import TrainingSettings

_COLUMNS = "app.functions.tables.columns"
LABEL_OF = Name(_COLUMNS, "label_of")


@dataclass(frozen=True)
class RowsCode:
    """The cells on rows and target, and our own functions that they call."""

    cells: tuple[Cell, ...]
    own: tuple[Name, ...]


def rows_code(settings: TrainingSettings, frame: pd.DataFrame) -> RowsCode:
    """Return the code that takes the rows, as `functions.models.rows.select_rows` does.

    Parameters
    ----------
    settings : TrainingSettings
    frame : DataFrame
        The table.

    Returns
    -------
    RowsCode
    """
    by_label = settings.task != "regression" or any(
        each.values for each in settings.row_filters
    )
    lines = [
        "# The rows that have a target, by their position in the table.",
        "rows = np.flatnonzero(table[TARGET].notna())",
    ]
    for each in settings.row_filters:
        lines += _filter_lines(each, frame)
    if settings.duplicates == "leave_out":
        used = ", ".join(map(quoted, _columns_used(settings)))
        lines += [
            "",
            "# Of rows that repeat another one in every column used, the first stays.",
            f"used = table[[{used}]].iloc[rows]",
            "rows = rows[~used.duplicated().to_numpy()]",
        ]
    if settings.task != "regression":
        lines += _class_lines(settings)
    said = "## The rows and the target"
    cells = [words(said)]
    if by_label:
        cells.append(code(_LABELS))
    cells.append(code("\n".join(lines)))
    return RowsCode(tuple(cells), (LABEL_OF,) if by_label else ())


_LABELS = '''
def labels_of(column):
    """Write every value of a column as text, equal ones alike: 1 and 1.0 are "1"."""
    return column.map(label_of, na_action="ignore")
'''


def _class_lines(settings: TrainingSettings) -> Iterator[str]:
    yield ""
    yield "labels = labels_of(table[TARGET].iloc[rows])"
    if settings.rare_classes == "join":
        yield "# Classes with too few rows are joined."
        yield "labels = labels.where(labels.isin(CLASSES), 'Other')"
    elif settings.rare_classes == "leave_out" and settings.task == "multiclass":
        yield "# Classes with too few rows are left out."
    yield "rows = rows[labels.isin(CLASSES).to_numpy()]"
    yield "labels = labels[labels.isin(CLASSES)]"


def _filter_lines(rule: RowFilter, frame: pd.DataFrame) -> Iterator[str]:
    facts = functions.tables.columns.facts_of(frame[rule.column])
    yield ""
    yield f"# {' '.join(rule.sentence.split())}"
    yield f"column = table[{quoted(rule.column)}].iloc[rows]"
    if rule.values:
        chosen = ", ".join(map(quoted, rule.values))
        yield f"inside = labels_of(column).isin([{chosen}])"
    else:
        yield f"inside = {' & '.join(_bounds(rule, facts))}"
    if rule.leave_out:
        yield "inside = ~inside"
    keep = "|" if rule.missing else "& ~"
    missing = "column.isna()"
    yield f"rows = rows[(inside {keep}{' ' if rule.missing else ''}{missing}).to_numpy(dtype=bool)]"


def _bounds(rule: RowFilter, facts: Any) -> Iterator[str]:
    low, high = rule.bounds()
    if not rule.is_of_dates:
        if low is not None:
            yield f"(column >= {low!r})"
        if high is not None:
            yield f"(column <= {high!r})"
        return
    column = "column"
    if low is not None:
        yield f"({column} >= pd.Timestamp({rule.minimum!r}))"
    if high is not None and len(rule.maximum) <= len("2024-03-31"):
        # A day as the end includes all of it.
        yield f"({column} < pd.Timestamp({rule.maximum!r}) + pd.Timedelta(days=1))"
    elif high is not None:
        yield f"({column} <= pd.Timestamp({rule.maximum!r}))"


def _columns_used(settings: TrainingSettings) -> list[str]:
    by = settings.split_by if settings.split != "random" else None
    weights = settings.weight_column if settings.weighting == "column" else None
    names = [*settings.roles, settings.target, by, weights]
    return list(dict.fromkeys(name for name in names if name))


def target_code(settings: TrainingSettings) -> Cell:
    """Return the code that makes X and y of the rows.

    Parameters
    ----------
    settings : TrainingSettings

    Returns
    -------
    Cell
    """
    lines = ["data = table.iloc[rows].reset_index(drop=True)", "X = data[FEATURES]"]
    if settings.task == "regression":
        lines.append("y = data[TARGET].to_numpy(dtype=np.float64)")
    else:
        lines += [
            "# A class is its position in CLASSES; an estimator learns its name.",
            "y = labels.map(CLASSES.index).to_numpy(dtype=np.int64)",
            "names = np.asarray(CLASSES, dtype=object)",
        ]
    if settings.weighting == "column":
        weights = quoted(settings.weight_column or "")
        lines.append(f"weights = data[{weights}].to_numpy(dtype=np.float64)")
    lines.append('print(f"{len(rows):,} of {len(table):,} rows are used")')
    return code("\n".join(lines))
