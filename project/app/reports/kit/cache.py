"""A source's answers, kept by requests-cache: one JSON file for each, which all processes share.

requests-cache dates an answer, lets it expire, writes it and reads it back. What it cannot do for several processes
(version 1.3.3) is done here and in `Api`:

- `stale_while_revalidate` sends a request at every look, from every process, until one is answered. Its threads keep
  a process from ending, and print their errors. Without an older answer the page would wait.
- `stale_if_error` hides why a request failed, which the page has to say. An expired answer stays in its file until
  a new one replaces it, so it can be shown all the same.
- `FileCache` writes into the file that another process is reading, and opens an SQLite file beside it, which cannot
  be locked on a mounted bucket.
"""

from __future__ import annotations

import logging
from functools import lru_cache
from pathlib import Path

from requests import RequestException
from requests_cache import CachedSession
from requests_cache.backends.base import BaseCache
from requests_cache.backends.filesystem import FileDict
from requests_cache.serializers import orjson_serializer

from app.storage import files

from .source import Source

logger = logging.getLogger(__name__)


# Parsing a large answer takes longer than all else that a look does.
@lru_cache(maxsize=8)
def read(folder: Path, key: str, version: tuple[int, int]) -> tuple:
    """Return an answer, even if it has expired.

    Parameters
    ----------
    folder : pathlib.Path
    key : str
        The name of the answer's file, without '.json'.
    version : tuple of int
        The time and size of the file: each version is parsed once.

    Returns
    -------
    tuple
        The tables, when they were fetched, and when they expire, in UTC; empty if the file cannot be read.
    """
    response = _cache(folder).get_response(key)
    try:
        return (
            (response.json(), response.created_at, response.expires) if response else ()
        )
    except ValueError:
        return ()


def refresh(folder: Path, key: str, lifetime: float, source: Source) -> str:
    """Ask the source and keep its answer; if that fails, the previous answer stays.

    Parameters
    ----------
    folder : pathlib.Path
    key : str
        The name of the answer's file, without '.json'.
    lifetime : float
        Seconds until the answer expires.
    source : Source

    Returns
    -------
    str
        Why it failed, in a sentence; empty if it did not.
    """
    session = CachedSession(
        backend=_cache(folder), expire_after=lifetime, key_fn=lambda *_, **__: key
    )
    for scheme in ("https://", "http://"):
        session.mount(scheme, source)
    try:
        with session:
            session.get(source.base, force_refresh=True)
    except RequestException as error:
        return source.sentence(error)
    except OSError as error:
        logger.exception("An answer of %s cannot be written", source.name)
        return f"The new data cannot be written: {error.strerror}."
    return ""


class _Files(FileDict):
    """Files that are replaced as a whole: nobody ever reads half of one."""

    def __setitem__(self, key, value):
        files.write_bytes(self.cache_dir / f"{key}.json", self.serialize(value))


def _cache(folder: Path) -> BaseCache:
    cache = BaseCache()
    cache.responses = _Files(folder, serializer=orjson_serializer, decode_content=True)
    return cache
