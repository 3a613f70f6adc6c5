"""The workflows' own steps, from the files in .github, against the real gcloud, skopeo and a real registry."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.cloud.fake.cloud import APP_NAME, Cloud
from tests.cloud.fake.registry import Registry
from tests.workflows.conftest import ROOT, SECRETS, WORKFLOWS
from tests.workflows.events import (
    Event,
    dispatch,
    on_main,
    pull_request,
    push,
    schedule,
)
from tests.workflows.runner import Run, run_workflow
from tests.workflows.steps import Repository

_PATHS = [".github", "project"]
# One look at the service after each step is enough for one that is sick at once.
_DEPLOY = """#!/usr/bin/env bash
case $1 in
  release) set -- "$@" --watch {watch} --within 10 ;;
  rollback) set -- "$@" --watch 0 ;;
esac
exec "$0.real" "$@"
"""
# The image's own tests build it a second time otherwise; they are run by themselves.
_IMAGE_UNCHECKED = """#!/usr/bin/env bash
[[ $1 == check ]] || exec "$0.real" "$@"
"""
_SKOPEO = """#!/usr/bin/env bash
# gcr.io is a registry on this machine here, which speaks plain HTTP; only `copy` knows these two options.
set -- "${{@//docker:\\/\\/gcr.io/docker:\\/\\/{host}}}"
[[ $1 != copy ]] || set -- "$@" --src-tls-verify=false --dest-tls-verify=false
exec {skopeo} "$@"
"""


class Site:
    """A repository on GitHub whose service is on the fake cloud."""

    def __init__(self, cloud: Cloud, folder: Path):
        self.cloud, self._folder = cloud, folder
        self._runs = 0
        self.variables: dict[str, str] = {}
        self._programs = folder / "programs"
        self._programs.mkdir()
        self._program(
            "skopeo",
            _SKOPEO.format(skopeo=shutil.which("skopeo"), host=cloud.registry.host),
        )

    def run(self, workflow: str, event: Event, image: str, watch: int = 0) -> Run:
        """Run a workflow; `image` takes the place of project/bin/image, `watch` is a release's patience in seconds."""
        self._runs += 1
        repository = Repository(
            ROOT,
            dict(SECRETS),
            self.variables,
            replaced={
                "project/bin/test": "#!/usr/bin/env bash\n",
                "project/bin/image": image,
                "project/bin/deploy": _DEPLOY.format(watch=watch),
                ".github/scripts/comment": "#!/usr/bin/env bash\n",
            },
            paths=_PATHS,
            environ=self._environ(),
        )
        return run_workflow(WORKFLOWS / workflow, event, repository, self._run_folder())

    @contextmanager
    def cancelled_when(self, condition: Callable[[], bool]) -> Iterator[None]:
        """Somebody cancels the run that is begun here as soon as a condition holds."""
        over = threading.Event()
        cancelled = self._run_folder(self._runs + 1) / "cancelled"

        def look() -> None:
            while not over.wait(0.1):
                if condition():
                    cancelled.touch()
                    return

        looking = threading.Thread(target=look)
        looking.start()
        try:
            yield
        finally:
            over.set()
            looking.join()

    def _run_folder(self, number: int | None = None) -> Path:
        return self._folder / f"run-{number or self._runs}"

    def comment(self) -> str:
        """Return the comment of the last run."""
        folder = self._run_folder() / "artifacts" / "comment"
        return (folder / "comment.md").read_text()

    def tags(self) -> set[str]:
        """Return all tags in the registry."""
        images = self.cloud.registry.images(APP_NAME)
        return {tag for image in images for tag in image.tags}

    def _environ(self) -> dict[str, str]:
        kept = {
            name: value
            for name, value in self.cloud.environ.items()
            if name.startswith("CLOUDSDK_") or name == "DOCKER_CONFIG"
        }
        return {**kept, "PATH": f"{self._programs}:{os.environ['PATH']}"}

    def _program(self, name: str, text: str) -> None:
        path = self._programs / name
        path.write_text(text)
        path.chmod(0o755)


def tiny_image(registry: Registry, folder: Path) -> tuple[str, str]:
    """Return a script that replaces project/bin/image and saves a tiny image of its own, and that image's digest."""
    digest = registry.add("tiny")
    archive = folder / f"{digest[7:]}.tar"
    source = f"docker://{registry.name('tiny', digest)}"
    copy = ("skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false")
    subprocess.run([*copy, source, f"oci-archive:{archive}"], check=True)
    script = (
        "#!/usr/bin/env bash\n[[ $1 == save ]] || exit 0\n"
        f'cp {archive} "$2"\necho "digest={digest}" >>"$GITHUB_OUTPUT"\n'
    )
    return script, digest


@pytest.fixture
def site(cloud, tmp_path) -> Site:
    """A repository whose images are tiny, and whose service runs as processes of this very app."""
    return Site(cloud, tmp_path)


