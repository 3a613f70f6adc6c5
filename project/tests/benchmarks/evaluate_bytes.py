"""All that the Evaluate page sends for a holdout of 20,000 rows: layout and answers to callbacks, on the wire."""

from __future__ import annotations

from collections.abc import Iterator

from .browser import chromium, open_page
from .results import Result
from .server import running
from .trained import keep_table, train

HOLDOUT_ROWS = 20_000
MAX_KILOBYTES = 300
MODELS = ("linear", "hist_gradient_boosting")
_LAST_GRAPH = {
    "binary": "#cost .main-svg",
    "multiclass": "#calibration .main-svg",
    "regression": "#residuals .main-svg",
}


def measure() -> Iterator[Result]:
    """Train on a table of each task, half of it held out, and open its results in a fresh browser."""
    with running() as server:
        for task, selector in _LAST_GRAPH.items():
            table = keep_table(server, 2 * HOLDOUT_ROWS, task)
            run = train(server, table, task, MODELS, folds=2, holdout=50)
            with chromium() as driver:
                address = f"{server.url}/evaluate?run={run['id']}"
                requests = open_page(driver, address, selector)
            layout = sum(r.wire_bytes for r in requests if r.is_layout)
            calls = [r.wire_bytes for r in requests if r.is_callback]
            yield Result(
                f"Evaluate, {task}, {run['n_test']:,} rows held out",
                (layout + sum(calls)) / 1e3,
                MAX_KILOBYTES,
                "kB",
                f"the layout {layout / 1e3:.1f} kB, {len(calls)} callback{'s' * (len(calls) != 1)}",
            )
