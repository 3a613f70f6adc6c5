"""Data from an API: one answer for all processes, shown with its age whatever the source does."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import threading
import time
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reports import kit
from tests.conftest import PROJECT, free_port, wait_for
from tests.reports.looking import MINUTES, QUESTIONS, ids, make_old, settled
from tests.reports.stand_in import StandIn, serving

NAME = "O'Brien"


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Wait for a source that a test holds back."""
    monkeypatch.setattr("app.reports.kit.source.READ_SECONDS", MINUTES)


@pytest.fixture
def source():
    rows = [{"id": f"{i:06d}", "name": "Old Town"} for i in range(30)]
    with serving(StandIn(rows + [{"id": "x", "name": NAME}])) as stand_in:
        yield stand_in


@pytest.fixture
def make(source, tmp_path):
    """Make a client of the source; all of them share one folder, as workers do."""

    def make(**options):
        options = {"folder": tmp_path / "api", "pause": 60} | options
        return kit.Api(source.host, **options)

    return make


def test_making_a_client_asks_nobody_and_imports_nothing_heavy(source, make):
    make()
    assert source.asked == []
    code = (
        # Where IPython is installed, Dash itself imports requests.
        "import sys; sys.modules['IPython'] = None; from app.reports import kit; kit.Api('example.org'); "
        "print([m for m in sys.modules if m.split('.')[0] in ('requests', 'requests_cache', 'pandas')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT
    )
    assert said.stdout.strip() == "[]", said.stderr


def test_the_first_look_returns_at_once_and_says_that_the_data_is_being_fetched(
    source, make
):
    source.gate.clear()
    api = make()
    answer = api.look(QUESTIONS)
    assert answer.tables is None and answer.busy
    assert "being fetched" in answer.says()
    source.gate.set()
    assert len(ids(settled(api))) == 31


def test_a_fresh_copy_is_given_without_asking_again(source, make):
    settled(make())
    answer = settled(make())
    assert len(source.asked) == 1
    assert not answer.stale and not answer.busy and answer.problem == ""
    assert answer.says(answer.fetched + timedelta(minutes=12)) == (
        f"Data from {answer.source}, fetched 12 min ago."
    )


def test_a_source_is_asked_once_however_many_threads_look_at_once(source, make):
    source.gate.clear()
    answers = []
    threads = [
        threading.Thread(target=lambda: answers.append(settled(make())))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    wait_for(lambda: source.asked, MINUTES)
    source.gate.set()
    for thread in threads:
        thread.join()
    assert len(source.asked) == 1
    assert [len(ids(answer)) for answer in answers] == [31] * 8
    assert len({answer.fetched for answer in answers}) == 1


def test_while_newer_data_is_fetched_everybody_gets_the_copy_at_once(source, make):
    api = make()
    before = settled(api)
    make_old(api._folder)
    source.gate.clear()
    answer = api.look(QUESTIONS)
    assert answer.stale and answer.busy and answer.fetched == before.fetched
    assert "Newer data is being fetched" in answer.says()
    source.gate.set()
    after = settled(api)
    assert not after.stale and after.fetched > before.fetched


def test_one_slow_question_does_not_hold_up_another(source, make):
    api = make()
    other = {"all": kit.question("/resource/y.json", order="id")}
    settled(api, other)
    source.gate.clear()
    assert api.look(QUESTIONS).busy
    assert not api.look(other).busy


def test_more_rows_than_a_page_holds_come_whole_and_in_order(source, make):
    source.rows = [{"id": f"{i:06d}"} for i in range(20_500)]
    answer = settled(make())
    assert ids(answer) == [f"{i:06d}" for i in range(20_500)]
    assert [query["$offset"] for query in source.asked] == ["0", "10000", "20000"]
    assert {query["$order"] for query in source.asked} == {"id"}


def test_a_full_last_page_is_followed_by_an_empty_one(source, make):
    source.rows = [{"id": f"{i:06d}"} for i in range(10_000)]
    assert len(ids(settled(make()))) == 10_000
    assert len(source.asked) == 2


def test_a_source_without_end_is_refused_with_a_sentence(source, make):
    source.body = json.dumps([{"id": "1"}] * 10_000).encode()
    answer = settled(make())
    assert answer.tables is None
    assert "more than 500,000 rows" in answer.problem


@pytest.mark.parametrize("status", [500, 503, 0])
def test_a_short_failure_is_overcome_by_trying_again(source, make, status):
    source.statuses = [status]
    assert len(ids(settled(make()))) == 31
    assert len(source.asked) == 2


def test_a_source_that_limits_the_rate_is_given_the_time_it_asks_for(source, make):
    source.statuses, source.retry_after = [429], "1"
    started = time.monotonic()
    assert len(ids(settled(make()))) == 31
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"always": 404}, "refused the request (status 404)"),
        ({"always": 301}, "refused the request (status 301)"),
        ({"body": b"<html>Sign in</html>"}, "sent something else than rows"),
        ({"body": b'{"error": true}'}, "sent something else than rows"),
        ({"body": b"[1, 2]"}, "sent something else than rows"),
        ({"body": b"\xff\xfe"}, "sent something else than rows"),
        ({"cut": True}, "could not be reached, or the connection broke"),
    ],
)
def test_a_source_that_fails_leaves_the_copy_and_a_sentence(source, make, fault, words):
    api = make()
    before = settled(api)
    make_old(api._folder)
    for name, value in fault.items():
        setattr(source, name, value)
    answer = settled(api)
    assert ids(answer) == ids(before) and answer.fetched == before.fetched
    assert answer.stale and words in answer.problem
    assert words in answer.says() and "fetched" in answer.says()


