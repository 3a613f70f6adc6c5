"""Runs a workflow as GitHub would, on this machine: its jobs in order, each in a folder of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.workflows.actions import ACTIONS
from tests.workflows.events import Event
from tests.workflows.expressions import fill, is_met
from tests.workflows.steps import Repository, StepResult, Steps

_KEYS = {
    *(
        "name",
        "needs",
        "if",
        "runs-on",
        "timeout-minutes",
        "permissions",
        "environment",
    ),
    *("concurrency", "env", "outputs", "steps"),
}


@dataclass
class Job:
    """The result of one job."""

    # success, failure, cancelled or skipped.
    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    steps: list[StepResult] = field(default_factory=list)
    summary: str = ""

    def step(self, name: str) -> StepResult:
        """Return the step of this name."""
        return next(step for step in self.steps if step.name == name)


@dataclass
class Run:
    """The result of one run of a workflow."""

    jobs: dict[str, Job] = field(default_factory=dict)
    # Of runs in the same concurrency group one waits for the other.
    group: str = ""

    @property
    def results(self) -> dict[str, str]:
        """Each job's result."""
        return {name: job.result for name, job in self.jobs.items()}

    @property
    def log(self) -> str:
        """What all steps printed."""
        return "".join(step.log for job in self.jobs.values() for step in job.steps)

    @property
    def summary(self) -> str:
        """What the page of the run shows."""
        return "".join(job.summary for job in self.jobs.values())


def load(path: Path) -> dict[str, Any]:
    """Read a workflow."""
    workflow = yaml.safe_load(path.read_text(encoding="utf-8"))
    # YAML 1.1 reads `on` as true.
    return {("on" if key is True else key): part for key, part in workflow.items()}


def is_started(path: Path, event: Event) -> bool:
    """Tell whether an event starts a workflow."""
    triggers = load(path)["on"]
    if event.name not in triggers:
        return False
    filters = triggers[event.name] or {}
    if event.name.startswith("pull_request"):
        default = ["opened", "synchronize", "reopened"]
        return event.payload["action"] in filters.get("types", default)
    branch = event.ref.removeprefix("refs/heads/")
    return branch in filters.get("branches", [branch])


def run_workflow(path: Path, event: Event, repository: Repository, folder: Path) -> Run:
    """Run the jobs of a workflow, one after the other.

    Parameters
    ----------
    path : Path
        The workflow's file, in which a job follows those that it needs.
    event : Event
    repository : Repository
    folder : Path
        An empty one, for workspaces and artifacts. A file ``cancelled`` in it cancels the run.

    Returns
    -------
    Run

    Raises
    ------
    ExpressionError
        An expression uses what GitHub does not offer at that place, or what is not known here.
    """
    workflow = load(path)
    contexts = {
        "github": event.context,
        "vars": repository.variables,
        "inputs": event.inputs,
    }
    run = Run(group=fill(workflow.get("concurrency", {}).get("group", ""), contexts))
    for name, definition in workflow["jobs"].items():
        assert set(definition) <= _KEYS, f"{set(definition) - _KEYS} are not known."
        needs = definition.get("needs", [])
        needed = {
            each: run.jobs[each]
            for each in ([needs] if isinstance(needs, str) else needs)
        }
        contexts["needs"] = {
            each: {"outputs": job.outputs} for each, job in needed.items()
        }
        # A job that was skipped or failed counts as not successful for those that need it, and so on.
        has_succeeded = all(job.result == "success" for job in needed.values())
        is_cancelled = "cancelled" in run.results.values()
        condition = definition.get("if", "")
        if is_met(condition, contexts, has_succeeded and not is_cancelled):
            secrets = _secrets(definition, contexts, event, repository)
            offered = {**contexts, "secrets": secrets}
            environ = {
                key: fill(value, offered)
                for key, value in definition.get("env", {}).items()
            }
            environ = {**repository.environ, **environ}
            steps = Steps(offered, environ, repository, folder, name, ACTIONS)
            run.jobs[name] = _run_job(definition, steps)
        else:
            run.jobs[name] = Job("skipped")
    return run


def _secrets(definition, contexts, event, repository) -> dict[str, str]:
    if not event.is_trusted:
        return {}
    environment = fill(definition.get("environment", {}).get("name", ""), contexts)
    return {**repository.secrets, **repository.environments.get(environment, {})}


def _run_job(definition: dict, steps: Steps) -> Job:
    steps.run(definition["steps"])
    outputs = {
        name: fill(value, steps.contexts)
        for name, value in definition.get("outputs", {}).items()
    }
    # GitHub drops an output that contains a secret.
    secrets = [value for value in steps.contexts["secrets"].values() if value]
    handed_on = {
        name: text
        for name, text in outputs.items()
        if steps.status == "success" and not any(secret in text for secret in secrets)
    }
    return Job(steps.status, handed_on, steps.results, steps.summary)
