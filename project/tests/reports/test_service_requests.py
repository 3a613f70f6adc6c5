"""The report on service requests, over HTTP: with a source that works, is slow, fails, or sends nonsense."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import date, datetime, timedelta, timezone
from json import dumps, loads
from types import SimpleNamespace

import pytest

from app.app import create_server
from app.settings import Settings
from tests.conftest import PROJECT, free_port, wait_for
from tests.reports.asking import Report, words
from tests.reports.stand_in import StandIn, invented, serving

N_QUESTIONS = 6
MINUTES = 180  # in seconds: a bound that no test reaches, however slow the machine
TODAY = date.today()


@pytest.fixture(scope="module")
def rows():
    return invented(TODAY, n_rows=800)


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Wait for a source that a test holds back."""
    monkeypatch.setattr("app.reports.kit.source.READ_SECONDS", MINUTES)


@pytest.fixture
def source(rows):
    with serving(StandIn(list(rows))) as stand_in:
        yield stand_in


class Page(Report):
    """A visitor who has the report open.

    Parameters
    ----------
    client : flask.testing.FlaskClient, or alike
    """

    def __init__(self, client):
        super().__init__(client, "service_requests")

    def follow(self, shown=None) -> tuple[str, dict]:
        """Return the text about the source, and all properties that are set with it."""
        told = self.ask("source.children", version=shown)
        return words(told["source"]["children"]), told

    def settled(self) -> tuple[str, dict]:
        """Return the same once fetching has ended."""
        return wait_for(
            lambda: (s := self.follow())[1]["again"]["disabled"] and s, MINUTES
        )

    def shown(self, part: str, **values) -> str:
        """Return the text of a part of the page."""
        return words(self.ask(f"{part}.children", **values)[part]["children"])

    def total(self, **period) -> int:
        """Return the number of requests that the report shows."""
        said = self.shown("overview", **period)
        return int(said.split("Requests")[1].split()[0].replace(",", ""))

    def download(self, button: str, **values) -> dict:
        """Return the file that a button sends, with its name; empty if there is none."""
        sent = self.ask(f"{button}-file.data", **values)
        return sent.get(f"{button}-file", {}).get("data") or {}


class LiveClient:
    """A substitute for Flask's test client, for a server in separate processes."""

    def __init__(self, live):
        self._live = live

    def get(self, path: str) -> SimpleNamespace:
        return self._answer("GET", path)

    def post(self, path: str, json: dict) -> SimpleNamespace:
        return self._answer("POST", path, json)

    def _answer(self, *request) -> SimpleNamespace:
        status, _, content = self._live.request(*request)
        said = loads(content) if content[:1] in (b"[", b"{") else None
        return SimpleNamespace(status_code=status, json=said, text=str(content))


