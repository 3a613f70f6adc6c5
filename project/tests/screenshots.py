"""Takes a picture of every page in both themes, on a wide screen and on a phone, so that anybody can look at them."""

from __future__ import annotations

import base64
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
import pandas as pd
from selenium import webdriver
from selenium.common.exceptions import JavascriptException

from app.functions.models.settings import OPTIONS
from app.functions.tables.samples import SAMPLES
from app.storage import DatasetStore, RunStore
from tests.benchmarks.server import Visitor
from tests.benchmarks.trained import start_run
from tests.chromium import new_chromium
from tests.processes import Keeper
from tests.servers import LiveServer, Servers
from tests.waiting import wait_for

THEMES = ("light", "dark")
WIDTHS = {"wide": 1440, "phone": 390}
_HIGHEST = 6000
_SETTLE_SECONDS = 0.4
# Nothing on the page says that it is still at work, and every chart is drawn.
_IS_READY = """
const graphs = [...document.querySelectorAll(".dash-graph")];
const drawn = graphs.every((graph) => graph.querySelector(".main-svg") || !graph.offsetParent);
return document.querySelector("#page > *") !== null && !document.querySelector("#page [aria-busy=true]") && drawn
    && document.title !== "Updating...";
"""
_IS_READY_ELSEWHERE = "return document.readyState === 'complete' && !document.querySelector('._dash-loading');"


@dataclass(frozen=True)
class Picture:
    """One view of the product.

    Attributes
    ----------
    name : str
        The name of its files.
    path : str
        Its address.
    click : tuple of str
        Selectors of what is clicked before the picture is taken.
    of_dashboard : bool
        False for reports and errors, which are pages of their own.
    """

    name: str
    path: str
    click: tuple[str, ...] = ()
    of_dashboard: bool = True


def pictures(
    runs: Mapping[str, str], tables: Mapping[str, str], reports: list[str]
) -> Iterator[Picture]:
    """Return every view, for these runs, tables and reports by name."""
    yield Picture("start", "/")
    for name, table in tables.items():
        yield Picture(f"data-{name}", f"/?dataset={table}")
    orders = "sample-orders"
    yield Picture("train", f"/train?dataset={orders}")
    yield Picture("train-advanced", f"/train?dataset={orders}", ("#train-advanced > summary",))  # fmt: skip
    yield Picture("train-undecided", f"/train?dataset={tables['undecided']}")
    for name, run in runs.items():
        if name == "again":
            continue
        yield Picture(f"trained-{name}", f"/train?run={run}")
        yield Picture(f"evaluate-{name}", f"/evaluate?run={run}")
        yield Picture(f"evaluate-{name}-trust", f"/evaluate?run={run}&tab=trust")
        yield Picture(f"use-{name}", f"/score?run={run}")
        for tab in ("over-time", "from-a-program", "take-away"):
            yield Picture(f"use-{name}-{tab}", f"/score?run={run}&tab={tab}")
    yield Picture("evaluate-none", "/evaluate")
    yield Picture("compare", f"/compare?runs={runs['binary']},{runs['again']}")
    yield Picture("compare-models", f"/compare?runs={runs['binary']}")
    yield Picture("library", "/library")
    yield Picture("share", f"/share?run={runs['binary']}")
    yield Picture("checks", "/checks")
    yield Picture("reports", "/reports/")
    yield Picture("gone", "/evaluate?run=nothing")
    for name in reports:
        yield Picture(f"report-{name}", f"/reports/{name}/", of_dashboard=False)
    yield Picture("embed", f"/reports/{reports[0]}/embed", of_dashboard=False)
    yield Picture("not-found", "/nothing", of_dashboard=False)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--only", default="", help="Only views whose name has this in it.")
