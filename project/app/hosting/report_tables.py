"""Which tables a report may read for a visitor: asked here, before the report, and passed on to it with the request."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import has_request_context, request

from app.accounts import Permissions
from app.storage import DatasetStore, NotFound
from app.storage.datasets import SAMPLE_PREFIX

# The key in the WSGI environment under which a report finds what its visitor may open.
ALLOWED = "dashboard.tables"
# What the dashboard knows of a request that it passes on to another process; no visitor can send this header.
PASSED_ON = "X-Dashboard-Request"
# In an answer: the report wanted to end the process that it runs in.
WANTED_TO_END = "X-Dashboard-Ended"
_MAX_IDS = 64
_IDS = re.compile(rf"\b(?:[0-9a-f]{{20}}|{SAMPLE_PREFIX}[a-z0-9-]{{1,50}})\b")


def allowed_tables(permissions: Permissions, query: str, body: bytes) -> frozenset[str]:
    """Return which of the tables that the current request names its sender may open.

    Parameters
    ----------
    permissions : Permissions
    query : str
        The query of the request's address.
    body : bytes

    Returns
    -------
    frozenset of str
    """
    text = f"{query} {body.decode('utf-8', 'replace')}"
    return frozenset(
        each for each in _named_in(text) if permissions.may("rows", "table", each)
    )


def _named_in(text: str) -> Iterator[str]:
    seen: set[str] = set()
    for found in _IDS.finditer(text):
        if found[0] not in seen:
            seen.add(found[0])
            yield found[0]
        if len(seen) >= _MAX_IDS:
            return


class VisitorTables:
    """The tables of the server, as far as the visitor of the current request may open them.

    Parameters
    ----------
    datasets : DatasetStore
    """

    def __init__(self, datasets: DatasetStore):
        self._datasets = datasets

    def get(self, table_id: str) -> Any:
        """Return what `DatasetStore.get` does."""
        return self._opened(table_id).get(table_id)

    def table(self, table_id: str, columns: list[str] | None = None) -> Any:
        """Return what `DatasetStore.table` does."""
        return self._opened(table_id).table(table_id, columns)

    def thinned(self, table_id: str, n_rows: int) -> Any:
        """Return what `DatasetStore.thinned` does."""
        return self._opened(table_id).thinned(table_id, n_rows)

    def decoded_bytes(self, table_id: str, columns: list[str]) -> int:
        """Return what `DatasetStore.decoded_bytes` does."""
        return self._opened(table_id).decoded_bytes(table_id, columns)

    def _opened(self, table_id: str) -> DatasetStore:
        allowed = request.environ.get(ALLOWED, ()) if has_request_context() else ()
        if table_id not in allowed:
            raise NotFound("There is no such table, or you may not open it.")
        return self._datasets
