"""Addresses of reports: old ones redirect, wrong ones are refused; the catalogue; reload with a token."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest

from app.app import create_server
from tests.conftest import wait_for
from tests.hosting.reports.visits import TOKEN, fresh, raw, title
from tests.reports.samples import drop, source

# ---- Addresses


def test_addresses_that_lead_nowhere_execute_nothing(live, folder, tmp_path):
    mark = tmp_path / "executed"
    outside = source(module=f"open({str(mark)!r}, 'w')")
    drop(tmp_path, "outside", outside)
    drop(folder, "_private", outside)
    drop(folder, "x", source())
    (folder / "x.assets").mkdir()
    server = live()
    wait_for(lambda: title(server, "x") == "Sample", what="the report")
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
        what="the report",
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
    wait_for(lambda: client.get("/reports/catalogue.json").json, what="the report")
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


# What the check for HTML accepts.
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
    # An isolated report does not know by which worker it was started.
    server = live(workers=2, REPORTS_ISOLATED="off")

    def built() -> list[str]:
        return count.read_text().split() if count.exists() else []

    wait_for(
        lambda: title(server, "x") and len(built()) == 2, what="a build in each worker"
    )
    status, _ = server.json("POST", "/reload", b"", Authorization=f"Bearer {TOKEN}")
    assert status == 200
    wait_for(lambda: len(built()) == 4, what="both to build it again")
    assert sorted(built()[:2]) == sorted(built()[2:])
