"""What a server does besides answering: it loads what is heavy, deletes what expired, and watches its reports."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

import dash_mantine_components as dmc
from dash import dash_table, dcc, html

from app import functions
from app.services import Services
from app.storage import files
from app.storage.datasets import SAMPLE_PREFIX

# Lets the first answer go out before the imports compete with it.
WARM_UP_SECONDS = 0.5
SWEEP_SECONDS = 3600
UPLOAD_DAYS = 1
# What the pages use themselves; all else is loaded by the processes that read and train, or at its first use.
_WARM = (
    (functions.tables, "profiling serialization tasks"),
    (functions.models, "training"),
)

logger = logging.getLogger(__name__)


def start(services: Services) -> None:
    """Start the work in threads that end with the process; once in every process that serves."""

    def work():
        pause = threading.Event()
        pause.wait(WARM_UP_SECONDS)
        _try(warm_up, services)
        while True:
            _try(sweep, services)
            pause.wait(SWEEP_SECONDS)

    threading.Thread(target=work, name="background", daemon=True).start()
    if services.reports:
        services.reports.watch()


def forget_docstrings() -> None:
    """Drop the texts about every component's properties: 8 MB that a server keeps and nobody reads there."""
    for library in (dmc, dcc, html, dash_table):
        for component in vars(library).values():
            if isinstance(component, type):
                component.__doc__ = None


def warm_up(services: Services) -> None:
    """Load what pages compute with, pandas and scikit-learn included, and make the sample that opens first."""
    services.jobs.make_sample(SAMPLE_PREFIX + functions.tables.samples.DEFAULT_SAMPLE)
    for package, modules in _WARM:
        for name in modules.split():
            getattr(package, name)
    services.warm.set()


def sweep(services: Services) -> None:
    """Delete the tables and runs that are older than the settings keep them, and forgotten uploads."""
    days = services.settings.retention_days
    for store, limit in (
        (services.datasets, days),
        (services.runs, days),
        (services.uploads, UPLOAD_DAYS),
    ):
        deleted = files.delete_older_than(store.root, limit)
        if deleted:
            logger.info("Deleted %d expired folders of %s", deleted, store.root.name)


def _try(work: Callable[[Services], None], services: Services) -> None:
    try:
        work(services)
    except Exception:  # whatever it is: the server goes on without
        logger.exception("The background work '%s' failed", work.__name__)
