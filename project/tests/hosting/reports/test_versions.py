"""Hosted reports: new, changed, deleted and broken ones are noticed, and do not affect others."""

from __future__ import annotations

import threading

import pytest

from tests.conftest import wait_for
from tests.hosting.reports.visits import (
    CALLBACK,
    ask,
    by_every_worker,
    fresh,
    problem_of,
    raw,
    title,
)
from tests.reports.samples import drop, question, source

# ---- New, changed, deleted, broken


@pytest.mark.parametrize("workers", [1, 2])
def test_every_worker_serves_what_the_folder_holds(live, folder, workers):
    server = live(workers)
    assert title(server, "sales") == "404"
    drop(folder, "sales", source("First"))
    by_every_worker(server, "sales", "First")
    drop(folder, "sales", source("Second"))
    by_every_worker(server, "sales", "Second")
    assert ask(server, "sales") == (200, ask(server, "sales")[1])
    assert "Second: 1" in ask(server, "sales")[1]

    drop(folder, "sales", source("Third", module="1 / 0"))
    wait_for(
        lambda: all(problem_of(server, "sales") for _ in range(12)),
        what="the problem in every worker",
    )
    by_every_worker(server, "sales", "Second")
    assert "ZeroDivisionError" in problem_of(server, "sales")

    (folder / "sales.py").unlink()
    by_every_worker(server, "sales", "404")
    server.stop()
    logged = [e for e in server.log_entries() if "could not be built" in e["message"]]
    assert 1 <= len(logged) <= workers
    assert all("1 / 0" in entry["stack_trace"] for entry in logged)


BROKEN = {
    "no_factory": ("TITLE = DESCRIPTION = 'a'", "no function create_app"),
    "no_python": ("def", "not valid Python (line 1)"),
    "exits": (source(module="raise SystemExit"), "SystemExit"),
    "exits_later": (source(before="import sys; sys.exit(1)"), "SystemExit"),
    "raises": (source(before="1 / 0"), "ZeroDivisionError"),
    "lost_title": (source().replace("TITLE =", "NAME ="), "no TITLE"),
    "html_title": (source("<b>Sales</b>"), "TITLE holds HTML"),
    "no_layout": (source().replace("app.layout =", "layout ="), "no layout"),
    "twins": (source(layout="parts = [html.Div(id='add')]"), "DuplicateId"),
    "no_app": (
        source().replace("return app", "return app.server"),
        "not return a Dash",
    ),
    "own_server": (source(before="dash_options = {}"), "does not pass the options on"),
    "own_prefix": (
        source(before="dash_options.pop('requests_pathname_prefix')"),
        "does not pass the options on",
    ),
    "global_callback": (source(module="import dash\ndash.callback"), "dash.callback"),
    "not a name": (source(), "cannot be part of an address"),
}


def test_broken_reports_answer_with_a_sentence_and_leave_the_others_alone(live, folder):
    for name, (content, _) in BROKEN.items():
        drop(folder, name, content)
    drop(folder, "good", source("Good"))
    server = live()
    wait_for(
        lambda: len(server.json("GET", "/reports/catalogue.json")[1])
        == len(BROKEN) + 1,
        what="all reports",
    )
    for name, (_, words) in BROKEN.items():
        status, content = raw(server, f"/reports/{name.replace(' ', '%20')}/")
        assert (status, words in content) == (503, True), (name, content)
        assert "The other reports are not affected." in content
        assert words in problem_of(server, name)
    assert title(server, "good") == "Good"
    _, shown = server.json("GET", "/static/dashboards.json")
    assert shown == [{"title": "Good", "url": "/reports/good/"}]
    server.stop()
    logged = " ".join(entry["message"] for entry in server.log_entries())
    assert all(f"Report {name} " in logged for name in BROKEN)


def test_while_a_report_is_being_built_the_others_answer(live, folder, gate):
    drop(folder, "slow", source("Slow", module=gate.code))
    drop(folder, "good", source("Good"))
    server = live()
    wait_for(lambda: title(server, "good") == "Good", what="the good one")
    answers: list[tuple[int, str]] = []

    def visit():
        answers.append(raw(server, "/reports/slow/"))

    visitors = [threading.Thread(target=visit) for _ in range(7)]
    for visitor in visitors:
        visitor.start()
    wait_for(lambda: len(answers) == 3, what="all but four to give up")
    assert {title(server, "good") for _ in range(5)} == {"Good"}
    assert all("reload in a few seconds" in content for _, content in answers)
    gate.open()
    for visitor in visitors:
        visitor.join()
    assert sorted(status for status, _ in answers) == 4 * [200] + 3 * [503]


