"""How much a training tries, in one word: what Quick and Thorough choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .. import models

# What somebody chose option by option.
OWN = "own"
# The options that an effort decides; `seconds` matters only where there is a search.
DECIDED = ("models", "folds", "search", "seconds")


@dataclass(frozen=True)
class Effort:
    """A choice of models, folds and search.

    Attributes
    ----------
    key, label, help : str
    values : mapping of str
        What the controls hold, by the keys of their options; all others have their defaults.
    """

    key: str
    label: str
    help: str
    values: Mapping[str, Any] = field(default_factory=dict)


def efforts() -> tuple[Effort, ...]:
    """Return the efforts to choose from, the default first.

    Returns
    -------
    tuple of Effort
    """
    thorough = models.catalogue.preset_models("thorough")
    return (
        Effort("quick", "Quick", "Three models as they are, to see what is in it."),
        Effort(
            "thorough",
            "Thorough",
            "All models, each tuned and checked twice as often.",
            {
                "models": list(thorough),
                "folds": 10,
                "search": "halving",
                "seconds": 120,
            },
        ),
    )


def values_of(effort: Effort, task: str) -> dict[str, Any]:
    """Return what the controls of all options that an effort decides hold.

    Parameters
    ----------
    effort : Effort
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    dict of str
        By the keys of `DECIDED`.
    """
    options = {each.key: each for each in models.settings.OPTIONS.values()}
    defaults = {key: options[key].default_for(task) for key in DECIDED}
    return {**defaults, **effort.values}


def effort_of(held: Mapping[str, Any], task: str) -> str:
    """Return the key of the effort that controls hold, or `OWN`.

    Parameters
    ----------
    held : mapping of str
        What the controls hold, by the keys of their options.
    task : {"binary", "multiclass", "regression"}

    Returns
    -------
    str
    """
    for effort in efforts():
        if _decided(values_of(effort, task)) == _decided(held):
            return effort.key
    return OWN


def _decided(held: Mapping[str, Any]) -> dict[str, Any]:
    decided = {key: held.get(key) for key in DECIDED}
    decided["models"] = sorted(decided["models"] or ())
    if decided["search"] == "none":
        decided.pop("seconds")
    return decided
