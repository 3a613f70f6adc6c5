"""What is to be predicted: which task a target makes, whether it can be learned, and the target as numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...wording import percent
from .columns import (
    Facts,
    are_whole,
    equal_width_counts,
    facts_of,
    label_of,
    short_label_of,
)
from .positive_class import PositiveClass, check_positive, guess_positive
from .rare_classes import OTHER, rows_for_folds, rows_for_test

TASKS = ("binary", "multiclass", "regression")
TASK_LABELS = {
    "binary": "One of two classes",
    "multiclass": "One of several classes",
    "regression": "A number",
}
MAX_CLASSES = 100
MAX_LABELS = 20

_MAX_WHOLE_NUMBER_CLASSES = 20
_MIN_ROWS_OF_WHOLE_NUMBER_CLASS = 5
_MIN_ROWS_OF_FOLD = 2
# Beyond it the squares that every score of a regression needs overflow.
_LARGEST_NUMBER = 1e100


@dataclass(frozen=True)
class Task:
    """What kind of prediction a target asks for."""

    kind: str
    """One of `TASKS`."""
    reason: str
    """A sentence with the number that decided."""


@dataclass(frozen=True)
class TargetDistribution:
    """How often what is to be predicted has which value: classes, or numbers in bins.

    Attributes
    ----------
    counts : tuple of int
        Of the 20 most frequent classes in order of class, or of the bins.
    missing : int
        Rows without a value.
    labels : tuple of str
        The classes; empty for numbers.
    other : int
        Rows of all other classes.
    edges : tuple of float
        The ends of the bins, one more than counts; empty for classes.
    """

    counts: tuple[int, ...]
    missing: int = 0
    labels: tuple[str, ...] = ()
    other: int = 0
    edges: tuple[float, ...] = ()

    @property
    def present(self) -> int:
        """Rows with a value."""
        return sum(self.counts) + self.other


def recognise_task(target: pd.Series) -> Task:
    """Say which task a target makes.

    Two distinct values are a binary task. Text and truth values are classes. So are whole numbers, if at most 20
    are distinct and each has 5 rows on average; other numbers are a regression.

    Parameters
    ----------
    target : Series of shape (n_rows,)
        May have missing values.

    Returns
    -------
    Task
        Also for a target that cannot be learned: `check_target` says so.
    """
    facts = facts_of(target)
    count = _plural(facts.distinct, "distinct value")
    if facts.distinct == 2 and facts.kind != "date":
        return Task("binary", f"The target has {count}.")
    if facts.kind == "date":
        return Task("regression", f"The target has dates with {count}.")
    if not facts.is_numeric:
        return Task("multiclass", f"The target is text with {count}.")
    if _are_numbered_classes(facts):
        return Task("multiclass", f"The target has whole numbers with {count}.")
    return Task("regression", f"The target has numbers with {count}.")


def possible_tasks(target: pd.Series) -> tuple[str, ...]:
    """Return the tasks that a user may choose for a target; the recognised one is one of them.

    Parameters
    ----------
    target : Series of shape (n_rows,)

    Returns
    -------
    tuple of str
        In the order of `TASKS`.
    """
    facts = facts_of(target)
    tasks = {recognise_task(target).kind}
    if facts.is_numeric:
        tasks.add("regression")
        if 2 < facts.distinct <= MAX_CLASSES:
            tasks.add("multiclass")
    return tuple(task for task in TASKS if task in tasks)


def check_target(
    target: pd.Series, task: str, n_splits: int = 5, test_size: float = 0.2
) -> None:
    """Refuse a target that cannot be learned; rows without a target are not counted.

    Parameters
    ----------
    target : Series of shape (n_rows,)
    task : {"binary", "multiclass", "regression"}
    n_splits : int
        The folds of the cross-validation, at least 2.
    test_size : float
        The share of the rows that is held out, from 0 (nothing) to below 1.

    Raises
    ------
    ValueError
        The sentence names what is wrong and what to do.
    """
    facts = facts_of(target)
    _check_settings(task, n_splits, test_size)
    _check_present(facts)
    if task == "regression":
        _check_numbers(facts)
        _check_rows(facts, n_splits, test_size)
    else:
        _check_classes(facts, task)
        _check_class_sizes(facts, n_splits, test_size)


def check_values(target: pd.Series) -> None:
    """Refuse a target that cannot be learned whatever the task: without values, constant, or with dates.

    Parameters
    ----------
    target : Series of shape (n_rows,)

    Raises
    ------
    ValueError
        The sentence names what is wrong and what to do.
    """
    _check_present(facts_of(target))


def target_distribution(target: pd.Series, task: str) -> TargetDistribution:
    """Count what there is to predict, for a small chart.

    Parameters
    ----------
    target : Series of shape (n_rows,)
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    TargetDistribution
        Values that are no numbers are counted as classes whatever the task.
    """
    facts = facts_of(target)
    if task == "regression" and facts.is_numeric:
        counts, edges = equal_width_counts(facts.numbers(), facts.kind == "integer")
        return TargetDistribution(
            tuple(counts.tolist()), facts.missing, edges=tuple(edges.tolist())
        )
    frequent = set(facts.most_frequent(MAX_LABELS).tolist())
    shown = [i for i in _class_order(facts, task) if i in frequent]
    counts = [int(facts.counts[i]) for i in shown]
    return TargetDistribution(
        tuple(counts),
        facts.missing,
        labels=tuple(label_of(facts.levels[i]) for i in shown),
        other=facts.present - sum(counts),
    )


def encode_target(
    target: pd.Series, task: str, positive: str | None = None
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return a target as numbers that scikit-learn learns.

    Classes are in numeric order if all of them are written as numbers, else in alphabetical order. Of two classes
    the positive one is code 1.

    Parameters
    ----------
    target : Series of shape (n_rows,)
        Without missing values.
    task : {"binary", "multiclass", "regression"}
    positive : str, optional
        The label of the positive class of two; guessed, as `positive_class` does, if not given.

    Returns
    -------
    y : ndarray of shape (n_rows,)
        Codes of int64, or numbers of float64 for a regression.
    classes : tuple of str
        The label of each code; empty for a regression.

    Raises
    ------
    ValueError
        Values are missing or do not fit the task, or no class is called like `positive`.
    """
    facts = facts_of(target)
    _check_task(task)
    if facts.missing:
        raise ValueError(
            f"Column '{facts.name}' has no value in {_plural(facts.missing, 'row')}. Leave them out first."
        )
    if task == "regression":
        _check_numbers(facts)
        return facts.numbers(), ()
    _check_classes(facts, task)
    order = _class_order(facts, task, positive)
    code_of_level = np.empty(len(order), dtype=np.int64)
    code_of_level[order] = np.arange(len(order))
    classes = tuple(label_of(facts.levels[i]) for i in order)
    if task == "binary":
        check_positive(positive, classes)
    return code_of_level[facts.codes], classes


