"""A source of tables on the web, asked page by page, within limits of time and size."""

from __future__ import annotations

import io
import logging
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlencode, urlsplit

import orjson
from requests import PreparedRequest, RequestException, Response
from requests.adapters import HTTPAdapter
from requests.exceptions import Timeout
from urllib3 import HTTPResponse, Retry
from urllib3.exceptions import HTTPError, ReadTimeoutError

PAGE_ROWS = 10_000
MAX_PAGES = 50
MAX_BYTES = 64 * 1024 * 1024
CONNECT_SECONDS, READ_SECONDS = 4, 10
TOTAL_SECONDS = 120
_CHUNK = 64 * 1024
_RETRIES = Retry(
    total=3,
    backoff_factor=0.4,
    status_forcelist=(429, 500, 502, 503, 504),
    raise_on_status=False,
    # A source may ask to be left alone for hours; a reader does not wait that long.
    retry_after_max=5,
)

Tables = dict[str, list[dict]]
Check = Callable[[Tables], object]

logger = logging.getLogger(__name__)


class SourceError(RequestException):
    """The source did not answer, or sent something else than rows; the text is a sentence for the reader."""


class Source(HTTPAdapter):
    """Answers a request with the tables of several questions, all their pages joined, or raises `SourceError`.

    As one request stands for all questions, a cache holds complete answers only.

    Parameters
    ----------
    base : str
        'https://data.example.org'.
    token : str or None
        Sent as 'X-App-Token' with each page, and not part of the request that a cache sees.
    questions : mapping of str to str
        The path and query that each table is asked with.
    check : callable, optional
        ``check(tables)`` raises ValueError with a sentence if the tables cannot be used.
    """

    def __init__(
        self,
        base: str,
        token: str | None,
        questions: Mapping[str, str],
        check: Check | None = None,
    ):
        super().__init__(max_retries=_RETRIES)
        self.base = base
        self.name = urlsplit(base).netloc or base
        self._questions = questions
        self._check = check
        self._deadline = 0.0
        self._headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if token:
            self._headers["X-App-Token"] = token

    def send(self, request: PreparedRequest, **options) -> Response:
        """Ask all questions; `requests` calls this.

        Parameters
        ----------
        request : requests.PreparedRequest
        **options
            What `requests` found in the environment, such as proxies.

        Returns
        -------
        requests.Response
            Its body is a JSON object with the rows of each question.

        Raises
        ------
        SourceError
        """
        options |= {"stream": True, "timeout": (CONNECT_SECONDS, READ_SECONDS)}
        self._deadline = time.monotonic() + TOTAL_SECONDS
        try:
            tables = {
                name: self._rows(question, options)
                for name, question in self._questions.items()
            }
        except (RequestException, HTTPError) as error:
            raise SourceError(self.sentence(error)) from error
        self._accept(tables)
        raw = HTTPResponse(
            body=io.BytesIO(orjson.dumps(tables)),
            headers={"Content-Type": "application/json"},
            status=200,
            preload_content=False,
        )
        return self.build_response(request, raw)

    def sentence(self, error: Exception) -> str:
        """Return why the source could not be asked, in words for the reader.

        Parameters
        ----------
        error : Exception

        Returns
        -------
        str
        """
        if isinstance(error, SourceError):
            return str(error)
        logger.warning("Asking %s failed: %s", self.name, error)
        # What `requests` raises after the last retry wraps the cause.
        cause = getattr(error.args[0] if error.args else None, "reason", error)
        if isinstance(error, Timeout) or isinstance(cause, ReadTimeoutError):
            return f"{self.name} did not answer in time."
        return f"{self.name} could not be reached, or the connection broke."

    def _accept(self, tables: Tables) -> None:
        try:
            if self._check:
                self._check(tables)
        except ValueError as error:
            raise SourceError(
                f"What {self.name} answered cannot be used: {error}"
            ) from None

    def _rows(self, question: str, options: dict) -> list[dict]:
        """Return the rows of all pages of one question."""
        rows: list[dict] = []
        for page in range(MAX_PAGES):
            window = urlencode({"$limit": PAGE_ROWS, "$offset": page * PAGE_ROWS})
            page_rows = self._page(f"{self.base}{question}&{window}", options)
            rows += page_rows
            if len(page_rows) < PAGE_ROWS:
                return rows
        raise SourceError(f"{self.name} has more than {len(rows):,} rows to send.")

    def _page(self, url: str, options: dict) -> list[dict]:
        request = PreparedRequest()
        request.prepare("GET", url, headers=self._headers)
        response = super().send(request, **options)
        try:
            if response.status_code != 200:
                raise SourceError(_refusal(self.name, response.status_code))
            return self._parsed(self._body(response))
        finally:
            response.close()

    def _body(self, response: Response) -> bytes:
        """Return the body, unless it is too large or takes too long."""
        body = bytearray()
        while chunk := response.raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if len(body) > MAX_BYTES:
                raise SourceError(
                    f"{self.name} sent more than {MAX_BYTES // 1024**2} MB."
                )
            if time.monotonic() > self._deadline:
                raise SourceError(
                    f"{self.name} took longer than {TOTAL_SECONDS} seconds."
                )
        return bytes(body)

    def _parsed(self, body: bytes) -> list[dict]:
        try:
            rows = orjson.loads(body)
        except ValueError:
            rows = None
        if isinstance(rows, list) and all(isinstance(row, dict) for row in rows):
            return rows
        raise SourceError(f"{self.name} sent something else than rows.")


def _refusal(name: str, status: int) -> str:
    if status == 429:
        return f"{name} was asked too often and refuses for now (status 429)."
    if status >= 500:
        return f"{name} has a problem of its own (status {status})."
    return f"{name} refused the request (status {status})."
