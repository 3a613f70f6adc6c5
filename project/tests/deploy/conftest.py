"""A stub of gcloud that remembers what was created."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import deploy.gcloud
from tests.deploy import stub_gcloud


class StubbedGcloud:
    """What the stub knows, and how it was called."""

    def __init__(self, file: Path):
        self.file = file
        project = {"projectNumber": "4711", "lifecycleState": "ACTIVE"}
        self.write(
            calls=[],
            failures={},
            resources={"projects": {"demo-proj": project}},
            bindings=[],
        )

    def write(self, **parts) -> None:
        """Replace parts of the state."""
        state = json.loads(self.file.read_text()) if self.file.exists() else {}
        self.file.write_text(json.dumps(state | parts))

    @property
    def state(self) -> dict:
        """All that the stub knows."""
        return json.loads(self.file.read_text())

    @property
    def calls(self) -> list[dict]:
        """Every call: its arguments, what it read, whether it only asked."""
        return self.state["calls"]

    @property
    def commands(self) -> list[str]:
        """Every call as one line."""
        return [" ".join(["gcloud", *call["arguments"]]) for call in self.calls]

    @property
    def changes(self) -> list[str]:
        """The calls that change something, each as one line."""
        return [
            " ".join(["gcloud", *call["arguments"]])
            for call in self.calls
            if not call["reads"]
        ]

    @property
    def created(self) -> list[str]:
        """The calls that create something, or give it a value: none of them may be repeated."""
        return [
            line
            for line in self.changes
            if re.search(r" (create|create-oidc|deploy|add) ", line)
        ]

    def fail(self, pattern: str, message: str, code: int = 400) -> None:
        """Let calls fail whose arguments match a pattern."""
        self.write(
            failures={**self.state["failures"], pattern: (message, code)},
        )

    def forget(self) -> None:
        """Forget the calls and failures, not the resources."""
        self.write(calls=[], failures={})

    def put(self, group: str, **resources: dict) -> None:
        """Let resources exist."""
        known = self.state["resources"]
        self.write(
            resources={**known, group: {**known.get(group, {}), **resources}},
        )


@pytest.fixture
def gcloud(tmp_path, monkeypatch) -> StubbedGcloud:
    """A stub of gcloud: first on PATH, and called without a process of its own by the package itself."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "gcloud"
    program.write_text(
        f"#!{sys.executable} -SE\n{Path(stub_gcloud.__file__).read_text()}"
    )
    program.chmod(0o755)
    stub = StubbedGcloud(tmp_path / "gcloud.json")
    monkeypatch.setenv("GCLOUD_STUB", str(stub.file))
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(
        deploy.gcloud,
        "subprocess",
        SimpleNamespace(run=_run, TimeoutExpired=subprocess.TimeoutExpired),
    )
    return stub


def _run(command, input, **_):
    code, printed, complained = stub_gcloud.answer(command[1:], input)
    return subprocess.CompletedProcess(command, code, printed, complained)


@pytest.fixture
def service_environ(monkeypatch) -> None:
    """The least that has to be configured, and no other such variable in the environment."""
    for name in [name for name in os.environ if name.startswith("GCP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GCP_PROJECT_ID", "demo-proj")
    monkeypatch.setenv("GCP_APP_NAME", "dashboard")
