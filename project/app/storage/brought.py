"""Models that somebody brings: a folder each, and the index of the runs that they have become."""

from __future__ import annotations

import difflib
import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from . import files, records
from .runs import Run

MODEL = "model.skops"
CARD = "card.toml"
SCHEMA = "schema.json"
SAMPLES = ("sample.parquet", "sample.csv")
# Hashes of the rows that the model has learned from, so that nobody judges it on them.
SEEN = "seen.parquet"
TASKS = ("binary", "multiclass", "regression")
MAX_FOLDERS = 200
_MAX_CARD_BYTES = 100_000
_INDEX = "brought.json"


@dataclass(frozen=True)
class Card:
    """What the one who brings a model says of it in ``card.toml``.

    Attributes
    ----------
    target, task : str
    title, description, licence : str
    positive : str or None
        Of two classes.
    threshold : float or None
        Of two classes: the probability from which on the positive one is predicted.
    metric : str or None
    training : mapping of str
        The settings by which another model of the kind is trained, as a run keeps them.
    """

    target: str
    task: str
    title: str = ""
    description: str = ""
    licence: str = ""
    positive: str | None = None
    threshold: float | None = None
    metric: str | None = None
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Entry:
    """A folder, and what has become of it.

    Attributes
    ----------
    folder : str
        Its name.
    title, description, licence : str
    fingerprint : str
        Of its files when they were looked at.
    run : str
        Empty where there is none.
    dataset : str
        The table that its sample becomes.
    problem : str
        Why there is no run.
    """

    folder: str
    title: str = ""
    description: str = ""
    licence: str = ""
    fingerprint: str = ""
    run: str = ""
    dataset: str = ""
    problem: str = ""


@dataclass(frozen=True)
class _Index:
    models: tuple[Entry, ...] = ()


def is_brought(run: Run) -> bool:
    """Tell whether the model of a run was trained elsewhere."""
    return run.kind == "bring"


def folders(root: Path) -> list[Path]:
    """Return the folders of models, sorted by name.

    Raises
    ------
    OSError
        The folder of all cannot be read.
    """
    found = [p for p in root.iterdir() if p.is_dir() and not p.name.startswith(".")]
    return sorted(found)[:MAX_FOLDERS]


def fingerprint(folder: Path) -> str:
    """Return a text that changes when a file of the folder does."""
    names = (MODEL, CARD, SCHEMA, SEEN, *SAMPLES)
    seen = []
    for path in map(folder.joinpath, names):
        try:
            known = path.stat()
        except OSError:
            continue
        seen.append((path.name, known.st_size, known.st_mtime_ns))
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:20]


def sample_of(folder: Path) -> Path:
    """Return the file with the sample.

    Raises
    ------
    ValueError
        There is none.
    """
    for name in SAMPLES:
        if (folder / name).is_file():
            return folder / name
    raise ValueError(
        f"There is no sample: put some rows into {' or '.join(reversed(SAMPLES))}, with a header and the columns that "
        "the model takes; with the target as well, the model can be judged on them."
    )


def read_card(folder: Path) -> Card:
    """Return what is said of a model.

    Raises
    ------
    ValueError
        There is no card, or it cannot be used; the sentence says what to write.
    """
    path = folder / CARD
    try:
        if path.stat().st_size > _MAX_CARD_BYTES:
            raise ValueError(f"{CARD} is longer than {_MAX_CARD_BYTES:,} bytes.")
        known = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        known = _of_schema(folder)
        if known:
            return _checked(known, folder.name)
        raise ValueError(
            f'There is no {CARD}. Write one with at least: target = "the column" and '
            'task = "binary", "multiclass" or "regression".'
        ) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ValueError(f"{CARD} cannot be read: {error}.") from None
    return _checked(known, folder.name)


def _of_schema(folder: Path) -> dict[str, Any]:
    """Return what the zip of a model says in its schema; nothing if there is none."""
    try:
        known = files.read_json(folder / SCHEMA)
        target, task, classes = (known[key] for key in ("target", "task", "classes"))
    except (OSError, ValueError, KeyError, TypeError):
        return {}
    card = {"target": target, "task": task}
    if task == "binary" and classes:
        card["positive"] = classes[-1]
    return card


def unknown_keys(folder: Path) -> list[str]:
    """Return sentences on what stands in a card that can be read, and means nothing."""
    if not (folder / CARD).exists():
        return []
    known = tomllib.loads((folder / CARD).read_text(encoding="utf-8"))
    names = [each.name for each in fields(Card)]
    said = []
    for key in known.keys() - set(names):
        near = difflib.get_close_matches(key, names, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        said.append(f"{CARD} has {key!r}, which means nothing here.{hint}")
    return sorted(said)


def card_text(card: Mapping[str, str], training: Mapping[str, Any]) -> str:
    """Return a card as TOML.

    Parameters
    ----------
    card : mapping of str to str
    training : mapping of str
        As `Card.training`; what is None is left out, and so is what TOML has no word for.
    """
    lines = [f"{name} = {_toml(value)}" for name, value in card.items()]
    lines += ["", "# How a challenger is trained.", "[training]"]
    lines += [
        f"{name} = {_toml(value)}"
        for name, value in training.items()
        if value is not None
    ]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    # A text in JSON is one in TOML, and so are numbers, truth values and lists; an object is a table within a line.
    if isinstance(value, Mapping):
        pairs = (f"{_toml(str(k))} = {_toml(v)}" for k, v in value.items())
        return f"{{{', '.join(pairs)}}}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _checked(known: Mapping[str, Any], name: str) -> Card:
    for key in ("target", "task"):
        if not known.get(key):
            raise ValueError(f'{CARD} does not say the {key}. Write {key} = "…".')
    for key in ("target", "task", "title", "description", "licence", "metric"):
        if not isinstance(known.get(key, ""), str):
            raise ValueError(f"{key} in {CARD} must be a text in quotes.")
    if known["task"] not in TASKS:
        raise ValueError(
            f"The task in {CARD} is {known['task']!r}, but must be one of these: {', '.join(TASKS)}."
        )
    values = {f.name: known[f.name] for f in fields(Card) if f.name in known}
    if not isinstance(values.get("training", {}), dict):
        raise ValueError(f"training in {CARD} must be a table: [training].")
    if values.get("positive") is not None:
        values["positive"] = str(values["positive"])
    _check_threshold(values)
    return Card(**values | {"title": values.get("title") or name})


def _check_threshold(values: dict[str, Any]) -> None:
    threshold = values.get("threshold")
    if threshold is None:
        return
    if values["task"] != "binary":
        raise ValueError(f"The threshold in {CARD} is for a task with two classes.")
    is_number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
    if not is_number or not 0 <= threshold <= 1:
        raise ValueError(f"The threshold in {CARD} must be a number from 0 to 1.")
    values["threshold"] = float(threshold)


def index(data_dir: Path) -> tuple[Entry, ...]:
    """Return the folders as they were when somebody last looked; none if nobody did."""
    try:
        return records.read(_Index, files.read_json(data_dir / _INDEX)).models
    except (OSError, ValueError):
        return ()


def write_index(data_dir: Path, entries: tuple[Entry, ...]) -> None:
    """Keep what the folders have become."""
    files.write_json(data_dir / _INDEX, records.plain(_Index(entries)))
