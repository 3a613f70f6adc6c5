"""The first load of '/' from the image of production: callbacks, bytes on the wire, and the time to the first graph.

In a Chromium whose cache is empty, at 10 Mbit/s and a round trip of 40 ms; the same without any compression beside it.
Where no container engine is, the same scripts that make the image compress a copy of what bin/serve serves.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from selenium import webdriver

from deploy.image import budget

from . import container
from .browser import NetworkChanged, Request, chromium, open_page, wait_to_see
from .results import Result, spread
from .server import PROJECT, PYTHON, running

MAX_CALLBACKS = 10
MAX_MEGABYTES = 1.0
MAX_SECONDS = 1.5
ROUNDS = 5
_ATTEMPTS = 5
_SETTLE_SECONDS = 2
GRAPH = "#target-distribution .main-svg"
BITS_PER_SECOND = 10e6
ROUND_TRIP_MS = 40
# Notes when the graph was first there, by the page's own clock, which begins with the navigation.
_WATCH = """
(() => {
  const watch = new MutationObserver(() => {
    if (document.querySelector("%s")) {
      watch.disconnect();
      requestAnimationFrame(() => { window.firstGraph = performance.now(); });
    }
  });
  watch.observe(document, {childList: true, subtree: true});
})();
"""


def measure() -> Iterator[Result]:
    """Open the first page again and again in browsers that have never seen it, and add up its requests."""
    with production() as url:
        requests = load(url)
        plain = load(url, compressed=False)
        # In turn, so that whatever else the machine does hits both alike.
        times = [(seconds(url), seconds(url, compressed=False)) for _ in range(ROUNDS)]
    callbacks = [request for request in requests if request.is_callback]
    largest = sorted(requests, key=lambda request: -request.wire_bytes)[:3]
    yield Result("First load of the page: callbacks", len(callbacks), MAX_CALLBACKS, "")
    yield Result(
        "First load of the page: on the wire",
        megabytes(requests),
        MAX_MEGABYTES,
        "MB",
        f"{megabytes(plain):.2f} MB uncompressed; {len(requests)} requests; the largest: "
        + ", ".join(f"{_file(r.url)} {r.wire_bytes / 1e3:,.0f} kB" for r in largest),
    )
    compressed, uncompressed = zip(*times)
    yield Result(
        "First load of the page: to the first graph",
        statistics.median(compressed),
        MAX_SECONDS,
        "s",
        f"{spread(compressed, 's')}; uncompressed {spread(uncompressed, 's')}, {ROUNDS} loads each",
    )


@contextlib.contextmanager
def production() -> Iterator[str]:
    """Serve what the image of production serves, and give its address once it rests."""
    if container.find_engine():
        with container.running() as prod:
            prod.wait_until_warm()
            yield prod.address
        return
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        running(folder=_as_in_the_image(Path(folder)), PYTHONPATH=folder) as server,
    ):
        server.wait_until_warm()
        yield server.url


def load(url: str, compressed: bool = True) -> list[Request]:
    """Open the first page in a fresh browser and return its requests.

    Raises
    ------
    NetworkChanged
        Again and again.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _load(url, compressed)
        except NetworkChanged:
            if attempt == _ATTEMPTS:
                raise


def _load(url: str, compressed: bool) -> list[Request]:
    with chromium() as driver:
        if not compressed:
            _refuse_compression(driver)
        requests = open_page(driver, f"{url}/", GRAPH)
    return [request for request in requests if request.wire_bytes]


def seconds(url: str, compressed: bool = True) -> float:
    """Return how long a fresh browser waits for the first graph, over a network as a phone has it."""
    with chromium() as driver:
        driver.execute_cdp_cmd("Network.enable", {})
        if not compressed:
            _refuse_compression(driver)
        conditions = {
            "offline": False,
            "latency": ROUND_TRIP_MS,
            "downloadThroughput": BITS_PER_SECOND / 8,
            "uploadThroughput": BITS_PER_SECOND / 8,
        }
        driver.execute_cdp_cmd("Network.emulateNetworkConditions", conditions)
        watch = {"source": _WATCH % GRAPH}
        driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", watch)
        # A browser that has only just started is busy with itself.
        time.sleep(_SETTLE_SECONDS)
        driver.get(f"{url}/")
        wait_to_see(driver, GRAPH)
        return (
            driver.execute_async_script(
                "const done = arguments[0];"
                "const look = () => window.firstGraph ? done(window.firstGraph) : setTimeout(look, 50);"
                "look();"
            )
            / 1e3
        )


def megabytes(requests: list[Request]) -> float:
    """Return what came over the wire."""
    return sum(request.wire_bytes for request in requests) / 1e6


def check_budget(requests: list[Request]) -> str:
    """Compare a first load with the budget, and return a sentence with both numbers.

    Raises
    ------
    ValueError
        It grew by more than 5 %.
    """
    return budget.check(_budget_of(requests), 1e3 * megabytes(requests))


def _budget_of(requests: list[Request]) -> str:
    """Return which budget holds: an image that was built without npm's library has only the full plotly.js."""
    small = any("plotly-cartesian" in request.url for request in requests)
    return "first_load_kb" if small else "first_load_full_kb"


def _refuse_compression(driver: webdriver.Chrome) -> None:
    driver.execute_cdp_cmd("Network.enable", {})
    only = {"headers": {"Accept-Encoding": "identity"}}
    driver.execute_cdp_cmd("Network.setExtraHTTPHeaders", only)


def _as_in_the_image(folder: Path) -> Path:
    """Copy what is served into a folder, with the libraries that send files to browsers, and compress it."""
    found = "import dash, dash_mantine_components as dmc, plotly; print(*(m.__path__[0] for m in (dash, dmc, plotly)))"
    packages = subprocess.run(
        [PYTHON, "-c", found], check=True, capture_output=True, text=True
    ).stdout.split()
    for path in (*packages, PROJECT / "app"):
        shutil.copytree(path, folder / Path(path).name)
    (folder / "docs").mkdir()
    for name in ("wsgi.py", "gunicorn.conf.py", "docs/glossary.md"):
        shutil.copy(PROJECT / name, folder / name)
    scripts = PROJECT / "deploy" / "image"
    for script, *arguments in (["fetch_plotly.py"], ["compress.py", str(folder)]):
        subprocess.run(
            [PYTHON, "-B", str(scripts / script), *arguments],
            env={"PYTHONPATH": str(folder)},
            check=True,
        )
    return folder


def _file(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2].partition(".")[0]


def renew() -> None:
    """Write down what the first page weighs now as its budget."""
    with production() as url:
        requests = load(url)
    budget.renew(**{_budget_of(requests): 1e3 * megabytes(requests)})
    print(check_budget(requests))


if __name__ == "__main__":
    renew()