def test_a_source_that_trickles_is_given_up(source, make, monkeypatch):
    monkeypatch.setattr("app.reports.kit.source.TOTAL_SECONDS", 1)
    source.body, source.trickle = b"[" + b" " * 400, 0.05
    assert "took longer than 1 seconds" in settled(make()).problem
    assert source.given_up.wait(MINUTES)


def test_a_source_that_sends_too_much_is_given_up(source, make, monkeypatch):
    monkeypatch.setattr("app.reports.kit.source.MAX_BYTES", 1024 * 1024)
    source.body = b" " * 1_100_000 + b"[]"
    assert "sent more than 1 MB" in settled(make()).problem


def test_without_a_copy_a_failure_is_a_sentence_and_nobody_asks_again_for_a_while(
    source, make
):
    source.always = 500
    answer = settled(make())
    assert answer.tables is None and "status 500" in answer.problem
    asked = len(source.asked)
    assert "status 500" in settled(make()).problem
    assert len(source.asked) == asked


def test_a_source_that_is_back_is_asked_again_after_the_pause(source, make):
    source.always = 404
    assert settled(make()).problem
    source.always = None
    assert settled(make()).problem, "this is still the pause"
    answer = settled(make(pause=0))
    assert answer.problem == "" and not answer.stale


def test_a_source_that_is_silent_is_given_up(source, make, monkeypatch):
    monkeypatch.setattr("app.reports.kit.source.READ_SECONDS", 0.1)
    source.gate.clear()
    assert "did not answer in time" in settled(make()).problem


def test_a_full_disk_is_a_sentence_and_the_last_answer_stays(source, make, monkeypatch):
    api = make()
    before = settled(api)
    make_old(api._folder)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("app.storage.files.write_bytes", full)
    answer = settled(api)
    assert "cannot be written: No space left on device." in answer.problem
    assert ids(answer) == ids(before) and answer.stale


def test_after_the_source_has_gone_its_last_answer_is_shown_with_its_age(tmp_path):
    with serving(StandIn([{"id": "1"}])) as source:
        api = kit.Api(source.host, folder=tmp_path)
        before = settled(api)
    make_old(tmp_path)
    answer = settled(api)
    assert ids(answer) == ["1"] and answer.fetched == before.fetched
    assert answer.stale and "could not be reached" in answer.problem
    assert answer.says(answer.fetched + timedelta(hours=3)).startswith(
        f"Data from {answer.source}, fetched 3 h ago. {answer.problem}"
    )


def test_a_source_that_nobody_listens_at_is_a_sentence(tmp_path):
    api = kit.Api(f"http://127.0.0.1:{free_port()}", folder=tmp_path)
    assert "could not be reached" in settled(api).problem


def test_a_host_that_is_no_address_is_a_sentence(tmp_path):
    answer = settled(kit.Api("http://", folder=tmp_path))
    assert answer.tables is None and answer.problem.endswith(".")


def test_an_answer_that_the_report_cannot_use_is_not_kept(source, make):
    def refuse(tables):
        raise ValueError("Column 'month' is missing.")

    answer = settled(make(), check=refuse)
    assert answer.tables is None
    assert "cannot be used: Column 'month' is missing." in answer.problem


def test_several_questions_are_kept_together_or_not_at_all(source, make):
    both = QUESTIONS | {"more": kit.question("/resource/y.json", order="id")}
    source.statuses = [200, 404]
    assert settled(make(), both).tables is None
    answer = settled(make(pause=0), both)
    assert set(answer.tables) == {"all", "more"}


def test_a_damaged_copy_is_fetched_again(source, make):
    api = make()
    settled(api)
    for path in api._folder.glob("*.json"):
        path.write_bytes(path.read_bytes()[:40])
    assert len(ids(settled(api))) == 31


def test_the_token_is_sent_and_neither_kept_nor_logged(source, make, caplog):
    caplog.set_level("DEBUG")
    api = make(token="secret-token")
    settled(api)
    make_old(api._folder)
    source.cut = True
    assert settled(api).problem
    assert source.asked[0]["token"] == "secret-token"
    assert caplog.text and "secret-token" not in caplog.text
    assert "secret-token" not in "".join(
        path.read_text() for path in api._folder.iterdir()
    )


def test_a_name_with_an_apostrophe_is_a_name(source, make):
    where = f"name = {kit.soql_text(NAME)}"
    question = {"all": kit.question("/resource/x.json", where=where, order="id")}
    assert ids(settled(make(), question)) == ["x"]


@given(st.text())
def test_whatever_the_text_its_literal_ends_where_it_should(text):
    literal = kit.soql_text(text)
    assert literal[0] == literal[-1] == "'"
    assert "'" not in literal[1:-1].replace("''", "")
    assert literal[1:-1].replace("''", "'") == text


@given(st.text(st.characters(codec="utf-8")))
def test_whatever_the_value_it_stays_one_parameter(text):
    asked = kit.question("/resource/x.json", where=text)
    said = parse_qs(urlsplit(asked).query, keep_blank_values=True)
    assert said == {"$where": [text]}
