"""Embedded reports, headers and log lines, and how report pages load fast."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import brotli
import pytest

from app.app import create_server
from app.hosting import reports
from app.settings import Settings
from tests.conftest import wait_for
from tests.hosting.reports.visits import CALLBACK, ask, fresh, title
from tests.reports.samples import drop, question, source

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
    # So that the sentence is shown in place of the report.
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
        with pytest.raises(
            ValueError, match="REPORTS_DIR is '.*', which is not a folder"
        ):
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
    wait_for(lambda: title(server, "x") == "Sample", what="the report")
    title(server, "bad")
    for path in (
        "/reports/x/",
        "/reports/x/nothing",
        "/reports/bad/",
        "/reports/x/embed",
    ):
        _, headers, _ = server.request("GET", path)
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
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
