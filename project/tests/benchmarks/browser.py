"""A headless Chromium that writes down every request it sends and what came back over the wire."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Iterator
from dataclasses import dataclass

from selenium import webdriver
from selenium.common.exceptions import WebDriverException

CALLBACK = "/_dash-update-component"
LAYOUT = "/_dash-layout"
_OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--window-size=1280,900",
)
_QUIET_SECONDS = 1.5
_PAGE_SECONDS = 60
_NETWORK_CHANGED = "ERR_NETWORK_CHANGED"


class NetworkChanged(Exception):
    """Chromium gave requests up by itself, as it does when a container starts on the same machine."""


@dataclass
class Request:
    """One request of the browser; `wire_bytes` are the answer's, with its headers, as they were sent."""

    url: str
    wire_bytes: int = 0

    @property
    def is_callback(self) -> bool:
        """Whether it asked for a callback."""
        return self.url.partition("?")[0].endswith(CALLBACK)

    @property
    def is_layout(self) -> bool:
        """Whether it asked for the frame, with the page that is shown first."""
        return self.url.partition("?")[0].endswith(LAYOUT)


@contextlib.contextmanager
def chromium() -> Iterator[webdriver.Chrome]:
    """Start a browser that has seen nothing yet."""
    options = webdriver.ChromeOptions()
    for option in _OPTIONS:
        options.add_argument(option)
    options.set_capability("goog:loggingPrefs", {"performance": "ALL"})
    # Named, or Selenium would ask the network for one.
    driver = webdriver.Chrome(options, webdriver.ChromeService(_driver_path()))
    driver.set_script_timeout(_PAGE_SECONDS)
    try:
        yield driver
    finally:
        driver.quit()


def _driver_path() -> str:
    path = shutil.which("chromedriver")
    if path is None:
        raise RuntimeError(
            "Chromium and chromedriver are needed: bin/test installs both."
        )
    return path


def open_page(driver: webdriver.Chrome, url: str, selector: str) -> list[Request]:
    """Open a page, wait until it shows `selector` and is quiet, and return all its requests.

    Raises
    ------
    NetworkChanged
        Requests got no answer, through no fault of the page.
    TimeoutError
        It never showed `selector`.
    """
    requests_until_quiet(driver, 0)
    try:
        driver.get(url)
    except WebDriverException as error:
        if _NETWORK_CHANGED in str(error):
            raise NetworkChanged from None
        raise
    return requests_until_quiet(driver, selector=selector)


def wait_to_see(driver: webdriver.Chrome, selector: str) -> None:
    """Wait until the page has an element.

    Raises
    ------
    TimeoutError
        It did not appear.
    """
    deadline = time.monotonic() + _PAGE_SECONDS
    while not _shows(driver, selector):
        if time.monotonic() > deadline:
            raise _never_shown(selector)
        time.sleep(0.02)


def _shows(driver: webdriver.Chrome, selector: str) -> bool:
    return driver.execute_script(
        "return document.querySelector(arguments[0]) !== null", selector
    )


def _never_shown(selector: str) -> TimeoutError:
    return TimeoutError(f"The page never showed {selector}.")


def requests_until_quiet(
    driver: webdriver.Chrome, seconds: float = _QUIET_SECONDS, selector: str = "html"
) -> list[Request]:
    """Return the requests since the last call, once none has been sent or answered for some seconds.

    Raises
    ------
    NetworkChanged
        Requests got no answer, through no fault of the page.
    TimeoutError
        The page is quiet, but does not show `selector`.
    """
    found: dict[str, Request] = {}
    quiet_since = time.monotonic()
    while True:
        messages = _network_messages(driver)
        for message in messages:
            _note(found, message["method"], message["params"])
        quiet = time.monotonic() - quiet_since
        if messages:
            quiet_since = time.monotonic()
        elif quiet >= seconds and _shows(driver, selector):
            return list(found.values())
        elif quiet > _PAGE_SECONDS:
            raise _never_shown(selector)
        time.sleep(0.05)


def _network_messages(driver: webdriver.Chrome) -> list[dict]:
    entries = (
        json.loads(e["message"])["message"] for e in driver.get_log("performance")
    )
    return [entry for entry in entries if entry["method"].startswith("Network.")]


def _note(found: dict[str, Request], method: str, params: dict) -> None:
    if method == "Network.requestWillBeSent":
        url = params["request"]["url"]
        if url.startswith("http"):
            found[params["requestId"]] = Request(url)
    elif method == "Network.loadingFinished" and params["requestId"] in found:
        found[params["requestId"]].wire_bytes = int(params["encodedDataLength"])
    elif method == "Network.loadingFailed":
        if _NETWORK_CHANGED in params["errorText"]:
            raise NetworkChanged
