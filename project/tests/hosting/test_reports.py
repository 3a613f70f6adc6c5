"""Hosted reports through HTTP: none is missed, none hurts another, all are found, embedded and reloaded."""

from __future__ import annotations

import html
import http.client
import re
import threading
import time
from dataclasses import replace
from urllib.parse import urlsplit

import brotli
import pytest
from app.app import create_server
from app.hosting import reports
from app.settings import Settings
from tests.conftest import wait_for
from tests.reports.samples import drop, question, source

TOKEN = "a-secret"
CALLBACK = "_dash-update-component"
# The promise; a busy machine may need a little more.
FRESH_SECONDS = 2 + 3


@pytest.fixture
def folder(tmp_path):
    """The folder of the reports."""
    path = tmp_path / "reports"
    path.mkdir()
    return path


@pytest.fixture
def report_settings(settings, folder) -> Settings:
    return replace(settings, reports_dir=str(folder), reload_token=TOKEN)


@pytest.fixture
def client(report_settings):
    """A client of a server in this process that has no report yet."""
    return create_server(report_settings).test_client()


@pytest.fixture
def live(start_server, folder):
    """A gunicorn whose reports are those of `folder`."""

    def start(workers: int = 1, **environ: str):
        return start_server(
            workers, REPORTS_DIR=str(folder), RELOAD_TOKEN=TOKEN, **environ
        )

    return start


def ask(live, name: str, n_clicks: int = 1) -> tuple[int, str]:
    """Return the status and the text of a report's callback."""
    status, _, content = live.request(
        "POST", f"/reports/{name}/{CALLBACK}", question(n_clicks)
    )
    return status, content.decode()


def title(live, name: str) -> str:
    """Return the title of a report's page, or the status."""
    status, _, content = live.request("GET", f"/reports/{name}/")
    found = re.search(r"<title>(.*?)</title>", content.decode())
    return found[1] if status == 200 else str(status)


def by_every_worker(live, name: str, expected: str) -> None:
    """Wait until all of many requests in a row, which fall on every worker, get the same."""
    wait_for(
        lambda: {title(live, name) for _ in range(12)} == {expected},
        FRESH_SECONDS,
        f"{name} to be {expected} in every worker",
    )


def raw(live, path: str, method: str = "GET") -> tuple[int, str]:
    """Ask for an address as it is written: nothing tidies it up."""
    connection = http.client.HTTPConnection(urlsplit(live.url).netloc, timeout=30)
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, content


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
        FRESH_SECONDS,
        "the problem in every worker",
    )
    by_every_worker(server, "sales", "Second")
    assert "ZeroDivisionError" in problem_of(server, "sales")

    (folder / "sales.py").unlink()
    by_every_worker(server, "sales", "404")
    server.stop()
    logged = [e for e in server.log_entries() if "could not be built" in e["message"]]
    assert 1 <= len(logged) <= workers
    assert all("1 / 0" in entry["stack_trace"] for entry in logged)


def problem_of(live, name: str) -> str | None:
    _, catalogue = live.json("GET", "/reports/catalogue.json")
    (entry,) = [entry for entry in catalogue if entry["name"] == name]
    return entry["problem"]


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
        FRESH_SECONDS,
        "all reports",
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


def test_while_a_report_sleeps_the_others_answer(live, folder):
    drop(folder, "slow", source(module="import time; time.sleep(60)"))
    drop(folder, "good", source("Good"))
    server = live(REPORT_SECONDS="2")
    wait_for(lambda: title(server, "good") == "Good", FRESH_SECONDS, "the good one")
    answers: list[tuple[int, str]] = []

    def visit():
        answers.append(raw(server, "/reports/slow/"))

    began = time.monotonic()
    visitors = [threading.Thread(target=visit) for _ in range(7)]
    for visitor in visitors:
        visitor.start()
    for _ in range(5):
        begun = time.monotonic()
        assert title(server, "good") == "Good"
        assert time.monotonic() - begun < 1.5
    for visitor in visitors:
        visitor.join()
    assert time.monotonic() - began < 6
    assert {status for status, _ in answers} == {503}
    assert all("more than 2 seconds to build" in content for _, content in answers)
    assert "more than 2 seconds" in problem_of(server, "slow")
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


def fresh(client, path: str):
    """Ask until the report has been found."""
    return wait_for(
        lambda: (r := client.get(path)).status_code != 404 and r, FRESH_SECONDS, path
    )


# ---- Callbacks