def positive_class(target: pd.Series) -> tuple[str, str]:
    """Return which of the two classes of a target is likely the positive one, and why.

    Parameters
    ----------
    target : Series of shape (n_rows,)
        With two distinct values; may have missing ones.

    Returns
    -------
    (label, reason) : tuple of str
        The reason follows a colon: 'it means yes'.
    """
    facts = facts_of(target)
    labels, order, guess = _guess(facts)
    return labels[order[guess.position]], guess.reason


def _guess(facts: Facts) -> tuple[list[str], list[int], PositiveClass]:
    labels = [label_of(level) for level in facts.levels]
    order = sorted(range(len(labels)), key=_sort_key(labels))
    guess = guess_positive([labels[i] for i in order], facts.counts[order].tolist())
    return labels, order, guess


def _are_numbered_classes(facts: Facts) -> bool:
    enough = facts.present >= _MIN_ROWS_OF_WHOLE_NUMBER_CLASS * facts.distinct
    few = 0 < facts.distinct <= _MAX_WHOLE_NUMBER_CLASSES
    return few and enough and are_whole(facts.levels)


def _class_order(facts: Facts, task: str, positive: str | None = None) -> list[int]:
    labels = [label_of(level) for level in facts.levels]
    order = sorted(range(len(labels)), key=_sort_key(labels))
    if task == "binary" and len(order) == 2:
        if positive not in labels:
            _, _, guess = _guess(facts)
            positive = labels[order[guess.position]]
        order = sorted(order, key=lambda i: labels[i] == positive)
    return order


def _sort_key(labels: list[str]):
    try:
        # What rare classes were joined as comes after the numbers.
        numbers = [math.inf if label == OTHER else float(label) for label in labels]
    except ValueError:
        return lambda i: (labels[i].casefold(), labels[i])
    # A text 'nan' reads as a number that has no place in any order.
    if any(math.isnan(number) for number in numbers):
        return lambda i: (labels[i].casefold(), labels[i])
    return lambda i: (numbers[i], labels[i])


def _check_task(task: str) -> None:
    if task not in TASKS:
        raise ValueError(f"'{task}' is no task. Choose one of {', '.join(TASKS)}.")


def _check_settings(task: str, n_splits: int, test_size: float) -> None:
    _check_task(task)
    if n_splits < 2:
        raise ValueError(f"{n_splits} folds are too few. Choose at least 2.")
    if not 0 <= test_size < 1:
        raise ValueError(
            f"A share of {test_size:g} cannot be held out. Choose one between 0 and 1, such as 0.2."
        )


