"""The database: what it is asked, what changes it, and who else uses it."""

from __future__ import annotations

import ast
import stat
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import text

from app.accounts import database
from app.accounts.database import Database
from app.accounts.models import Base
from app.settings import Settings

MIGRATIONS = Path(database.__file__).with_name("migrations") / "versions"
ADDING = {"create_table", "add_column", "create_index", "f"}


def test_the_migrations_make_what_the_models_say(directory):
    with directory.database._engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


@pytest.mark.parametrize("path", sorted(MIGRATIONS.glob("*.py")), ids=lambda p: p.stem)
def test_a_migration_only_adds_so_that_an_older_version_keeps_running(path):
    """A column that is added must be allowed to stay empty: the older version does not fill it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    done = [
        call
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and getattr(call.func.value, "id", "") == "op"
    ]
    assert {call.func.attr for call in done} <= ADDING
    for call in done:
        if call.func.attr == "add_column":
            words = {word.arg: word.value for word in call.args[1].keywords}
            required = ast.unparse(words.get("nullable", ast.Constant(True))) == "False"
            assert not required or "server_default" in words


def test_a_database_of_a_newer_version_is_used_as_it_is(
    directory, database_url, tmp_path, caplog
):
    directory.users.add("Ada", "viewer")
    with directory.database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        session.execute(text("ALTER TABLE users ADD COLUMN shoe_size INTEGER"))
    again = Database(database_url, tmp_path)
    with again.read() as session:
        assert session.execute(text("SELECT count(*) FROM users")).scalar() == 1
        version = session.execute(text("SELECT version_num FROM alembic_version"))
        assert version.scalar() == "9999"
    assert "newer version" in caplog.text
    directory.users.add("Bob", "viewer")
    again.close()


def test_only_the_server_itself_reads_the_file(tmp_path):
    Database("", tmp_path).close()
    assert stat.S_IMODE((tmp_path / "accounts.sqlite").stat().st_mode) == 0o600


def test_what_fails_halfway_changes_nothing(directory):
    with pytest.raises(ZeroDivisionError):
        with directory.database.write() as session:
            session.execute(text("DELETE FROM alembic_version"))
            raise ZeroDivisionError
    with directory.database.read() as session:
        assert session.execute(text("SELECT count(*) FROM alembic_version")).scalar()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "mysql://localhost/x",
        "sqlite://",
        "sqlite:////nowhere/at/all.sqlite",
        "postgresql://user:hunter2@127.0.0.1:1/x",
    ],
)
def test_a_database_that_cannot_be_used_is_named_in_a_sentence(tmp_path, url):
    with pytest.raises(ValueError, match="DATABASE_URL .*[.]$") as refused:
        Database(url, tmp_path)
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in repr(Settings(database_url=url))