def main(folder: Path, only: str) -> None:
    """Write a picture of every page into FOLDER: NAME-light-wide.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    keeper = Keeper()
    with tempfile.TemporaryDirectory(prefix="screenshots-") as own:
        servers = Servers(lambda name: Path(tempfile.mkdtemp(name, dir=own)))
        driver = new_chromium()
        try:
            server = servers.start()
            _take_all(driver, server, folder, only)
        finally:
            driver.quit()
            servers.close()
            keeper.close()


def _take_all(
    driver: webdriver.Chrome, server: LiveServer, folder: Path, only: str
) -> None:
    tables = _tables(server)
    runs = _runs(server)
    reports = [
        entry["url"] for entry in server.json("GET", "/static/dashboards.json")[1]
    ]
    names = [url.rstrip("/").rpartition("/")[2] for url in reports]
    for picture in pictures(runs, tables, names):
        if only in picture.name:
            click.echo(picture.name)
            _take(driver, server.url, picture, folder)


# ---- What there is to see


def _tables(server: LiveServer) -> dict[str, str]:
    datasets = DatasetStore(server.data_dir / "datasets")
    random = np.random.default_rng(0)
    wide = pd.DataFrame(
        random.normal(size=(300, 212)), columns=[f"measure {i}" for i in range(212)]
    )
    wide["a name that is far too long for any column of any table, and goes on and on"] = 1.0  # fmt: skip
    undecided = pd.DataFrame({f"x{i}": random.normal(size=200) for i in range(6)})
    return {
        "orders": "sample-orders",
        "digits": "sample-digits",
        "wide": datasets.add(wide, "212 measurements of a plant, and more.csv"),
        "undecided": datasets.add(undecided, "undecided.csv"),
    }


def _runs(server: LiveServer) -> dict[str, str]:
    datasets = DatasetStore(server.data_dir / "datasets")
    random = np.random.default_rng(0)
    noise = pd.DataFrame(random.normal(size=(200, 6)).round(3), columns=list("abcdef"))
    noise["bought"] = np.where(random.random(200) < 0.5, "yes", "no")
    subjects = {
        "binary": ("sample-orders", SAMPLES["orders"].target, "binary"),
        "multiclass": ("sample-wine", SAMPLES["wine"].target, "multiclass"),
        "regression": ("sample-diabetes", SAMPLES["diabetes"].target, "regression"),
        "noise": (datasets.add(noise, "noise.csv"), "bought", "binary"),
        "again": ("sample-orders", SAMPLES["orders"].target, "binary"),
    }
    visitor = Visitor(int(server.url.rpartition(":")[2]))
    wait_for(lambda: server.request("GET", "/health/ready")[0] == 200)
    visitor.load_app()
    started = {
        name: start_run(visitor, *subject, OPTIONS["models"].default_for(subject[2]), 5)
        for name, subject in subjects.items()
    }
    runs = RunStore(server.data_dir / "runs")
    wait_for(lambda: not any(runs.get(run).active for run in started.values()))
    return started


# ---- Pictures


def _take(driver: webdriver.Chrome, url: str, picture: Picture, folder: Path) -> None:
    for device, width in WIDTHS.items():
        _resize(driver, width, 900)
        driver.get(url + picture.path)
        _wait_until_ready(driver, picture)
        for selector in picture.click:
            driver.execute_script(
                "document.querySelector(arguments[0])?.click()", selector
            )
        for theme in THEMES:
            media = [{"name": "prefers-color-scheme", "value": theme}]
            driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
            _write(driver, folder / f"{picture.name}-{theme}-{device}.png", width)


def _wait_until_ready(driver: webdriver.Chrome, picture: Picture) -> None:
    script = _IS_READY if picture.of_dashboard else _IS_READY_ELSEWHERE

    def ready() -> bool:
        try:
            return driver.execute_script(script)
        except JavascriptException:
            return False

    wait_for(ready, what=f"{picture.path} to be drawn")


def _write(driver: webdriver.Chrome, path: Path, width: int) -> None:
    height = driver.execute_script("return document.documentElement.scrollHeight")
    _resize(driver, width, min(max(height, 700), _HIGHEST))
    # For charts to fit and colours to fade.
    time.sleep(_SETTLE_SECONDS)
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
    path.write_bytes(base64.b64decode(taken["data"]))


def _resize(driver: webdriver.Chrome, width: int, height: int) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}  # fmt: skip
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)


if __name__ == "__main__":
    main()
