"""Asks an API and keeps its answers with requests-cache; loaded when there is something to ask or to read.

One request to the cache stands for several questions. The adapter below asks them, page by page, and gives one answer
with all rows or raises: so the cache keeps whole and checked answers alone, and nobody sees half a fetch.
"""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit

import orjson
from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectTimeout, ReadTimeout
from requests_cache import CachedSession
from requests_cache.backends.base import BaseCache
from requests_cache.backends.filesystem import FileDict
from requests_cache.serializers import orjson_serializer
from urllib3 import HTTPResponse, Retry
from urllib3.exceptions import HTTPError, ReadTimeoutError

from app.storage import files

PAGE_ROWS = 10_000
MAX_PAGES = 50
MAX_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS, READ_SECONDS = 4, 10
TOTAL_SECONDS = 120
_CHUNK = 64 * 1024
_ATTEMPTS = Retry(
    total=3,
    backoff_factor=0.4,
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,
    # A source may ask for hours of patience; whoever reads a report has none.
    retry_after_max=5,
)

Tables = dict[str, list[dict]]
Check = Callable[[Tables], object]

logger = logging.getLogger(__name__)


class SourceError(RequestException):
    """The source did not answer, or not with what it was asked for; the text is a sentence for the reader."""


@dataclass(frozen=True)
class Copy:
    """An answer that was kept.

    Attributes
    ----------
    tables : dict of str to list of dict
        The rows of each question.
    fetched, expires : datetime
        In UTC.
    """

    tables: Tables
    fetched: datetime
    expires: datetime

    @property
    def is_expired(self) -> bool:
        """Whether its lifetime is over."""
        return self.expires <= datetime.now(timezone.utc)


def read_copy(folder: Path, key: str) -> Copy | None:
    """Return the answer that was kept under `key`, however old; None if there is none that can be read."""
    kept = _Cache(folder).get_response(key)
    try:
        return Copy(kept.json(), kept.created_at, kept.expires) if kept else None
    except ValueError:
        return None


def fetch(
    folder: Path,
    key: str,
    base: str,
    questions: Mapping[str, str],
    lifetime: float,
    token: str | None = None,
    check: Check | None = None,
) -> str:
    """Ask the source if the copy is older than its lifetime, and keep the answer.

    Parameters
    ----------
    folder : pathlib.Path
        Where copies are kept.
    key : str
        The name of this copy.
    base : str
        The source: 'https://data.example.org'.
    questions : mapping of str to str
        For each table the path and query that are asked for.
    lifetime : float
        Seconds.
    token : str
        Sent as 'X-App-Token'; never kept.
    check : callable, optional
        ``check(tables)`` raises ValueError with a sentence if the answer cannot be used.

    Returns
    -------
    str
        Why the copy could not be renewed, in a sentence; empty if it is fresh.
    """
    adapter = _WholeAnswers(base, token, check)
    session = CachedSession(
        backend=_Cache(folder),
        expire_after=lifetime,
        stale_if_error=True,
        key_fn=lambda *_, **__: key,
    )
    session.mount(base, adapter)
    try:
        answer = session.get(f"{base}/", params=questions)
    except RequestException as error:
        return _sentence(urlsplit(base).netloc or base, error)
    finally:
        session.close()
    if answer.from_cache and answer.is_expired:
        return adapter.problem or "The new data could not be written: is the disk full?"
    return ""


class _Files(FileDict):
    """Copies in files that are replaced as a whole: another process never reads half of one."""

    def __setitem__(self, key, value):
        files.write_bytes(self._key2path(key), self.serialize(value))


class _Cache(BaseCache):
    """Requests-cache's own file cache keeps redirects in a SQLite file, which a mounted bucket cannot lock."""

    def __init__(self, folder: Path):
        super().__init__(cache_name=str(folder))
        self.responses = _Files(
            folder, serializer=orjson_serializer, decode_content=True
        )


class _WholeAnswers(HTTPAdapter):
    """Answers one request for several questions with the rows of all their pages, or raises `SourceError`."""

    def __init__(self, base: str, token: str | None, check: Check | None):
        super().__init__(max_retries=_ATTEMPTS)
        self._base = base
        self._name = urlsplit(base).netloc
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if token:
            self._headers["X-App-Token"] = token
        self._check = check
        self._deadline = 0.0
        # The cache swallows the reason when it has a stale copy to give.
        self.problem = ""

    def send(self, request: PreparedRequest, **options) -> Response:
        options |= {"stream": True, "timeout": (CONNECT_SECONDS, READ_SECONDS)}
        self._deadline = time.monotonic() + TOTAL_SECONDS
        try:
            tables = {
                name: self._rows(question, options)
                for name, question in parse_qsl(urlsplit(request.url).query)
            }
            self._accept(tables)
        except (RequestException, HTTPError) as error:
            self.problem = _sentence(self._name, error)
            raise SourceError(self.problem) from error
        raw = HTTPResponse(
            body=io.BytesIO(orjson.dumps(tables)),
            headers={"Content-Type": "application/json"},
            status=200,
            preload_content=False,
            request_url=request.url,
        )
        return self.build_response(request, raw)

    def _accept(self, tables: Tables) -> None:
        try:
            if self._check:
                self._check(tables)
        except ValueError as error:
            raise SourceError(
                f"What {self._name} answered cannot be used: {error}"
            ) from None

    def _rows(self, question: str, options: dict) -> list[dict]:
        """Return the rows of all pages of one question."""
        path, _, query = question.partition("?")
        rows: list[dict] = []
        for page in range(MAX_PAGES):
            window = {"$limit": PAGE_ROWS, "$offset": page * PAGE_ROWS}
            pairs = parse_qsl(query) + list(window.items())
            url = f"{self._base}{path}?{urlencode(pairs)}"
            page_rows = self._page(url, options)
            rows += page_rows
            if len(page_rows) < PAGE_ROWS:
                return rows
        raise SourceError(f"{self._name} has more than {len(rows):,} rows to send.")

    def _page(self, url: str, options: dict) -> list[dict]:
        request = PreparedRequest()
        request.prepare("GET", url, headers=self._headers)
        response = super().send(request, **options)
        try:
            if response.status_code != 200:
                raise SourceError(_refusal(self._name, response.status_code))
            return self._parsed(self._body(response))
        finally:
            response.close()

    def _body(self, response: Response) -> bytes:
        """Return the body, unless it is too large or trickles in for too long."""
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise SourceError(
                    f"{self._name} sent more than {MAX_BYTES // 1024**2} MB."
                )
            if time.monotonic() > self._deadline:
                raise SourceError(
                    f"{self._name} took longer than {TOTAL_SECONDS} seconds."
                )
        return bytes(body)

    def _parsed(self, body: bytes) -> list[dict]:
        try:
            rows = orjson.loads(body)
        except ValueError:
            rows = None
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
        raise SourceError(f"{self._name} answered with something else than rows.")


def _refusal(name: str, status: int) -> str:
    if status == 429:
        return f"{name} was asked too often and refuses for now (status 429)."
    if status >= 500:
        return f"{name} has a problem of its own (status {status})."
    return f"{name} refused the request (status {status})."


def _sentence(name: str, error: Exception) -> str:
    if isinstance(error, SourceError):
        return str(error)
    logger.warning("Asking %s failed: %s", name, error)
    if isinstance(error, (ConnectTimeout, ReadTimeout, ReadTimeoutError)):
        return f"{name} did not answer in time."
    return f"{name} could not be reached, or broke off."
