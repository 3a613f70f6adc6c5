"""The exact versions of packages, with all that they need."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, requires, version

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name


def pinned(packages: Iterable[str]) -> dict[str, str]:
    """Return the installed versions of packages and of everything that these need.

    Parameters
    ----------
    packages : iterable of str

    Returns
    -------
    dict of str to str
        By name, in alphabetical order.
    """
    found: dict[str, str] = {}
    left = [canonicalize_name(name) for name in packages]
    while left:
        name = left.pop()
        if name in found:
            continue
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # an optional one of another system
            continue
        for line in requires(name) or ():
            needed = Requirement(line)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                left.append(canonicalize_name(needed.name))
    return dict(sorted(found.items()))


def requirements(packages: Iterable[str]) -> str:
    """Return the text of a requirements.txt with the installed versions.

    Parameters
    ----------
    packages : iterable of str

    Returns
    -------
    str
    """
    lines = [f"{name}=={number}" for name, number in pinned(packages).items()]
    return "\n".join([f"# Python {platform.python_version()}", *lines, ""])
