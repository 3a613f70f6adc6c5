"""The steps of one job: each runs a command, or what stands in for an action."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.workflows.expressions import as_text, fill, is_met

_SECONDS = 900


@dataclass
class StepResult:
    """What became of one step."""

    name: str
    # success, failure or skipped.
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
    outputs: dict[str, dict] = field(default_factory=dict)
    has_failed: bool = False
    # What is left for the end of the job, the last first.
    at_the_end: list[Callable[[], None]] = field(default_factory=list)

    def for_step(self, environ: Mapping[str, str]) -> dict[str, Any]:
        """Return the contexts that a step's placeholders may use."""
        return {
            **self.contexts,
            "env": {**self.environ, **environ},
            "steps": self.outputs,
            "job": {"status": "failure" if self.has_failed else "success"},
            "runner": {"temp": str(self.temporary), "os": "Linux"},
        }

    def status(self) -> dict[str, Callable[[], bool]]:
        """Return the functions that tell how the job goes."""
        return {
            "success": lambda: not self.has_failed,
            "failure": lambda: self.has_failed,
            "always": lambda: True,
            "cancelled": lambda: False,
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
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c"]
        + [as_text(fill(step["run"], contexts))],
        cwd=scope.workspace / step.get("working-directory", "."),
        env={
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
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_SECONDS,
    )
    scope.environ.update(_pairs(exported))
    outcome = "failure" if done.returncode else "success"
    return StepResult("", outcome, log=scope.masked(done.stdout)), _pairs(output)


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
        # What is cleaned up at its end is cleaned up at the job's.
        at_the_end=[],
    )
    results = []
    for each in action["runs"]["steps"]:
        results += _run_step(each, inner)
    scope.at_the_end += inner.at_the_end
    outcome = "failure" if inner.has_failed else "success"
    return StepResult("", outcome, given), results