@pytest.mark.parametrize(
    "line", ["1 / 0", "import sys; sys.exit(3)", "raise KeyboardInterrupt"]
)
def test_a_callback_that_fails_says_so_and_harms_nobody(live, folder, line):
    drop(folder, "bad", source(callback=f"if n_clicks == 2: {line}"))
    drop(folder, "good", source("Good"))
    server = live()
    wait_for(lambda: title(server, "bad") == "Sample", FRESH_SECONDS, "the report")
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
    wait_for(
        lambda: "New" in client.get("/reports/x/").text, FRESH_SECONDS, "the new one"
    )
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


def test_a_report_that_waits_does_not_hold_up_another(live, folder):
    drop(folder, "slow", source(callback="import time; time.sleep(2)"))
    drop(folder, "good", source("Good"))
    server = live()
    wait_for(lambda: title(server, "slow") == "Sample", FRESH_SECONDS, "the report")
    waiting = threading.Thread(target=ask, args=(server, "slow"))
    waiting.start()
    begun = time.monotonic()
    assert "Good: 1" in ask(server, "good")[1]
    assert time.monotonic() - begun < 1.5
    waiting.join()


# ---- Addresses


def test_addresses_that_lead_nowhere_execute_nothing(live, folder, tmp_path):
    mark = tmp_path / "executed"
    outside = source(module=f"open({str(mark)!r}, 'w')")
    drop(tmp_path, "outside", outside)
    drop(folder, "_private", outside)
    drop(folder, "x", source())
    (folder / "x.assets").mkdir()
    server = live()
    wait_for(lambda: title(server, "x") == "Sample", FRESH_SECONDS, "the report")
    for path in (
        *("/reports/nope/", "/reports/_private/", "/reports/../outside/"),
        *("/reports/%2e%2e/", "/reports/%2e%2e%2foutside/", "/reports/..%2foutside/"),
        *("/reports/%00/", "/reports/x%00/", "/reports/x.py", "/reports/x.py/"),
        *("/reports/x/../../outside", "/reports/x/assets/../../x.py"),
        *("/reports/x/assets/%2e%2e/x.py", "/reports/x/assets/..%2fx.py"),
        *("/reports/x/assets/", "/reports/x/assets/%00", "/reports/x/nothing"),
        *("/reports/x/picture", "/reports/nope/picture", "/reports/nope/embed"),
        *("/dashboards/nope", "/dashboards/..%2foutside", "/?report=nope"),
        *("/?report=../outside", "/?report=", "/?report=%00", "/static/nope.js"),
        *("/static/../reports.py", "/static/%2e%2e/reports.py"),
        *("/reports/%ff/", "/reports/" + "x" * 3000 + "/"),
    ):
        status, content = raw(server, path)
        assert status == 404, path
        assert "Traceback" not in content
    assert not mark.exists()
    assert not [entry for entry in server.log_entries() if "stack_trace" in entry]


def test_a_name_in_any_script_is_an_address(live, folder):
    drop(folder, "größe", source("Größe"))
    server = live()
    wait_for(
        lambda: raw(server, "/reports/gr%C3%B6%C3%9Fe/")[0] == 200,
        FRESH_SECONDS,
        "the report",
    )
    status, content = raw(server, "/reports/gr%C3%B6%C3%9Fe/_dash-layout")
    assert status == 200 and "Intro." in content


@pytest.mark.parametrize(
    "old, new",
    [
        ("/?report=x", "/reports/x/"),
        ("/dashboards/x", "/reports/x/"),
        ("/reports/x", "/reports/x/"),
        ("/reports/x?embed=1&a=b", "/reports/x/?embed=1&a=b"),
        ("/reports", "/reports/"),
    ],
)
def test_old_and_short_addresses_lead_to_the_report(client, folder, old, new):
    drop(folder, "x", source())
    fresh(client, "/reports/x/")
    response = client.get(old)
    assert response.status_code in (301, 302, 308)
    assert response.headers["Location"] == new


def test_a_report_may_be_asked_by_other_methods(client, folder):
    drop(folder, "x", source())
    fresh(client, "/reports/x/")
    head = client.head("/reports/x/")
    assert (head.status_code, head.data) == (200, b"")
    assert client.options("/reports/x/").status_code == 200
    assert client.post("/reports/x/").status_code == 405
    assert client.delete("/reports/x/_dash-layout").status_code in (404, 405)


# ---- Catalogue


def test_the_catalogue_says_what_a_report_is(client, folder):
    drop(folder, "x", source("A & B"))
    (folder / "x.assets").mkdir()
    (folder / "x.assets" / "picture.svg").write_text("<svg/>")
    fresh(client, "/reports/x/")
    assert client.get("/reports/catalogue.json").json == [
        {
            "name": "x",
            "title": "A & B",
            "description": "What it is for.",
            "tags": ["test"],
            "url": "/reports/x/",
            "picture": "/reports/x/picture",
            "problem": None,
        }
    ]
    assert client.get("/static/dashboards.json").json == [
        {"title": "A & B", "url": "/reports/x/"}
    ]


