"""bin/image names what is missing before it begins."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from tests.conftest import PROJECT

TOOLS = ("bash", "cat", "dirname", "git", "mktemp", "python3", "rm", "sed")


@pytest.fixture
def run(tmp_path):
    """Run bin/image on a machine that has only some tools."""
    path = tmp_path / "bin"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool))

    def run(*arguments: str, engine: str | None = None):
        if engine:
            (path / "docker").write_text(f"#!/bin/sh\n{engine}\n")
            (path / "docker").chmod(0o755)
        return subprocess.run(
            [str(PROJECT / "bin" / "image"), *arguments],
            env={"PATH": str(path), "HOME": os.environ.get("HOME", "/")},
            cwd=tmp_path,
            capture_output=True,
            text=True,
        )

    return run


@pytest.mark.parametrize("command", [["build"], ["check"], ["budget"]])
def test_without_an_engine(run, command):
    done = run(*command)
    assert done.returncode == 1
    assert "Neither docker nor podman is on PATH" in done.stderr


def test_with_an_engine_that_does_not_answer(run):
    done = run("build", engine="exit 1")
    assert done.returncode == 1
    assert "does not answer" in done.stderr


def test_before_an_image_was_built(run):
    done = run("check", engine='[ "$1" = info ]')
    assert done.returncode == 1
    assert "run project/bin/image build first" in done.stderr


@pytest.mark.parametrize(
    "arguments, sentence",
    [
        (["save"], "Give the file to write"),
        (["save", "nowhere/image.tar"], "There is no folder"),
        (["save", "image.tar"], "skopeo is not on PATH"),
    ],
)
def test_saving_needs_a_place_and_skopeo(run, arguments, sentence):
    done = run(*arguments, engine="exit 0")
    assert done.returncode == 1
    assert sentence in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--help"], ["nonsense"]])
def test_without_a_command_it_lists_them(run, arguments):
    done = run(*arguments)
    assert done.returncode == 2
    for command in ("build", "check", "save FILE", "budget", "bases", "pin"):
        assert f"bin/image {command}" in done.stderr
