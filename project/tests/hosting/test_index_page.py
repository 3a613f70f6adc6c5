"""What pages load: the small plotly.js only where it suffices, and no preload that is not needed."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.app import create_server
from app.hosting import index_page, static_files
from tests.hosting.ahead_of_time import compress
from tests.reports.samples import drop, source

SMALL = "plotly-cartesian."


@pytest.fixture
def image(tmp_path, monkeypatch):
    """Put the small plotly.js into plotly's package, as in the image."""
    folder = tmp_path / "plotly"
    (folder / "package_data").mkdir(parents=True)
    for name in ("plotly.min.js", "plotly-cartesian.min.js"):
        (folder / "package_data" / name).write_text(f"// {name}\n" * 99)
        compress(folder / "package_data" / name)
    found = static_files.package_folder

    def package_folder(package: str):
        return folder if package == "plotly" else found(package)

    monkeypatch.setattr(static_files, "package_folder", package_folder)
    monkeypatch.setattr(index_page, "package_folder", package_folder)


@pytest.fixture
def client(settings, tmp_path):
    """Return a client of a server with two reports, for one of which the small plotly.js suffices."""

    def make():
        reports = tmp_path / "reports"
        reports.mkdir()
        drop(reports, "small", source(module="CARTESIAN = True"))
        drop(reports, "free", source())
        return create_server(replace(settings, reports_dir=str(reports))).test_client()

    return make


def plotly_of(html: str) -> str:
    """Return the address of the plotly.js that a page's graphs load."""
    return re.search(r'<script data-plotly="([^"]+)">', html)[1]


def preloaded(html: str) -> list[str]:
    return re.findall(r'<link rel="preload"[^>]* href="([^"]+)"', html)


def test_the_small_one_is_for_the_dashboard_and_reports_that_say_so(image, client):
    asked = client()
    for path, small in (
        ("/", True),
        ("/evaluate", True),
        ("/reports/small/", True),
        ("/reports/free/", False),
    ):
        assert (SMALL in plotly_of(asked.get(path).text)) == small, path


def test_without_the_small_one_all_pages_load_the_full_one(client):
    asked = client()
    for path in ("/", "/reports/small/", "/reports/free/"):
        assert "package_data/plotly.v" in plotly_of(asked.get(path).text)


@pytest.mark.parametrize("path", ["/", "/reports/free/"])
def test_a_browser_keeps_the_plotly_of_a_page_for_ever(image, client, path):
    asked = client()
    answer = asked.get(plotly_of(asked.get(path).text))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["Cache-Control"]


def test_the_script_that_names_it_is_allowed_to_run(client):
    answer = client().get("/reports/free/")
    policy = answer.headers["Content-Security-Policy"]
    assert "'unsafe-inline'" not in re.search("script-src [^;]*", policy)[0]
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", answer.text, flags=re.DOTALL)
    assert any("_dashPlotlyJSURL" in script for script in scripts)


def test_what_a_first_page_asks_for_is_fetched_early(image, client):
    asked = client()
    early = preloaded(asked.get("/").text)
    assert any(SMALL in address for address in early)
    assert {"/_dash-layout", "/_dash-dependencies"} < set(early)
    for address in early:
        assert asked.get(address).status_code == 200, address


def test_the_largest_script_is_fetched_first(client):
    first = preloaded(client().get("/").text)[0]
    assert "dash_mantine_components" in first


def test_plotly_is_not_fetched_early_for_a_page_that_may_show_no_graph(image, client):
    asked = client()
    for path in ("/train", "/reports/"):
        assert not any("plotly" in one for one in preloaded(asked.get(path).text))


def test_the_full_plotly_is_not_fetched_early(client):
    assert not any("plotly" in address for address in preloaded(client().get("/").text))
