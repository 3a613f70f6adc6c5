"""What differs between the settings of two trainings, as a person would say it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ... import wording
from .options import Column, Columns, OneOf, Option, SeveralOf, TargetClass, Whole
from .row_filters import RowFilters
from .settings import TrainingSettings, options_of

_NAMED = 4


def differences(before: TrainingSettings, after: TrainingSettings) -> tuple[str, ...]:
    """Return what was changed from one training to another.

    Parameters
    ----------
    before, after : TrainingSettings

    Returns
    -------
    tuple of str
        Such as "without column 'refund'" and '5 → 10 folds'; empty if they are the same.
    """
    return tuple(
        [
            *_target(before, after),
            *_columns(before.roles, after.roles, {before.target, after.target}),
            *_options(before, after),
        ]
    )


def _target(before: TrainingSettings, after: TrainingSettings) -> Iterator[str]:
    if before.target != after.target:
        yield (
            f"predicts {wording.quoted([after.target])} instead of "
            f"{wording.quoted([before.target])}"
        )
    elif before.task != after.task:
        yield "takes the target for another task"


def _columns(
    before: Mapping[str, str], after: Mapping[str, str], targets: set[str]
) -> Iterator[str]:
    for word, more, fewer in (("with", after, before), ("without", before, after)):
        names = [name for name in more if name not in fewer and name not in targets]
        if names:
            noun = "column" if len(names) == 1 else "columns"
            yield f"{word} {noun} {wording.quoted(names, _NAMED)}"
    changed = [
        f"{wording.quoted([name])} as {role} instead of {before[name]}"
        for name, role in after.items()
        if name in before and before[name] != role
    ]
    if changed:
        yield wording.listed(changed, _NAMED)


def _options(before: TrainingSettings, after: TrainingSettings) -> Iterator[str]:
    options = options_of(type(after))
    # What does not matter is not said, such as the time of a search that is not made.
    chosen = {o.key: getattr(after, name) for name, o in options.items()}
    for name, option in options.items():
        old, new = getattr(before, name), getattr(after, name)
        if isinstance(option, (SeveralOf, Columns, RowFilters)):
            old, new = tuple(old), tuple(new)
        if old != new and (option.matters(chosen) or isinstance(option, Column)):
            yield from _changed(option, old, new, before.task, after.task)


def _changed(
    option: Option, old: Any, new: Any, old_task: str, new_task: str
) -> Iterator[str]:
    label = f"{option.label[0].lower()}{option.label[1:]}"
    if isinstance(option, SeveralOf):
        yield from _several(option, old, new, new_task)
    elif isinstance(option, Whole):
        values = [_number(option.to_control(value)) for value in (old, new)]
        said = " → ".join(values)
        yield f"{said} {label}" if " " not in label else f"{label}: {said}"
    elif isinstance(option, OneOf):
        labels = [
            _label(option, value, task)
            for value, task in ((old, old_task), (new, new_task))
        ]
        yield f"{label}: {' → '.join(labels)}"
    elif isinstance(option, RowFilters):
        said = [each.sentence for each in new]
        yield f"{label}: {wording.listed(said, _NAMED) or 'none'}"
    elif isinstance(option, Columns):
        yield f"{label} {wording.quoted(new, _NAMED) or 'no column'}"
    elif isinstance(option, (Column, TargetClass)):
        yield f"{label}: {wording.quoted([new]) if new else 'none'}"


def _several(
    option: SeveralOf, old: Sequence[str], new: Sequence[str], task: str
) -> Iterator[str]:
    for word, more, fewer in (("with", new, old), ("without", old, new)):
        keys = [key for key in more if key not in fewer]
        if keys:
            yield f"{word} {wording.listed([_label(option, k, task) for k in keys])}"


def _label(option: Any, key: str, task: str) -> str:
    labels = {choice.key: choice.label for choice in option.choices(task)}
    return labels.get(key, str(key))


def _number(value: Any) -> str:
    return wording.number(value) if isinstance(value, (int, float)) else str(value)
