"""More than fifty times on to another page, from Data to Library: how much the browser's memory grows."""

from __future__ import annotations

import time
from collections.abc import Iterator

from selenium import webdriver

from tests.waiting import wait_for

from .browser import chromium, open_page
from .results import Result
from .server import running
from .trained import keep_table, train

# Both numbers are whole rounds, so that the same page is open each time.
NAVIGATIONS = 52
# Until then the browser still compiles what it runs for the first time, and keeps that on the heap.
WARM_UP = 24
_SETTLE_SECONDS = 1
MAX_PERCENT = 10
ROWS = 2_000
# The step of the navigation, and what its page shows once it is drawn.
STEPS = (("data", "Data"), ("train", "Train"), ("evaluate", "Evaluate"), ("library", "Library"))  # fmt: skip
_DRAWN = """
const page = document.getElementById("page");
const title = page.querySelector("h1");
return Boolean(title) && title.textContent === arguments[0] && !page.querySelector("[aria-busy]")
    && [...page.querySelectorAll(".dash-graph")].every((graph) => graph.querySelector(".main-svg"));
"""


def measure() -> Iterator[Result]:
    """Compare the heap after the first rounds with that some rounds later, garbage collected both times."""
    with running() as server:
        table = keep_table(server, ROWS, "binary")
        run = train(server, table, "binary", ("linear",), folds=2, holdout=50)
        with chromium() as driver:
            address = f"{server.url}/evaluate?run={run['id']}"
            open_page(driver, address, "#cost .main-svg")
            _navigate(driver, WARM_UP)
            before = _heap(driver)
            _navigate(driver, NAVIGATIONS)
            after = _heap(driver)
    yield Result(
        f"{NAVIGATIONS} navigations: growth of the heap",
        100 * (after / before - 1),
        MAX_PERCENT,
        "%",
        f"{before / 1e6:.1f} MB before, {after / 1e6:.1f} MB after",
    )


def _navigate(driver: webdriver.Chrome, times: int) -> None:
    for k in range(times):
        step, title = STEPS[k % len(STEPS)]
        driver.execute_script("document.getElementById(arguments[0]).click()", f"nav-{step}")  # fmt: skip
        wait_for(lambda: driver.execute_script(_DRAWN, title), what=title)


def _heap(driver: webdriver.Chrome) -> float:
    """Return the bytes of the heap that are in use once the page rests, without garbage."""
    time.sleep(_SETTLE_SECONDS)
    for _ in range(2):
        driver.execute_cdp_cmd("HeapProfiler.collectGarbage", {})
    return driver.execute_cdp_cmd("Runtime.getHeapUsage", {})["usedSize"]