@pytest.fixture
def image(registry, tmp_path) -> Callable[[], tuple[str, str]]:
    """Makes an image that differs from all others."""
    return lambda: tiny_image(registry, tmp_path)


def succeeded(run: Run, *jobs: str) -> None:
    for job in jobs:
        assert run.results[job] == "success", run.log


def test_a_push_goes_live_and_the_next_one_takes_over(site, image):
    script, digest = image()
    succeeded(site.run("main.yml", push(), script), "deploy")
    (first,) = site.cloud.traffic()
    assert site.cloud.traffic() == {first: 100}
    assert site.cloud.revisions()[first].digest == digest
    assert requests.get(f"{site.cloud.url()}/health/ready", timeout=30).ok

    script, digest = image()
    succeeded(site.run("main.yml", push(), script), "deploy")
    (second,) = site.cloud.traffic()
    assert site.cloud.revisions()[second].digest == digest
    assert site.cloud.tags() == {}
    released = {tag for tag in site.tags() if tag.startswith("released-")}
    assert len(released) == 2

    succeeded(site.run("rollback.yml", dispatch(revision=""), script), "rollback")
    assert site.cloud.traffic() == {first: 100}


def test_a_sick_image_fails_the_run_and_the_one_before_serves(site, image):
    script, _ = image()
    succeeded(site.run("main.yml", push(), script), "deploy")
    before = site.cloud.traffic()
    script, digest = image()
    site.cloud.runner.prepare(digest, "broken-page")
    run = site.run("main.yml", push(), script)
    assert run.results["deploy"] == "failure"
    assert run.jobs["deploy"].step("Clean up old images").outcome == "skipped"
    assert site.cloud.traffic() == before
    assert site.cloud.tags() == {}
    assert "The traffic is as it was" in run.summary


def test_a_release_that_is_cancelled_on_its_way_is_taken_back(site, image):
    script, _ = image()
    succeeded(site.run("main.yml", push(), script), "deploy")
    before = site.cloud.traffic()
    script, _ = image()
    # Long enough that it is still watching with its first share of the traffic.
    with site.cancelled_when(lambda: len(site.cloud.traffic()) > 1):
        run = site.run("main.yml", push(), script, watch=300)
    deploy = run.jobs["deploy"]
    assert deploy.result == "cancelled", run.log
    assert deploy.step("Undo an interrupted release").outcome == "success", run.log
    assert deploy.step("Clean up old images").outcome == "skipped"
    assert site.cloud.traffic() == before
    assert site.cloud.tags() == {}


def test_a_pull_request_is_shown_and_its_preview_goes_with_it(site, image):
    script, _ = image()
    succeeded(site.run("main.yml", push(), script), "deploy")
    before = site.cloud.traffic()
    script, digest = image()
    run = site.run("main.yml", pull_request(number=12), script)
    succeeded(run, "preview", "comment")
    url = site.cloud.url(tag="pr-12")
    assert url in site.comment()
    assert site.cloud.revisions()[site.cloud.tags()["pr-12"]].digest == digest
    assert requests.get(f"{url}/health/ready", timeout=30).ok
    assert site.cloud.traffic() == before

    closed = on_main(pull_request("closed", number=12))
    succeeded(site.run("preview-removal.yml", closed, script), "remove")
    assert site.cloud.tags() == {}
    assert site.cloud.traffic() == before


def test_every_week_the_very_image_that_serves_is_scanned(site, image, tmp_path):
    script, digest = image()
    succeeded(site.run("main.yml", push(), script), "deploy")
    succeeded(
        site.run("weekly.yml", schedule(), "#!/usr/bin/env bash\nexit 1\n"), "scan"
    )
    with tarfile.open(
        tmp_path / "run-2" / "artifacts" / "image" / "dashboard.tar"
    ) as tar:
        index = json.load(tar.extractfile("index.json"))
    assert [manifest["digest"] for manifest in index["manifests"]] == [digest]


def test_a_registry_that_refuses_fails_the_run_and_nothing_is_released(site, image):
    script, _ = image()
    site.cloud.registry.close()
    run = site.run("main.yml", push(), script)
    assert run.results["deploy"] == "failure"
    assert "The registry cannot be reached" in run.log
    assert site.cloud.services == []


def test_the_image_itself_is_built_pushed_and_serves_in_a_container(
    container_cloud, tmp_path
):
    site = Site(container_cloud, tmp_path)
    run = site.run("main.yml", push(), _IMAGE_UNCHECKED)
    succeeded(run, "deploy")
    ((revision, percent),) = site.cloud.traffic().items()
    assert percent == 100
    digest = run.jobs["build"].outputs["digest"]
    assert site.cloud.revisions()[revision].digest == digest
    assert requests.get(f"{site.cloud.url()}/health/ready", timeout=30).ok
