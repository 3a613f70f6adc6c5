"""The image of production, built once, and a container of it as the platform runs it."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.benchmarks.container import Container, engine, running

PROJECT = Path(__file__).resolve().parents[2]


def build(dockerfile: str) -> str:
    """Build an image and return its name; the one that bin/image has built is taken as it is."""
    if dockerfile == "Dockerfile.prod" and os.environ.get("IMAGE"):
        return os.environ["IMAGE"]
    tag = f"dashboard-test-{dockerfile.lower().replace('.', '-')}"
    with tempfile.NamedTemporaryFile("w", suffix=dockerfile) as file:
        text = (PROJECT / dockerfile).read_text()
        if os.environ.get("BASES") == "tags":  # as in bin/image
            text = re.sub("@sha256:[0-9a-f]*", "", text)
        file.write(text)
        file.flush()
        engine("build", "--tag", tag, "--file", file.name, f"{PROJECT}/.")
    return tag


@pytest.fixture(scope="session")
def prod_image() -> str:
    return build("Dockerfile.prod")


@pytest.fixture(scope="session")
def prod(prod_image, tmp_path_factory) -> Iterator[Container]:
    """The image of production, beside its own reports one that an analyst has dropped."""
    with running(prod_image) as container:
        yield container
