"""Users, invitations and sessions, in SQLite and in PostgreSQL."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import argon2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.accounts import believed, invitations, passwords
from app.accounts.directory import Directory
from app.accounts.models import User
from app.accounts.users import checked_name, key_of
from app.settings import Settings
from tests.conftest import PATIENCE_SECONDS, PROJECT

GOOD = "seven green teapots"
ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
same_database = hypothesis_settings(
    max_examples=10, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def new(directory, name="Ada", role="editor", password=GOOD) -> User:
    user = directory.users.add(name, role)
    directory.users.set_password(user.id, password)
    return user


# ---- users


def test_a_name_is_the_same_however_it_is_written(directory):
    user = new(directory, "Ａda Lovelace")
    for name in ("ada lovelace", " ADA LOVELACE ", "Ada Lovelace"):
        assert directory.users.named(name).id == user.id
        with pytest.raises(ValueError, match="already"):
            directory.users.add(name, "viewer")


@pytest.mark.parametrize(
    "name", ["", "  ", "a\0b", "a\nb", "a\u200bb", "\ud800", "x" * 101]
)
def test_a_name_that_cannot_be_told_from_others_is_refused(directory, name):
    with pytest.raises(ValueError, match="name must have"):
        directory.users.add(name, "viewer")


@given(st.text(max_size=120))
def test_a_name_that_is_taken_is_printable_and_its_key_does_not_change(name):
    try:
        kept = checked_name(name)
    except ValueError:
        return
    assert kept.isprintable() and 1 <= len(kept) <= 100
    assert key_of(kept) == key_of(name) == key_of(key_of(name))


@same_database
@given(ANY_TEXT, ANY_TEXT)
def test_whatever_a_stranger_types_lets_nobody_in(directory, name, password):
    assert directory.users.check(name, password) is None
    assert directory.users.get(name) is None
    assert directory.sessions.find(password) is None
    assert directory.invitations.find(password) is None
    assert not directory.sessions.end(name, password)


def test_the_right_password_lets_in_unless_the_user_is_disabled(directory):
    new(directory, "Boss", "administrator")
    user = new(directory)
    assert directory.users.check("ADA", GOOD).id == user.id
    assert directory.users.check("ada", GOOD + " ") is None
    directory.users.disable(user.id)
    assert directory.users.check("ada", GOOD) is None
    directory.users.enable(user.id)
    assert directory.users.check("ada", GOOD)


def test_nobodys_password_takes_as_much_work_as_somebodys(directory, monkeypatch):
    new(directory)
    directory.users.add("Invited", "viewer")
    checked = []
    verify = argon2.PasswordHasher.verify

    def count(hasher, stored, password):
        checked.append(str(argon2.extract_parameters(stored)))
        return verify(hasher, stored, password)

    monkeypatch.setattr(argon2.PasswordHasher, "verify", count)
    for name in ("ada", "invited", "nobody", ""):
        assert directory.users.check(name, "wrong") is None
    assert len(checked) == 4
    assert len(set(checked)) == 1


def test_a_hash_of_less_effort_is_replaced_when_its_owner_logs_in(directory):
    user = new(directory)
    weak = argon2.PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(GOOD)
    with directory.database.write() as session:
        session.get(User, user.id).password = weak
    assert directory.users.check("ada", "wrong") is None
    assert directory.users.get(user.id).password == weak
    assert directory.users.check("ada", GOOD)
    assert not passwords.is_outdated(directory.users.get(user.id).password)
    assert directory.users.check("ada", GOOD)


@pytest.mark.parametrize(
    ("password", "says"),
    [
        ("short", "12 characters"),
        ("x" * 201, "200 characters"),
        ("aaaaaaaaaaaaa", "guess"),
        ("AdaAdaAdaAdaAda1", "guess"),
    ],
)
def test_a_password_that_is_guessed_early_is_refused(directory, password, says):
    user = directory.users.add("Ada", "viewer")
    with pytest.raises(ValueError, match=says):
        directory.users.set_password(user.id, password)


def test_what_looks_the_same_is_the_same_password(directory):
    new(directory, password="Ünïted ﬁelds of Å")
    assert directory.users.check("Ada", "U\u0308ni\u0308ted fields of \u212b")


def test_the_last_administrator_stays_one(directory):
    first = new(directory, "First", "administrator")
    for change in (
        lambda: directory.users.disable(first.id),
        lambda: directory.users.set_role(first.id, "viewer"),
    ):
        with pytest.raises(ValueError, match="Nobody else is an administrator"):
            change()
    second = new(directory, "Second", "administrator")
    directory.users.disable(first.id)
    with pytest.raises(ValueError, match="Nobody else"):
        directory.users.disable(second.id)


def test_two_administrators_who_disable_each_other_at_once_leave_one(directory):
    pair = [new(directory, name, "administrator").id for name in ("One", "Two")]

    def disable(user_id):
        try:
            directory.users.disable(user_id)
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(disable, pair)) == [False, True]
    assert directory.users.administrators() == 1


# ---- invitations


def test_an_invitation_works_once(directory):
    user = directory.users.add("Ada", "viewer")
    secret = directory.invitations.invite(user.id)
    assert directory.invitations.find(secret).id == user.id
    assert directory.invitations.find(secret), "looking at it does not use it up"
    assert directory.invitations.accept(secret, GOOD).id == user.id
    assert directory.invitations.find(secret) is None
    assert directory.invitations.accept(secret, "another password") is None
    assert directory.users.check("Ada", GOOD)


def test_of_many_who_follow_one_link_at_once_one_gets_in(directory):
    user = directory.users.add("Ada", "viewer")
    secret = directory.invitations.invite(user.id)
    chosen = [f"{GOOD} {number}" for number in range(6)]
    with ThreadPoolExecutor(6) as threads:
        accept = directory.invitations.accept
        winners = list(threads.map(lambda one: accept(secret, one), chosen))
    assert sum(winner is not None for winner in winners) == 1
    right = [one for one in chosen if directory.users.check("Ada", one)]
    assert [chosen[i] for i, winner in enumerate(winners) if winner] == right


def test_a_bad_password_does_not_use_up_an_invitation(directory):
    user = directory.users.add("Ada", "viewer")
    secret = directory.invitations.invite(user.id)
    with pytest.raises(ValueError):
        directory.invitations.accept(secret, "short")
    assert directory.invitations.accept(secret, GOOD)


@pytest.mark.parametrize("what", ["expires", "is replaced", "is for somebody disabled"])
def test_an_invitation_stops_to_work_when_it(directory, clock, what):
    new(directory, "Boss", "administrator")
    user = directory.users.add("Ada", "viewer")
    secret = directory.invitations.invite(user.id)
    if what == "expires":
        clock.now += invitations.HOURS * 3600
    elif what == "is replaced":
        directory.invitations.invite(user.id)
    else:
        directory.users.disable(user.id)
        directory.users.enable(user.id)
    assert directory.invitations.find(secret) is None
    assert directory.invitations.accept(secret, GOOD) is None


# ---- sessions


def test_a_session_is_its_users_until_it_is_ended(directory):
    user = new(directory)
    secret = directory.sessions.begin(user, "192.0.2.1", "Firefox")
    login = directory.sessions.find(secret)
    assert login.user.name == "Ada"
    [listed] = directory.sessions.of(user.id)
    assert (listed.address, listed.agent) == ("192.0.2.1", "Firefox")
    other = new(directory, "Eve")
    assert not directory.sessions.end(other.id, login.id), "it is not Eve's"
    assert directory.sessions.find(secret)
    assert directory.sessions.end(user.id, login.id)
    assert directory.sessions.find(secret) is None
    assert directory.sessions.of(user.id) == []


def test_neither_a_secret_nor_a_password_is_in_the_database(tmp_path):
    directory = Directory(Settings(), tmp_path)
    user = new(directory)
    secrets = [
        directory.sessions.begin(user, "", ""),
        directory.invitations.invite(user.id),
        GOOD,
    ]
    directory.database.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert b"Ada" in stored
    assert not any(secret.encode() in stored for secret in secrets)


@pytest.mark.parametrize("change", ["password", "role", "disable", "end_all", "invite"])
def test_all_sessions_end_with_a_change_of(directory, change):
    new(directory, "Boss", "administrator")
    user, other = new(directory), new(directory, "Bob")
    found = [directory.sessions.begin(user, "", "") for _ in range(2)]
    kept = directory.sessions.begin(other, "", "")
    assert all(map(directory.sessions.find, found))
    if change == "password":
        directory.users.set_password(user.id, GOOD + "!")
    elif change == "role":
        directory.users.set_role(user.id, "viewer")
    elif change == "disable":
        directory.users.disable(user.id)
    elif change == "end_all":
        assert directory.sessions.end_all(user.id) == 2
    else:
        secret = directory.invitations.invite(user.id)
        directory.invitations.accept(secret, GOOD + "!")
    assert not any(map(directory.sessions.find, found))
    assert directory.sessions.find(kept)


def test_a_session_ends_when_nobody_uses_it(directory, clock):
    user = new(directory)
    secret = directory.sessions.begin(user, "", "")
    for _ in range(3):
        clock.now += 11 * 3600
        assert directory.sessions.find(secret)
    clock.now += 12 * 3600
    assert directory.sessions.find(secret) is None
    assert directory.sessions.of(user.id) == []


def test_a_session_ends_in_any_case(directory, clock):
    secret = directory.sessions.begin(new(directory), "", "")
    for _ in range(17):
        clock.now += 10 * 3600 - 0.5
        found = directory.sessions.find(secret)
    assert found is None


def test_a_session_that_another_process_ended_ends_within_seconds(
    directory, database_url, tmp_path, clock
):
    elsewhere = Directory(Settings(database_url=database_url), tmp_path, clock)
    user = new(directory)
    secret = directory.sessions.begin(user, "", "")
    assert elsewhere.sessions.find(secret)
    directory.users.set_role(user.id, "viewer")
    clock.now += believed.SECONDS
    assert elsewhere.sessions.find(secret) is None
    elsewhere.database.close()


# ---- the first administrator


def test_the_first_administrator_is_invited_until_there_is_one(
    tmp_path, database_url, clock, caplog
):
    settings = Settings(
        login="password", first_administrator="Boss", database_url=database_url
    )

    def links() -> list[str]:
        caplog.clear()
        started = Directory(settings, tmp_path, clock)
        started.ensure_administrator()
        started.database.close()
        return [line.args[1] for line in caplog.records if "/invite/" in line.msg]

    [first] = links()
    assert links() == [], "the first one still works"
    clock.now += invitations.HOURS * 3600
    [second] = links()
    assert second != first
    directory = Directory(settings, tmp_path, clock)
    user = directory.invitations.accept(second, GOOD)
    assert user.role == "administrator"
    clock.now += invitations.HOURS * 3600
    assert links() == []
    directory.database.close()


def test_nobody_becomes_administrator_by_a_setting_where_there_is_one(
    directory, tmp_path, database_url
):
    new(directory, "Boss", "administrator")
    settings = Settings(
        login="password", first_administrator="Eve", database_url=database_url
    )
    again = Directory(settings, tmp_path)
    again.ensure_administrator()
    assert [user.name for user in again.users.all()] == ["Boss"]
    again.database.close()


START = """
import sys
from pathlib import Path
from app.accounts.directory import Directory
from app.settings import Settings
settings = Settings(login="password", first_administrator="Boss", database_url=sys.argv[1])
directory = Directory(settings, Path(sys.argv[2]))
directory.ensure_administrator()
print(len(directory.users.all()))
"""


def test_servers_that_start_at_once_make_the_tables_and_the_administrator_once(
    tmp_path, database_url
):
    started = [
        subprocess.Popen(
            [sys.executable, "-c", START, database_url, str(tmp_path)],
            cwd=PROJECT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    ended = [process.communicate(timeout=PATIENCE_SECONDS) for process in started]
    assert [out for out, _ in ended] == ["1\n"] * 4, ended
    assert sum(err.count("/invite/") for _, err in ended) == 1
