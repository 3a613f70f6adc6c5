"""The images of others are pinned by their digests: all of them, or none is touched."""

from __future__ import annotations

import os
import re

import pytest

from deploy.image import bases
from tests.conftest import PROJECT

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
SKOPEO = """#!/bin/sh
for last; do :; done
case "$last" in
  docker://python:*) echo {python} ;;
  docker://ghcr.io/zaproxy/*) echo {zap} ;;
  *) echo "manifest unknown" >&2; exit 1 ;;
esac
"""


@pytest.fixture
def project(tmp_path):
    """A copy of the files that name images."""
    folder = tmp_path / "project"
    for file in bases.FILES:
        copy = folder / file
        folder.mkdir(exist_ok=True)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = (PROJECT / file).read_text()
        copy.write_text(re.sub(r"@sha256:[0-9a-f]{64}", "", text))
    return folder


@pytest.fixture
def registry(tmp_path, monkeypatch):
    """Say which digests the tags have."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def say(python: str = ONE, zap: str = TWO) -> None:
        program = folder / "skopeo"
        program.write_text(SKOPEO.format(python=python, zap=zap))
        program.chmod(0o755)

    return say


def named(project) -> list[str]:
    return [
        found["name"] + (found["digest"] or "")
        for file in bases.FILES
        for found in bases.images(file, (project / file).read_text())
    ]


def test_every_image_that_the_project_takes_from_others_is_known():
    froms = [
        line
        for file in ("Dockerfile", "Dockerfile.prod")
        for line in (PROJECT / file).read_text().splitlines()
        if line.startswith("FROM ")
    ]
    assert len(named(PROJECT)) == len(froms) + 1
    assert all(":" in name for name in named(PROJECT)), "dependabot needs the tag"


def test_all_are_pinned_and_later_renewed(project, registry):
    registry()
    names = named(project)
    assert len(bases.pin(project)) == len(names)
    digest = {"python": f"@{ONE}", "ghcr.io": f"@{TWO}"}
    assert named(project) == [n + digest[n.partition("/")[0].partition(":")[0]] for n in names]  # fmt: skip
    text = (project / "Dockerfile.prod").read_text()
    assert f"@{ONE} AS build\n" in text
    assert bases.pin(project) == []
    registry(python=TWO)
    assert len(bases.pin(project)) == len(names) - 1
    assert ONE not in (project / "Dockerfile").read_text()


@pytest.mark.parametrize("said", ["", "sha256:1", "latest", f"{ONE} {TWO}"])
def test_what_is_no_digest_changes_nothing(project, registry, said):
    registry(zap=f"'{said}'")
    before = [(project / file).read_text() for file in bases.FILES]
    with pytest.raises(RuntimeError, match="zaproxy:stable could not be found out"):
        bases.pin(project)
    assert [(project / file).read_text() for file in bases.FILES] == before


def test_without_skopeo_one_reads_what_to_do(project, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RuntimeError, match="install it"):
        bases.pin(project)
