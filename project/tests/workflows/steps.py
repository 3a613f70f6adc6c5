"""The steps of one job: each runs a command, or what stands in for an action."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.workflows.expressions import as_text, fill, is_met

_SECONDS = 900
# How long a step that is cancelled may take to end, after SIGINT and after SIGTERM. GitHub waits for 7.5 s and 2.5 s.
_PATIENCE = ((signal.SIGINT, 1.0), (signal.SIGTERM, 0.5))


@dataclass
class StepResult:
    """What became of one step."""

    name: str
    # success, failure, cancelled or skipped.
    outcome: str
    # What was handed to the action.
    inputs: dict[str, str] = field(default_factory=dict)
    log: str = ""


@dataclass
class Scope:
    """What the steps of a job share."""

    contexts: dict[str, Any]
    workspace: Path
    temporary: Path
    artifacts: Path
    root: Path
    paths: list[str]
    replaced: Mapping[str, str]
    environ: dict[str, str]
    secrets: list[str]
    stand_ins: Mapping[str, Callable]
    # As soon as it is there, somebody has cancelled the run.
    cancelled: Path
    outputs: dict[str, dict] = field(default_factory=dict)
    has_failed: bool = False
    is_cancelled: bool = False
    # What is left for the end of the job, the last first.
    at_the_end: list[Callable[[], None]] = field(default_factory=list)

    def for_step(self, environ: Mapping[str, str]) -> dict[str, Any]:
        """Return the contexts that a step's placeholders may use."""
        return {
            **self.contexts,
            "env": {**self.environ, **environ},
            "steps": self.outputs,
            "job": {"status": self.result()},
            "runner": {"temp": str(self.temporary), "os": "Linux"},
        }

    def result(self) -> str:
        """Return how the job goes: success, failure or cancelled."""
        if self.is_cancelled:
            return "cancelled"
        return "failure" if self.has_failed else "success"

    def status(self) -> dict[str, Callable[[], bool]]:
        """Return the functions that tell how the job goes."""
        return {
            "success": lambda: self.result() == "success",
            "failure": lambda: self.result() == "failure",
            "always": lambda: True,
            "cancelled": lambda: self.is_cancelled,
        }

    def masked(self, text: str) -> str:
        """Return what a log shows of a text."""
        for secret in filter(str.strip, self.secrets):
            text = text.replace(secret, "***")
        return text

    def file(self, name: str) -> Path:
        """Return the file through which steps tell something, ``GITHUB_OUTPUT`` say."""
        path = self.temporary / name
        path.touch()
        return path

    def summary(self) -> str:
        """Return what the steps wrote for the page of the run."""
        return self.file("GITHUB_STEP_SUMMARY").read_text()


@dataclass
class Action:
    """One use of an action, as its stand-in sees it."""

    name: str
    inputs: dict[str, str]
    scope: Scope
    log: str = ""

    def export(self, name: str, value: str) -> None:
        """Set a variable of the environment for the steps that follow."""
        self.scope.environ[name] = value


class ActionFailed(Exception):
    """The stand-in of an action says that it failed."""


def run_steps(steps: list[dict], scope: Scope) -> list[StepResult]:
    """Run steps until the end; after a failure only those that ask for it.

    Parameters
    ----------
    steps : list of dict
        As the workflow, or a composite action, tells them.
    scope : Scope
        ``has_failed`` tells afterwards how it went.

    Returns
    -------
    list of StepResult
        All, the skipped ones too; those of composite actions behind the one that uses it.
    """
    results: list[StepResult] = []
    for step in steps:
        results += _run_step(step, scope)
    while scope.at_the_end:
        scope.at_the_end.pop()()
    return results


def _run_step(step: dict, scope: Scope) -> list[StepResult]:
    name = step.get("name") or step.get("run") or step["uses"]
    if not _is_wanted(step, scope):
        return [StepResult(name, "skipped")]
    contexts = scope.for_step({})
    environ = {
        key: as_text(fill(value, contexts))
        for key, value in step.get("env", {}).items()
    }
    contexts = scope.for_step(environ)
    inside: list[StepResult] = []
    if "run" in step:
        result, outputs = _run_command(step, scope, environ, contexts)
    elif step["uses"].startswith(("$/", "./")):
        result, inside = _run_composite(step, scope, contexts)
        outputs = {}
    else:
        result, outputs = _run_stand_in(step, scope, contexts)
    result.name = name
    if result.outcome == "failure" and not step.get("continue-on-error"):
        scope.has_failed = True
    if result.outcome == "cancelled":
        scope.is_cancelled = True
    if "id" in step:
        scope.outputs[step["id"]] = {"outputs": outputs, "outcome": result.outcome}
    return [result, *inside]


def _is_wanted(step: dict, scope: Scope) -> bool:
    # GitHub offers no secrets to a condition.
    contexts = {
        key: value for key, value in scope.for_step({}).items() if key != "secrets"
    }
    return is_met(step.get("if", True), contexts, scope.status())


