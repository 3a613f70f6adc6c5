"""Reports in processes of their own: what one does there, the server and the other reports survive."""

from __future__ import annotations

import json
import os
import signal
from dataclasses import replace

import pandas as pd
import pytest

from app.accounts import Actor, LoggedIn
from app.app import create_server
from app.hosting.report_tables import VisitorTables, allowed_tables
from app.storage import NotFound, belongings
from tests import processes
from tests.conftest import wait_for
from tests.hosting.reports.visits import CALLBACK, ask, problem_of, title
from tests.reports.samples import drop, question, source

ENDLESS = "while True: pass"
ALLOCATE = "held = bytearray(10 * 2**30)"
GRANDCHILDREN = (
    "import os, subprocess, time; subprocess.Popen(['sleep', '1000'], start_new_session=True); "
    "[time.sleep(1000) for _ in [0] if os.fork() == 0]; os._exit(1)"
)
CLOSE_SOCKETS = (
    "import gc, socket; "
    "[each.close() for each in gc.get_objects() if isinstance(each, socket.socket) "
    "and each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)]"
)
# A callback that takes longer is ended.
SECONDS = 6


SECRETS = {
    "METRICS_TOKEN": "secret",
    "OIDC_CLIENT_SECRET": "secret",
    "SECRET_KEY": "secret",
    "MY_TOKEN": "its own",
}


class Shared:
    """A server whose reports have processes of their own, for tests whose reports have names of their own."""

    def __init__(self, server, folder):
        self.server, self._folder = server, folder

    def drop(self, name: str, text: str) -> None:
        """Put a report into its folder, and wait until it is served."""
        drop(self._folder, name, text)
        # One that cannot be built has no title, but is found.
        wait_for(lambda: title(self.server, name) != "404", what=name)


@pytest.fixture(scope="module")
def shared(live_server, tmp_path_factory) -> Shared:
    """The server that most of these tests share."""
    folder = tmp_path_factory.mktemp("reports")
    drop(folder, "good", source("Good"))
    server = live_server(
        REPORTS_DIR=str(folder),
        REPORTS_ISOLATED="on",
        REPORT_REQUEST_SECONDS=str(SECONDS),
        **SECRETS,
    )
    wait_for(lambda: title(server, "good") == "Good", what="the good report")
    return Shared(server, folder)


@pytest.fixture
def isolated(live):
    """A server whose reports have processes of their own."""

    def start(workers: int = 1, **environ: str):
        settings = {"REPORTS_ISOLATED": "on", "REPORT_REQUEST_SECONDS": str(SECONDS)}
        return live(workers, **settings | environ)

    return start


def others_answer(server) -> None:
    assert server.request("GET", "/health/live")[0] == 200
    assert title(server, "good") == "Good"
    assert ask(server, "good")[0] == 200


def is_well(server, name: str) -> bool:
    return ask(server, name)[0] == 200


def test_what_a_callback_does_harms_nobody(shared):
    server = shared.server
    for name, line in {
        "exits": "import os; os._exit(1)",
        "aborts": "import os; os.abort()",
        "allocates": ALLOCATE,
        "forks": GRANDCHILDREN,
        "closes": CLOSE_SOCKETS,
    }.items():
        shared.drop(name, source(name, callback=f"if n_clicks == 2: {line}"))
        wait_for(lambda: title(server, name) == name, what=name)
        status, said = ask(server, name, 2)
        assert status in (200, 500, 503), said
        if status != 200:
            assert json.loads(said)["error"].endswith(".")
        others_answer(server)
        wait_for(lambda: is_well(server, name), what=f"{name} to answer again")
    assert server.process.poll() is None
    entries = server.log_entries()  # each line is JSON
    ended = [e["message"] for e in entries if "ended unexpectedly" in e["message"]]
    assert {
        name for name in ("exits", "aborts", "forks") for e in ended if name in e
    } == {"exits", "aborts", "forks"}
    # What a report starts ends with it.
    asleep = [pid for pid in processes.marked(server.mark) if "sleep" in _command(pid)]
    assert asleep == []


