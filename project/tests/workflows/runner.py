"""Runs a workflow as GitHub would, on this machine: its jobs in order, each in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from tests.workflows.events import Event
from tests.workflows.expressions import as_text, fill, is_met
from tests.workflows.stand_ins import STAND_INS
from tests.workflows.steps import Scope, StepResult, run_steps


@dataclass
class Repository:
    """What is set on GitHub, and where the files are."""

    root: Path
    secrets: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    # Secrets that only jobs of one environment get.
    environments: dict[str, dict[str, str]] = field(default_factory=dict)
    # Texts of scripts that take the place of others in each checkout, by path.
    replaced: dict[str, str] = field(default_factory=dict)
    # What is checked out of it.
    paths: list[str] = field(default_factory=lambda: ["."])
    # Added to the environment of every step: PATH, say, or where the cloud is.
    environ: dict[str, str] = field(default_factory=dict)


@dataclass
class Job:
    """What became of one job."""

    name: str
    # success, failure, cancelled or skipped.
    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    # Outputs that hold a secret, and so got lost on their way.
    dropped: list[str] = field(default_factory=list)
    steps: list[StepResult] = field(default_factory=list)
    environment: str = ""
    is_deployment: bool = False
    concurrency: dict[str, Any] = field(default_factory=dict)
    permissions: dict[str, str] = field(default_factory=dict)
    summary: str = ""

    def ran(self) -> list[str]:
        """Return the names of the steps that were begun, in order."""
        return [step.name for step in self.steps if step.outcome != "skipped"]

    def step(self, name: str) -> StepResult:
        """Return the step of this name."""
        return next(step for step in self.steps if step.name == name)


@dataclass
class Run:
    """What became of one run of a workflow."""

    jobs: dict[str, Job] = field(default_factory=dict)
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


def is_started(path: Path, event: Event) -> bool:
    """Tell whether an event starts a workflow."""
    # YAML 1.1 reads `on` as true.
    triggers = _load(path)[True]
    if event.name not in triggers:
        return False
    filters = triggers[event.name] or {}
    if event.name in ("pull_request", "pull_request_target"):
        types = filters.get("types", ["opened", "synchronize", "reopened"])
        return event.action in types
    branches = filters.get("branches") if event.name == "push" else None
    return branches is None or event.ref.removeprefix("refs/heads/") in branches


def run_workflow(
    path: Path,
    event: Event,
    repository: Repository,
    folder: Path,
    stand_ins: Mapping[str, Callable] = STAND_INS,
) -> Run:
    """Run every job of a workflow, one after the other.

    Parameters
    ----------
    path : Path
        The workflow's file.
    event : Event
    repository : Repository
    folder : Path
        An empty one, for workspaces and artifacts. A file ``cancelled`` in it cancels the run.
    stand_ins : mapping of str to callable
        What is done in place of each action.

    Returns
    -------
    Run

    Raises
    ------
    ExpressionError
        An expression uses what GitHub does not offer at that place.
    """
    workflow = _load(path)
    run = Run()
    github = {"github": event.context, "vars": repository.variables}
    github["inputs"] = event.inputs
    run.group = fill(workflow.get("concurrency", {}).get("group", ""), github)
    for name in _in_order(workflow["jobs"]):
        runner = _JobRunner(name, workflow, event, repository, folder, stand_ins)
        run.jobs[name] = runner.run(run.jobs)
    return run


def _load(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _in_order(jobs: dict[str, dict]) -> list[str]:
    ordered: list[str] = []
    while len(ordered) < len(jobs):
        ready = [
            name
            for name, job in jobs.items()
            if name not in ordered and set(_needs(job)) <= set(ordered)
        ]
        assert ready, "Jobs need each other in a circle, or one that is not there."
        ordered += ready
    return ordered


def _needs(job: dict) -> list[str]:
    needs = job.get("needs", [])
    return [needs] if isinstance(needs, str) else needs


def _ancestors(name: str, jobs: dict[str, dict]) -> set[str]:
    found = set(_needs(jobs[name]))
    return found.union(*(_ancestors(each, jobs) for each in found))


class _JobRunner:
    def __init__(self, name, workflow, event, repository, folder, stand_ins):
        self.name, self.workflow, self.event = name, workflow, event
        self.definition = workflow["jobs"][name]
        self.repository, self.folder, self.stand_ins = repository, folder, stand_ins

    def run(self, earlier: dict[str, Job]) -> Job:
        contexts = self._contexts(earlier)
        if not self._is_wanted(earlier, contexts):
            return Job(self.name, "skipped")
        job = self._describe(contexts)
        secrets = self._secrets(job.environment)
        contexts["secrets"] = {**secrets, "GITHUB_TOKEN": "ghs_token"}
        scope = Scope(
            contexts=contexts,
            workspace=self._folder("workspace"),
            temporary=self._folder("temporary"),
            artifacts=self.folder / "artifacts",
            root=self.repository.root,
            paths=self.repository.paths,
            replaced=self.repository.replaced,
            environ=self._environ(contexts),
            secrets=[value for value in secrets.values() if value],
            stand_ins=self.stand_ins,
            cancelled=self.folder / "cancelled",
        )
        job.steps = run_steps(self.definition["steps"], scope)
        job.result = scope.result()
        job.summary = scope.summary()
        if job.result == "success":
            self._keep_outputs(job, scope)
        return job

    def _contexts(self, earlier: dict[str, Job]) -> dict[str, Any]:
        """Return what a job's condition may ask; secrets are not among it."""
        return {
            "github": self.event.context,
            "vars": self.repository.variables,
            "inputs": self.event.inputs,
            "needs": {
                need: {"result": earlier[need].result, "outputs": earlier[need].outputs}
                for need in _needs(self.definition)
            },
        }

    def _is_wanted(self, earlier: dict[str, Job], contexts: dict[str, Any]) -> bool:
        before = _ancestors(self.name, self.workflow["jobs"])
        results = {earlier[name].result for name in before}
        is_cancelled = any(job.result == "cancelled" for job in earlier.values())
        status = {
            "success": lambda: results <= {"success"} and not is_cancelled,
            "failure": lambda: "failure" in results,
            "always": lambda: True,
            "cancelled": lambda: is_cancelled,
        }
        return is_met(self.definition.get("if", True), contexts, status)

    def _describe(self, contexts: dict[str, Any]) -> Job:
        environment = self.definition.get("environment", {})
        concurrency = self.definition.get("concurrency", {})
        name = fill(environment.get("name", ""), contexts)
        return Job(
            self.name,
            "",
            environment=name,
            is_deployment=bool(name) and environment.get("deployment", True),
            concurrency={
                key: fill(value, contexts) for key, value in concurrency.items()
            },
            permissions=self.definition.get(
                "permissions", self.workflow.get("permissions")
            ),
        )

    def _secrets(self, environment: str) -> dict[str, str]:
        if not self.event.is_trusted:
            return {}
        own = self.repository.environments.get(environment, {})
        return {**self.repository.secrets, **own}

    def _folder(self, name: str) -> Path:
        path = self.folder / self.name / name
        path.mkdir(parents=True)
        return path

    def _environ(self, contexts: dict[str, Any]) -> dict[str, str]:
        declared = {**self.workflow.get("env", {}), **self.definition.get("env", {})}
        filled = {
            key: as_text(fill(value, contexts)) for key, value in declared.items()
        }
        return {**self.repository.environ, **filled}

    def _keep_outputs(self, job: Job, scope: Scope) -> None:
        contexts = scope.for_step({})
        for name, value in self.definition.get("outputs", {}).items():
            text = as_text(fill(value, contexts))
            if any(secret in text for secret in scope.secrets):
                job.dropped.append(name)
            else:
                job.outputs[name] = text
