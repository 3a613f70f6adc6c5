"""The reports of one folder: found by reading them, built on the first visit, replaced when their file changes."""

from __future__ import annotations

import ast
import importlib.util
import itertools
import logging
import re
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from .files import NotFound

LOOK_SECONDS = 1.0
# How long a visitor waits for a new version before he gets the one before it.
_SWAP_SECONDS = 0.7
_PICTURES = ("picture.svg", "picture.png")
_TEXTS = ("TITLE", "DESCRIPTION")

logger = logging.getLogger(__name__)


class Broken(Exception):
    """A report that cannot be shown; its text is a sentence for the visitor."""


@dataclass(frozen=True)
class Entry:
    """What the catalogue says of a report; known without running it.

    Attributes
    ----------
    name : str
        The file's name, and its place in addresses.
    title, description : str
    tags : tuple of str
    picture : str or None
        A file among its assets.
    problem : str or None
        Why it cannot be shown.
    stamp : tuple of int
        Changes whenever the file does.
    """

    name: str
    path: Path
    title: str
    description: str
    tags: tuple[str, ...]
    picture: str | None
    problem: str | None
    stamp: tuple[int, int]

    @property
    def assets(self) -> Path:
        """The folder of its assets; need not exist."""
        return self.path.with_suffix(".assets")


def read_entry(path: Path) -> Entry:
    """Read what a report's file says of itself, without running any of it.

    Parameters
    ----------
    path : pathlib.Path

    Returns
    -------
    Entry
        With a `problem` if the file is no report.

    Raises
    ------
    OSError
        The file cannot be read.
    """
    stat = path.stat()
    said: dict[str, Any] = {}
    problem = None
    try:
        said = _constants(ast.parse(path.read_bytes(), str(path)))
        problem = _problem(path.stem, said)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, "lineno", None)
        problem = f"The file is not valid Python{f' (line {line})' if line else ''}."
    title = said.get("TITLE")
    description = said.get("DESCRIPTION")
    return Entry(
        name=path.stem,
        path=path,
        title=title if isinstance(title, str) and title.strip() else path.stem,
        description=description if isinstance(description, str) else "",
        tags=tuple(t for t in said.get("TAGS", ()) if isinstance(t, str)),
        picture=_picture(path),
        problem=problem,
        stamp=(stat.st_mtime_ns, stat.st_size),
    )


def _constants(tree: ast.Module) -> dict[str, Any]:
    """Return the literal values assigned at the top of a module, and the names of its functions."""
    said: dict[str, Any] = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            said[node.name] = node
        targets = node.targets if isinstance(node, ast.Assign) else []
        for target in targets:
            if isinstance(target, ast.Name) and target.id in (*_TEXTS, "TAGS"):
                try:
                    said[target.id] = ast.literal_eval(node.value)
                except ValueError:
                    said[target.id] = None
    if not isinstance(said.get("TAGS", ()), (list, tuple)):
        said["TAGS"] = ()
    return said


def _problem(name: str, said: dict[str, Any]) -> str | None:
    if not name.isidentifier():
        return f"'{name}' cannot be part of an address: use letters, digits and underscores only."
    if "create_app" not in said:
        return "It has no function create_app(**dash_options)."
    for constant in _TEXTS:
        value = said.get(constant)
        if not isinstance(value, str) or not value.strip():
            return f"It has no {constant}: give it one, as a plain text."
        if re.search(r"<[a-zA-Z/!]", value):
            return f"Its {constant} holds HTML: write plain text."
    return None


def _picture(path: Path) -> str | None:
    folder = path.with_suffix(".assets")
    return next((name for name in _PICTURES if (folder / name).is_file()), None)


