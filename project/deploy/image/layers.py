"""The layers of an image above its base, and the sizes of their files, the same with every engine."""

from __future__ import annotations

import json
import re
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

# The first command of Dockerfile.prod itself. Podman's history has the value in quotes; BuildKit's does not.
FIRST_OWN = re.compile(r'org\.opencontainers\.image\.title"?="?dashboard\b')
_PACKAGE = re.compile(r"(?:\./)?venv/lib/python[^/]+/site-packages/([^/]+)")
# The libraries that belong to a package, what it says of itself, and modules that are one file.
_BESIDE = re.compile(r"(\.libs|-[0-9][^/]*\.dist-info|\.cpython-[^/]*|\.py)$")


@dataclass(frozen=True)
class Layer:
    """One layer of an image.

    Attributes
    ----------
    command : str
        What made it.
    sizes : dict of str to int
        The bytes of each file in it.
    """

    command: str
    sizes: dict[str, int]

    @property
    def size(self) -> int:
        """The bytes of all its files."""
        return sum(self.sizes.values())


def own_layers(archive: Path) -> list[Layer]:
    """Read the layers above the base from what `docker save` writes.

    Parameters
    ----------
    archive : pathlib.Path

    Returns
    -------
    list of Layer

    Raises
    ------
    ValueError
        The image was not made by Dockerfile.prod.
    """
    with tarfile.open(archive) as saved:
        manifest = json.load(saved.extractfile("manifest.json"))[0]
        history = json.load(saved.extractfile(manifest["Config"]))["history"]
        commands = [step.get("created_by", "") for step in history]
        own = [n for n, command in enumerate(commands) if FIRST_OWN.search(command)]
        if not own:
            raise ValueError(
                f"{archive} contains no image of Dockerfile.prod: save one that project/bin/image has built."
            )
        filled = [n for n, s in enumerate(history) if not s.get("empty_layer")]
        return [
            Layer(commands[n], _sizes(saved, name))
            for n, name in zip(filled, manifest["Layers"])
            if n > own[0]
        ]


def by_package(layers: list[Layer]) -> Counter[str]:
    """Return the bytes of each installed package; everything else is 'the project'.

    Parameters
    ----------
    layers : list of Layer

    Returns
    -------
    collections.Counter
    """
    packages: Counter[str] = Counter()
    for layer in layers:
        for name, size in layer.sizes.items():
            found = _PACKAGE.match(name)
            package = _BESIDE.sub("", found[1]).lower() if found else "the project"
            packages[package] += size
    return packages


def _sizes(saved: tarfile.TarFile, name: str) -> dict[str, int]:
    # Some engines compress the layers.
    with tarfile.open(fileobj=saved.extractfile(name)) as layer:
        return {member.name: member.size for member in layer if member.isfile()}
