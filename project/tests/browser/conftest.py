"""A server, browsers, and trained runs, shared by all journeys."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from app import functions
from app.dashboard.state import View, choose
from app.dashboard.training_form import task_of
from app.services import Services
from app.settings import Settings
from tests.browser.visitor import Visitor
from tests.chromium import new_chromium
from tests.conftest import wait_for


@pytest.fixture(scope="session")
def site(live_server):
    """The server that all journeys share."""
    return live_server()


@pytest.fixture(scope="session")
def site_services(site) -> Services:
    """The stores of `site`, to prepare a journey and to check what is stored."""
    return Services.below(site.data_dir, Settings())


def _visit(driver, url: str) -> Iterator[Visitor]:
    visitor = Visitor(driver, url)
    visitor.leave()
    yield visitor
    complaints, strangers = visitor.complaints(), visitor.strangers()
    visitor.leave()
    assert complaints == [], "the console must stay empty"
    assert strangers == [], "no request may leave the server's own origin"


@pytest.fixture
def visitor(_chromium, site) -> Iterator[Visitor]:
    """A new visitor of `site`; at the end the console must be empty, and no other host requested."""
    yield from _visit(_chromium, site.url)


@pytest.fixture(scope="session")
def _second_chromium():
    driver = new_chromium()
    yield driver
    driver.quit()


@pytest.fixture
def colleague(_second_chromium, site) -> Iterator[Visitor]:
    """A second visitor, in a separate browser."""
    yield from _visit(_second_chromium, site.url)


@pytest.fixture
def visit(_chromium) -> Iterator[Callable[[str], Visitor]]:
    """Visit another server: ``visit(live.url)``."""
    open_visits = []

    def start(url: str) -> Visitor:
        visit = _visit(_chromium, url)
        open_visits.append(visit)
        return next(visit)

    yield start
    for visit in open_visits:
        next(visit, None)


@dataclass(frozen=True)
class Trained:
    """A finished run and its settings."""

    id: str
    dataset: str
    settings: Any

    def path(self, **query: str) -> str:
        """The address of its results."""
        more = "".join(f"&{name}={value}" for name, value in query.items())
        return f"/evaluate?run={self.id}{more}"


def settings_for(services: Services, dataset_id: str, **changes: Any):
    """Return settings that train a table quickly, with changes."""
    view = View(dataset_id)
    choice = choose(view, services.datasets.get(dataset_id).profile)
    task = task_of(services, view, choice.target)
    settings = functions.models.settings.TrainingSettings(
        target=choice.target,
        task=task,
        roles=choice.features,
        models=("linear",),
        scoring=functions.evaluation.scoring.DEFAULT_METRIC[task],
        n_splits=2,
    )
    return replace(settings, **changes)


@pytest.fixture(scope="session")
def trained(site_services) -> Callable[..., Trained]:
    """Train a table once for all journeys: ``trained("sample-iris")``."""
    runs: dict[str, Trained] = {}

    def train(dataset_id: str) -> Trained:
        if dataset_id not in runs:
            models = ("linear", "k_neighbors")
            settings = settings_for(site_services, dataset_id, models=models)
            name = site_services.datasets.get(dataset_id).name
            run = site_services.jobs.start(
                "training",
                dataset={"id": dataset_id, "name": name},
                settings=asdict(settings),
            )

            def done() -> bool:
                record = site_services.runs.get(run)
                assert record.active or record.state == "done", record
                return record.state == "done"

            wait_for(done, what=f"the training of {dataset_id}")
            runs[dataset_id] = Trained(run, dataset_id, settings)
        return runs[dataset_id]

    return train


@pytest.fixture
def table(tmp_path) -> Callable[[str, str | bytes], Path]:
    """Write a file to upload: ``table("sales.csv", "a;b\\n1;2\\n")``."""

    def write(name: str, content: str | bytes) -> Path:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write