class Library:
    """The reports of one folder, as one process knows them.

    Parameters
    ----------
    folder : pathlib.Path
        Every file ``x.py`` in it whose name does not begin with an underscore is a report.
    build : callable
        ``build(entry, module)`` returns the WSGI application of a report from its executed module.
    build_seconds : float
        Longer than this nobody waits for a report to be built.
    """

    def __init__(
        self,
        folder: Path,
        build: Callable[[Entry, ModuleType], Any],
        build_seconds: float = 10.0,
    ):
        self._folder = folder
        self._build = build
        self._build_seconds = build_seconds
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._looked = 0.0
        self._shelves: dict[str, _Shelf] = {}

    def entries(self) -> list[Entry]:
        """Return what is known of every report, by title; a report that failed when it was built says so."""
        entries = self._look().values()
        shown = [self._with_problem(entry) for entry in entries]
        return sorted(shown, key=lambda entry: entry.title.casefold())

    def get(self, name: str) -> Any:
        """Return the WSGI application of a report, in the newest version that could be built.

        Raises
        ------
        NotFound
            There is no such report.
        Broken
            It could not be built, and never could.
        """
        entry = self._read_one(name)
        with self._lock:
            shelf = self._shelves.setdefault(name, _Shelf())
        shelf.want(entry, self._build)
        return shelf.take(entry, self._build_seconds)

    def entry(self, name: str) -> Entry:
        """Return what is known of one report.

        Raises
        ------
        NotFound
            There is no such report.
        """
        return self._with_problem(self._read_one(name))

    def reload(self) -> int:
        """Build every report that was visited anew, whether or not its file has changed; return how many."""
        with self._lock:
            self._looked = 0.0
            shelves = list(self._shelves.values())
        for shelf in shelves:
            shelf.forget()
        return len(self._look())

    def _read_one(self, name: str) -> Entry:
        entry = self._look().get(name)
        if entry is None:
            raise NotFound(
                "There is no such report. The list of all reports is at /reports/."
            )
        return entry

    def _look(self) -> dict[str, Entry]:
        with self._lock:
            if time.monotonic() - self._looked >= LOOK_SECONDS:
                self._entries = self._read_folder()
                self._looked = time.monotonic()
            return self._entries

    def _read_folder(self) -> dict[str, Entry]:
        entries = {}
        for path in sorted(self._folder.glob("*.py")):
            if path.name.startswith("_"):
                continue
            try:
                stat = path.stat()
                known = self._entries.get(path.stem)
                stamp = (stat.st_mtime_ns, stat.st_size)
                same = known is not None and known.stamp == stamp
                entries[path.stem] = known if same else read_entry(path)
            except OSError:  # deleted, or being replaced, at this moment
                continue
        return entries

    def _with_problem(self, entry: Entry) -> Entry:
        shelf = self._shelves.get(entry.name)
        problem = shelf.problem if shelf else None
        return replace(entry, problem=entry.problem or problem)


class _Shelf:
    """The versions of one report: the good one that is served, and the one that is being built."""

    def __init__(self):
        self._lock = threading.Lock()
        self._good: Any = None
        self._tried: Any = None
        # Why the newest version is not served.
        self.problem: str | None = None
        self._done = threading.Event()
        self._forced = 0

    def want(self, entry: Entry, build: Callable[[Entry, ModuleType], Any]) -> None:
        """Begin to build this version, unless that has been done or is being done."""
        with self._lock:
            version = (entry.stamp, self._forced)
            if self._tried == version:
                return
            self._tried = version
            self.problem = None
            self._done = threading.Event()
            worker = threading.Thread(
                target=self._work, args=(entry, build, version, self._done), daemon=True
            )
        worker.start()

    def take(self, entry: Entry, seconds: float) -> Any:
        """Return the newest good version; wait for one that is being built."""
        if not self._done.is_set():
            self._done.wait(_SWAP_SECONDS if self._good else seconds)
        if self._good is not None:
            return self._good
        if self._done.is_set():
            raise Broken(self.problem or "It could not be built.")
        raise Broken(
            f"It takes more than {seconds:g} seconds to build, so it is not shown yet. "
            "Its author should move what takes long into a callback."
        )

    def forget(self) -> None:
        """Let the next visit build it anew; until then the good version is served."""
        with self._lock:
            self._forced += 1

    def _work(self, entry, build, version, done) -> None:
        problem, built = None, None
        try:
            if entry.problem:
                raise Broken(entry.problem)
            built = build(entry, _execute(entry))
        except Broken as error:
            problem = str(error)
            logger.error("Report %s cannot be shown: %s", entry.name, error)
        except BaseException as error:  # also sys.exit, which must end nothing
            problem = f"It stopped with {type(error).__name__} while it was built; the log says where."
            logger.exception("Report %s could not be built", entry.name)
        with self._lock:
            if self._tried == version:
                self.problem = problem
                self._good = built or self._good
        done.set()


_versions = itertools.count(1)


def _execute(entry: Entry) -> ModuleType:
    """Run a report's file as a module of its own: two versions, or two reports, never share one."""
    name = f"report_{entry.name}_{next(_versions)}"
    spec = importlib.util.spec_from_file_location(name, entry.path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        # From the source: cached bytecode is matched by whole seconds and could be that of the version before.
        code = compile(entry.path.read_bytes(), str(entry.path), "exec")
        exec(code, module.__dict__)  # nosec B102: reports are the operator's own code
    except BaseException:
        del sys.modules[name]
        raise
    return module
