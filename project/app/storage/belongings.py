"""Who made a table or a run, and its deletion, which can be undone for a while."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from . import files

# The file without which an item is not there.
RECORDS = {"table": "dataset.json", "run": "run.json"}
_OWNER = "owner"
_ASIDE = ".deleted"
# Longer than anybody is offered to undo it.
_UNDO_SECONDS = 600


def claim(root: Path, item: str, owner: str) -> None:
    """Note who made an item; who makes the same again, such as a sheet of the same file, owns it too.

    Parameters
    ----------
    root : pathlib.Path
        The folder of all items.
    item : str
    owner : str
        Empty if nobody knows; then nothing is noted.
    """
    if owner and owner not in owners(root, item):
        with open(root / item / _OWNER, "a", encoding="ascii") as file:
            # An older version ended the line with the file.
            file.write(f"\n{owner}\n")


def owners(root: Path, item: str) -> frozenset[str]:
    """Return to whom an item belongs; its name may come from a stranger."""
    if not files.is_id(item):
        return frozenset()
    try:
        return frozenset((root / item / _OWNER).read_text(encoding="ascii").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()


def release(root: Path, item: str, owner: str) -> bool:
    """Let an item that others made too no longer belong to this owner; tell whether there are others."""
    others = owners(root, item) - {owner}
    if others:
        lines = "".join(f"{other}\n" for other in sorted(others))
        files.write_bytes(root / item / _OWNER, lines.encode())
    return bool(others)


def is_there(root: Path, item: str, kind: str) -> bool:
    """Tell whether there is such an item, or was until a moment ago; its name may come from a stranger."""
    if not files.is_id(item):
        return False
    record = root / item / RECORDS[kind]
    return record.is_file() or aside(record).is_file()


def aside(record: Path) -> Path:
    """Return where the record of a deleted item lies until it is deleted for good."""
    return record.with_name(record.name + _ASIDE)


def delete(root: Path, item: str, kind: str) -> None:
    """Let an item no longer be there. Only its record moves: a mounted bucket cannot rename folders."""
    record = root / item / RECORDS[kind]
    with contextlib.suppress(FileNotFoundError):
        os.replace(record, aside(record))
        os.utime(aside(record))


def restore(root: Path, item: str, kind: str) -> bool:
    """Undo `delete`; tell whether the item is there again."""
    record = root / item / RECORDS[kind]
    with contextlib.suppress(FileNotFoundError):
        os.replace(aside(record), record)
    return record.is_file()


def sweep(root: Path, now: float | None = None) -> int:
    """Delete for good what was deleted too long ago to be brought back; return how many items that were.

    With a training goes what was derived of it, such as the files that hold its models.
    """
    for path in root.glob(f"*/*{_ASIDE}"):
        if path.with_name(path.name.removesuffix(_ASIDE)).is_file():
            path.unlink(missing_ok=True)  # it was made again
    limit = (time.time() if now is None else now) - _UNDO_SECONDS
    gone = [
        path.parent
        for path in root.glob(f"*/*{_ASIDE}")
        if path.parent.is_dir() and _time_of(path) < limit
    ]
    gone += _derived_of(root, gone)
    for folder in gone:
        shutil.rmtree(folder, ignore_errors=True)
    return len(gone)


def _derived_of(root: Path, gone: list[Path]) -> list[Path]:
    found: list[Path] = []
    parents = {folder.name for folder in gone}
    names = (RECORDS["run"], RECORDS["run"] + _ASIDE) if parents else ()
    records = [path for name in names for path in root.glob(f"*/{name}")]
    left = {path.parent: _parent_of(path) for path in records}
    while parents:
        found += (derived := [f for f, parent in left.items() if parent in parents])
        parents = {left.pop(folder) and folder.name for folder in derived}
    return [folder for folder in found if folder not in gone]


def _parent_of(record: Path) -> str | None:
    try:
        parent = files.read_json(record).get("parent")
    except (OSError, ValueError, AttributeError):  # damaged, or deleted right now
        return None
    return parent if isinstance(parent, str) else None


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # brought back right now
        return float("inf")
