"""The command line on a data directory of its own, in this process, and what it prints."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app import cli
from tests.jobs.conftest import small_table


class CommandLine:
    """`python -m app …` with a data directory."""

    def __init__(self, data_dir: Path):
        self.data_dir = data_dir

    def __call__(self, *words: object, **environ: str) -> Result:
        """Carry out a command and return what it printed."""
        done = CliRunner().invoke(
            cli.main,
            [str(word) for word in words],
            env={"DATA_DIR": str(self.data_dir), **environ},
        )
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    def json(self, *words: object, **environ: str) -> Any:
        """Carry out a command that succeeds and prints JSON; return it."""
        done = self(*words, "--json", **environ)
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)


@pytest.fixture
def command(tmp_path) -> CommandLine:
    """The command line with an empty data directory."""
    return CommandLine(tmp_path / "data")


@pytest.fixture(scope="session")
def table(tmp_path_factory) -> Path:
    """A table of two classes that a number tells apart."""
    path = tmp_path_factory.mktemp("tables") / "small.csv"
    small_table(200).to_csv(path, index=False)
    return path


@pytest.fixture(scope="session")
def known(tmp_path_factory, table) -> tuple[CommandLine, dict[str, Any]]:
    """A data directory with a training that a command made, and what it printed; do not change it."""
    command = CommandLine(tmp_path_factory.mktemp("known"))
    return command, command.json("train", table, *QUICK)


QUICK = ("--target", "sick", "--models", "linear", "--folds", "3")
Run = Callable[..., Result]
