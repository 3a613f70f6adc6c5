"""Which rows of a table a training uses, what was done to their target, and how much each row weighs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...wording import listed, number, plural, quoted
from ..tables.columns import as_plain, facts_of, label_of, short_label_of
from ..tables.rare_classes import OTHER, CommonClasses, common_classes
from ..tables.tasks import MAX_CLASSES, check_target, check_values, positive_class
from .row_filters import RowFilter
from .settings import TrainingSettings

# A table of which this much would be left out is not the one that somebody wants to learn from.
_MOST_RARE = 0.5
_NAMED_CLASSES = 5
_MOST_CHOICES = 1000


@dataclass(frozen=True)
class SelectedRows:
    """The rows that a training uses.

    Attributes
    ----------
    positions : ndarray of shape (n_used,)
        Where each row stands in the whole table, in the table's order.
    target : Series of shape (n_used,)
        Without missing values; rare classes may be joined.
    n_rows : int
        Rows of the whole table.
    notes : tuple of str
        Sentences on what was left out or joined.
    """

    positions: np.ndarray
    target: pd.Series
    n_rows: int
    notes: tuple[str, ...] = ()


def columns_needed(settings: TrainingSettings) -> list[str]:
    """Return the columns that `select_rows` and `row_weights` look at.

    Parameters
    ----------
    settings : TrainingSettings

    Returns
    -------
    list of str
    """
    names = [settings.target, *(each.column for each in settings.row_filters)]
    if settings.weighting == "column" and settings.weight_column:
        names.append(settings.weight_column)
    if settings.duplicates == "leave_out":
        names += _columns_used(settings)
    return list(dict.fromkeys(names))


def select_rows(frame: pd.DataFrame, settings: TrainingSettings) -> SelectedRows:
    """Take the rows that a training uses: with a target, through the filters, without repeats and rare classes.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        With at least the columns of `columns_needed`.
    settings : TrainingSettings

    Returns
    -------
    SelectedRows

    Raises
    ------
    ValueError
        A filter does not fit its column, no row is left, or too many would be left out; the sentence says what to do.
    """
    target = frame[settings.target]
    check_values(target)
    left_out: list[str] = []

    def keep(rows: np.ndarray, kept: np.ndarray, why: str) -> np.ndarray:
        if not kept.all():
            left_out.append(f"{number(int((~kept).sum()))} {why}")
        return rows[kept]

    rows = np.arange(len(frame))
    rows = keep(
        rows, target.notna().to_numpy(), f"without a value in {quoted([target.name])}"
    )
    for each in settings.row_filters:
        passed = passes(frame[each.column].iloc[rows], each)
        rows = keep(rows, passed, f"that fail the filter '{each.sentence}'")
    if settings.duplicates == "leave_out":
        used = frame[_columns_used(settings)].iloc[rows]
        rows = keep(rows, ~used.duplicated().to_numpy(), "that repeat another row")
    if settings.row_filters:
        _check_left(target.iloc[rows])
    common = CommonClasses(target.iloc[rows], np.ones(len(rows), dtype=bool))
    if settings.task != "regression":
        common = _common(target.iloc[rows], settings)
        rows = keep(rows, common.kept, f"of {_rare_classes(common)}")
    notes = []
    if left_out:
        notes.append(
            f"{number(len(rows))} of {plural(len(frame), 'row')} are used. Left out: {listed(left_out)}."
        )
    if common.rare and common.kept.all():
        notes.append(
            f"Joined as '{OTHER}': {_rare_classes(common)}, with {plural(common.n_rare, 'row')}."
        )
    return SelectedRows(rows, common.target, len(frame), tuple(notes))


def task_of_rows(task: str, target: pd.Series) -> str:
    """Return the task that is left: of several classes two may be used.

    Parameters
    ----------
    task : {"binary", "multiclass", "regression"}
        Of the whole target.
    target : Series of shape (n_used,)
        Of the rows that are used.

    Returns
    -------
    {"binary", "multiclass", "regression"}
    """
    if task == "multiclass" and target.nunique() == 2:
        return "binary"
    return task


def usable_rows(target: pd.Series, task: str) -> SelectedRows:
    """Return the rows that a training uses if nothing but its target is chosen.

    Parameters
    ----------
    target : Series of shape (n_rows,)
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    SelectedRows

    Raises
    ------
    ValueError
        The target cannot be predicted; the sentence says what to do.
    """
    name = str(target.name)
    settings = TrainingSettings.from_controls(name, task, {name: "number"}, {})
    selected = select_rows(target.to_frame(name), settings)
    check_target(selected.target, task_of_rows(task, selected.target))
    return selected


def value_choices(column: pd.Series) -> tuple[tuple[str, int], ...]:
    """Return the values that a filter may name, the most frequent first, and the rows of each.

    Parameters
    ----------
    column : Series of shape (n_rows,)

    Returns
    -------
    tuple of (str, int)
        At most 1,000.
    """
    facts = facts_of(column)
    return tuple(
        (label_of(facts.levels[i]), int(facts.counts[i]))
        for i in facts.most_frequent(_MOST_CHOICES)
    )


def passes(column: pd.Series, rule: RowFilter) -> np.ndarray:
    """Tell which rows pass a filter.

    Parameters
    ----------
    column : Series of shape (n_rows,)
    rule : RowFilter

    Returns
    -------
    ndarray of bool of shape (n_rows,)

    Raises
    ------
    ValueError
        The bounds are dates and the column has none, or the other way round.
    """
    facts = facts_of(column)
    if rule.values:
        chosen = set(rule.values)
        of_level = [label_of(level) in chosen for level in facts.levels]
    else:
        of_level = _within(facts, rule)
    # The last one is for the code -1, which stands for a missing value.
    inside = np.array([*of_level, False], dtype=bool)[facts.codes]
    missing = facts.codes < 0
    return np.where(missing, rule.missing, inside != rule.leave_out)


def row_weights(
    frame: pd.DataFrame, settings: TrainingSettings, positions: np.ndarray
) -> np.ndarray | None:
    """Return the weights that a column gives the rows.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
    settings : TrainingSettings
    positions : ndarray of shape (n_used,)

    Returns
    -------
    ndarray of shape (n_used,), or None
        None if no column weighs the rows.

    Raises
    ------
    ValueError
        The column is the target, has no numbers, or a row has a weight that is missing, infinite or not above 0.
    """
    if settings.weighting != "column":
        return None
    name = quoted([settings.weight_column])
    if settings.weight_column == settings.target:
        raise ValueError(
            f"Column {name} is the target, so it cannot weigh the rows. Choose another column of weights."
        )
    column = as_plain(frame[settings.weight_column].iloc[positions])
    if column.dtype.kind not in "iuf":
        raise ValueError(
            f"Column {name} has values that are no numbers, so it cannot weigh the rows. Choose another."
        )
    weights = column.to_numpy(dtype=np.float64)
    for wrong, what in (
        (np.isnan(weights), "no weight"),
        (np.isinf(weights), "an infinite weight"),
        (weights <= 0, "a weight that is not above 0"),
    ):
        if wrong.any():
            raise ValueError(
                f"Column {name} has {what} in {plural(int(wrong.sum()), 'row')}. Leave these rows out by a filter, or "
                "choose another column of weights."
            )
    return weights


def target_notes(settings: TrainingSettings, target: pd.Series) -> tuple[str, ...]:
    """Return sentences on the positive class and the weights.

    Parameters
    ----------
    settings : TrainingSettings
    target : Series of shape (n_used,)
        Of the rows that are used.

    Returns
    -------
    tuple of str
    """
    notes = []
    if settings.task == "binary":
        guess, reason = positive_class(target)
        positive = settings.positive or guess
        why = reason if positive == guess else "it was chosen"
        notes.append(f"The positive class is {quoted([positive])}: {why}.")
    if settings.weighting == "balanced":
        notes.append(
            "Classes are balanced in the fit: each weighs the same. Scores are not weighted."
        )
    if settings.weighting == "column":
        notes.append(
            f"Rows are weighted by {quoted([settings.weight_column])} in the fit. Scores are not weighted."
        )
    return tuple(notes)


def _columns_used(settings: TrainingSettings) -> list[str]:
    by = settings.split_by if settings.split != "random" else None
    weights = settings.weight_column if settings.weighting == "column" else None
    names = [*settings.roles, settings.target, by, weights]
    return list(dict.fromkeys(name for name in names if name))


def _within(facts, rule: RowFilter) -> np.ndarray:
    low, high = rule.bounds()
    name = quoted([rule.column])
    if rule.is_of_dates:
        if facts.kind != "date":
            raise ValueError(
                f"Column {name} has no dates, so a filter by dates makes no sense: remove it."
            )
        levels = pd.DatetimeIndex(facts.levels)
        if high is not None and len(rule.maximum) <= len("2024-03-31"):
            # A day as the end includes all of it.
            before = levels < pd.Timestamp(high) + pd.Timedelta(days=1)
        else:
            before = high is None or levels <= pd.Timestamp(high)
        after = low is None or levels >= pd.Timestamp(low)
        return np.broadcast_to(np.logical_and(before, after), len(levels))
    if not facts.is_numeric:
        what = "dates" if facts.kind == "date" else "no numbers"
        raise ValueError(
            f"Column {name} has {what}, so a filter by numbers makes no sense: remove it."
        )
    numbers = facts.levels.to_numpy(dtype=np.float64)
    low, high = (-np.inf if low is None else low), (np.inf if high is None else high)
    return (numbers >= low) & (numbers <= high)


def _check_left(target: pd.Series) -> None:
    if not len(target):
        raise ValueError("No row is left: remove a filter, or choose more values.")
    if target.nunique() == 1:
        label = short_label_of(target.iloc[0])
        raise ValueError(
            f"In the {plural(len(target), 'row')} that pass the filters {quoted([target.name])} is always '{label}', "
            "so there is nothing to predict. Remove a filter, or choose more values."
        )


def _common(target: pd.Series, settings: TrainingSettings) -> CommonClasses:
    facts, name = facts_of(target), quoted([target.name])
    if facts.distinct > MAX_CLASSES and not settings.fewest_rows:
        # What refuses so many classes says what to do.
        return CommonClasses(target, np.ones(len(target), dtype=bool))
    common = common_classes(
        target,
        settings.rare_classes,
        settings.fewest_rows,
        settings.n_splits,
        settings.test_size,
    )
    if not common.rare:
        return common
    n_left = common.target.nunique()
    if n_left < 2:
        lower = "Lower 'Fewest rows of a class'"
        remedy = lower if settings.fewest_rows else "Choose fewer folds"
        raise ValueError(
            f"Of the {plural(facts.distinct, 'class', 'classes')} of column {name}, {n_left or 'none'} has "
            f"{number(common.needed)} rows or more. {remedy}, or choose another target."
        )
    too_many = common.n_rare > _MOST_RARE * len(target)
    if too_many and settings.rare_classes == "leave_out" and not settings.fewest_rows:
        raise ValueError(
            f"{number(len(common.rare))} of the {plural(facts.distinct, 'class', 'classes')} of column {name} have "
            f"fewer than {number(common.needed)} rows, together {number(common.n_rare)} of "
            f"{plural(len(target), 'row')}: too many to leave out unasked. Join them, set the fewest rows of "
            "a class, or choose another target."
        )
    return common


def _rare_classes(common: CommonClasses) -> str:
    named = [
        f"'{short_label_of(label)}' ({number(count)})"
        for label, count in common.rare[:_NAMED_CLASSES]
    ]
    if len(common.rare) > _NAMED_CLASSES:
        named.append(f"{number(len(common.rare) - _NAMED_CLASSES)} more")
    noun = "the rare class" if len(common.rare) == 1 else "rare classes"
    return f"{noun} {listed(named)}"
