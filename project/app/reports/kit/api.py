"""Data from an API: kept for all workers, renewed by one of them in the background, stale rather than absent."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from app.settings import Settings, writable_data_dir
from app.storage import files
from app.wording import seconds

if TYPE_CHECKING:
    from .source import Check, Copy, Tables

_PROJECT = Path(__file__).resolve().parents[3]
# After a failure nobody asks again for so long.
PAUSE_SECONDS = 60
_LOOK_SECONDS = 0.05

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of a source's answer at this moment; the same for every worker.

    Attributes
    ----------
    source : str
        The name of the source's host.
    tables : dict of str to list of dict, or None
        The rows of each question; None if they were never fetched.
    fetched : datetime or None
        When, in UTC.
    stale : bool
        Whether they are older than their lifetime.
    busy : bool
        Whether somebody is fetching newer ones now.
    problem : str
        Why the last attempt failed, in a sentence; empty if it did not.
    """

    source: str
    tables: Tables | None
    fetched: datetime | None
    stale: bool
    busy: bool
    problem: str

    def says(self, now: datetime | None = None) -> str:
        """Return how old the data is, and what is wrong with it, in sentences."""
        parts = []
        if self.fetched:
            now = now or datetime.now(timezone.utc)
            age = seconds(max(0.0, (now - self.fetched).total_seconds()))
            parts.append(f"Data of {self.source}, fetched {age} ago.")
        if self.busy:
            parts.append(
                f"{'Newer' if self.fetched else 'The first'} data is being fetched."
            )
        elif self.problem:
            parts.append(self.problem)
            parts.append("Reload the page in a minute to try again.")
        return " ".join(parts)


