"""The kinds of training option: what a control on the page may hold, and what training makes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Integral, Real
from typing import Any
from urllib.parse import quote, unquote

from app import wording

_WHOLE = re.compile(r"-?[0-9]{1,15}")
_DECIMAL = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")
_SEPARATOR = "."


@dataclass(frozen=True)
class Choice:
    """One value to choose: its key, its label, a sentence on what it means, and whether the page offers it."""

    key: str
    label: str
    help: str = ""
    offered: bool = True


@dataclass(frozen=True, kw_only=True)
class Option:
    """Something to choose before a training.

    A value is held by a control of the page (``20``), stands in the address ("20") and is a setting of the
    training (``0.2``).

    Attributes
    ----------
    key : str
        Its name in the address.
    label, help, section : str
        The field's term, what stands below it, and what stands above the part of the form it belongs to.
    plain : str
        The label in everyday words, where the term is not one of them.
    default : object
        As the control holds it.
    depends_on : mapping of str to tuple of str
        The option matters only while the option with this key has one of these values.
    tasks : tuple of str
        The tasks for which the page offers it; empty for all of them.
    """

    key: str
    label: str
    section: str
    plain: str = ""
    help: str = ""
    default: Any = None
    depends_on: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    tasks: tuple[str, ...] = ()

    @property
    def shown_label(self) -> str:
        """What stands above its control: everyday words, with the field's term beside them."""
        if not self.plain:
            return self.label
        return f"{self.plain} ({self.label[0].lower()}{self.label[1:]})"

    def default_for(self, task: str) -> Any:
        """Return what the control holds before anybody touches it."""
        return self.default

    def matters(self, chosen: Mapping[str, Any]) -> bool:
        """Tell whether the option matters, given the values of the others by key."""
        return all(chosen.get(key) in keys for key, keys in self.depends_on.items())

    def suits(self, task: str) -> bool:
        """Tell whether the page offers the option for a task."""
        return not self.tasks or task in self.tasks

    def check(self, value: Any, task: str) -> None:
        """Raise a ValueError with a sentence if a control cannot hold this value."""
        raise NotImplementedError

    def to_setting(self, value: Any) -> Any:
        """Return the setting for what a control holds."""
        return value

    def to_control(self, setting: Any) -> Any:
        """Return what a control holds for a setting."""
        return setting

    def from_record(self, stored: Any) -> Any:
        """Return the setting that a record in JSON holds; `check_setting` says whether it can be trained."""
        return tuple(stored) if isinstance(stored, list) else stored

    def parse(self, text: str, task: str) -> Any:
        """Return what a control holds for a text in the address; ValueError if it makes no sense."""
        return text

    def to_address(self, setting: Any, task: str) -> str:
        """Return the text that stands in the address for a setting; empty for the default."""
        value, default = self.to_control(setting), self.default_for(task)
        if isinstance(value, tuple):
            value = list(value)
        if value is None or value == default:
            return ""
        if isinstance(value, list):
            return _SEPARATOR.join(map(str, value))
        whole = isinstance(value, float) and value.is_integer()
        return str(int(value) if whole else value)

    def from_control(self, value: Any, task: str) -> Any:
        """Return the setting for a value that the browser sent, or refuse it with a ValueError."""
        self.check(value, task)
        return self.to_setting(value)

    def check_setting(self, setting: Any, task: str) -> None:
        """Raise a ValueError with a sentence if a training cannot have this setting."""
        self.check(self.to_control(setting), task)

    def from_address(self, text: str | None, task: str) -> Any:
        """Return what the control holds when a page is opened: the default where the text makes no sense."""
        if text is None:
            return self.default_for(task)
        try:
            value = self.parse(text, task)
            self.check(value, task)
        except ValueError:
            return self.default_for(task)
        return value

    def _refuse(self, what: str) -> None:
        raise ValueError(f"'{self.label}' {what}")


