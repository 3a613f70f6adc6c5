"""Reports under fire: 8 clients ask all reports without pause while their files change and are reloaded.

The reports are our own; the source of the one that has an API takes a second for each answer. A client asks for a
report's page, layout and callbacks, and then for each callback that a browser calls at once, with the values of the
layout.
"""

from __future__ import annotations

import random
import shutil
import statistics
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from tests.reports.asking import find
from tests.reports.stand_in import StandIn, invented, serving

from .results import Result
from .server import PROJECT, Visitor, running

CLIENTS = 8
SECONDS = 30
MAX_P99_SECONDS = 1.0
TOKEN = "benchmark"  # nosec B105
_CHANGE_SECONDS = 0.5
_RELOAD_SECONDS = 3


def measure() -> Iterator[Result]:
    """Ask, change and reload for half a minute; count what failed and how long answers took."""
    source = StandIn(invented(date.today()))
    source.delay = 1.0
    with tempfile.TemporaryDirectory() as root, serving(source):
        folder = Path(root) / "reports"
        shutil.copytree(PROJECT / "app" / "reports", folder)
        names = [path.stem for path in sorted(folder.glob("[!_]*.py"))]
        settings = {
            "REPORTS_DIR": str(folder),
            "RELOAD_TOKEN": TOKEN,
            "API_HOST": source.host,
        }
        with running(**settings) as server:
            server.wait_until_warm()
            clients = [_Client(server.port, names, seed) for seed in range(CLIENTS)]
            clients[0].visit_all()
            begun = time.monotonic()
            stop = threading.Event()
            changes = threading.Thread(
                target=_change, args=(folder, names, server.port, stop)
            )
            threads = [threading.Thread(target=c.work, args=(stop,)) for c in clients]
            for thread in [changes, *threads]:
                thread.start()
            stop.wait(SECONDS)
            stop.set()
            for thread in [changes, *threads]:
                thread.join()
            seconds = time.monotonic() - begun
    yield from _results(clients, seconds, len(names))


def _results(clients: list[_Client], seconds: float, reports: int) -> Iterator[Result]:
    times = [one for client in clients for one in client.times]
    failed = sum((client.failed for client in clients), Counter())
    slow = max(
        (one for client in clients for one in client.slowest.items()), key=_second
    )
    yield Result(
        "Failed requests while reports change under fire",
        failed.total(),
        0,
        "",
        f"of {len(times)} to {reports} reports in {seconds:.0f} s; {dict(failed) or 'none'}",
    )
    yield Result(
        "The 99th percentile of the time of an answer then",
        statistics.quantiles(times, n=100)[98],
        MAX_P99_SECONDS,
        "s",
        f"median {statistics.median(times):.3f} s, worst {max(times):.2f} s ({slow[0]})",
    )


def _second(pair: tuple[str, float]) -> float:
    return pair[1]


def _change(folder: Path, names: list[str], port: int, stop: threading.Event) -> None:
    visitor, chance = Visitor(port), random.Random(0)
    begun = time.monotonic()
    reloads = 0
    while not stop.wait(_CHANGE_SECONDS):
        path = folder / f"{chance.choice(names)}.py"
        with open(path, "a", encoding="utf-8") as file:
            file.write(f"# {time.time()}\n")
        if time.monotonic() - begun > reloads * _RELOAD_SECONDS:
            reloads += 1
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answer = visitor.ask("POST", "/reload", headers=headers)
            if answer.status != 200:
                raise RuntimeError(f"/reload answered {answer.status}.")


class _Client:
    """Somebody who asks all reports, in an order of their own."""

    def __init__(self, port: int, names: list[str], seed: int):
        self._visitor = Visitor(port)
        self._names = names
        self._chance = random.Random(seed)
        self.times: list[float] = []
        self.failed: Counter[str] = Counter()
        self.slowest: dict[str, float] = {}

    def visit_all(self) -> None:
        """Visit each report once; nothing of it counts."""
        for name in self._names:
            self._visit(name)
        self.times.clear()
        self.failed.clear()
        self.slowest.clear()

    def work(self, stop: threading.Event) -> None:
        """Visit reports until told to stop."""
        while not stop.is_set():
            self._visit(self._chance.choice(self._names))

    def _visit(self, name: str) -> None:
        address = f"/reports/{name}/"
        self._ask("GET", address)
        layout = self._ask("GET", f"{address}_dash-layout")
        callbacks = self._ask("GET", f"{address}_dash-dependencies")
        for callback in callbacks or []:
            if (
                not callback["clientside_function"]
                and not callback["prevent_initial_call"]
            ):
                body = _body(callback, layout)
                self._ask("POST", f"{address}_dash-update-component", body)

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        begun = time.perf_counter()
        try:
            answer = self._visitor.ask(method, path, body)
        except OSError as error:
            self.failed[f"{path} {error!r}"] += 1
            raise
        took = time.perf_counter() - begun
        self.times.append(took)
        what = f"{path} {body['output'] if body else ''}".strip()
        self.slowest[what] = max(took, self.slowest.get(what, 0))
        if answer.status not in (200, 204):
            self.failed[f"{path} {answer.status}"] += 1
            return None
        is_json = path.endswith(("layout", "dependencies"))
        return answer.json() if is_json else None


def _body(callback: dict[str, Any], layout: Any) -> dict[str, Any]:
    """Return what a browser sends for a callback when it has just loaded the layout."""

    def filled(dependencies: list[dict]) -> list[dict]:
        return [
            one | {"value": (find(layout, one["id"]) or {}).get(one["property"])}
            for one in dependencies
        ]

    output = callback["output"]
    several = output.startswith("..")
    names = output[2:-2].split("...") if several else [output]
    outputs = [
        {"id": component, "property": prop}
        for component, _, prop in (name.rpartition(".") for name in names)
    ]
    return {
        "output": output,
        "outputs": outputs if several else outputs[0],
        "inputs": filled(callback["inputs"]),
        "state": filled(callback["state"]),
        "changedPropIds": [],
    }