class Api:
    """A source of tables on the web.

    Making one costs nothing and asks nobody.

    Parameters
    ----------
    host : str
        'data.example.org', or an address that begins with http:// or https://.
    token : str
        The application token that some sources give more answers to.
    lifetime : float
        For so many seconds an answer counts as fresh.
    folder : pathlib.Path, optional
        Where answers are kept; default: below the directory that the server keeps its data in, so that a report that
        runs alone shares them.
    pause : float
        For so many seconds nobody asks again after a failure.
    """

    def __init__(
        self,
        host: str,
        token: str | None = None,
        lifetime: float = 3600,
        folder: Path | None = None,
        pause: float = PAUSE_SECONDS,
    ):
        self._base = (host if "://" in host else f"https://{host}").rstrip("/")
        self._token = token
        self._lifetime = lifetime
        self._given = folder
        self._pause = pause
        self._read: dict[str, tuple[tuple[int, int], Copy | None]] = {}

    @classmethod
    def from_environ(cls) -> Api:
        """Return the source that API_HOST, API_TOKEN and API_MINUTES name."""
        settings = Settings.from_environ()
        return cls(
            settings.api_host,
            settings.api_token,
            settings.api_minutes * 60,
            _below(settings.data_dir) if settings.data_dir else None,
        )

    @property
    def source(self) -> str:
        """The name of the host."""
        return urlsplit(self._base).netloc

    def look(
        self,
        questions: Mapping[str, str],
        check: Check | None = None,
        wait: float = 0.0,
    ) -> Answer:
        """Return what is there; if that is nothing, or too old, let one worker fetch it in the background.

        Parameters
        ----------
        questions : mapping of str to str
            For each table a `question`. They are asked and kept together.
        check : callable, optional
            ``check(tables)`` raises ValueError with a sentence if an answer cannot be used; it is not kept then.
        wait : float
            Up to so many seconds for an answer that is being fetched.

        Returns
        -------
        Answer
        """
        try:
            return self._look(questions, check, wait)
        except OSError as error:
            logger.exception("Data of %s can neither be read nor kept", self.source)
            reason = f"The folder of what is kept cannot be used: {error.strerror}."
            return Answer(self.source, None, None, True, False, reason)

    def _look(self, questions, check, wait) -> Answer:
        key = self._key(questions)
        busy = self._is_due(key) and self._start(key, dict(questions), check)
        answer = replace(self._peek(key), **({"busy": True} if busy else {}))
        deadline = time.monotonic() + wait
        while answer.busy and time.monotonic() < deadline:
            time.sleep(_LOOK_SECONDS)
            answer = self._peek(key)
        return answer

    def _key(self, questions: Mapping[str, str]) -> str:
        asked = repr((self._base, sorted(questions.items())))
        return hashlib.sha256(asked.encode()).hexdigest()[:32]

    def _folder(self) -> Path:
        if self._given is None:
            instance = str(_PROJECT / "instance")
            self._given = _below(writable_data_dir("", instance))
        self._given.mkdir(parents=True, exist_ok=True)
        return self._given

    def _peek(self, key: str) -> Answer:
        busy = _is_locked(self._lock_path(key))
        copy = self._copy(key)
        return Answer(
            source=self.source,
            tables=copy.tables if copy else None,
            fetched=copy.fetched if copy else None,
            stale=copy is None or copy.is_expired,
            busy=busy,
            problem=self._trouble(key).get("problem", ""),
        )

    def _copy(self, key: str) -> Copy | None:
        """Return what is kept; parsed once for each version of its file."""
        folder = self._folder()
        try:
            stat = (folder / f"{key}.json").stat()
        except FileNotFoundError:
            return None
        stamp = (stat.st_mtime_ns, stat.st_size)
        known = self._read.get(key)
        if known is None or known[0] != stamp:
            known = self._read[key] = (stamp, _source().read_copy(folder, key))
        return known[1]

    def _is_due(self, key: str) -> bool:
        copy = self._copy(key)
        since = time.time() - self._trouble(key).get("when", 0.0)
        return (copy is None or copy.is_expired) and not 0 <= since < self._pause

    def _trouble_path(self, key: str) -> Path:
        return self._folder() / f"{key}.problem"

    def _trouble(self, key: str) -> dict[str, Any]:
        """Return when and why the last attempt failed; empty if it did not."""
        try:
            return files.read_json(self._trouble_path(key))
        except (FileNotFoundError, ValueError):
            return {}

    def _lock_path(self, key: str) -> Path:
        """In the machine's own temporary folder, as locks mean nothing on a network volume."""
        owner = hashlib.sha256(str(self._folder().resolve()).encode()).hexdigest()[:16]
        # With the user's number: a folder that another user made could not be written.
        folder = Path(tempfile.gettempdir()) / f"dashboard-api-{os.getuid()}-{owner}"
        folder.mkdir(mode=0o700, exist_ok=True)
        return folder / key

    def _start(self, key: str, questions: dict[str, str], check: Check | None) -> bool:
        """Begin to fetch, unless somebody does so already; return whether somebody does."""
        descriptor = _lock(self._lock_path(key))
        if descriptor is None:
            return True
        # Somebody else may have finished between the look and the lock.
        if not self._is_due(key):
            os.close(descriptor)
            return False
        threading.Thread(
            target=self._fetch,
            args=(key, questions, check, descriptor),
            name=f"fetch {self.source}",
            daemon=True,
        ).start()
        return True

    def _fetch(self, key, questions, check, descriptor) -> None:
        try:
            problem = _source().fetch(
                self._folder(),
                key,
                self._base,
                questions,
                self._lifetime,
                self._token,
                check,
            )
        except Exception as error:  # whatever it is, the reader gets a sentence
            logger.exception("Data of %s could not be fetched", self.source)
            problem = f"Fetching from {self.source} stopped with {type(error).__name__}; the log says where."
        try:
            self._remember(key, problem)
        finally:
            os.close(descriptor)

    def _remember(self, key: str, problem: str) -> None:
        path = self._trouble_path(key)
        if problem:
            files.write_json(path, {"problem": problem, "when": time.time()})
        else:
            path.unlink(missing_ok=True)


def question(path: str, **parameters: Any) -> str:
    """Return the path and query of what is asked, every value encoded.

    Parameters
    ----------
    path : str
        '/resource/abcd-1234.json'.
    **parameters
        Of the Socrata Query Language, without their dollar: ``select``, ``where``, ``group``, and ``order``, without
        which pages may overlap.

    References
    ----------
    https://dev.socrata.com/docs/queries/
    """
    return (
        f"{path}?{urlencode({f'${name}': value for name, value in parameters.items()})}"
    )


def soql_text(value: Any) -> str:
    """Return a value as a text in the Socrata Query Language: O'Brien becomes 'O''Brien'.

    Parameters
    ----------
    value : object
        May come from a browser.
    """
    escaped = str(value).replace("'", "''")
    return f"'{escaped}'"


def _below(data_dir: str | Path) -> Path:
    return Path(data_dir) / "api"


def _source():
    # requests-cache takes half a second to import: neither the server nor a report waits for it at their start.
    return import_module(f"{__package__}.source")


def _lock(path: Path) -> int | None:
    """Return the open file with the lock on it, or None if somebody holds it; closing it lets go."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _is_locked(path: Path) -> bool:
    """Tell whether somebody fetches; those who merely look never keep each other out."""
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