@dataclass(frozen=True, kw_only=True)
class Whole(Option):
    """A whole number between two bounds."""

    minimum: int
    maximum: int

    def check(self, value: Any, task: str) -> None:
        """Refuse what is no whole number, or outside the bounds."""
        self._check_number(value, Integral, "a whole number")

    def parse(self, text: str, task: str) -> int:
        """Return the number in the address."""
        if not _WHOLE.fullmatch(text):
            self._refuse("is no whole number.")
        return int(text)

    def _check_number(self, value: Any, kind: type, name: str) -> None:
        if value is None or value == "":
            self._refuse("is empty: type a number.")
        fits = isinstance(value, kind) and not isinstance(value, bool)
        if not fits or not self.minimum <= value <= self.maximum:
            self._refuse(
                f"must be {name} from {wording.number(self.minimum)} to "
                f"{wording.number(self.maximum)}."
            )


@dataclass(frozen=True, kw_only=True)
class Share(Whole):
    """A share: in percent on the page and in the address, a fraction as a setting."""

    def check(self, value: Any, task: str) -> None:
        """Refuse what is no number, or outside the bounds."""
        self._check_number(value, Real, "a number")

    def parse(self, text: str, task: str) -> float:
        """Return the percent in the address."""
        if not _DECIMAL.fullmatch(text):
            self._refuse("is no number.")
        return float(text) if "." in text else int(text)

    def to_setting(self, value: Any) -> float:
        """Return the fraction."""
        return value / 100

    def to_control(self, setting: Any) -> Any:
        """Return the percent."""
        is_number = isinstance(setting, Real) and not isinstance(setting, bool)
        # 100 * 0.07 is a little more than 7.
        return round(100 * setting, 9) if is_number else setting


@dataclass(frozen=True, kw_only=True)
class OneOf(Option):
    """One of several choices; the default is the first unless another is named.

    Attributes
    ----------
    choices : callable
        ``choices(task)`` returns a tuple of `Choice`.
    side_by_side : bool
        Whether they are few and short enough to stand beside each other.
    """

    choices: Callable[[str], tuple[Choice, ...]]
    side_by_side: bool = False

    def default_for(self, task: str) -> str:
        """Return the key of the default."""
        return self.default or self.choices(task)[0].key

    def check(self, value: Any, task: str) -> None:
        """Refuse what is not among the choices."""
        choices = self.choices(task)
        if value not in [choice.key for choice in choices]:
            labels = ", ".join(choice.label for choice in choices)
            self._refuse(f"must be one of these: {labels}.")


@dataclass(frozen=True, kw_only=True)
class SeveralOf(Option):
    """At least one of several choices.

    Attributes
    ----------
    choices : callable
        ``choices(task)`` returns a tuple of `Choice`.
    preset : callable
        ``preset()`` returns the keys that are chosen at first.
    """

    choices: Callable[[str], tuple[Choice, ...]]
    preset: Callable[[], tuple[str, ...]]

    def default_for(self, task: str) -> list[str]:
        """Return the keys that are chosen at first."""
        return list(self.preset())

    def check(self, value: Any, task: str) -> None:
        """Refuse an empty list, what is not among the choices, and duplicates."""
        if not value:
            self._refuse("is empty: choose at least one.")
        if not isinstance(value, (list, tuple)):
            self._refuse("must be a list of choices.")
        labels = {choice.key: choice.label for choice in self.choices(task)}
        for position, key in enumerate(value):
            if not isinstance(key, str) or key not in labels:
                known = ", ".join(choice.label for choice in self.offered(task))
                self._refuse(
                    f"has no choice {_quoted(key)}. Choose from these: {known}."
                )
            if key in value[:position]:
                self._refuse(f"has {labels[key]} twice: choose it once.")

    def offered(self, task: str) -> list[Choice]:
        """Return the choices that the page shows."""
        return [choice for choice in self.choices(task) if choice.offered]

    def to_setting(self, value: list[str]) -> tuple[str, ...]:
        """Return the keys as a tuple."""
        return tuple(value)

    def parse(self, text: str, task: str) -> list[str]:
        """Return the choices that the address names and the page shows."""
        named = text.split(_SEPARATOR)
        return [choice.key for choice in self.offered(task) if choice.key in named]


