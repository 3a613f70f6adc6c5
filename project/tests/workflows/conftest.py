"""A repository on GitHub whose commands only record how they were called."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.workflows.events import Event, pull_request, push
from tests.workflows.runner import Run, run_workflow
from tests.workflows.steps import Repository

ROOT = Path(__file__).resolve().parents[3]
WORKFLOWS = ROOT / ".github" / "workflows"
DIGEST = "sha256:" + "1" * 64

SECRETS = {
    "GCP_EMAIL": "deployer@demo-proj.iam.gserviceaccount.com",
    "GCP_PROJECT_ID": "demo-proj",
    "GCP_APP_NAME": "dashboard",
    "GCP_CREDENTIALS": json.dumps(
        {
            "type": "service_account",
            "client_email": "deployer@demo-proj.iam.gserviceaccount.com",
        }
    ),
}
PROVIDER = "projects/1/locations/global/workloadIdentityPools/github/providers/github"

# What each command does besides being recorded; all others do nothing.
_SCRIPTS = {
    "image save *": 'touch "$2"; echo "digest=' + DIGEST + '" >>"$GITHUB_OUTPUT"',
    "challenge *": 'mkdir "$3"; touch "$3/request.md"; echo "better=true" >>"$GITHUB_OUTPUT"',
    "deploy check": 'exec "$0.real" "$@"',
    "deploy push *": 'echo "image=gcr.io/$GCP_PROJECT_ID/$GCP_APP_NAME" >>"$GITHUB_OUTPUT"',
    "deploy fetch *": 'touch "$2"',
    "deploy preview * sha256:*": 'echo "url=https://pr-$2---dashboard.run.app" >>"$GITHUB_OUTPUT"',
    "write-comment *": 'exec "$0.real" "$@"',
    "notice *": 'exec "$0.real" "$@"',
}
_COMMANDS = [
    "project/bin/test",
    "project/bin/image",
    "project/bin/deploy",
    "project/bin/challenge",
    ".github/scripts/request",
    ".github/scripts/write-comment",
    ".github/scripts/comment",
    ".github/scripts/notice",
]


@dataclass(frozen=True)
class Call:
    """One call of a command, and the environment it had."""

    line: str
    environ: dict[str, str] = field(repr=False)


class GitHub:
    """A repository whose workflows run here; tests change its secrets, variables and commands first."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.secrets, self.variables = dict(SECRETS), {}
        self.environments: dict[str, dict[str, str]] = {}
        self.scripts = dict(_SCRIPTS)
        self._calls = folder / "calls"
        self._calls.mkdir()

    def run(self, workflow: str, event: Event) -> Run:
        """Run a workflow of the repository."""
        repository = Repository(
            ROOT,
            self.secrets,
            self.variables,
            self.environments,
            dict.fromkeys(_COMMANDS, self._stub()),
            # All that these commands need.
            paths=[
                ".github",
                "project/bin",
                "project/deploy",
                "project/app/__init__.py",
                "project/app/settings.py",
            ],
        )
        return run_workflow(
            WORKFLOWS / workflow, event, repository, self.folder / "run"
        )

    def fail(self, command: str) -> None:
        """Make a command fail, such as ``deploy release``."""
        self.scripts = {f"{command}*": "exit 1", **self.scripts}

    def cancel(self, command: str, first: str = "") -> None:
        """Have somebody cancel the run while a command works; `first` is done before."""
        works_on = "while sleep 0.1; do :; done"
        cancelled = self.folder / "run" / "cancelled"
        self.scripts = {
            f"{command}*": f"{first}\n touch {cancelled}; {works_on}",
            **self.scripts,
        }

    @property
    def calls(self) -> list[Call]:
        """Every call of a command, in order."""
        files = sorted(self._calls.iterdir(), key=lambda file: int(file.name))
        return [_read(file) for file in files]

    @property
    def lines(self) -> list[str]:
        """Every call of a command, as typed in a shell."""
        return [call.line for call in self.calls]

    def _stub(self) -> str:
        cases = "".join(
            f"  {pattern.replace(' ', chr(92) + ' ')}) {script} ;;\n"
            for pattern, script in self.scripts.items()
        )
        return (
            "#!/usr/bin/env bash\n"
            f"record={self._calls}/$(find {self._calls} -type f | wc -l)\n"
            'line="$(basename "$0")${1+ $*}"\n'
            '{ printf "%s\\0" "$line"; env -0; } >"$record"\n'
            f'case "$line" in\n{cases}esac\n'
        )


def _read(file: Path) -> Call:
    line, *environ = file.read_text().rstrip("\0").split("\0")
    return Call(line, dict(one.split("=", 1) for one in environ))


@pytest.fixture
def github(tmp_path) -> GitHub:
    """A repository with the four secrets, and commands that do nothing but succeed."""
    return GitHub(tmp_path)


@pytest.fixture(scope="module")
def pushed(tmp_path_factory) -> tuple[GitHub, Run]:
    """The same after a push, and the result of the run; tests must not change it."""
    github = GitHub(tmp_path_factory.mktemp("push"))
    return github, github.run("main.yml", push())


@pytest.fixture(scope="module")
def previewed(tmp_path_factory) -> tuple[GitHub, Run]:
    """The same after a push to the branch of pull request 12; tests must not change it."""
    github = GitHub(tmp_path_factory.mktemp("pull-request"))
    github.variables = {
        "GCP_SECRETS": "RELOAD_TOKEN=reload",
        "GCP_DATA_BUCKET": "tables",
        "GCP_SERVICE_ACCOUNT": "runtime@demo-proj.iam.gserviceaccount.com",
        "GCP_PREVIEW_ACCOUNT": "nobody@demo-proj.iam.gserviceaccount.com",
    }
    return github, github.run("main.yml", pull_request(number=12))