def _check_present(facts: Facts) -> None:
    if facts.present == 0:
        raise ValueError(
            f"Column '{facts.name}' has no values: all {facts.rows:,} are missing. Choose another target."
        )
    if facts.distinct == 1:
        raise ValueError(
            f"Column '{facts.name}' is always '{short_label_of(facts.levels[0])}', so there is nothing to predict. "
            "Choose a target with at least two different values."
        )
    if facts.kind == "date":
        raise ValueError(
            f"Column '{facts.name}' has dates, which cannot be predicted. "
            "Choose another target, or upload the table with the number of days instead."
        )


def _check_numbers(facts: Facts) -> None:
    if facts.present and not facts.is_numeric:
        example = short_label_of(facts.levels[0])
        raise ValueError(
            f"Column '{facts.name}' has values that are no numbers, such as '{example}', so no amount can be "
            "predicted. Choose a task with classes, or a target with numbers."
        )
    numbers = facts.numbers()
    too_large = int(np.sum(np.abs(numbers) > _LARGEST_NUMBER))
    if too_large:
        raise ValueError(
            f"Column '{facts.name}' is infinite or beyond {_LARGEST_NUMBER:g} in {_plural(too_large, 'row')}. "
            "Correct these values, or choose another target."
        )
    # A running number is not learned from the other columns: it says where a row stands.
    if len(numbers) >= 20 and np.all(np.diff(numbers) == 1):
        raise ValueError(
            f"Column '{facts.name}' only numbers the {len(numbers):,} rows. Choose a target that says something "
            "about them."
        )


def _check_rows(facts: Facts, n_splits: int, test_size: float) -> None:
    n_test, n_train = _split_sizes(facts.present, test_size)
    needed = n_splits * _MIN_ROWS_OF_FOLD
    if n_train < needed:
        raise ValueError(
            f"Column '{facts.name}' has a value in {_plural(facts.present, 'row')}, which leaves {n_train:,} for "
            f"training, but {n_splits} folds need {needed}. Choose fewer folds, or a table with more rows."
        )
    if 0 < n_test < _MIN_ROWS_OF_FOLD:
        raise ValueError(
            f"Of {_plural(facts.present, 'row')} with a value in column '{facts.name}' only {n_test} would be held "
            "out, which is too few to judge a model. Hold out a larger share, or use a table with more rows."
        )


def _check_classes(facts: Facts, task: str) -> None:
    if facts.kind == "text" and 2 < facts.distinct == facts.present:
        raise ValueError(
            f"Column '{facts.name}' has a different text in each of {facts.present:,} rows, like an identifier, so "
            "no class repeats. Choose a target with few classes."
        )
    if task == "binary" and facts.distinct != 2:
        raise ValueError(
            f"Column '{facts.name}' has {_plural(facts.distinct, 'class', 'classes')}, but this task needs exactly 2. "
            "Choose another task or target."
        )
    if task == "multiclass" and facts.distinct == 2:
        raise ValueError(
            f"Column '{facts.name}' has 2 classes. Choose the task with two classes."
        )
    if facts.distinct > MAX_CLASSES:
        raise ValueError(
            f"Column '{facts.name}' has {facts.distinct:,} classes, but at most {MAX_CLASSES} can be told apart. "
            "Choose another target, or set on the Train page how many rows a class must have."
        )


def _check_class_sizes(facts: Facts, n_splits: int, test_size: float) -> None:
    rarest = int(np.argmin(facts.counts))
    count = int(facts.counts[rarest])
    for_folds = rows_for_folds(facts.present, n_splits, test_size)
    for_test = rows_for_test(facts.present, test_size)
    label = short_label_of(facts.levels[rarest])
    has = f"Class '{label}' of column '{facts.name}' has {_plural(count, 'row')}"
    if facts.distinct == 2:
        remedy = "or use a table with more rows."
    else:
        remedy = "leave the rare classes out, join them as 'Other', or use a table with more rows."
    if count == 1:
        raise ValueError(
            f"{has}, which cannot be both learned and tested. Choose another target, {remedy}"
        )
    if count < for_folds:
        raise ValueError(
            f"{has}, but {n_splits} folds with {percent(test_size)} held out need {for_folds:,}. Choose fewer "
            f"folds, {remedy}"
        )
    if count < for_test:
        raise ValueError(
            f"{has}, but {for_test:,} are needed to test it with {percent(test_size)} held out. Hold out a larger "
            f"share, {remedy}"
        )


def _split_sizes(n_rows: int, test_size: float) -> tuple[int, int]:
    # As in scikit-learn's train_test_split: the held-out part is rounded up.
    n_test = math.ceil(test_size * n_rows)
    return n_test, n_rows - n_test


def _plural(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"
