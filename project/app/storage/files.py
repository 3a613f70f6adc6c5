"""What every store is made of: safe names, and writes of which a reader never sees half."""

from __future__ import annotations

import contextlib
import math
import os
import re
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import orjson

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
NOT_THERE = (
    "This {kind} does not exist, has expired and was deleted, or is not shared with you. "
    "Check the link, or start again with a table."
)
_OPTIONS = orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS


class NotFound(LookupError):
    """A table, upload or run that does not exist, or no longer; its text is a sentence for the user."""


# Called with the name of an item and what is about to be done with it; raises NotFound if that is not allowed.
Guard = Callable[[str, Any], None]


def allow_all(name: str, action: Any) -> None:
    """Refuse nothing: the guard of the server's own processes."""


def is_id(name: str) -> bool:
    """Tell whether a name, which may come from a stranger, can be that of an item."""
    return bool(_ID.fullmatch(name or ""))


def plain_name(name: str) -> str:
    """Return what a file can be called of a name that may come from a stranger; a usual one stays as it is."""
    return re.sub(r"[^\w-]", "_", name)[:100]


def new_id() -> str:
    """Return a name that cannot be guessed: 80 random bits in 20 characters."""
    return secrets.token_hex(10)


def file_of(root: Path, name: str, kind: str, record: str) -> Path:
    """Return the file that makes an item complete; the item's name may come from a stranger.

    Parameters
    ----------
    root : pathlib.Path
        The folder of all items.
    name : str
        The item's own folder below `root`.
    kind : str
        What the user calls the item, for the sentence.
    record : str
        The file without which the item is not there.

    Raises
    ------
    NotFound
        The name is malformed, or there is no such item.
    """
    path = root / name / record if is_id(name) else None
    if path is not None and path.is_file():
        return path
    raise NotFound(NOT_THERE.format(kind=kind))


@contextlib.contextmanager
def or_removed(folder: Path, unless: str = "") -> Iterator[None]:
    """Remove the new folder of an item if the block, which fills it, fails: nobody needs half of one.

    Parameters
    ----------
    folder : pathlib.Path
    unless : str
        The file without which the item is not there, if somebody else may be making the same item.
    """
    try:
        yield
    except BaseException:
        if not unless or not (folder / unless).exists():
            shutil.rmtree(folder, ignore_errors=True)
        raise


def bytes_of(path: Path, kind: str) -> bytes:
    """Return what is in a file of an item that is there, unless it is deleted at this very moment.

    Raises
    ------
    NotFound
        It was deleted; the sentence calls the item by its `kind`.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"This {kind} has just been deleted.") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to a temporary name and rename it, so that a reader sees all or nothing."""
    with writing(path) as target:
        target.write(content)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[BinaryIO]:
    """Open a temporary name for writing and rename it when the block ends, so that a reader sees all or nothing."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with open(temporary, "wb") as target:
            yield target
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: Path, value: Any) -> None:
    """Write `value` as JSON; numpy arrays become lists, NaN becomes null."""
    write_bytes(path, orjson.dumps(value, default=_as_list, option=_OPTIONS))


def _as_list(value: Any) -> list:
    """What orjson does not take by itself: an array that does not lie row by row in memory."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"A {type(value).__name__} cannot be kept as JSON.")


def read_json(path: Path) -> Any:
    """Return the value that `write_json` wrote."""
    return orjson.loads(path.read_bytes())


def delete_older_than(root: Path, days: float, now: float | None = None) -> int:
    """Delete the folders below `root` in which nothing was written for more than `days` days.

    Returns
    -------
    int
        How many were deleted.
    """
    limit = (time.time() if now is None else now) - days * 86_400
    old = [
        folder
        for folder in (root.iterdir() if root.is_dir() else ())
        if folder.is_dir() and last_written(folder) < limit
    ]
    for folder in old:
        shutil.rmtree(folder, ignore_errors=True)
    return len(old)


def last_written(folder: Path) -> float:
    """Return the time of a folder's newest file; infinity while it is written or deleted.

    A bucket that is mounted as a directory keeps no times for folders.
    """
    try:
        times = [path.stat().st_mtime for path in folder.iterdir()]
        return max(times or [folder.stat().st_mtime])
    except FileNotFoundError:  # somebody else writes or deletes here right now
        return math.inf
