"""A server with a run that is done, asked by a program on its own machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.app import create_server
from app.settings import Settings
from tests.conftest import PATIENCE_SECONDS
from tests.jobs.conftest import Trained, trained  # noqa: F401

PREFIX = "/api/v1"
ROW = {"size": 0.5, "weight": None, "colour": "red"}


class Program:
    """A client of a server in this process.

    Attributes
    ----------
    run : str
        The id of a training of two models that is done.
    """

    def __init__(self, server, run: str):
        self.server, self.run = server, run
        self.services = server.extensions["services"]
        self.client = server.test_client()

    def ask(self, method: str, path: str, body: Any = None, **more: Any):
        """Send a request; a body that is no bytes is sent as JSON."""
        if body is not None and not isinstance(body, bytes):
            more["json"] = body
        elif body is not None:
            more["data"] = body
        return self.client.open(PREFIX + path, method=method, **more)

    def predict(self, rows: Any, query: str = "", **more: Any):
        """Ask for predictions of the run."""
        return self.ask("POST", f"/runs/{self.run}/predict{query}", {"rows": rows}, **more)  # fmt: skip


@pytest.fixture(scope="session")
def program(trained: Trained, tmp_path_factory) -> Iterator[Program]:  # noqa: F811
    """One server for all tests that do not mind what others did."""
    folder: Path = tmp_path_factory.mktemp("api") / "data"
    shutil.copytree(trained.workshop.data_dir, folder)
    settings = Settings(data_dir=str(folder), predict_seconds=PATIENCE_SECONDS)
    server = create_server(settings)
    yield Program(server, trained.run_id)
    server.extensions["services"].models.close()
    server.extensions["services"].jobs.close()