def open_page(host: str, data_dir) -> Page:
    """Open the report on a server in this process whose source is at `host`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATA_DIR", str(data_dir))
        patch.setenv("API_HOST", host)
        return Page(create_server(Settings.from_environ()).test_client())


@pytest.fixture
def page(source, tmp_path):
    return open_page(source.host, tmp_path)


@pytest.fixture(scope="module")
def still_page(rows, tmp_path_factory):
    """A page with the data of a source that always answers."""
    with serving(StandIn(list(rows))) as source:
        page = open_page(source.host, tmp_path_factory.mktemp("still"))
        page.settled()
        yield page


@pytest.fixture
def dead_page(tmp_path):
    return open_page(f"http://127.0.0.1:{free_port()}", tmp_path)


def make_old(tmp_path) -> None:
    """Let what was kept have been fetched three hours ago and have expired."""
    fetched = (datetime.now(timezone.utc) - timedelta(hours=3)).isoformat()
    (path,) = (tmp_path / "api").glob("*.json")
    kept = loads(path.read_text())
    kept |= {"created_at": fetched, "expires": "2020-01-01T00:00:00+00:00"}
    path.write_text(dumps(kept))


def test_starting_and_opening_the_page_asks_nobody(page, source):
    assert source.asked == []


def test_the_first_visit_shows_invented_requests_and_then_those_of_the_source(
    page, source, rows
):
    source.gate.clear()
    said, answer = page.follow()
    assert "invented" in said and "being fetched" in said
    assert answer["again"]["disabled"] is False
    assert page.total() > 10_000
    source.gate.set()
    said, _ = page.settled()
    assert "fetched" in said and "invented" not in said
    assert page.total() == len(rows)
    assert len(source.asked) == N_QUESTIONS


def test_the_source_counts_and_no_single_request_is_fetched(page, source):
    page.settled()
    for query in source.asked:
        assert query["path"] == "/resource/vw6y-z8j6.json"
        assert "count(*) as requests" in query["$select"]
        assert query["$group"] == query["$order"]


def test_what_a_period_shows_is_counted_from_the_single_requests(still_page, rows):
    first, last = f"{TODAY.year - 1}-02", f"{TODAY.year - 1}-09"
    expected = [r for r in rows if first <= r["requested_datetime"][:7] <= last]
    assert still_page.total(first=first, last=last) == len(expected)


def test_an_apostrophe_in_a_name_is_part_of_the_name(still_page, rows):
    said = still_page.shown("place", neighbourhood="O'Brien")
    running = f"{TODAY:%Y-%m}"
    own = sum(
        row.get("analysis_neighborhood") == "O'Brien"
        and row["requested_datetime"][:7] != running
        for row in rows
    )
    assert f"O'Brien made {own:,} requests" in said


HOSTILE = [
    "",
    "Atlantis",
    "'; drop table requests",
    "<script>alert(1)</script>",
    "__import__('os').system('true')",
    "x" * 5000,
    0,
    -1.5,
    True,
    [],
    ["2025-01", "2025-02"],
    {"a": {"b": 1}},
]


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value)[:20])
def test_whatever_a_browser_sends_the_answer_is_a_page_or_a_sentence(still_page, value):
    for given in ({"first": value}, {"last": value}, {"neighbourhood": value}):
        assert still_page.shown("overview", **given, version=value)
        assert still_page.shown("place", **given)
        for button in ("counts", "days", "neighbourhood-months", "weekly"):
            still_page.download(button, **given)
    assert still_page.follow(shown=value)[0]


def test_a_period_that_ends_before_it_begins_is_a_sentence(still_page):
    year = TODAY.year - 1
    period = {"first": f"{year}-09", "last": f"{year}-02"}
    for part, told in still_page.ask("overview.children", **period).items():
        assert "not before the first" in words(told["children"]), part


def test_a_download_says_what_was_chosen_in_its_name(still_page, rows):
    year = TODAY.year - 1
    chosen = {"first": f"{year}-01", "last": f"{year}-12", "neighbourhood": "O'Brien"}
    sent = still_page.download("neighbourhood-months", **chosen)
    assert sent["filename"] == (
        f"neighbourhood-months_from-{year}-01_to-{year}-12_of-O_Brien.csv"
    )
    lines = sent["content"].splitlines()
    assert lines[0] == "month,requests,average" and len(lines) == 13
    expected = sum(row["requested_datetime"][:4] == str(year) for row in rows)
    counts = still_page.download("counts", **chosen)["content"]
    assert f"year,{year},{expected},1.0" in counts


def test_a_download_of_invented_requests_says_so_in_its_name(dead_page):
    assert dead_page.download("weekly")["filename"].endswith("data-sample.csv")


def test_with_the_source_dead_the_report_stands_and_says_why(dead_page):
    said, _ = dead_page.follow()
    assert dead_page.total() > 10_000
    assert "Sample data" in said
    said, _ = dead_page.settled()
    assert "invented" in said and "could not be reached" in said


def test_no_part_of_the_page_waits_for_the_source(page, source):
    source.gate.clear()
    page.follow()
    assert page.total() > 10_000 and page.shown("place")
    assert page.download("weekly")
    _, answer = page.follow()
    assert answer["again"]["disabled"] is False, "the source has not answered yet"


@pytest.mark.parametrize("fault", [{"always": 500}, {"body": b"<html>"}])
def test_when_the_source_fails_later_the_last_copy_is_shown_with_its_age(
    page, source, rows, tmp_path, fault
):
    page.settled()
    make_old(tmp_path)
    for name, value in fault.items():
        setattr(source, name, value)
    said, _ = page.settled()
    assert re.search(f"Data from {source.host[7:]}, fetched 3 h( 1 min)? ago", said)
    assert "status 500" in said or "something else than rows" in said
    assert page.total() == len(rows)


def test_when_the_source_has_gone_the_last_copy_is_shown_with_its_age(rows, tmp_path):
    with serving(StandIn(list(rows))) as source:
        page = open_page(source.host, tmp_path)
        page.settled()
    make_old(tmp_path)
    said, _ = page.settled()
    assert re.search(f"Data from {source.host[7:]}, fetched 3 h( 1 min)? ago", said)
    assert "could not be reached" in said and "invented" not in said
    assert page.total() == len(rows)


def test_rows_that_make_no_sense_are_left_out_and_the_page_says_how_many(page, source):
    source.rows = source.rows + [{"requested_datetime": "2999-01-01T00:00:00"}] * 3
    said, _ = page.settled()
    assert "3 rows" not in said
    assert "4 rows were left out as unreadable" in said
    assert page.total() == len(source.rows) - 3


def test_an_answer_without_the_fields_is_no_answer(page, source):
    source.body = dumps([{"unexpected": [1, None]}] * 5).encode()
    said, _ = page.settled()
    assert "invented" in said and "cannot be used" in said


def test_more_counts_than_a_page_holds_are_all_fetched(page, source, rows):
    source.rows = [
        row | {"service_name": f"Type {i % 10_500}"}
        for i, row in enumerate(rows * (10_500 // len(rows) + 1))
    ]
    page.settled()
    assert any(query["$offset"] == "10000" for query in source.asked)
    assert page.total() == len(source.rows)


def test_two_workers_show_the_same_totals_and_ask_once(start_server, source, rows):
    page = Page(LiveClient(start_server(workers=2, API_HOST=source.host)))
    page.settled()
    said = {(page.total(), page.follow()[1]["version"]["data"]) for _ in range(12)}
    assert len(said) == 1 and said.pop()[0] == len(rows)
    assert len(source.asked) == N_QUESTIONS


def test_the_file_runs_alone_from_any_folder(tmp_path):
    code = (
        "import runpy, sys; module = runpy.run_path(sys.argv[1], run_name='report'); "
        "print(module['create_app']().layout is not None)"
    )
    file = PROJECT / "app" / "reports" / "service_requests.py"
    said = subprocess.run(
        [sys.executable, "-c", code, str(file)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
    )
    assert said.stdout.strip() == "True", said.stderr
