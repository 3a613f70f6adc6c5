"""Data from an API: shared by all, renewed by one, stale rather than missing, whatever the source does."""

from __future__ import annotations

import json
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
from tests.reports.stand_in import StandIn, serving

LONG = 10
NAME = "O'Brien"


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


QUESTIONS = {"all": kit.question("/resource/x.json", order="id")}


def ids(answer) -> list[str]:
    return [row["id"] for row in answer.tables["all"]]


def make_old(api) -> None:
    """Make the stored data older than its lifetime."""
    for path in api._folder().glob("*.json"):
        kept = json.loads(path.read_text())
        kept["expires"] = "2020-01-01T00:00:00+00:00"
        path.write_text(json.dumps(kept))


def test_making_a_client_asks_nobody_and_imports_nothing_heavy(source, make):
    make()
    assert source.asked == []
    code = (
        "import sys; from app.reports import kit; kit.Api('example.org'); "
        "print([m for m in sys.modules if m.split('.')[0] in ('requests', 'requests_cache', 'pandas')])"
    )
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=PROJECT
    )
    assert said.stdout.strip() == "[]", said.stderr


def test_the_first_look_returns_at_once_and_says_that_the_data_is_being_fetched(
    source, make
):
    source.delay = 1.0
    api = make()
    started = time.monotonic()
    answer = api.look(QUESTIONS)
    assert time.monotonic() - started < source.delay
    assert answer.tables is None and answer.busy
    assert "being fetched" in answer.says()
    assert len(ids(api.look(QUESTIONS, wait=LONG))) == 31


def test_a_fresh_copy_is_given_without_asking_again(source, make):
    make().look(QUESTIONS, wait=LONG)
    answer = make().look(QUESTIONS, wait=LONG)
    assert len(source.asked) == 1
    assert not answer.stale and not answer.busy and answer.problem == ""
    assert answer.says(answer.fetched + timedelta(minutes=12)) == (
        f"Data of {answer.source}, fetched 12 min ago."
    )


def test_a_source_that_takes_a_second_is_asked_once_however_many_ask_at_once(
    source, make
):
    source.delay = 1.0
    answers = []

    def ask():
        answers.append(make().look(QUESTIONS, wait=LONG))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(source.asked) == 1
    assert {len(ids(answer)) for answer in answers} == {31}
    assert len({answer.fetched for answer in answers}) == 1


LOOK = """
import sys
from app.reports import kit
api = kit.Api(sys.argv[1], folder=__import__("pathlib").Path(sys.argv[2]))
answer = api.look({"all": sys.argv[3]}, wait=20)
print(len(answer.tables["all"]), answer.fetched)
"""


def test_two_processes_ask_once_and_give_the_same_answer(source, tmp_path):
    source.delay = 1.0
    command = [sys.executable, "-c", LOOK, source.host, str(tmp_path), QUESTIONS["all"]]
    workers = [
        subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT)
        for _ in range(2)
    ]
    first, second = (worker.communicate(timeout=40)[0] for worker in workers)
    assert first == second and first.startswith("31 ")
    assert len(source.asked) == 1


def test_while_newer_data_is_fetched_everybody_gets_the_copy_at_once(source, make):
    api = make()
    before = api.look(QUESTIONS, wait=LONG)
    make_old(api)
    source.delay = 1.0
    started = time.monotonic()
    answer = api.look(QUESTIONS)
    assert time.monotonic() - started < source.delay
    assert answer.stale and answer.busy and answer.fetched == before.fetched
    assert "Newer data is being fetched" in answer.says()
    wait_for(lambda: not api.look(QUESTIONS).stale)
    assert api.look(QUESTIONS).fetched > before.fetched


def test_one_slow_question_does_not_hold_up_another(source, make):
    api = make()
    other = {"all": kit.question("/resource/y.json", order="id")}
    api.look(other, wait=LONG)
    source.delay = 1.0
    api.look(QUESTIONS)
    started = time.monotonic()
    assert not api.look(other).busy
    assert time.monotonic() - started < source.delay


def test_more_rows_than_a_page_holds_come_whole_and_in_order(source, make):
    source.rows = [{"id": f"{i:06d}"} for i in range(20_500)]
    answer = make().look(QUESTIONS, wait=LONG)
    assert ids(answer) == [f"{i:06d}" for i in range(20_500)]
    assert [query["$offset"] for query in source.asked] == ["0", "10000", "20000"]
    assert {query["$order"] for query in source.asked} == {"id"}


def test_a_full_last_page_is_followed_by_an_empty_one(source, make):
    source.rows = [{"id": f"{i:06d}"} for i in range(10_000)]
    assert len(ids(make().look(QUESTIONS, wait=LONG))) == 10_000
    assert len(source.asked) == 2


def test_a_source_without_end_is_refused_with_a_sentence(source, make):
    source.body = json.dumps([{"id": "1"}] * 10_000).encode()
    answer = make().look(QUESTIONS, wait=30)
    assert answer.tables is None
    assert "more than 500,000 rows" in answer.problem