def test_a_report_that_takes_too_long_to_build_says_so(live, folder, gate):
    drop(folder, "slow", source(module=gate.code))
    server = live(REPORT_SECONDS="2")
    status, content = wait_for(
        lambda: (a := raw(server, "/reports/slow/"))[0] != 404 and a, what="the report"
    )
    assert status == 503
    assert "more than 2 s to build" in content
    assert "more than 2 s" in problem_of(server, "slow")
    server.stop()


def test_a_layout_that_is_computed_is_not_computed_while_it_is_built(client, folder):
    layout = "parts = []\n    calls = []"
    content = source(layout=layout).replace(
        "app.layout = kit.page(TITLE", "app.layout = lambda: 1 / 0 or kit.page(TITLE"
    )
    drop(folder, "x", content)
    assert fresh(client, "/reports/x/").status_code == 200
    response = client.get("/reports/x/_dash-layout")
    assert response.status_code == 500
    assert "has been logged" in response.json["error"]


# ---- Callbacks


@pytest.mark.parametrize(
    "line", ["1 / 0", "import sys; sys.exit(3)", "raise KeyboardInterrupt"]
)
def test_a_callback_that_fails_says_so_and_harms_nobody(live, folder, line):
    drop(folder, "bad", source(callback=f"if n_clicks == 2: {line}"))
    drop(folder, "good", source("Good"))
    server = live()
    wait_for(lambda: title(server, "bad") == "Sample", what="the report")
    pid = server.process.pid
    status, content = ask(server, "bad", 2)
    assert status == 500
    assert "has been logged" in content
    assert ask(server, "bad", 1)[0] == 200
    assert "Good: 1" in ask(server, "good")[1]
    assert server.process.pid == pid
    assert not [e for e in server.log_entries() if "Booting" in e["message"]][1:]


def test_two_reports_with_the_same_ids_and_assets_are_two(client, folder):
    for name in ("one", "two"):
        drop(folder, name, source(name))
        (folder / f"{name}.assets").mkdir()
        (folder / f"{name}.assets" / "style.css").write_text(f"/* {name} */")
        (folder / f"{name}.assets" / "picture.svg").write_text(
            f"<svg><!--{name}--></svg>"
        )
    for name in ("one", "two"):
        page = fresh(client, f"/reports/{name}/").text
        assert f'href="/reports/{name}/assets/style.css?m=' in page
        style = client.get(f"/reports/{name}/assets/style.css")
        assert style.text == f"/* {name} */"
        assert name in client.get(f"/reports/{name}/picture").text
        answer = client.post(f"/reports/{name}/{CALLBACK}", json=question())
        assert f"{name}: 1" in answer.text


def test_a_page_of_a_report_that_was_replaced_is_told_to_reload(client, folder):
    drop(folder, "x", source())
    assert fresh(client, "/reports/x/").status_code == 200
    drop(folder, "x", source("New").replace('"answer"', '"result"'))
    wait_for(lambda: "New" in client.get("/reports/x/").text, what="the new one")
    answer = client.post(f"/reports/x/{CALLBACK}", json=question())
    assert answer.status_code == 400
    assert "no such callback. Reload the page" in answer.json["error"]


@pytest.mark.parametrize(
    "body", [None, [], {}, {"output": "x"}, {"output": None}, "text", 7]
)
def test_a_callback_that_no_page_would_send_is_refused(client, folder, body):
    drop(folder, "x", source())
    fresh(client, "/reports/x/")
    assert client.post(f"/reports/x/{CALLBACK}", json=body).status_code == 400


def test_a_report_that_waits_does_not_hold_up_another(live, folder, gate):
    drop(folder, "slow", source("Slow", callback=gate.code))
    drop(folder, "good", source("Good"))
    server = live()
    wait_for(lambda: title(server, "slow") == "Slow", what="the report")
    answers: list[tuple[int, str]] = []
    waiting = threading.Thread(target=lambda: answers.append(ask(server, "slow")))
    waiting.start()
    gate.wait_until_reached()
    assert "Good: 1" in ask(server, "good")[1]
    assert answers == []
    gate.open()
    waiting.join()
    assert "Slow: 1" in answers[0][1]
