"""Background work of a server: it loads heavy libraries, deletes expired data, and watches the reports."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

import dash_mantine_components as dmc
from dash import dash_table, dcc, html

from app import functions
from app.jobs.brought import Brought
from app.services import Services
from app.storage.datasets import SAMPLE_PREFIX
from app.storage.served import ServedModels

# So that the imports do not delay the first answer.
WARM_UP_SECONDS = 0.5
SWEEP_SECONDS = 3600
# The modules that pages use; others are loaded by the processes that read and train, or on first use.
_WARM = (
    (functions.tables, "profiling serialization tasks"),
    (functions.models, "catalogue rows settings"),
    (functions.evaluation, "results summary"),
)

logger = logging.getLogger(__name__)


def start(services: Services) -> None:
    """Start the background threads, which end with the process; called once in every process that serves."""
    if services.settings.is_open_to_all:
        logger.warning(
            "Login is off, and other machines reach this server: whoever does may use it. Set LOGIN, or LISTEN to "
            "127.0.0.1"
        )

    def work():
        pause = threading.Event()
        pause.wait(WARM_UP_SECONDS)
        _try(warm_up, services)
        while True:
            _try(sweep, services)
            pause.wait(SWEEP_SECONDS)

    threading.Thread(target=work, name="background", daemon=True).start()
    services.jobs.watch()
    if services.settings.models_dir:
        Brought(services.jobs, Path(services.settings.models_dir)).watch()
    if services.reports:
        services.reports.watch()


def forget_docstrings() -> None:
    """Drop the docstrings of all components, 8 MB that a server does not need."""
    for library in (dmc, dcc, html, dash_table):
        for component in vars(library).values():
            if isinstance(component, type):
                component.__doc__ = None


def warm_up(services: Services) -> None:
    """Load the libraries that pages use, such as pandas and scikit-learn, and create the default sample."""
    for package, modules in _WARM:
        for name in modules.split():
            getattr(package, name)
    try:
        sample = SAMPLE_PREFIX + functions.tables.samples.DEFAULT_SAMPLE
        services.jobs.make_sample(sample)
    finally:  # a disk that is full now may have room later
        services.warm.set()


def sweep(services: Services) -> None:
    """Delete what is older than the retention time or was deleted by its owner, and abandoned uploads."""
    ServedModels(services.jobs.data_dir).keep()
    services.limits.budget.sweep()


def _try(work: Callable[[Services], None], services: Services) -> None:
    try:
        work(services)
    except Exception:  # whatever it is: the server works without it
        logger.exception("The background work '%s' failed", work.__name__)
