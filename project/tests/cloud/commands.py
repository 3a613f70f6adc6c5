"""Runs `project/bin/deploy` against the fake cloud, as a workflow would."""

from __future__ import annotations

import itertools
import subprocess
from pathlib import Path

from tests.cloud.fake.cloud import APP_NAME, Cloud, Done
from tests.conftest import PROJECT

DEPLOY = PROJECT / "bin" / "deploy"
# One look at the service after each step is enough for a service that is sick at once.
QUICK = ("--watch", "0", "--within", "10")
_SECONDS = 300
_runs = itertools.count(1)


def deploy(cloud: Cloud, *arguments: str, **environ: str) -> Done:
    """Run one command to its end."""
    process = start(cloud, *arguments, **environ)
    out, err = process.communicate(timeout=_SECONDS)
    return Done(process.returncode, out, err)


def start(cloud: Cloud, *arguments: str, **environ: str) -> subprocess.Popen:
    """Run one command; each has a number of its own, as the runs of a workflow have."""
    run = {"GITHUB_SHA": "0123456789abcdef", "GITHUB_RUN_NUMBER": str(next(_runs))}
    return subprocess.Popen(
        [DEPLOY, *arguments],
        env={
            **cloud.environ,
            "RUNNER_TEMP": str(cloud.rollout.folder),
            **run,
            **environ,
        },
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def release(cloud: Cloud, variant: str = "good", **environ: str) -> Done:
    """Push an image of this kind and release it."""
    return deploy(cloud, "release", cloud.image(variant), *QUICK, **environ)


def released(cloud: Cloud, **environ: str) -> str:
    """Release a good image; return the revision that serves then."""
    done = release(cloud, **environ)
    assert done.code == 0, done.err
    ((revision, percent),) = cloud.traffic().items()
    assert percent == 100
    return revision


def split(cloud: Cloud, **shares: int) -> dict[str, int]:
    """Split the traffic by hand, as a person would."""
    targets = ",".join(f"{name}={share}" for name, share in shares.items())
    command = ("run", "services", "update-traffic", APP_NAME, "--quiet")
    done = cloud.gcloud(*command, f"--to-revisions={targets}", "--region=europe-west1")
    assert done.code == 0, done.err
    return cloud.traffic()


def output_of(path: Path) -> dict[str, str]:
    """Return what a command wrote to ``GITHUB_OUTPUT``."""
    lines = path.read_text().splitlines() if path.exists() else []
    return dict(line.split("=", 1) for line in lines)
