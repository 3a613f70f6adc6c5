"""Filters of rows by the values of a column, and the option that holds them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from ... import wording
from .options import Option

MAX_FILTERS = 10
MAX_VALUES = 100
_PART = "*"
# In an address these need no escape of the address's own; the filters themselves are separated by a dot.
_ESCAPES = {"_": "__", ".": "_d", _PART: "_s"}
_PLAIN = {escape: plain for plain, escape in _ESCAPES.items()}
_OR_MISSING = "-or-missing"


@dataclass(frozen=True)
class RowFilter:
    """Rows that are used because of their value in one column: one of several, or one within bounds.

    Attributes
    ----------
    column : str
    values : tuple of str
        As labels; empty where bounds decide.
    minimum, maximum : str
        A number such as '18', or a date such as '2024-03-31', which includes the whole day; empty for no bound.
    leave_out : bool
        Use all other rows instead.
    missing : bool
        Use the rows without a value as well.
    """

    column: str
    values: tuple[str, ...] = ()
    minimum: str = ""
    maximum: str = ""
    leave_out: bool = False
    missing: bool = False

    def __post_init__(self) -> None:
        """Refuse what is no filter, with a sentence."""
        texts = (self.column, self.minimum, self.maximum, *self.values)
        if not all(isinstance(text, str) and _can_be_stored(text) for text in texts):
            raise ValueError("has a filter that is no text: choose it again.")
        if not all(isinstance(flag, bool) for flag in (self.leave_out, self.missing)):
            raise ValueError(
                "has a filter that is neither on nor off: choose it again."
            )
        name = wording.quoted([self.column])
        if bool(self.values) == bool(self.minimum or self.maximum):
            raise ValueError(
                f"has no value for {name}: choose values, or type a bound."
            )
        if len(self.values) > MAX_VALUES:
            raise ValueError(
                f"has {wording.number(len(self.values))} values for {name}: choose at most {MAX_VALUES}."
            )
        if not self.values:
            low, high = self.bounds()
            if None not in (low, high) and low > high:
                raise ValueError(
                    f"has a range for {name} that ends before it begins: swap the two."
                )

    def bounds(self) -> tuple[Any, Any]:
        """Return both bounds as float or datetime; None for no bound.

        Raises
        ------
        ValueError
            A bound is neither a number nor a date, or only one of them is a date.
        """
        low, high = (_bound(text) for text in (self.minimum, self.maximum))
        if None not in (low, high) and type(low) is not type(high):
            raise ValueError(
                "has a range from a number to a date: type two numbers, or two dates."
            )
        return low, high

    @property
    def is_of_dates(self) -> bool:
        """Whether the bounds are dates."""
        return any(isinstance(bound, datetime) for bound in self.bounds())

    @classmethod
    def of(cls, stored: Any) -> RowFilter:
        """Return the filter that a record in JSON describes; ValueError if it is none."""
        if isinstance(stored, cls):
            return stored
        known = {each.name for each in fields(cls)}
        if not isinstance(stored, Mapping) or "column" not in stored:
            raise ValueError("has a filter without a column: choose it again.")
        given = {name: value for name, value in stored.items() if name in known}
        values = given.get("values", ())
        if not isinstance(values, (list, tuple)):
            raise ValueError("has a filter whose values are no list: choose it again.")
        return cls(**given | {"values": tuple(values)})

    @classmethod
    def parse(cls, text: str) -> RowFilter:
        """Return the filter that `text` writes; ValueError if it is none."""
        column, _, rest = text.partition(_PART)
        kind, *values = rest.split(_PART)
        column, *values = map(_unescaped, (column, *values))
        missing = kind.endswith(_OR_MISSING)
        kind = kind.removesuffix(_OR_MISSING)
        more = {"missing": missing, "leave_out": kind in ("not", "outside")}
        if kind in ("is", "not"):
            return cls(column, tuple(values), **more)
        if kind in ("from", "outside") and len(values) == 2:
            return cls(column, (), *values, **more)
        raise ValueError("has a filter that makes no sense: choose it again.")

    @property
    def text(self) -> str:
        """The filter as the address has it, such as 'age*from*18*65' or 'city*not*Bern*Basel'."""
        kind = ("not" if self.leave_out else "is") if self.values else ""
        kind = kind or ("outside" if self.leave_out else "from")
        kind += _OR_MISSING if self.missing else ""
        parts = (self.column, kind, *(self.values or (self.minimum, self.maximum)))
        return _PART.join(map(_escaped, parts))

    @property
    def sentence(self) -> str:
        """The filter as a person says it, such as 'age from 18 to 65' or 'city is not Bern or Basel'."""
        name, low, high = wording.shortened(self.column), self.minimum, self.maximum
        if self.values:
            names = [wording.shortened(value) for value in self.values[:4]]
            if len(self.values) > len(names):
                rest = len(self.values) - 3
                names = [*names[:3], f"{wording.number(rest)} more"]
            *first, last = names
            chosen = f"{', '.join(first)} or {last}" if first else last
            said = f"{name} is {'not ' if self.leave_out else ''}{chosen}"
        elif low and high:
            said = f"{name} {'outside' if self.leave_out else 'from'} {low} to {high}"
        elif low:
            said = f"{name} {'below' if self.leave_out else 'at least'} {low}"
        else:
            said = f"{name} {'above' if self.leave_out else 'at most'} {high}"
        return said + (" or missing" if self.missing else "")


@dataclass(frozen=True, kw_only=True)
class RowFilters(Option):
    """Any number of `RowFilter`; a control and the address hold each as its text."""

    default: Any = ()

    def default_for(self, task: str) -> list[str]:
        """Return no filter."""
        return []

    def check(self, value: Any, task: str) -> None:
        """Refuse what is no list of different filters."""
        if not isinstance(value, (list, tuple)):
            self._refuse("must be a list of filters.")
        if len(value) > MAX_FILTERS:
            self._refuse(f"has more than {MAX_FILTERS} filters: remove some.")
        filters = [self._read(one) for one in value]
        if len(set(filters)) < len(filters):
            self._refuse("has the same filter twice: remove one.")

    def check_columns(
        self, setting: Sequence[RowFilter], columns: Sequence[str]
    ) -> None:
        """Refuse a filter by a column that the table does not have."""
        for each in setting:
            if each.column not in columns:
                self._refuse(
                    f"names {wording.quoted([each.column])}, which the table does not have: remove that filter."
                )

    def to_setting(self, value: Sequence[str]) -> tuple[RowFilter, ...]:
        """Return the filters."""
        return tuple(self._read(one) for one in value)

    def to_control(self, setting: Any) -> Any:
        """Return the text of each filter."""
        if not isinstance(setting, (list, tuple)):
            return setting
        return [one.text if isinstance(one, RowFilter) else one for one in setting]

    def from_record(self, stored: Any) -> Any:
        """Return the filters that JSON describes."""
        if not isinstance(stored, list):
            return stored
        try:
            return tuple(RowFilter.of(one) for one in stored)
        except ValueError as error:
            self._refuse(str(error))

    def parse(self, text: str, task: str) -> list[str]:
        """Return the filters of an address that make sense."""
        kept = []
        for part in text.split("."):
            try:
                kept.append(RowFilter.parse(part).text)
            except ValueError:
                continue
        return list(dict.fromkeys(kept))[:MAX_FILTERS]

    def _read(self, one: Any) -> RowFilter:
        if not isinstance(one, str):
            self._refuse("has a filter that is no text: choose it again.")
        try:
            return RowFilter.parse(one)
        except ValueError as error:
            self._refuse(str(error))


def _bound(text: str) -> float | datetime | None:
    if not text:
        return None
    try:
        number = float(text)
    except ValueError:
        try:
            return datetime.fromisoformat(text).replace(tzinfo=None)
        except ValueError:
            shown = wording.quoted([text])
            raise ValueError(
                f"has the bound {shown}: type a number such as 18, or a date such as 2024-03-31."
            ) from None
    if not math.isfinite(number):
        raise ValueError("has a bound that is not finite: leave it empty for no bound.")
    return number


def _can_be_stored(text: str) -> bool:
    # JSON can hold half a character, which no file can.
    return text == text.encode(errors="replace").decode()


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)


def _unescaped(text: str) -> str:
    return re.sub("_[_ds]", lambda found: _PLAIN[found[0]], text)
