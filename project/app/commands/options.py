"""The options of a training as options of the command line: declared once, in `TrainingSettings`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import click

from app import functions
from app.functions.models.options import (
    Columns,
    OneOf,
    Option,
    SeveralOf,
    Whole,
)
from app.functions.models.row_filters import RowFilter, RowFilters
from app.functions.models.settings import OPTIONS

_FLAGS = {
    "scoring": ("--metric", "--scoring"),
    "rows": ("--filter",),
    "rises": ("--rises-with",),
    "falls": ("--falls-with",),
}
_COMPARED = re.compile(r"(.+?)\s*(>=|<=|!=|=)\s*(.*)", re.DOTALL)
_MANY = (Columns, RowFilters)


def training_options(command: Any) -> Any:
    """Let a command take every option of the form of the Train page."""
    for option in reversed(OPTIONS.values()):
        command = click.option(
            *flags_of(option),
            f"option_{option.key}",
            type=_Value(option),
            multiple=isinstance(option, _MANY),
            help=_help(option),
        )(command)
    return command


def flags_of(option: Option) -> tuple[str, ...]:
    """Return how an option is spelled on the command line."""
    return _FLAGS.get(option.key, (f"--{option.key}",))


def given(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the controls of the form would hold, for the options that were given.

    Parameters
    ----------
    parameters : mapping of str
        Of the command.

    Returns
    -------
    dict of str
        By the keys of the options.
    """
    held = {}
    for option in OPTIONS.values():
        value = parameters.get(f"option_{option.key}")
        if value is None or value == ():
            continue
        held[option.key] = list(value) if isinstance(option, _MANY) else value
    return held


def completed(
    held: Mapping[str, Any], effort: str, task: str, dtypes: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the controls hold once the effort is chosen, and a column says how rows are split or weighed.

    Parameters
    ----------
    held : mapping of str
        What was given.
    effort : str
        A key of ``efforts.efforts()``.
    task : {"binary", "multiclass", "regression"}
    dtypes : mapping of str to str
        The types of the table's columns by name.

    Returns
    -------
    dict of str

    Raises
    ------
    click.UsageError
        An option was given that has no effect, or does not suit the task.
    """
    module = functions.models.efforts
    chosen = next(each for each in module.efforts() if each.key == effort)
    values = {**module.values_of(chosen, task), **held}
    if held.get("by") and "split" not in held:
        is_date = dtypes.get(held["by"]) == "date"
        values["split"] = "time" if is_date else "group"
    if held.get("weigh"):
        values.setdefault("weighting", "column")
    options = {option.key: option for option in OPTIONS.values()}
    whole = {
        key: values.get(key, option.default_for(task))
        for key, option in options.items()
    }
    for key in held:
        _check_choice(options[key], held[key], task)
        if not options[key].matters(whole):
            needed = [
                f"{flags_of(options[other])[0]} {' or '.join(choices)}"
                for other, choices in options[key].depends_on.items()
            ]
            raise click.UsageError(
                f"{flags_of(options[key])[0]} has an effect only with {' and '.join(needed)}."
            )
    return values


def _check_choice(option: Option, value: Any, task: str) -> None:
    keys = [c.key for c in option.choices(task)] if isinstance(option, OneOf) else None
    if keys and value not in keys:
        label = functions.tables.tasks.TASK_LABELS[task].lower()
        raise click.UsageError(
            f"{flags_of(option)[0]} {value} does not suit this target ({label}): choose {', '.join(keys)}."
        )


class _Value(click.ParamType):
    """What an option takes: a text that becomes what its control would hold."""

    def __init__(self, option: Option):
        self._option = option
        self.name = _metavar(option)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the value, or fail as a wrong use of the command."""
        option = self._option
        if not isinstance(value, str):
            return value
        try:
            if isinstance(option, RowFilters):
                return _filter(value)
            if isinstance(option, Columns):
                return option.to_control([value])[0]
            if isinstance(option, (OneOf, SeveralOf)):
                return self._choice(value)
            if isinstance(option, Whole):
                number = option.parse(value, "binary")
                option.check(number, "binary")
                return number
        except ValueError as error:
            self.fail(str(error), param, ctx)
        return value

    def _choice(self, value: str) -> Any:
        keys = _keys(self._option)
        wanted = [value]
        if isinstance(self._option, SeveralOf):
            wanted = [part for part in re.split(r"[\s,]+", value) if part]
        unknown = [key for key in wanted if key not in keys]
        if unknown or not wanted:
            said = f"{unknown[0]!r}" if unknown else "nothing"
            raise ValueError(f"{said} is not one of {', '.join(keys)}.")
        return wanted if isinstance(self._option, SeveralOf) else value


def _keys(option: Any) -> list[str]:
    tasks = functions.tables.tasks.TASKS
    choices = [c for task in tasks for c in option.choices(task) if c.offered]
    return list(dict.fromkeys(choice.key for choice in choices))


def _filter(text: str) -> str:
    """Return a filter such as 'age>=18', 'city=Bern|Basel' or 'city!=Bern' as a control holds it."""
    match = _COMPARED.fullmatch(text)
    if match is None:
        return RowFilter.parse(text).text
    column, sign, value = match.groups()
    if sign in (">=", "<="):
        bound = "minimum" if sign == ">=" else "maximum"
        return RowFilter(column, **{bound: value}).text
    values = tuple(value.split("|"))
    return RowFilter(column, values, leave_out=sign == "!=").text


def _metavar(option: Option) -> str:
    if isinstance(option, RowFilters):
        return "FILTER"
    if isinstance(option, Whole):
        return "NUMBER"
    if isinstance(option, SeveralOf):
        return "KEY,KEY,…"
    if isinstance(option, OneOf):
        return "KEY"
    return "CLASS" if option.key == "positive" else "COLUMN"


def _help(option: Option) -> str:
    said = f"{option.shown_label}."
    if isinstance(option, RowFilters):
        said += " Such as 'age>=18', 'city=Bern|Basel' or 'city!=Bern'."
    elif option.help:
        said += f" {option.help}"
    if option.key == "by":
        said += " Without --split, a date splits by time, any other column by group."
    return said
