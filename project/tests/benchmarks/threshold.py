"""Moving the threshold on Evaluate: from the key press to all numbers and figures drawn, and the requests it sends.

A real key press moves the slider; the clock is the browser's, and stops after the frame that shows the last of the
five figures. The holdout has 20,000 rows.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator

from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.waiting import wait_for

from .browser import chromium, open_page, requests_until_quiet
from .evaluate_bytes import HOLDOUT_ROWS
from .results import Result
from .server import running
from .trained import keep_table, train

MOVES = 30
MAX_MS = 100
_WATCH = """
const figures = ["confusion", "roc", "precision-recall", "scores", "cost"];
const numbers = document.getElementById("threshold-says");
const waiting = new Set();
let pressed = 0;
let before = "";
window.moves = [];
document.addEventListener("keydown", (event) => {
    pressed = event.timeStamp;
    before = numbers.textContent;
    figures.forEach((id) => waiting.add(id));
}, true);
const drawn = (id) => {
    const last = waiting.delete(id) && !waiting.size;
    if (last && numbers.textContent !== before) {
        // A task after the next frame's callbacks: the frame has been painted.
        requestAnimationFrame(() => setTimeout(() => window.moves.push(performance.now() - pressed), 0));
    }
};
figures.forEach((id) => {
    document.querySelector(`#${id} .js-plotly-plot`).on("plotly_afterplot", () => drawn(id));
});
"""


def measure() -> Iterator[Result]:
    """Move the threshold by the arrow keys, one move after the other."""
    with running() as server:
        table = keep_table(server, 2 * HOLDOUT_ROWS, "binary")
        run = train(server, table, "binary", ("linear",), folds=2, holdout=50)
        with chromium() as driver:
            open_page(
                driver, f"{server.url}/evaluate?run={run['id']}", "#cost .main-svg"
            )
            driver.execute_script(_WATCH)
            times = _move(driver)
            requests = requests_until_quiet(driver)
    yield Result("Moving the threshold: requests", len(requests), 0, "")
    yield Result(
        "Moving the threshold: until drawn",
        statistics.median(times),
        MAX_MS,
        "ms",
        f"median of {len(times)} moves, worst {max(times):.0f} ms, "
        f"{sum(t < MAX_MS for t in times)} below the limit",
    )


def _move(driver: webdriver.Chrome) -> list[float]:
    thumb = driver.find_element(By.CSS_SELECTOR, "#threshold [role=slider]")
    for i in range(MOVES):
        thumb.send_keys(Keys.ARROW_RIGHT)
        wait_for(
            lambda: driver.execute_script("return window.moves.length") > i,
            what="the figures to follow the threshold",
        )
    return driver.execute_script("return window.moves")