@pytest.mark.parametrize("status", [500, 503, 0])
def test_a_short_failure_is_overcome_by_trying_again(source, make, status):
    source.statuses = [status]
    assert len(ids(make().look(QUESTIONS, wait=LONG))) == 31
    assert len(source.asked) == 2


def test_a_source_that_limits_the_rate_is_given_the_time_it_asks_for(source, make):
    source.statuses, source.retry_after = [429], "1"
    started = time.monotonic()
    assert len(ids(make().look(QUESTIONS, wait=LONG))) == 31
    assert time.monotonic() - started >= 1


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"always": 404}, "refused the request (status 404)"),
        ({"always": 301}, "refused the request (status 301)"),
        ({"body": b"<html>Sign in</html>"}, "something else than rows"),
        ({"body": b'{"error": true}'}, "something else than rows"),
        ({"body": b"[1, 2]"}, "something else than rows"),
        ({"body": b"\xff\xfe"}, "something else than rows"),
        ({"cut": True}, "could not be reached, or broke off"),
    ],
)
def test_a_source_that_fails_leaves_the_copy_and_a_sentence(source, make, fault, words):
    api = make()
    before = api.look(QUESTIONS, wait=LONG)
    make_old(api)
    for name, value in fault.items():
        setattr(source, name, value)
    answer = api.look(QUESTIONS, wait=LONG)
    assert ids(answer) == ids(before) and answer.fetched == before.fetched
    assert answer.stale and words in answer.problem
    assert words in answer.says() and "fetched" in answer.says()


def test_a_source_that_trickles_is_given_up(source, make, monkeypatch):
    monkeypatch.setattr("app.reports.kit.source.TOTAL_SECONDS", 1)
    source.body, source.trickle = b"[" + b" " * 400, 0.05
    started = time.monotonic()
    answer = make().look(QUESTIONS, wait=LONG)
    assert "took longer than 1 seconds" in answer.problem
    assert time.monotonic() - started < 4


def test_a_source_that_sends_too_much_is_given_up(source, make, monkeypatch):
    monkeypatch.setattr("app.reports.kit.source.MAX_BYTES", 1024 * 1024)
    source.body = b" " * 1_100_000 + b"[]"
    assert "sent more than 1 MB" in make().look(QUESTIONS, wait=LONG).problem


def test_without_a_copy_a_failure_is_a_sentence_and_nobody_asks_again_for_a_while(
    source, make
):
    source.always = 500
    answer = make().look(QUESTIONS, wait=LONG)
    assert answer.tables is None and "status 500" in answer.problem
    asked = len(source.asked)
    assert "status 500" in make().look(QUESTIONS, wait=LONG).problem
    assert len(source.asked) == asked


def test_a_source_that_is_back_is_asked_again_after_the_pause(source, make):
    source.always = 404
    api = make(pause=0.2)
    assert api.look(QUESTIONS, wait=LONG).problem
    source.always = None
    answer = wait_for(lambda: (a := api.look(QUESTIONS)).tables and not a.busy and a)
    assert answer.problem == "" and not answer.stale


def test_a_source_that_nobody_listens_at_is_a_sentence(tmp_path):
    api = kit.Api(f"http://127.0.0.1:{free_port()}", folder=tmp_path)
    assert "could not be reached" in api.look(QUESTIONS, wait=LONG).problem


def test_a_host_that_is_no_address_is_a_sentence(tmp_path):
    answer = kit.Api("http://", folder=tmp_path).look(QUESTIONS, wait=LONG)
    assert answer.tables is None and answer.problem.endswith(".")


def test_an_answer_that_the_report_cannot_use_is_not_kept(source, make):
    def refuse(tables):
        raise ValueError("Column 'month' is missing.")

    answer = make().look(QUESTIONS, refuse, wait=LONG)
    assert answer.tables is None
    assert "cannot be used: Column 'month' is missing." in answer.problem


def test_several_questions_are_kept_together_or_not_at_all(source, make):
    both = QUESTIONS | {"more": kit.question("/resource/y.json", order="id")}
    source.statuses = [200, 404]
    assert make().look(both, wait=LONG).tables is None
    answer = make(pause=0).look(both, wait=LONG)
    assert set(answer.tables) == {"all", "more"}


def test_a_damaged_copy_is_fetched_anew(source, make):
    api = make()
    api.look(QUESTIONS, wait=LONG)
    for path in api._folder().glob("*.json"):
        path.write_bytes(path.read_bytes()[:40])
    assert len(ids(api.look(QUESTIONS, wait=LONG))) == 31


def test_the_token_is_sent_and_never_kept(source, make):
    api = make(token="secret-token")
    api.look(QUESTIONS, wait=LONG)
    assert source.asked[0]["token"] == "secret-token"
    assert "secret-token" not in "".join(
        path.read_text() for path in api._folder().iterdir()
    )


def test_a_name_with_an_apostrophe_is_a_name(source, make):
    where = f"name = {kit.soql_text(NAME)}"
    question = {"all": kit.question("/resource/x.json", where=where, order="id")}
    assert ids(make().look(question, wait=LONG)) == ["x"]


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
