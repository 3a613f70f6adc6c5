"""Reports in a real browser: the catalogue, isolation of failures, and embedding in other pages."""

from __future__ import annotations

import contextlib
import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.test_accessibility import AXE, looks, overflow, violations
from tests.conftest import wait_for
from tests.reports.samples import drop, source

BROKEN_CALLBACK = "if n_clicks == 2: raise KeyError('secret')"
TALL = "parts = [html.Div(id='tall', style={'height': 900})]"
HOSTILE = "\"'>< img src=x onerror=alert(1)> {%scripts%} & Co"
PROBLEM = "#report-problem"
REPORTS = {
    "sales": source("Sales"),
    "stock": source("In stock").replace('("test",)', '("warehouse",)'),
    "hostile": source(HOSTILE),
    "broken": source("Bad <b>one</b>"),
    "tall": source("Steps", callback=BROKEN_CALLBACK, layout=TALL),
}
SHOWN = ["In stock", "Sales", "Steps", HOSTILE]


@pytest.fixture
def folder(tmp_path) -> Path:
    path = tmp_path / "reports"
    path.mkdir()
    return path


@pytest.fixture
def other_site(tmp_path) -> Iterator[tuple[str, Path]]:
    """Another site on another port, and its folder."""
    root = tmp_path / "other"
    root.mkdir()

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", root
        server.shutdown()


@pytest.fixture
def served(start_server, folder, visit):
    """Visit a server with these reports after it has found them."""

    def start(reports: dict[str, str], **environ: str):
        for name, content in reports.items():
            drop(folder, name, content)
        live = start_server(REPORTS_DIR=str(folder), **environ)
        wait_for_all(reports, live)
        return visit(live.url)

    return start


def wait_for_all(reports: dict[str, str], live) -> None:
    """Wait until a server has found them."""

    def found() -> bool:
        return len(live.json("GET", "/reports/catalogue.json")[1]) == len(reports)

    wait_for(found, what="all reports")


@pytest.fixture(scope="module")
def library(live_server, tmp_path_factory):
    """A server with `REPORTS`, which no test changes."""
    folder = tmp_path_factory.mktemp("reports")
    for name, content in REPORTS.items():
        drop(folder, name, content)
    (folder / "sales.assets").mkdir()
    picture = folder / "sales.assets" / "picture.svg"
    picture.write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    live = live_server(REPORTS_DIR=str(folder))
    wait_for_all(REPORTS, live)
    return live


# ---- The catalogue


@pytest.fixture
def catalogue(library, visit):
    visitor = visit(library.url)
    visitor.open("/reports/")
    return visitor


def cards(visitor) -> list[str]:
    """The titles of the cards that are shown."""
    titles = visitor.all("#page .card .card-title")
    return [title.text for title in titles if title.is_displayed()]


def test_the_search_shows_the_cards_that_have_all_the_words(catalogue):
    assert len(cards(catalogue)) == len(REPORTS)
    for words, expected in (
        ("SALES", ["Sales"]),
        ("warehouse in", ["In stock"]),
        ("what it", len(REPORTS)),
        ("<b>", ["Bad <b>one</b>"]),
        ("nowhere", []),
    ):
        catalogue.fill("#reports-find", words)
        catalogue.until(
            lambda: cards(catalogue) == expected or len(cards(catalogue)) == expected,
            f"the cards with {words}",
        )
    assert catalogue.find("#reports-none").is_displayed()
    assert catalogue.query == {"find": "nowhere"}
    catalogue.open("/reports/?find=sales")
    catalogue.until(lambda: cards(catalogue) == ["Sales"], "what the link searches for")


def test_a_card_leads_to_its_report_and_a_broken_one_says_why(catalogue):
    assert HOSTILE in cards(catalogue)
    broken = catalogue.wait_for_text("#page .message", "This report is broken")
    assert "Its TITLE holds HTML" in broken
    links = [link.text for link in catalogue.all("#page .card-title a")]
    assert sorted(links) == sorted(SHOWN)
    catalogue.click_text("Sales", "a")
    catalogue.wait_for_text("h1", "Sales")
    assert catalogue.address == "/reports/sales/"


def test_the_navigation_lists_the_reports_that_can_be_shown(catalogue):
    links = [link.text for link in catalogue.all(".report-link")]
    assert sorted(links) == sorted(SHOWN)
    catalogue.click(".report-link[href='/reports/stock/']")
    catalogue.wait_for_text("h1", "In stock")


def test_axe_finds_nothing_in_the_catalogue(catalogue):
    for look in looks(catalogue):
        assert violations(catalogue) == [], look
        assert overflow(catalogue) <= 0, look


# ---- A report


@pytest.fixture
def report(library, visit):
    visitor = visit(library.url)
    visitor.open("/reports/tall/")
    return visitor


def test_a_callback_that_raises_is_said_in_the_page_until_it_succeeds(report):
    report.forgive("status of 500|dash_renderer")
    report.click("#add")
    report.wait_for_text("#answer", "Steps: 1")
    assert not report.find(PROBLEM).is_displayed()
    report.click("#add")
    said = report.wait_for_text(PROBLEM, "has been logged")
    assert "secret" not in said
    assert report.find(PROBLEM).is_displayed()
    report.click("#add")
    report.wait_for_text("#answer", "Steps: 3")
    assert not report.find(PROBLEM).is_displayed()


