"""From drop to profile: a CSV of 100,000 × 20, by the upload API and the page's callback, and in a real browser."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.common.by import By

from .browser import chromium, open_page, wait_to_see
from .results import Result, spread
from .server import Server, Visitor, running
from .tables import N_COLUMNS, generated_table

ROWS = 100_000
ROUNDS = 5
BROWSER_ROUNDS = 3
MAX_SECONDS = 5.0
_NAME = "dropped.csv"


def measure() -> Iterator[Result]:
    """Upload the same file again and again, and wait each time until its profile is there."""
    with tempfile.TemporaryDirectory(
        prefix="benchmark-"
    ) as folder, running() as server:
        path = Path(folder) / _NAME
        generated_table(ROWS, "binary").to_csv(path, index=False)
        server.wait_until_warm()
        times = [_by_http(server, path.read_bytes()) for _ in range(ROUNDS)]
        with chromium() as driver:
            seen = [_by_browser(driver, server, path) for _ in range(BROWSER_ROUNDS)]
        size = path.stat().st_size / 1e6
    table = f"CSV of {ROWS:,} × {N_COLUMNS}"
    yield Result(
        f"{table} to its profile, over HTTP",
        statistics.median(times),
        MAX_SECONDS,
        "s",
        f"{spread(times, 's')}, {size:.1f} MB",
    )
    yield Result(
        f"{table} to its profile, in the browser",
        statistics.median(seen),
        MAX_SECONDS,
        "s",
        spread(seen, "s"),
    )


def _by_http(server: Server, content: bytes) -> float:
    visitor = Visitor(server.port)
    visitor.load_app()
    begun = time.perf_counter()
    announced = {"name": _NAME, "size": len(content)}
    upload = visitor.ask("POST", "/api/uploads", announced).json()
    address, part = f"/api/uploads/{upload['id']}", upload["part_bytes"]
    for number in range(upload["n_parts"]):
        piece = content[number * part : (number + 1) * part]
        visitor.ask("PUT", f"{address}/parts/{number}", content=piece)
    done = visitor.ask("POST", f"{address}/finish").json()
    page = visitor.show_page("/", f"?dataset={done['dataset']}")
    seconds = time.perf_counter() - begun
    if _NAME.encode() not in page.content:
        raise RuntimeError(f"The page does not show the table: {page.content[:200]!r}")
    return seconds


def _by_browser(driver: webdriver.Chrome, server: Server, path: Path) -> float:
    open_page(driver, f"{server.url}/", "#target-distribution .main-svg")
    # The script makes its file field on a click, which would also open a dialog.
    driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", {"enabled": True})
    driver.find_element(By.ID, "upload-button").click()
    field = driver.find_element(By.ID, "upload-file")
    begun = time.perf_counter()
    field.send_keys(str(path))
    wait_to_see(driver, f'#dataset-name[title="{_NAME}"]')
    wait_to_see(driver, "#target-distribution .main-svg")
    return time.perf_counter() - begun