def _command(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


@pytest.mark.parametrize("where", ["callback", "layout"])
def test_an_endless_loop_is_ended_and_said(shared, where):
    server, name = shared.server, f"loop_{where}"
    loop = source("Loop", callback=f"if n_clicks == 2:\n            {ENDLESS}")
    if where == "layout":
        loop = source("Loop").replace(
            "app.layout = ",
            f"def lay():\n        {ENDLESS}\n    app.layout = lay; _ = ",
        )
    shared.drop(name, loop)
    wait_for(lambda: title(server, name) == "Loop", what="the report")
    if where == "callback":
        status, said = ask(server, name, 2)
    else:
        status, _, content = server.request("GET", f"/reports/{name}/_dash-layout")
        said = content.decode()
    assert status == 504
    assert f"more than {SECONDS} s" in json.loads(said)["error"]
    others_answer(server)
    assert title(server, name) == "Loop"


# What a report does while it is built, and what is said of it.
UNFIT = {
    "exits": ("import os; os._exit(1)", "ended its process"),
    "allocates": (ALLOCATE, "MemoryError"),
    "leaves": ("import sys; sys.exit(0)", "SystemExit"),
    "loops": (ENDLESS, "to build"),
}


@pytest.mark.parametrize(
    ("names", "seconds"),
    [(("exits", "allocates", "leaves"), "60"), (("loops",), "3")],
    ids=["ends", "loops"],
)
def test_a_report_that_cannot_be_built_says_why(isolated, folder, names, seconds):
    drop(folder, "good", source("Good"))
    bad = {
        f"{name}_{where}": (where, *UNFIT[name])
        for name in names
        for where in ("module", "before")
    }
    for name, (where, line, _) in bad.items():
        drop(folder, name, source("Bad", **{where: line}))
    server = isolated(REPORT_SECONDS=seconds)
    for name, (_, _, sentence) in bad.items():
        status, headers, content = server.request("GET", f"/reports/{name}/")
        assert status == 503 and int(headers["Retry-After"]) > 0
        assert sentence in content.decode()
        assert "frame-ancestors" in headers["Content-Security-Policy"]
        assert sentence in problem_of(server, name)
        wait_for(lambda: title(server, "good") == "Good", what="the other report")
        drop(folder, name, source("Mended"))
        wait_for(lambda: title(server, name) == "Mended", what="the mended report")


def test_one_that_ends_again_and_again_is_started_less_and_less_often(shared):
    shared.drop("again", source("Bad", callback="import os; os._exit(1)"))
    server = shared.server
    wait_for(lambda: title(server, "again") == "Bad", what="the report")
    said = [json.loads(ask(server, "again")[1])["error"] for _ in range(4)]
    assert any("is started again in" in sentence for sentence in said)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_the_processes_of_reports_end_with_the_server(isolated, folder, how):
    drop(folder, "idle", source("Idle"))
    drop(folder, "loop", source("Loop", callback=ENDLESS))
    server = isolated(REPORT_REQUEST_SECONDS="600")
    for name in ("idle", "loop"):
        wait_for(lambda: title(server, name).lower() == name, what=name)
    others = processes.marked(server.mark)
    workers = [pid for pid in others if "report_process" not in _command(pid)]
    assert len(others) > len(workers)
    for pid in [server.process.pid, *workers]:
        os.kill(pid, how)
    server.process.wait()
    wait_for(lambda: not processes.marked(server.mark), what="all processes to end")


def test_a_report_sees_the_request_as_if_it_were_not_isolated(isolated, folder):
    look = (
        "import flask; r = flask.request; "
        "return repr((r.host_url, r.script_root, r.path, r.remote_addr, r.query_string, "
        "r.headers.get('X-Forwarded-For'), r.headers.get('X-Dashboard-Request'), r.headers.get('X-Odd'), "
        "r.content_length, r.method))"
    )
    drop(folder, "look", source("Look", callback=look))
    seen = []
    for mode in ("on", "off"):
        server = isolated(REPORTS_ISOLATED=mode)
        wait_for(lambda: title(server, "look") == "Look", what="the report")
        headers = {
            "X-Forwarded-For": "198.51.100.7",
            "X-Dashboard-Request": "e30=",
            "X-Odd": "ä;€"[:1],
        }
        headers["Host"] = "reports.example.com"
        status, _, content = server.request(
            "POST", f"/reports/look/{CALLBACK}?a=%00&b=c%2Fd", question(), **headers
        )
        assert status == 200
        answer = json.loads(content)["response"]["answer"]["children"]
        seen.append(answer.replace("'e30='", "None"))
    assert seen[0] == seen[1]


def test_a_report_does_not_know_the_secrets_of_the_server(shared):
    names = (
        "SECRET_KEY",
        "DATABASE_URL",
        "METRICS_TOKEN",
        "RELOAD_TOKEN",
        "OIDC_CLIENT_SECRET",
    )
    tell = f"import os; return str([os.environ.get(n) for n in {names}] + [os.environ.get('MY_TOKEN')])"
    shared.drop("tell", source("Tell", callback=tell))
    server = shared.server
    wait_for(lambda: title(server, "tell") == "Tell", what="the report")
    said = ask(server, "tell")[1]
    assert "its own" in said and "secret" not in said


def test_what_a_report_prints_becomes_json_in_the_log(shared):
    odd = (
        "import logging, warnings, sys; sys.stderr.write('to stderr\\n'); "
        "logging.warning('logged'); warnings.warn('warned')"
    )
    shared.drop("odd", source("Odd", callback=odd))
    server = shared.server
    wait_for(lambda: title(server, "odd") == "Odd", what="the report")
    ask(server, "odd")

    def said() -> str:
        return " ".join(entry["message"] for entry in server.log_entries())

    for text in ("to stderr", "logged", "warned"):
        wait_for(lambda: text in said(), what=text)


def test_a_process_that_nobody_asks_ends_and_is_started_again(
    report_settings, folder, monkeypatch
):
    monkeypatch.setattr("app.hosting.isolation.IDLE_SECONDS", 0)
    monkeypatch.setattr("app.hosting.isolation._LOOK_SECONDS", 0.05)
    drop(
        folder,
        "idle",
        source("Idle", module="import os", callback="return os.getpid()"),
    )
    server = create_server(replace(report_settings, reports_isolated="on"))
    client = server.test_client()

    def pid() -> int | None:
        answer = client.post(f"/reports/idle/{CALLBACK}", json=question())
        return (
            answer.json["response"]["answer"]["children"]
            if answer.status_code == 200
            else None
        )

    first = wait_for(pid, what="the report")
    wait_for(lambda: not os.path.exists(f"/proc/{first}"), what="its end")
    assert wait_for(pid, what="its start") != first


def test_more_reports_than_may_run_at_once_take_turns(
    report_settings, folder, monkeypatch
):
    monkeypatch.setattr("app.hosting.isolation.MAX_PROCESSES", 1)
    for name in ("first", "second"):
        drop(folder, name, source(name))
    client = create_server(
        replace(report_settings, reports_isolated="on")
    ).test_client()
    for name in ("first", "second", "first"):
        wait_for(
            lambda: client.get(f"/reports/{name}/", buffered=True).status_code == 200,
            what=name,
        )


# ---- Which tables a report may read for a visitor


ME = Actor(role="editor", user="1")
OWN, OTHER = "0123456789abcdef0123", "fedcba9876543210fedc"


@pytest.mark.parametrize("mode", ["on", "off"])
def test_a_report_reads_only_the_tables_that_its_visitor_may_open(
    report_settings, folder, mode
):
    read = (
        "tables = app.server.extensions['tables']['datasets']\n"
        "        try: return str(list(tables.table(n_clicks['table'])))\n"
        "        except LookupError as error: return str(error)"
    )
    text = source("Reads", callback=read).replace('"n_clicks"', '"data"')
    drop(folder, "reads", text)
    server = create_server(replace(report_settings, reports_isolated=mode))
    datasets = server.extensions["services"].datasets
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    for table in (OWN, OTHER):
        datasets._write(table, frame, "t.csv")
    belongings.claim(datasets.root, OWN, ME.owner)
    client = server.test_client()

    def ask_for(table: object) -> str | None:
        body = question(table) | {"changedPropIds": ["add.data"]}
        body["inputs"][0]["property"] = "data"
        answer = client.post(
            f"/reports/reads/{CALLBACK}",
            json=body,
            environ_overrides={"dashboard.actor": ME},
        )
        return (
            answer.json["response"]["answer"]["children"]
            if answer.status_code == 200
            else None
        )

    assert wait_for(lambda: ask_for({"table": OWN})) == "['a', 'b']"
    for odd in (
        {"table": OTHER},
        {"table": f"{OWN[:-1]}0"},
        {"table": "../x", "y": OWN},
    ):
        assert "no such table" in ask_for(odd)


def test_outside_of_a_request_no_table_is_read():
    with pytest.raises(NotFound):
        VisitorTables(None).get(OWN)


def test_a_request_names_so_many_tables_at_most(client):
    names = " ".join(f"{k:020x}" for k in range(1000))
    everything = client.application.extensions["services"].permissions
    assert len(allowed_tables(everything, names, names.encode())) == 64


def test_an_isolated_report_shows_who_is_logged_in(report_settings, folder):
    drop(folder, "good", source("Good"))
    server = create_server(replace(report_settings, reports_isolated="on"))
    alice = LoggedIn("alice", (("Account", "/account"),), "token")
    known = {"dashboard.actor": ME, "dashboard.logged_in": alice, "dashboard.root": ""}

    def page() -> str:
        answer = server.test_client().get("/reports/good/", environ_overrides=known)
        return answer.text if answer.status_code == 200 else ""

    shown = wait_for(page, what="the report")
    assert "alice" in shown and 'href="/account"' in shown
