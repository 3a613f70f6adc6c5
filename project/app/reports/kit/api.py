"""Data from an API: fetched in the background by one worker, shown by all of them, kept while the API is down."""

from __future__ import annotations

import contextlib
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
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit

from app.settings import Settings, writable_data_dir
from app.wording import seconds

if TYPE_CHECKING:
    from .source import Check, Tables

_PROJECT = Path(__file__).resolve().parents[3]
PAUSE_SECONDS = 60

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Answer:
    """What is known of a source's answer at this moment, the same for every worker.

    Attributes
    ----------
    source : str
        The name of the source's host.
    tables : dict of str to list of dict, or None
        The rows of each question; None if they were never fetched.
    fetched, expires : datetime or None
        In UTC.
    busy : bool
        Whether newer tables are being fetched.
    problem : str
        Why a fetch has failed in the last minute, in a sentence; empty if none has.
    """

    source: str
    tables: Tables | None = None
    fetched: datetime | None = None
    expires: datetime | None = None
    busy: bool = False
    problem: str = ""

    @property
    def stale(self) -> bool:
        """Whether the tables have expired, or were never fetched."""
        return self.expires is None or self.expires <= datetime.now(timezone.utc)

    def says(self, now: datetime | None = None) -> str:
        """Return how old the data is, and what is wrong with it, in sentences.

        Parameters
        ----------
        now : datetime.datetime, optional
            Default: the time at which this is called.

        Returns
        -------
        str
        """
        parts = []
        if self.fetched:
            now = now or datetime.now(timezone.utc)
            age = seconds(max(0.0, (now - self.fetched).total_seconds()))
            parts.append(f"Data from {self.source}, fetched {age} ago.")
        if self.busy:
            kind = "Newer" if self.fetched else "The first"
            parts.append(f"{kind} data is being fetched.")
        elif self.problem:
            parts.append(self.problem)
            parts.append("Reload the page in a minute to try again.")
        return " ".join(parts)


class Api:
    """A source of tables on the web. Creating one sends no request.

    Parameters
    ----------
    host : str
        'data.example.org', or an address that begins with http:// or https://.
    token : str, optional
        The application token, with which some sources answer more requests.
    lifetime : float
        Seconds after which an answer expires.
    folder : pathlib.Path, optional
        Where answers are kept. Default: a folder in the server's data directory, so that a report that runs alone
        shares them.
    pause : float
        Seconds without a new request after one has failed.
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

    def look(self, questions: Mapping[str, str], check: Check | None = None) -> Answer:
        """Return the answer as it is now; if there is none, or it has expired, fetch it in the background.

        Parameters
        ----------
        questions : mapping of str to str
            For each table a `question`. They are asked and kept together.
        check : callable, optional
            ``check(tables)`` raises ValueError with a sentence if the tables cannot be used; they are not kept then.

        Returns
        -------
        Answer
        """
        asked = repr((self._base, sorted(questions.items())))
        key = hashlib.sha256(asked.encode()).hexdigest()[:32]
        try:
            answer = self._known(key)
            if _is_due(answer):
                self._start(key, dict(questions), check)
                answer = replace(answer, busy=True)
            return answer
        except OSError as error:
            logger.exception("Data from %s can neither be read nor kept", self.source)
            reason = f"The folder of the data cannot be used: {error.strerror}."
            return Answer(self.source, problem=reason)

    def _known(self, key: str) -> Answer:
        kept: tuple = ()
        # As long as there is no file, nobody waits for the import.
        with contextlib.suppress(FileNotFoundError):
            stat = (self._folder / f"{key}.json").stat()
            version = (stat.st_mtime_ns, stat.st_size)
            kept = _cache().read(self._folder, key, version)
        return Answer(self.source, *kept, problem=self._problem(key))

    def _problem(self, key: str) -> str:
        """Return what is written in the lock's file, until the pause is over."""
        path = self._lock_path(key)
        try:
            age = time.time() - path.stat().st_mtime
            return path.read_text("utf-8") if 0 <= age < self._pause else ""
        except FileNotFoundError:
            return ""

    def _start(self, key: str, questions: dict[str, str], check: Check | None) -> None:
        """Fetch in the background, unless another thread or process does so already."""
        lock = _locked(self._lock_path(key))
        if lock:
            threading.Thread(
                target=self._fetch,
                args=(key, questions, check, lock),
                name=f"fetch {self.source}",
                # A process that is told to stop does not wait for a source.
                daemon=True,
            ).start()

    def _fetch(
        self, key: str, questions: dict[str, str], check: Check | None, lock: IO[str]
    ) -> None:
        with lock:
            # Another process may have fetched between the look and the lock.
            if not _is_due(self._known(key)):
                return
            try:
                source = _cache().Source(self._base, self._token, questions, check)
                problem = _cache().refresh(self._folder, key, self._lifetime, source)
            except Exception as error:  # whatever it is, the reader gets a sentence
                logger.exception("Data from %s could not be fetched", self.source)
                problem = f"Fetching from {self.source} stopped with {type(error).__name__}; the log says where."
            lock.truncate(0)
            lock.write(problem)

    @cached_property
    def _folder(self) -> Path:
        instance = str(_PROJECT / "instance")
        folder = self._given or _below(writable_data_dir("", instance))
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _lock_path(self, key: str) -> Path:
        """The file whose lock is held while answers are fetched, and whose text says why the last fetch failed."""
        # In the machine's own temporary folder, as locks mean nothing on a network volume; with the user's number, as
        # a folder that another user made could not be written.
        folder = Path(tempfile.gettempdir()) / f"dashboard-api-{os.getuid()}"
        folder.mkdir(mode=0o700, exist_ok=True)
        kept = self._folder.resolve() / key
        return folder / hashlib.sha256(str(kept).encode()).hexdigest()[:32]


def _is_due(answer: Answer) -> bool:
    return answer.stale and not answer.problem


def _below(data_dir: str | Path) -> Path:
    return Path(data_dir) / "api"


def _cache():
    # requests-cache takes half a second to import: neither the server nor a report waits for it at their start.
    return import_module(f"{__package__}.cache")


def _locked(path: Path) -> IO[str] | None:
    """Return the file with a lock on it, or None if another holds the lock; closing the file releases it."""
    file = open(path, "a", encoding="utf-8")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