@dataclass(frozen=True, kw_only=True)
class Column(Option):
    """The name of a column.

    Attributes
    ----------
    required : bool
        Whether there must be one where the option matters.
    dtypes : mapping of str to str, or to a tuple of str
        The type that its column must have, or one of them, by the value of the option that it depends on.
    """

    required: bool = False
    dtypes: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)

    def fits(self, dtype: str, choice: str) -> bool:
        """Tell whether a column of this type may be chosen, given the value of the option that this one depends on."""
        wanted = self.dtypes.get(choice, dtype)
        return dtype in ((wanted,) if isinstance(wanted, str) else wanted)

    def check(self, value: Any, task: str) -> None:
        """Refuse what is no text; whether there is such a column depends on the table."""
        if value is not None and not isinstance(value, str):
            self._refuse("must be the name of a column.")

    def check_column(self, name: str | None, columns: list[str]) -> None:
        """Refuse a column that the table does not have, or none where one is needed."""
        if name is None and self.required:
            self._refuse("is empty: choose a column.")
        if name is not None and name not in columns:
            self._refuse(
                f"names {_quoted(name)}, which the table does not have: choose another column."
            )

    def to_setting(self, value: str | None) -> str | None:
        """Return the name, or None if nothing is chosen."""
        return value or None


@dataclass(frozen=True, kw_only=True)
class TargetClass(Option):
    """The label of a class of the target; which ones there are depends on the table, and without one it is guessed."""

    def check(self, value: Any, task: str) -> None:
        """Refuse what is no text."""
        if value is None:
            return
        if (
            not isinstance(value, str)
            or value != value.encode(errors="replace").decode()
        ):
            self._refuse("must be the name of a class.")

    def to_setting(self, value: str | None) -> str | None:
        """Return the label, or None if nothing is chosen."""
        return value or None


@dataclass(frozen=True, kw_only=True)
class Columns(Option):
    """The names of any number of columns; the control and the address hold them with what separates them escaped.

    Attributes
    ----------
    roles : tuple of str
        The roles that a column may have; empty for any.
    """

    default: Any = ()
    roles: tuple[str, ...] = ()

    def default_for(self, task: str) -> list[str]:
        """Return an empty list."""
        return self.to_control(self.default)

    def check(self, value: Any, task: str) -> None:
        """Refuse what is no list of texts, and duplicates; whether there are such columns depends on the table."""
        if not isinstance(value, (list, tuple)) or not all(
            isinstance(name, str) for name in value
        ):
            self._refuse("must be a list of columns.")
        for position, name in enumerate(value):
            if name in value[:position]:
                self._refuse(f"has {_quoted(unquote(name))} twice: choose it once.")
        if value and not self.suits(task):
            self._refuse("does not work for this task: leave it empty.")

    def check_columns(self, names: tuple[str, ...], roles: Mapping[str, str]) -> None:
        """Refuse columns that are not learned from, or have another role."""
        for name in names:
            if name not in roles:
                self._refuse(
                    f"names {_quoted(name)}, which is not learned from: choose another column."
                )
            if self.roles and roles[name] not in self.roles:
                self._refuse(
                    f"names {_quoted(name)}, which is a {roles[name]} here: choose among the columns with the role "
                    f"{wording.listed(self.roles)}."
                )

    def offered(self, roles: Mapping[str, str]) -> list[str]:
        """Return the names of the columns to choose from, of those that are learned from with these roles."""
        return [n for n, role in roles.items() if not self.roles or role in self.roles]

    def to_setting(self, value: list[str] | None) -> tuple[str, ...]:
        """Return the names as a tuple."""
        return tuple(map(unquote, value or ()))

    def to_control(self, setting: Any) -> Any:
        """Return the escaped names."""
        if not isinstance(setting, (list, tuple)):
            return setting
        return [_escaped(name) if isinstance(name, str) else name for name in setting]

    def parse(self, text: str, task: str) -> list[str]:
        """Return the escaped names in the address."""
        return [_escaped(unquote(name)) for name in text.split(_SEPARATOR)]


def _escaped(name: str) -> str:
    return quote(name, safe="", errors="replace").replace(_SEPARATOR, "%2E")


def _quoted(value: Any) -> str:
    # JSON can hold half a character, which no answer can.
    shown = wording.shortened(str(value)).encode(errors="replace").decode()
    return f"'{shown}'"
