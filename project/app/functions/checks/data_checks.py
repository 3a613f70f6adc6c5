"""Whether the data can be trusted: rare classes, leaks, identifiers, copies, and order in time or by group."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...wording import fixed, number, percent, plural, quoted
from ..models.fitting import TrainingData
from ..models.settings import TrainingSettings
from ..tables.columns import as_plain, facts_of, short_label_of
from ..tables.roles import recognise_role
from .findings import Check, level_of
from .leaks import MAX_COLUMNS, ColumnScore, single_column_scores
from .overlap import (
    Likeness,
    first_and_last,
    likeness_along,
    repeated_rows,
    shared_groups,
)

_FEW_ROWS, _TOO_FEW_ROWS = 40, 15
_FEW_HELD_OUT = 5
# Legitimate columns come close: iris' petal width and a tumour's perimeter reach an area of 0.98.
_NEARLY_ALONE = {"area": (0.99, 0.995), "r2": (0.95, 0.99)}
_COPIES, _MANY_COPIES = 0.01, 0.1
_DRIFT, _STRONG_DRIFT = 0.01, 0.3
_ALIKE, _VERY_ALIKE = 0.1, 0.5


def check_data(
    frame: pd.DataFrame, settings: TrainingSettings, data: TrainingData
) -> tuple[Check, ...]:
    """Check a table and its split for what makes every model look better, or worse, than it is.

    Parameters
    ----------
    frame : DataFrame of shape (n_rows, n_columns)
        The table as it was read, including unused columns.
    settings : TrainingSettings
    data : TrainingData
        What `training.prepare` made of the two.

    Returns
    -------
    tuple of Check
        One for each check that applies; its level is 'good' where no problem was found.
    """
    used = data.positions
    if used is None:
        used = np.flatnonzero(frame[settings.target].notna())
    columns = {name: frame[name] for name in frame if name != settings.target}
    identifiers = _identifiers(columns)
    repeating = {
        name: columns[name].iloc[used]
        for name in identifiers
        if columns[name].duplicated().any()
    }
    dates = {
        name: as_plain(column.iloc[used])
        for name, column in columns.items()
        if pd.api.types.is_datetime64_any_dtype(column)
    }
    checks = [
        _check_imbalance(data) if data.classes else None,
        _check_leak(settings, data),
        _check_identifier(identifiers, data),
        _check_duplicates(data),
        _check_time_order(dates, settings, data) if settings.split != "time" else None,
        _check_groups(repeating, data) if settings.split == "random" else None,
    ]
    return tuple(check for check in checks if check is not None)


def _check_imbalance(data: TrainingData) -> Check:
    counts = np.bincount(data.y, minlength=len(data.classes))
    rarest = int(np.argmin(counts))
    n_rows, n_all = int(counts[rarest]), len(data.y)
    held_out = int((data.y[data.split.test] == rarest).sum())
    share = n_rows / n_all
    common = percent(counts.max() / n_all)
    finding = (
        f"The rarest class, '{short_label_of(data.classes[rarest])}', has {number(n_rows)} of {plural(n_all, 'row')} "
        f"({percent(share)}), {number(held_out)} of them in the holdout; the most common has {common}."
    )
    # A class is rare if it has a fifth of its share in a balanced table.
    is_rare = share < 0.2 / len(data.classes)
    if n_rows < _TOO_FEW_ROWS or not held_out:
        advice = (
            "There are too few rows to learn this class or to judge predictions of it. Collect more of them, merge "
            "the class with a similar one, or leave it out."
        )
        return Check("imbalance", "bad", "A class with too few rows", finding, advice)
    if is_rare or n_rows < _FEW_ROWS or held_out < _FEW_HELD_OUT:
        advice = (
            f"Do not judge by accuracy: always predicting the most common class is right in {common} of the rows. "
            "Use balanced accuracy or average precision, and check the scores of each class."
        )
        return Check("imbalance", "warning", "A rare class", finding, advice)
    return Check("imbalance", "good", "Enough rows of every class", finding)


def _check_leak(settings: TrainingSettings, data: TrainingData) -> Check:
    scores = single_column_scores(
        data.X,
        data.y,
        data.split.train,
        settings.roles,
        bool(data.classes),
        settings.random_state,
    )
    if not scores:
        return Check(
            "leak",
            "warning",
            "Too few rows to look for leaks",
            f"With {plural(len(data.split.train), 'training row')} leaks cannot be detected.",
            "Leave out each column whose value is not known at the time of the prediction.",
        )
    warning, bad = _NEARLY_ALONE["area" if data.classes else "r2"]
    best, found = scores[0], [one for one in scores if one.score >= warning]
    level = level_of(best.score, warning, bad)
    if level == "good":
        return Check(
            "leak",
            "good",
            "No column gives the target away",
            f"{_looked_at(data)}, '{short_label_of(best.column)}' predicts best on its own: {_alone(best, data)}.",
        )
    title = {
        "warning": "One column is nearly enough",
        "bad": "A column gives the target away",
    }[level]
    how = "whether it has a value" if best.by_presence else "its value"
    also = [one.column for one in found[1:]]
    return Check(
        "leak",
        level,
        title,
        f"{_looked_at(data)}, '{short_label_of(best.column)}' is nearly enough to predict the target: {how} gives "
        f"{_alone(best, data)}{f'; so do {quoted(also)}' if also else ''}.",
        f"If it is derived from '{short_label_of(settings.target)}', or known only afterwards, new rows will not have "
        "it: go back to the data, leave it out and train again. If it is known beforehand, keep it.",
    )


def _looked_at(data: TrainingData) -> str:
    n_columns = data.X.shape[1]
    if n_columns > MAX_COLUMNS:
        return f"Of the first {number(MAX_COLUMNS)} of {plural(n_columns, 'column')}"
    return f"Of {plural(n_columns, 'column')}"


def _alone(score: ColumnScore, data: TrainingData) -> str:
    if not data.classes:
        return f"R² {fixed(max(0.0, score.score))}, where 1 is perfect"
    of_which = " for the class it separates worst" if len(data.classes) > 2 else ""
    return f"ROC AUC {fixed(score.score)}{of_which}, where 1 is perfect"


def _identifiers(columns: dict[str, pd.Series]) -> dict[str, str]:
    """Return the columns that look like identifiers, with reasons."""
    found = {}
    for name, column in columns.items():
        # Decimals are not identifiers; whole numbers are stored as decimals only if a value is missing.
        decimal = column.dtype.kind == "f" and not column.isna().any()
        if decimal or column.dtype.kind in "bM":
            continue
        role, reason = recognise_role(facts_of(column))
        if role == "identifier":
            found[name] = reason
    return found


def _check_identifier(identifiers: dict[str, str], data: TrainingData) -> Check:
    used = [name for name in identifiers if name in data.X.columns]
    if not used:
        return Check(
            "identifier",
            "good",
            "No identifier is used",
            f"Of {plural(data.X.shape[1], 'column')}, none looks like an identifier.",
        )
    which = "looks like an identifier" if len(used) == 1 else "look like identifiers"
    return Check(
        "identifier",
        "warning",
        "An identifier is used",
        f"{quoted(used)} {which}. {identifiers[used[0]]}",
        "A model can only memorise an identifier, and new rows have new identifiers. Go back to the data, leave it "
        "out and train again.",
    )


def _check_duplicates(data: TrainingData) -> Check:
    found = repeated_rows(data.X, data.y, data.split)
    finding = (
        f"A training row with the same values, target included, exists for {number(found.same_row)} of "
        f"{plural(found.n_test, 'row')} of the holdout ({percent(found.share)}); apart from the target, for "
        f"{number(found.same_features)}."
    )
    # A single copy hardly changes a score, even in a small holdout.
    if found.share < _COPIES or found.same_row < 2:
        return Check("duplicates", "good", "Hardly any copies in the holdout", finding)
    if found.share < 2 * found.expected_share:
        return Check(
            "duplicates",
            "good",
            "No more copies than expected by chance",
            f"{finding} With so few different values, about {percent(found.expected_share)} is expected by chance.",
        )
    level = level_of(found.share, _COPIES, _MANY_COPIES)
    many = "Many" if level == "bad" else "Some"
    return Check(
        "duplicates",
        level,
        f"{many} copies in the holdout",
        finding,
        "A model may have memorised these rows, so the score on the holdout is too good. Remove repeated rows from "
        "the table or, if they belong to one person or thing, split by group.",
    )


def _check_time_order(
    columns: dict[str, pd.Series], settings: TrainingSettings, data: TrainingData
) -> Check | None:
    found = {}
    for name, dates in columns.items():
        likeness = likeness_along(
            dates, data.y, bool(data.classes), settings.random_state
        )
        if likeness is not None:
            found[name] = likeness
    if not found:
        return None
    name = max(found, key=lambda name: _strength(found[name]))
    likeness = found[name]
    strength = _strength(likeness)
    finding = (
        f"Along '{short_label_of(name)}', {_then_and_now(columns[name], data)}; {percent(likeness.drift)} of the "
        f"target's variation lies between earlier and later rows, and neighbours have a correlation of "
        f"{fixed(likeness.correlation)}."
    )
    if strength < 1:
        return Check("time_order", "good", "No order in time", finding)
    very_alike = likeness.correlation >= _VERY_ALIKE
    level = "bad" if very_alike or likeness.drift >= _STRONG_DRIFT else "warning"
    title = {
        "bad": "The target depends strongly on time",
        "warning": "The target changes with time",
    }[level]
    return Check(
        "time_order",
        level,
        title,
        finding,
        f"Split {'at random' if settings.split == 'random' else 'by group'}, the holdout lies between the training "
        "rows in time, not after them. If the model is to predict the future, split by time along "
        f"'{short_label_of(name)}' and train again.",
    )


def _strength(likeness: Likeness) -> float:
    """Return the likeness as a multiple of the limit above which it is both significant and relevant."""
    return max(
        likeness.correlation / max(_ALIKE, likeness.certain_correlation),
        likeness.drift / max(_DRIFT, likeness.certain_drift),
    )


def _then_and_now(dates: pd.Series, data: TrainingData) -> str:
    first, last = first_and_last(dates, data.y)
    if not data.classes:
        return (
            f"the target's mean is {number(first.mean())} in the first fifth of the rows and {number(last.mean())} "
            "in the last"
        )
    codes = np.arange(len(data.classes))
    shares = [(part[:, None] == codes).mean(axis=0) for part in (first, last)]
    # The positive one of two classes; of several, the one whose share changes most.
    k = 1 if len(codes) == 2 else int(np.abs(shares[1] - shares[0]).argmax())
    return (
        f"'{short_label_of(data.classes[k])}' is {percent(shares[0][k])} of the first fifth of the rows and "
        f"{percent(shares[1][k])} of the last"
    )


def _check_groups(columns: dict[str, pd.Series], data: TrainingData) -> Check | None:
    found = {
        name: shared_groups(column, data.y, bool(data.classes), data.split)
        for name, column in columns.items()
    }
    found = {name: groups for name, groups in found.items() if groups.share > 0}
    if not found:
        return None
    name = max(found, key=lambda name: found[name].correlation)
    groups = found[name]
    finding = (
        f"{percent(groups.share)} of the holdout's rows share their '{short_label_of(name)}' with a training row; the "
        f"targets of rows that share it have a correlation of {fixed(groups.correlation)}."
    )
    if groups.correlation < max(_ALIKE, groups.certain_correlation):
        return Check("groups", "good", "Groups say nothing about the target", finding)
    level = level_of(groups.correlation, 0.0, _VERY_ALIKE)
    much = "largely " if level == "bad" else ""
    return Check(
        "groups",
        level,
        f"The holdout {much}shares groups with the training rows",
        finding,
        f"A model can recognise these groups, so the score is too good for a new '{short_label_of(name)}'. If the "
        f"model is to predict new ones, split by group along that column and train again.",
    )