def test_an_unvisited_report_is_not_executed(client, folder, tmp_path):
    mark = tmp_path / "executed"
    drop(folder, "x", source(module=f"open({str(mark)!r}, 'w')"))
    wait_for(
        lambda: client.get("/reports/catalogue.json").json, FRESH_SECONDS, "the report"
    )
    for path in (
        "/",
        "/reports/",
        "/_dash-layout",
        "/reports/x/embed",
        "/dashboards/x",
    ):
        client.get(path)
    assert "x" in client.get("/_dash-layout").text
    assert not mark.exists()


# What the check for HTML lets pass.
HOSTILE = "\"'>< script>alert(1)< /script> {%scripts%} {%title%} $name & < !--"


def test_a_hostile_title_is_only_text(client, folder):
    drop(folder, "x", source(HOSTILE))
    for path in ("/reports/x/", "/reports/x/embed"):
        page = fresh(client, path).text
        assert html.unescape(re.search("<title>(.*?)</title>", page)[1]).endswith(
            HOSTILE
        )
        assert HOSTILE not in page
        assert page.count("< script>") == page.count("< /script>") == 0
    assert client.get("/reports/x/").text.count("dash_renderer.") == 1


# ---- Reload


def test_reload_needs_the_token(client, folder):
    drop(folder, "x", source())
    fresh(client, "/reports/x/")
    for headers in (
        {},
        {"Authorization": "Bearer wrong"},
        {"Authorization": f"Basic {TOKEN}"},
        {
            "Authorization": "Bearer \udcff".encode("utf-8", "surrogateescape").decode(
                "latin-1"
            )
        },
    ):
        response = client.post("/reload", headers=headers)
        assert response.status_code == 403, headers
        assert "token" in response.text
    assert client.get("/reload").status_code == 405
    assert (
        client.get("/reload", headers={"Authorization": f"Bearer {TOKEN}"}).status_code
        == 405
    )
    answer = client.post("/reload", headers={"Authorization": f"Bearer {TOKEN}"})
    assert (answer.status_code, answer.json) == (200, {"reports": 1})


def test_reload_is_off_where_no_token_is_set(settings, folder):
    server = create_server(replace(settings, reports_dir=str(folder)))
    for headers in ({}, {"Authorization": "Bearer "}):
        response = server.test_client().post("/reload", headers=headers)
        assert response.status_code == 403
        assert "RELOAD_TOKEN" in response.text


def test_reload_reaches_every_worker(live, folder, tmp_path):
    count = tmp_path / "count"
    module = f"import os; open({str(count)!r}, 'a').write(f'{{os.getpid()}} ')"
    drop(folder, "x", source(module=module))
    server = live(workers=2)

    def built() -> list[str]:
        return count.read_text().split() if count.exists() else []

    wait_for(
        lambda: title(server, "x") and len(built()) == 2, 20, "a build in each worker"
    )
    status, _ = server.json("POST", "/reload", b"", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    wait_for(lambda: len(built()) == 4, FRESH_SECONDS, "both to build it again")
    assert sorted(built()[:2]) == sorted(built()[2:])


# ---- Embedding, headers, logs


def test_the_embed_page_shows_a_snippet_that_works_when_pasted(client, folder):
    title_ = 'Tom\'s "A & B"'
    drop(folder, "x", source(title_))
    fresh(client, "/reports/x/")
    page = client.get("/reports/x/embed", headers={"Host": "intranet.example.com"}).text
    shown = re.search(r"<pre[^>]*>(.*?)</pre>", page, re.DOTALL)[1]
    snippet = html.unescape(shown)
    assert 'src="http://intranet.example.com/reports/x/?embed=1"' in snippet
    (quoted,) = re.findall(r'title="([^"]*)"', snippet)
    assert html.unescape(quoted) == title_


def _policy(response) -> dict[str, str]:
    parts = response.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in parts)


def test_who_may_frame_a_report_is_a_setting(report_settings, folder):
    origins = "'self' https://intranet.example.com, https://*.example.org:8443/"
    server = create_server(replace(report_settings, frame_ancestors=origins))
    client = server.test_client()
    drop(folder, "x", source())
    drop(folder, "bad", source(before="1 / 0"))
    wanted = "'self' https://intranet.example.com https://*.example.org:8443"
    report = fresh(client, "/reports/x/")
    assert _policy(report)["frame-ancestors"] == wanted
    # So that the sentence is seen where the report would be.
    assert _policy(fresh(client, "/reports/bad/"))["frame-ancestors"] == wanted
    assert _policy(client.get("/"))["frame-ancestors"] == "'self'"
    assert _policy(client.get("/reports/"))["frame-ancestors"] == "'self'"


