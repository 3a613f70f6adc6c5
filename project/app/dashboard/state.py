"""The state of a page, kept in its URL, so that a link opens the same view anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlencode

from app import functions
from app.storage.datasets import SAMPLE_PREFIX

if TYPE_CHECKING:
    from app.functions.evaluation.summary import TrainingSummary

LEFT_OUT = "out"
_MAX_DIGITS = 10
DEFAULT_DATASET = SAMPLE_PREFIX + functions.tables.samples.DEFAULT_SAMPLE


def query_of(search: str | None) -> dict[str, str]:
    """Return the parameters of a URL's query; the last of repeated ones."""
    pairs = parse_qs((search or "").removeprefix("?"), keep_blank_values=False)
    return {name: values[-1] for name, values in pairs.items()}


def search_of(query: Mapping[str, str]) -> str:
    """Return the query of a URL, with the question mark."""
    return f"?{urlencode(query)}" if query else ""


def chosen_model(summary: TrainingSummary, query: Mapping[str, str]) -> str:
    """Return the model of a URL if the training has it, else its best one."""
    usable = [row.model for row in summary.trained]
    return query["model"] if query.get("model") in usable else summary.best


def whole(text: str) -> int | None:
    """Return a whole number from a URL; None if it is not a number, or unreasonably long."""
    return int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else None


@dataclass(frozen=True)
class View:
    """The choices made about a table; unchanged ones are not in the URL.

    Attributes
    ----------
    dataset : str
    target : str or None
    task : str or None
    columns : dict of int to str
        Changed columns by position: a role, or 'out' for a column that is left out.
    """

    dataset: str
    target: str | None = None
    task: str | None = None
    columns: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def of(cls, query: Mapping[str, str]) -> View:
        """Read the view from a query; invalid values are ignored."""
        return cls(
            dataset=query.get("dataset", DEFAULT_DATASET),
            target=query.get("target"),
            task=query.get("task"),
            columns=_columns(query.get("columns", "")),
        )

    def with_roles(self, roles: Mapping[int, str | None]) -> View:
        """Return the view with other roles of some columns, by position; None is the one that was recognised."""
        columns = {**self.columns, **roles}
        return replace(self, columns={i: r for i, r in columns.items() if r})

    def search(self) -> str:
        """Return the query that `of` reads."""
        query = {"dataset": self.dataset}
        if self.target:
            query["target"] = self.target
        if self.task:
            query["task"] = self.task
        if self.columns:
            parts = [f"{i}:{role}" for i, role in sorted(self.columns.items())]
            query["columns"] = ".".join(parts)
        return search_of(query)


def view_of_settings(dataset: str, settings, profile) -> View:
    """Return the view of a table in which the same columns are used, in the same roles, as in a training.

    Parameters
    ----------
    dataset : str
    settings : TrainingSettings
    profile : TableProfile
    """
    usable = functions.tables.profiling.ROLES_FOR_TRAINING
    columns = {}
    for i, column in enumerate(profile.columns):
        role = settings.roles.get(column.name)
        if role is None and column.role in usable and column.name != settings.target:
            columns[i] = LEFT_OUT
        elif role is not None and role != column.role:
            columns[i] = role
    return View(dataset, settings.target, settings.task, columns)


def _columns(text: str) -> dict[int, str]:
    pairs = (part.partition(":") for part in text.split(".") if part)
    known = ((whole(i), role) for i, _, role in pairs)
    return {i: role for i, role in known if i is not None and role}


@dataclass(frozen=True)
class Choice:
    """A view completed with what was recognised in the table.

    Attributes
    ----------
    target : str
        Empty where none is chosen and several may be meant.
    roles : dict of str to str
        The role of every column by name.
    left_out : frozenset of str
        Columns that the user put aside.
    """

    target: str
    roles: Mapping[str, str]
    left_out: frozenset[str]

    @property
    def features(self) -> dict[str, str]:
        """The columns that the model learns from, with their roles."""
        usable = functions.tables.profiling.ROLES_FOR_TRAINING
        return {
            name: role
            for name, role in self.roles.items()
            if name != self.target and name not in self.left_out and role in usable
        }


def choose(view: View, profile) -> Choice:
    """Complete a view by the table's profile.

    Parameters
    ----------
    view : View
    profile : TableProfile

    Returns
    -------
    Choice
        A target or role that the table does not have is replaced by the recognised one, if there is one.
    """
    names = [column.name for column in profile.columns]
    target = view.target if view.target in names else profile.sure_target
    roles = {}
    for i, column in enumerate(profile.columns):
        wanted = view.columns.get(i)
        possible = functions.tables.profiling.possible_roles(column)
        roles[column.name] = wanted if wanted in possible else column.role
    left_out = frozenset(
        names[i]
        for i, role in view.columns.items()
        if role == LEFT_OUT and i < len(names)
    )
    return Choice(target, roles, left_out)