def test_a_layout_that_fails_is_said_in_the_page(served):
    content = source().replace("app.layout = ", "app.layout = lambda: 1 / 0 and ")
    visitor = served({"x": content})
    visitor.forgive("status of 500|dash_renderer")
    visitor.driver.get(visitor.site + "/reports/x/")
    visitor.wait_for_text(PROBLEM, "has been logged")


def test_a_page_whose_report_was_replaced_asks_to_be_reloaded(served, folder):
    report = served({"x": source("Sales")})
    report.open("/reports/x/")
    report.forgive("status of 400|dash_renderer")
    drop(folder, "x", source("Sales").replace('"answer"', '"result"'))
    script = "return fetch('/reports/x/_dash-dependencies').then((r) => r.text())"
    report.until(
        lambda: "result.children" in report.driver.execute_script(script), "the new one"
    )
    report.click("#add")
    report.wait_for_text(PROBLEM, "Reload the page and try again.")


def test_axe_finds_nothing_in_a_report_and_the_bar_leads_back(report):
    for look in looks(report):
        assert violations(report) == [], look
        assert overflow(report) <= 0, look
    report.click_text("All reports", "a")
    report.wait_for_text("h1", "Reports")


def test_the_theme_chosen_on_one_page_holds_on_all(report):
    report.prefer("light")
    report.click("#shell-theme")
    report.until(lambda: report.scheme() == "dark", "the dark theme")
    report.forgive("404")
    for path in ("/nowhere", "/reports/tall/embed"):
        report.driver.get(report.site + path)
        report.until(lambda: report.scheme() == "dark", f"{path} in dark")
        report.driver.execute_script(AXE)
        assert violations(report) == []
    report.open("/reports/tall/")
    assert report.scheme() == "dark"
    report.open("/checks")
    assert report.scheme() == "dark"


# ---- Embedded


def test_without_the_bar_it_is_only_the_report(report):
    assert report.find(".report-bar").is_displayed()
    assert report.find(".shell-bar").is_displayed()
    report.open("/reports/tall/?embed=1")
    report.wait_for_text("h1", "Steps")
    assert not report.find(".report-bar").is_displayed()
    assert not report.find(".shell-bar").is_displayed()
    assert violations_of(report) == []


def violations_of(visitor) -> list[str]:
    for _ in looks(visitor):
        return violations(visitor)
    return []


@contextlib.contextmanager
def inside(visitor, frame: str):
    """Switch to a frame."""
    visitor.driver.switch_to.frame(visitor.driver.find_element(By.CSS_SELECTOR, frame))
    yield
    visitor.driver.switch_to.default_content()


def test_the_snippet_when_pasted_shows_the_report_in_its_full_height(
    served, other_site, folder
):
    address, root = other_site
    visitor = served(
        {"x": source('Tom\'s "A & B"', layout=TALL)},
        FRAME_ANCESTORS=f"'self' {address}",
    )
    visitor.forgive("favicon")
    visitor.driver.get(visitor.site + "/reports/x/embed")
    snippet = visitor.text("#snippet")
    head = "<!DOCTYPE html><html lang='en'><title>Other</title><body>"
    (root / "index.html").write_text(head + snippet, encoding="utf-8")
    own = visitor.site
    visitor.driver.get(address)

    def height() -> int:
        return visitor.find("iframe").size["height"]

    visitor.until(
        lambda: height() > 900 and height() != 600, "the height of the report"
    )
    assert visitor.find("iframe").get_attribute("title") == 'Tom\'s "A & B"'
    with inside(visitor, "iframe"):
        visitor.wait_for_text("h1", "Tom's")
        assert not visitor.find(".report-bar").is_displayed()
        visitor.click("#add")
        visitor.wait_for_text("#answer", "1")
        shrink = "document.getElementById('tall').style.height = '20px'"
        visitor.driver.execute_script(shrink)
    visitor.until(lambda: height() < 500, "the frame to shrink with the report")
    asked = [request.split()[1] for request in visitor.requests()]
    assert all(url.startswith((own, address, "about:", "data:")) for url in asked)
    visitor._requests.clear()


def test_a_site_that_is_not_named_cannot_frame_a_report(served, other_site):
    address, root = other_site
    visitor = served({"x": source()})
    frame = f"<iframe src='{visitor.site}/reports/x/?embed=1'></iframe>"
    (root / "index.html").write_text(frame)
    visitor.forgive("favicon|frame-ancestors|Refused to frame|Framing")
    visitor.driver.get(address)
    visitor.until(
        lambda: any("frame" in line for line in _console(visitor)), "the refusal"
    )
    with inside(visitor, "iframe"):
        assert visitor.all("#react-entry-point") == []
    visitor.requests()
    visitor._requests.clear()


def _console(visitor) -> list[str]:
    visitor._console += visitor._drain_console()
    return visitor._console


def test_the_embed_page_copies_its_snippet(report):
    report.driver.execute_cdp_cmd(
        "Browser.grantPermissions",
        {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"]},
    )
    report.driver.get(report.site + "/reports/tall/embed")
    assert f'src="{report.site}/reports/tall/?embed=1"' in report.text("#snippet")
    report.click("#copy")
    report.wait_for_text("#copied", "Copied.")
    script = "const done = arguments[0]; navigator.clipboard.readText().then(done)"
    assert report.driver.execute_async_script(script) == report.text("#snippet")
    report.click_text("Back to the report", "a")
    report.wait_for_text("h1", "Steps")
