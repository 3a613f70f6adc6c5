"""Uploads in a real browser: by dialog and by drop, over a bad connection, cancelled, refused, resumed."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from selenium.webdriver.common.by import By

from tests.conftest import PATIENCE_SECONDS, wait_for

MEGABYTE = 1024 * 1024
DROP = """
const [name, content, target] = arguments;
const transfer = new DataTransfer();
transfer.items.add(new File([content], name));
const element = document.querySelector(target);
for (const type of ["dragover", "drop"]) {
  const event = new DragEvent(type, {bubbles: true, cancelable: true, dataTransfer: transfer});
  element.dispatchEvent(event);
  window.seen = (window.seen || []).concat([
    [event.defaultPrevented, document.querySelector("#upload").hasAttribute("data-dragging")]
  ]);
}
return window.seen;
"""


class Proxy(ThreadingHTTPServer):
    """A proxy between browser and server; `allows` may cut a request off, or delay it."""

    daemon_threads = True

    def __init__(self, target: str):
        super().__init__(("127.0.0.1", 0), _Forward)
        self.target = target.removeprefix("http://")
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.asked: list[str] = []
        self.allows: Callable[[str], bool] = lambda request: True

    def count(self, pattern: str) -> int:
        """Return how many requests matched, such as ``PUT .*/parts/0``."""
        return sum(bool(re.fullmatch(pattern, request)) for request in self.asked)

    def handle_error(self, request, client_address):
        """Ignore browsers that disconnect: that is part of these tests."""


class _Forward(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def _forward(self):
        request = f"{self.command} {self.path}"
        self.server.asked.append(request)
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not self.server.allows(request):
            self.connection.shutdown(socket.SHUT_RDWR)
            self.close_connection = True
            return
        upstream = http.client.HTTPConnection(self.server.target)
        upstream.request(self.command, self.path, body, dict(self.headers))
        answer = upstream.getresponse()
        content = answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in ("connection", "content-length"):
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        upstream.close()

    do_GET = do_POST = do_PUT = do_DELETE = _forward

    def log_message(self, *_):
        """Log nothing."""


@pytest.fixture
def proxy(live_server):
    """A proxy in front of two workers."""
    proxy = Proxy(live_server(workers=2).url)
    threading.Thread(target=proxy.serve_forever, daemon=True).start()
    yield proxy
    proxy.shutdown()
    proxy.server_close()


class Page:
    """The upload page, as a user sees it."""

    def __init__(self, browser, url: str):
        self.browser = browser
        browser.get(url + "/")
        wait_for(self.opened, what="the sample that is open at first")

    def find(self, selector: str):
        found = self.browser.find_elements(By.CSS_SELECTOR, selector)
        return found[0] if found else None

    def text(self, selector: str) -> str:
        return self.browser.execute_script(
            "const found = document.querySelector(arguments[0]); return found ? found.textContent : '';",
            selector,
        )

    def opened(self) -> str:
        """Return the name of the open table."""
        return self.text("#dataset-name")

    def open_dialog(self) -> None:
        # The system's dialog would wait for a user.
        intercepted = {"enabled": True}
        self.browser.execute_cdp_cmd("Page.setInterceptFileChooserDialog", intercepted)
        self.find("#upload-button").click()

    def choose(self, path) -> None:
        self.open_dialog()
        self.find("#upload-file").send_keys(str(path))

    def wait_until_open(self, name: str) -> None:
        def opened() -> bool:
            refusal = self.text("#upload-status [role=alert]")
            assert not refusal, refusal
            return self.opened() == name

        wait_for(opened, what=f"the table {name}")
        assert "dataset=" in self.browser.current_url

    def wait_for_alert(self) -> str:
        return wait_for(
            lambda: self.text("#upload-status [role=alert]"), what="a refusal"
        )

    def wait_for_status(self, words: str) -> None:
        wait_for(lambda: words in self.text("#upload-status"), what=words)


def _csv(folder, name: str, size: int = 10_000):
    path = folder / name
    line = b"2024-05-01,12.5," + b"words " * 20 + b",yes\n"
    path.write_bytes(b"day,value,text,flag\n" + line * (size // len(line)))
    return path


def _complaints(browser) -> list[dict]:
    return [entry for entry in browser.get_log("browser") if entry["level"] != "INFO"]


def test_a_chosen_file_is_uploaded_and_opened(browser, live_server, tmp_path):
    page = Page(browser, live_server(workers=2).url)
    page.choose(_csv(tmp_path, "chosen.csv"))
    page.wait_until_open("chosen.csv")
    assert _complaints(browser) == []


def test_a_dropped_file_is_uploaded_and_opened(browser, live_server):
    page = Page(browser, live_server(workers=2).url)
    content = "a,b\n" + "1,2\n3,5\n" * 50
    seen = browser.execute_script(DROP, "dropped.csv", content, "#upload")
    assert seen == [[True, True], [True, False]]
    page.wait_until_open("dropped.csv")


def test_a_file_that_misses_the_zone_does_not_take_the_page_away(browser, live_server):
    page = Page(browser, live_server(workers=2).url)
    before = page.opened()
    seen = browser.execute_script(DROP, "missed.csv", "a,b\n1,2\n", "body")
    assert seen == [[True, False], [True, False]]
    assert page.text("#upload-status") == ""
    assert page.opened() == before


def test_a_lost_connection_is_said_and_survived(browser, proxy, tmp_path):
    lost = threading.Event()
    lost.set()
    proxy.allows = lambda request: not (lost.is_set() and request.startswith("PUT"))
    page = Page(browser, proxy.url)
    page.choose(_csv(tmp_path, "bumpy.csv"))
    page.wait_for_status("Connection lost, trying again…")
    lost.clear()
    page.wait_until_open("bumpy.csv")


def test_an_upload_shows_how_far_it_is_and_can_be_cancelled(browser, proxy, tmp_path):
    held = threading.Event()
    proxy.allows = lambda request: "/parts/1" not in request or held.wait(
        PATIENCE_SECONDS
    )
    page = Page(browser, proxy.url)
    before = page.opened(), browser.current_url
    page.choose(_csv(tmp_path, "cancelled.csv", 10 * MEGABYTE))
    wait_for(lambda: proxy.count("PUT .*/parts/1"), what="the second part")
    bar = page.find("#upload-status [role=progressbar]")
    assert 75 <= int(bar.get_attribute("aria-valuenow")) <= 100
    assert bar.get_attribute("aria-label") == "Upload of cancelled.csv"
    page.find(".upload-cancel").click()
    assert "cancelled" in page.text("#upload-status")
    wait_for(lambda: proxy.count("DELETE .*"), what="the server to be told")
    held.set()
    assert page.find("[role=progressbar]") is None
    assert (page.opened(), browser.current_url) == before
    assert browser.switch_to.active_element.get_attribute("id") == "upload-button"


def test_an_interrupted_upload_continues_with_the_same_file(browser, proxy, tmp_path):
    path = _csv(tmp_path, "continued.csv", 10 * MEGABYTE)
    proxy.allows = lambda request: "/parts/1" not in request
    page = Page(browser, proxy.url)
    page.choose(path)
    page.wait_for_status("Connection lost")
    proxy.allows = lambda request: True
    page = Page(browser, proxy.url)
    page.choose(path)
    page.wait_until_open("continued.csv")
    assert proxy.count("PUT .*/parts/0") == 1
    assert proxy.count("POST /api/uploads") == 1


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    browser, start_server, tmp_path
):
    live = start_server(MAX_UPLOAD_MB="1")
    page = Page(browser, live.url)
    page.choose(_csv(tmp_path, "large.csv", 2 * MEGABYTE))
    assert "at most 1 MB" in page.wait_for_alert()
    assert not [entry for entry in live.log_entries() if "/api/" in entry["message"]]


def test_a_file_without_a_table_is_refused_in_place_and_nothing_is_lost(
    browser, live_server, tmp_path
):
    page = Page(browser, live_server(workers=2).url)
    before = page.opened(), browser.current_url
    path = tmp_path / "rubbish.csv"
    path.write_bytes(bytes(range(256)) * 50)
    page.choose(path)
    assert page.wait_for_alert().endswith(".")
    assert (page.opened(), browser.current_url) == before
    page.choose(_csv(tmp_path, "better.csv"))
    page.wait_until_open("better.csv")


def test_two_files_at_once_are_refused_with_a_sentence(browser, live_server, tmp_path):
    page = Page(browser, live_server(workers=2).url)
    page.open_dialog()
    browser.execute_script(
        "document.getElementById('upload-file').setAttribute('multiple', '')"
    )
    paths = [_csv(tmp_path, name) for name in ("one.csv", "two.csv")]
    page.find("#upload-file").send_keys("\n".join(map(str, paths)))
    assert page.wait_for_alert() == "Choose one file at a time."