def _run_command(step, scope, environ, contexts) -> tuple[StepResult, dict[str, str]]:
    github = contexts["github"]
    output, exported = scope.file("GITHUB_OUTPUT"), scope.file("GITHUB_ENV")
    output.write_text("")
    exported.write_text("")
    script, log = scope.file("step.sh"), scope.file("log")
    script.write_text(as_text(fill(step["run"], contexts)))
    environ = {
        # Nothing of the tests' own environment but where programs are.
        "PATH": os.environ["PATH"],
        "HOME": str(scope.temporary),
        "CI": "true",
        "GITHUB_ACTIONS": "true",
        "GITHUB_WORKSPACE": str(scope.workspace),
        "GITHUB_REPOSITORY": github["repository"],
        "GITHUB_EVENT_NAME": github["event_name"],
        "GITHUB_SERVER_URL": "https://github.com",
        "GITHUB_REF": github["ref"],
        "GITHUB_SHA": github["sha"],
        "GITHUB_RUN_NUMBER": github["run_number"],
        "GITHUB_RUN_ATTEMPT": github["run_attempt"],
        "GITHUB_OUTPUT": str(output),
        "GITHUB_ENV": str(exported),
        "GITHUB_STEP_SUMMARY": str(scope.file("GITHUB_STEP_SUMMARY")),
        "RUNNER_TEMP": str(scope.temporary),
        **scope.environ,
        **environ,
    }
    # A file, since a pipe would be held open by what a cancelled step leaves behind.
    with log.open("wb") as written:
        process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=scope.workspace / step.get("working-directory", "."),
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    outcome = _outcome(process, scope)
    scope.environ.update(_pairs(exported))
    said = log.read_text(encoding="utf-8")
    return StepResult("", outcome, log=scope.masked(said)), _pairs(output)


def _outcome(process: subprocess.Popen, scope: Scope) -> str:
    """Wait for a step, and break it off if the run is cancelled meanwhile."""
    end = time.monotonic() + _SECONDS
    while not _has_ended(process, 0.05):
        if scope.cancelled.exists() and not scope.is_cancelled:
            _break_off(process)
            # What it leaves behind lives on until the job ends.
            scope.at_the_end.append(lambda: _kill(process))
            return "cancelled"
        if time.monotonic() > end:
            _kill(process)
            raise TimeoutError(f"A step took longer than {_SECONDS} s.")
    return "failure" if process.returncode else "success"


def _break_off(process: subprocess.Popen) -> None:
    """Do as GitHub does: tell the step's first process alone, and kill all that it began only if that does not end."""
    for each, seconds in _PATIENCE:
        process.send_signal(each)
        if _has_ended(process, seconds):
            return
    _kill(process)


def _has_ended(process: subprocess.Popen, seconds: float) -> bool:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        return False
    return True


def _kill(process: subprocess.Popen) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _pairs(file: Path) -> dict[str, str]:
    lines = file.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line)


def _inputs(step: dict, contexts: dict[str, Any]) -> dict[str, str]:
    return {
        key: as_text(fill(value, contexts))
        for key, value in step.get("with", {}).items()
    }


def _run_stand_in(step, scope, contexts) -> tuple[StepResult, dict[str, str]]:
    action = Action(step["uses"].partition("@")[0], _inputs(step, contexts), scope)
    result = StepResult("", "success", action.inputs)
    try:
        outputs = scope.stand_ins[action.name](action) or {}
    except ActionFailed as error:
        result.outcome, outputs = "failure", {}
        action.log += f"{error}\n"
    result.log = scope.masked(action.log)
    return result, outputs


def _run_composite(step, scope, contexts) -> tuple[StepResult, list[StepResult]]:
    """Run the steps of an action of the repository itself; it sees its inputs, and no secrets but those."""
    folder = step["uses"].split("/", 1)[1]
    action = yaml.safe_load((scope.root / folder / "action.yml").read_text())
    given = _inputs(step, contexts)
    inputs = {
        name: given.get(name, as_text(about.get("default")))
        for name, about in action["inputs"].items()
    }
    inner = Scope(
        contexts={"github": contexts["github"], "inputs": inputs},
        workspace=scope.workspace,
        temporary=scope.temporary,
        artifacts=scope.artifacts,
        root=scope.root,
        paths=scope.paths,
        replaced=scope.replaced,
        environ=scope.environ,
        secrets=scope.secrets,
        stand_ins=scope.stand_ins,
        cancelled=scope.cancelled,
        # What is cleaned up at its end is cleaned up at the job's.
        at_the_end=[],
    )
    results = []
    for each in action["runs"]["steps"]:
        results += _run_step(each, inner)
    scope.at_the_end += inner.at_the_end
    return StepResult("", inner.result(), given), results
