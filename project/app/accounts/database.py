"""The database of accounts: SQLite or PostgreSQL, brought up to date when the server starts."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from collections.abc import Iterator
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.orm import Session

_MIGRATIONS = Path(__file__).with_name("migrations")
# Any number, as long as it stays the same: by it PostgreSQL tells this lock from others.
_LOCK = 7_210_533
_BUSY_MILLISECONDS = 5_000
_WRITES = {"writes": True}

logger = logging.getLogger(__name__)


class Database:
    """The accounts' database.

    Parameters
    ----------
    url : str
        As in DATABASE_URL; empty for a file of SQLite in `folder`.
    folder : pathlib.Path

    Raises
    ------
    ValueError
        The database cannot be used; the sentence names DATABASE_URL.
    """

    def __init__(self, url: str, folder: Path):
        try:
            self._url = _full_url(url, folder)
            self._engine = _engine_for(self._url)
            with self.alone():
                self._migrate()
        except (SQLAlchemyError, OSError, ImportError) as error:
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise ValueError(
                f"DATABASE_URL names a database that cannot be used: {reason.rstrip('.')}."
            ) from None

    @contextlib.contextmanager
    def read(self) -> Iterator[Session]:
        """Give a session that reads; what it returned may be used afterwards."""
        with Session(self._engine, expire_on_commit=False) as session:
            yield session

    @contextlib.contextmanager
    def write(self) -> Iterator[Session]:
        """Give a session whose changes are kept if nothing fails."""
        with self._engine.connect().execution_options(**_WRITES) as connection:
            with Session(connection, expire_on_commit=False) as session:
                with session.begin():
                    yield session
                connection.commit()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other process is in here."""
        if self._url.get_backend_name() == "postgresql":
            with self._engine.begin() as connection:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                yield
            return
        file = Path(self._url.database)
        # Hashes of passwords are for the server's eyes only; SQLite gives its other files the same mode.
        os.close(os.open(file, os.O_CREAT | os.O_RDWR, 0o600))
        with open(file.with_name(f"{file.name}.lock"), "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._keep_a_write_ahead_log()
            yield

    def _keep_a_write_ahead_log(self) -> None:
        """Let readers not wait for writers; a bucket that is mounted as a directory cannot, and stays as it is."""
        with contextlib.suppress(SQLAlchemyError), self._engine.connect() as connection:
            driver = connection.connection.driver_connection
            connection.rollback()
            driver.execute("PRAGMA journal_mode = WAL")

    def _migrate(self) -> None:
        config = Config()
        config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
        known = {
            script.revision
            for script in ScriptDirectory.from_config(config).walk_revisions()
        }
        with self._engine.connect().execution_options(**_WRITES) as connection:
            current = MigrationContext.configure(connection).get_current_revision()
            if current is not None and current not in known:
                logger.warning(
                    "The database of accounts was used by a newer version of this server"
                )
                return
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
            connection.commit()


def _full_url(url: str, folder: Path) -> URL:
    if not url:
        return URL.create("sqlite", database=str(folder / "accounts.sqlite"))
    try:
        found = make_url(url)
    except ArgumentError:
        raise ValueError(
            "DATABASE_URL cannot be read: write postgresql://user:password@host/name."
        ) from None
    backend = found.get_backend_name()
    if backend in ("postgresql", "postgres"):
        return found.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and found.database not in (None, "", ":memory:"):
        return found
    raise ValueError(
        f"DATABASE_URL names a database of the kind {backend!r}, but must name PostgreSQL, or a file of SQLite."
    )


def _engine_for(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, pool_timeout=10)
    engine = create_engine(url)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _set_up_sqlite(connection, _) -> None:
    # Transactions begin where SQLAlchemy says so, not where the driver guesses.
    connection.isolation_level = None
    for pragma in (
        f"busy_timeout = {_BUSY_MILLISECONDS}",
        "foreign_keys = ON",
        "synchronous = NORMAL",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection) -> None:
    # Who is going to write waits here for others who do: halfway, SQLite would refuse at once.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