@pytest.mark.parametrize(
    "origins",
    [
        *("example.com", "https://a;script-src *", "https://a/path", "javascript:a"),
        *("https://a?b", "https://", "'none' https://a.example", "http://a\r\nX-A: b"),
    ],
)
def test_a_bad_origin_is_refused_with_a_sentence(origins):
    with pytest.raises(ValueError, match="FRAME_ANCESTORS holds"):
        reports.check(Settings(frame_ancestors=origins))


def test_a_folder_that_is_none_is_refused_with_a_sentence(tmp_path):
    for path in (tmp_path / "no", __file__):
        with pytest.raises(ValueError, match="REPORTS_DIR is '.*', which is no folder"):
            reports.check(Settings(reports_dir=str(path)))


@pytest.mark.parametrize(
    "name, value", [("FRAME_ANCESTORS", "example.com"), ("REPORTS_DIR", "/nowhere")]
)
def test_a_bad_setting_refuses_the_start_without_a_traceback(start_server, name, value):
    with pytest.raises(AssertionError) as refused:
        start_server(**{name: value})
    assert f"{name} " in str(refused.value)
    assert "Traceback" not in str(refused.value)


def test_headers_and_log_lines_hold_for_reports(live, folder):
    drop(folder, "x", source(module="import warnings; warnings.warn('old'); A = '\\d'"))
    drop(folder, "bad", source(before="1 / 0"))
    server = live(LOG_LEVEL="DEBUG")
    wait_for(lambda: title(server, "x") == "Sample", FRESH_SECONDS, "the report")
    title(server, "bad")
    for path in (
        "/reports/x/",
        "/reports/x/nothing",
        "/reports/bad/",
        "/reports/x/embed",
    ):
        _, headers, _ = server.request("GET", path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert "object-src 'none'" in headers["Content-Security-Policy"]
        assert headers["Content-Security-Policy"].count("default-src") == 1
    ask(server, "x")
    other = server.request(
        "POST", f"/reports/x/{CALLBACK}", question(), **{"Sec-Fetch-Site": "cross-site"}
    )
    assert other[0] == 403
    large = server.request(
        *("POST", f"/reports/x/{CALLBACK}", b" " * 5 * 2**20),
        **{"Content-Type": "application/json"},
    )
    assert large[0] == 413
    server.stop()
    entries = server.log_entries()  # each is JSON
    asked = [e for e in entries if e.get("path") == f"/reports/x/{CALLBACK}"]
    assert sorted(e["status"] for e in asked) == [200, 403, 413]
    assert {e["method"] for e in asked} == {"POST"}


# ---- Speed


def _scripts(page: str) -> list[str]:
    return re.findall(r'<script src="([^"]+)"', page)


def test_a_report_takes_its_bundles_from_where_the_dashboard_has_them(client, folder):
    drop(folder, "x", source())
    page = fresh(client, "/reports/x/").text
    bundles = [s for s in _scripts(page) if "_dash-component-suites" in s]
    assert len(bundles) > 5
    assert set(bundles) <= set(_scripts(client.get("/").text))
    for bundle in bundles:
        response = client.get(bundle)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"]
    plotly = "_dash-component-suites/plotly/package_data/plotly.min.js"
    moved = client.get(f"/reports/x/{plotly}")
    assert moved.headers["Location"] == f"/{plotly}"
    assert "immutable" in moved.headers["Cache-Control"]


def test_the_assets_of_a_report_are_compressed_once_and_kept(
    client, folder, monkeypatch
):
    drop(folder, "x", source())
    assets = folder / "x.assets"
    assets.mkdir()
    (assets / "large.css").write_text("/* large */ " * 2000)
    address = re.search(
        r'href="([^"]+large\.css[^"]+)"', fresh(client, "/reports/x/").text
    )[1]
    sizes = []
    compress = brotli.compress

    def counted(data, **options):
        sizes.append(len(data))
        return compress(data, **options)

    monkeypatch.setattr("flask_compress.flask_compress.brotli.compress", counted)
    for _ in range(3):
        response = client.get(address, headers={"Accept-Encoding": "br"})
        assert response.headers["Content-Encoding"] == "br"
        assert "immutable" in response.headers["Cache-Control"]
    assert len(sizes) == 1
    (assets / "large.css").write_text("/* other */ " * 2001)
    client.get(address, headers={"Accept-Encoding": "br"})
    assert len(sizes) == 2
