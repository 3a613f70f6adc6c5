"""The steps of one job: each runs a command, a fake of an action, or the steps of the repository's own action."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.workflows.expressions import fill, is_met

_SECONDS = 900
# How long a cancelled step may take to end after each signal. GitHub waits for 7.5 s and 2.5 s.
_GRACE = ((signal.SIGINT, 1.0), (signal.SIGTERM, 0.5))
_KEYS = {"name", "id", "if", "run", "env", "uses", "with"}


class ActionFailed(Exception):
    """A fake action reports that it failed."""


@dataclass
class Repository:
    """What is set on GitHub, and where the files are."""

    root: Path
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    # Secrets that only jobs of one environment get.
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    # Texts of scripts that replace others in each checkout, by path.
    replaced: dict[str, str] = field(default_factory=dict)
    # What is checked out of it.
    paths: list[str] = field(default_factory=lambda: ["."])
    # Added to the environment of every step, such as PATH.
    environ: dict[str, str] = field(default_factory=dict)


@dataclass
class StepResult:
    """The result of one step."""

    name: str
    # success, failure, cancelled or skipped.
    outcome: str
    # What the action was given.
    inputs: dict[str, str] = field(default_factory=dict)
    log: str = ""


@dataclass
class Steps:
    """Runs the steps of one job, and is what a fake action sees of it.

    Attributes
    ----------
    contexts : dict
        ``github``, ``secrets``, ``vars``, ``needs`` and ``inputs``.
    environ : dict of str to str
        Environment variables of all steps.
    repository : Repository
    folder : pathlib.Path
        Of the run; as soon as it has a file ``cancelled``, somebody has cancelled the run.
    job : str
        The name of the job, and of its folder.
    actions : dict of str to callable
        The fake of each action, called with this object and the action's inputs.
    """

    contexts: dict[str, Any]
    environ: dict[str, str]
    repository: Repository
    folder: Path
    job: str
    actions: dict[str, Callable]
    # How the job is going: success, failure or cancelled.
    status: str = "success"
    results: list[StepResult] = field(default_factory=list)
    # What is left for the end of the job, the last first.
    cleanups: list[Callable[[], None]] = field(default_factory=list)

    def run(self, steps: list[dict]) -> None:
        """Run steps to the end; after a failure only those whose condition says ``always()``."""
        self.contexts["steps"] = {}
        for path in (self.workspace, self.temporary):
            path.mkdir(parents=True)
        for step in steps:
            self._run_step(step, self.contexts)
        while self.cleanups:
            self.cleanups.pop()()

    @property
    def workspace(self) -> Path:
        """The folder in which commands run."""
        return self.folder / self.job / "workspace"

    @property
    def temporary(self) -> Path:
        """The folder for other files of the job."""
        return self.folder / self.job / "temporary"

    @property
    def artifacts(self) -> Path:
        """The folder for what a job keeps for later ones."""
        return self.folder / "artifacts"

    @property
    def summary(self) -> str:
        """What the steps wrote for the page of the run."""
        return self._file("GITHUB_STEP_SUMMARY").read_text()

    def _run_step(self, step: dict, contexts: dict[str, Any]) -> None:
        assert set(step) <= _KEYS, f"{set(step) - _KEYS} are not known here."
        result = StepResult(step["name"], "skipped")
        self.results.append(result)
        # GitHub offers no secrets to a condition.
        offered = {key: value for key, value in contexts.items() if key != "secrets"}
        if not is_met(step.get("if", ""), offered, self.status == "success"):
            return
        if "run" in step:
            outputs = self._run_command(step, contexts, result)
        else:
            outputs = self._run_action(step, contexts, result)
        if self.status == "success":
            self.status = result.outcome
        if "id" in step:
            contexts["steps"][step["id"]] = {
                "outputs": outputs,
                "outcome": result.outcome,
            }

    def _run_action(self, step, contexts, result) -> dict[str, str]:
        name = step["uses"].partition("@")[0]
        result.inputs = {
            key: fill(value, contexts) for key, value in step.get("with", {}).items()
        }
        if name.startswith("$/"):
            self._run_own_action(name, contexts["github"], result)
            return {}
        arguments = {key.replace("-", "_"): v for key, v in result.inputs.items()}
        result.outcome = "success"
        try:
            return self.actions[name](self, **arguments) or {}
        except ActionFailed as error:
            result.outcome, result.log = "failure", f"{error}\n"
            return {}

    def _run_own_action(self, name: str, github: dict, result: StepResult) -> None:
        """Run the steps of an action of the repository: it sees its inputs, and no secrets but those."""
        action = yaml.safe_load(
            (self.repository.root / name[2:] / "action.yml").read_text()
        )
        assert set(result.inputs) <= set(action["inputs"])
        inputs = {key: result.inputs.get(key, "") for key in action["inputs"]}
        for step in action["runs"]["steps"]:
            self._run_step(step, {"github": github, "inputs": inputs})
        result.outcome = self.status

    def _run_command(self, step, contexts, result) -> dict[str, str]:
        output, log = self._file("GITHUB_OUTPUT"), self._file("log")
        output.write_text("")
        # A file, as on GitHub: `bash -c` would replace itself with the command, as if that began with `exec`.
        script = self._file("step.sh")
        script.write_text(step["run"])
        own = {key: fill(value, contexts) for key, value in step.get("env", {}).items()}
        # A file, since a pipe would be held open by what a cancelled step leaves behind.
        with log.open("wb") as written:
            process = subprocess.Popen(
                ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
                cwd=self.workspace,
                env={
                    **self._default_environ(contexts["github"]),
                    **self.environ,
                    **own,
                },
                stdin=subprocess.DEVNULL,
                stdout=written,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        result.outcome = self._outcome(process)
        result.log = log.read_text(encoding="utf-8")
        lines = output.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def _default_environ(self, github: dict) -> dict[str, str]:
        """Return what GitHub sets, and nothing of the tests' own environment but where programs are."""
        variables = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.temporary),
            "RUNNER_TEMP": str(self.temporary),
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_SERVER_URL": "https://github.com",
        }
        for name in ("repository", "event_name", "ref", "sha", "run_number"):
            variables[f"GITHUB_{name.upper()}"] = github[name]
        for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
            variables[name] = str(self._file(name))
        return variables

    def _file(self, name: str) -> Path:
        path = self.temporary / name
        path.touch()
        return path

    def _outcome(self, process: subprocess.Popen) -> str:
        """Wait for a step, and interrupt it if the run is cancelled meanwhile."""
        end = time.monotonic() + _SECONDS
        while not _has_ended(process, 0.05):
            is_cancelled = (self.folder / "cancelled").exists()
            if is_cancelled and self.status == "success":
                _interrupt(process)
                # What it leaves behind lives on until the job ends.
                self.cleanups.append(lambda: _kill(process))
                return "cancelled"
            if time.monotonic() > end:
                _kill(process)
                raise TimeoutError(f"A step took longer than {_SECONDS} s.")
        return "failure" if process.returncode else "success"


def _interrupt(process: subprocess.Popen) -> None:
    """Do as GitHub does: signal the step's first process alone, and kill its children only if it does not end."""
    for each, seconds in _GRACE:
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
