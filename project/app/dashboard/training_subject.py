"""What a training would be about, given what the form holds: its rows, its task and its classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app import functions, wording

from .state import View, choose

# The options that decide on the rows, by their keys in the address.
DECIDING = (
    "rows",
    "duplicates",
    "weighting",
    "weigh",
    "rare",
    "fewest",
    "folds",
    "holdout",
)


@dataclass(frozen=True)
class Subject:
    """What a training would be about.

    Attributes
    ----------
    profile : TableProfile
    target : str
    features : dict of str to str
        The roles of the columns to learn from.
    roles : dict of str to str
        Of all columns.
    whole_task, task : str
        Of the whole target, and of the rows that are used: of several classes two may be left.
    classes : tuple of str
        If there are two: the negative one, and the one that is guessed to be positive.
    reason : str
        Why that one.
    says : str
        A sentence on the rows that are used.
    problem : str
        Why these rows cannot be trained; empty if they can.
    """

    profile: Any
    target: str
    features: Mapping[str, str]
    roles: Mapping[str, str]
    whole_task: str
    task: str
    classes: tuple[str, ...] = ()
    reason: str = ""
    says: str = ""
    problem: str = ""

    @property
    def columns(self) -> Any:
        """The profiles of the table's columns."""
        return self.profile.columns

    @property
    def guess(self) -> str | None:
        """The class that is guessed to be positive."""
        return self.classes[1] if self.classes else None

    @property
    def built_for(self) -> dict[str, Any]:
        """What the form has to be built anew for, if it changes."""
        return {"task": self.task, "classes": list(self.classes)}

    def offers(self, option: Any) -> bool:
        """Tell whether the form shows an option."""
        return option.suits(self.task) or option.suits(self.whole_task)


def task_of(services, view: View, target: str) -> str:
    """Return the task of a whole target: the user's, if it is possible, else the recognised one."""
    values = services.datasets.table(view.dataset, [target])[target]
    if view.task in functions.tables.tasks.possible_tasks(values):
        return view.task
    return functions.tables.tasks.recognise_task(values).kind


def subject_of(services, view: View, held: Mapping[str, Any]) -> Subject:
    """Look at the rows that would be used.

    Parameters
    ----------
    services : Services
    view : View
    held : mapping of str
        What the controls hold, by the keys of their options.

    Returns
    -------
    Subject

    Raises
    ------
    ValueError
        Nothing to predict is chosen.
    """
    profile = services.datasets.get(view.dataset).profile
    choice = choose(view, profile)
    if not choice.target:
        raise ValueError("Nothing to predict is chosen. Choose a column first.")
    task = task_of(services, view, choice.target)
    subject = {
        "profile": profile,
        "target": choice.target,
        "features": choice.features,
        "roles": choice.roles,
        "whole_task": task,
    }
    try:
        return Subject(**subject, **_rows(services, view, subject, held))
    except ValueError as error:
        return Subject(**subject, task=task, problem=str(error))


def settings_of(services, view: View, held: Mapping[str, Any]) -> Any:
    """Return the settings of a training.

    Parameters
    ----------
    services : Services
    view : View
    held : mapping of str
        What the controls hold, by the keys of their options.

    Returns
    -------
    TrainingSettings

    Raises
    ------
    ValueError
        They cannot be used; the sentence says why.
    """
    module = functions.models.settings
    subject = subject_of(services, view, held)
    if subject.problem:
        raise ValueError(subject.problem)
    settings = module.TrainingSettings.from_controls(
        subject.target, subject.task, subject.features, held
    )
    module.check_settings(settings, [column.name for column in subject.columns])
    functions.tables.positive_class.check_positive(settings.positive, subject.classes)
    return settings


def _rows(services, view: View, subject: Mapping[str, Any], held) -> dict[str, Any]:
    module = functions.models.rows
    settings = _settings(subject, held)
    frame = services.datasets.table(view.dataset, module.columns_needed(settings))
    selected = module.select_rows(frame, settings)
    task = module.task_of_rows(settings.task, selected.target)
    functions.tables.tasks.check_target(
        selected.target, task, settings.n_splits, settings.test_size
    )
    module.row_weights(frame, settings, selected.positions)
    used = f"All {wording.plural(selected.n_rows, 'row')} are used."
    if len(selected.positions) < selected.n_rows:
        used = ""
    found = {"task": task, "says": " ".join([used, *selected.notes]).strip()}
    if task == "binary":
        classes = functions.tables.tasks.encode_target(selected.target, task)[1]
        reason = functions.tables.tasks.positive_class(selected.target)[1]
        found |= {"classes": classes, "reason": reason}
    return found


def _settings(subject: Mapping[str, Any], held: Mapping[str, Any]) -> Any:
    """Return settings with what decides on the rows; the rest is of no account and has its defaults."""
    deciding = {key: held[key] for key in DECIDING if key in held}
    if held.get("by"):
        deciding |= {key: held[key] for key in ("split", "by")}
    settings = functions.models.settings.TrainingSettings.from_controls(
        subject["target"], subject["whole_task"], subject["features"], deciding
    )
    names = [column.name for column in subject["profile"].columns]
    functions.models.settings.check_settings(settings, names)
    return settings
