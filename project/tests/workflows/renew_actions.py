"""Reads the inputs of every pinned action from GitHub into actions.json: for when a pin has moved.

``project/.venv/bin/python project/tests/workflows/renew_actions.py`` needs a network.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[3]
FILE = Path(__file__).with_name("actions.json")
_PIN = re.compile(
    r"uses:\s*(?P<name>[\w-]+/[\w-]+)@(?P<commit>[0-9a-f]{40}) # (?P<version>\S+)"
)


def pins() -> dict[str, tuple[str, str]]:
    """Return the commit and the version that each action is pinned to.

    Raises
    ------
    ValueError
        An action is pinned to two commits.
    """
    found: dict[str, tuple[str, str]] = {}
    for file in sorted(ROOT.glob(".github/**/*.yml")):
        for pin in _PIN.finditer(file.read_text(encoding="utf-8")):
            one = pin["commit"], pin["version"]
            if found.setdefault(pin["name"], one) != one:
                raise ValueError(f"{pin['name']} is pinned to two commits.")
    return found


def read(name: str, commit: str, version: str) -> dict:
    """Read an action's description at a commit.

    Raises
    ------
    OSError
        GitHub cannot be reached, or has no such commit.
    """
    for file in ("action.yml", "action.yaml"):
        url = f"https://raw.githubusercontent.com/{name}/{commit}/{file}"
        try:
            with urllib.request.urlopen(url, timeout=30) as answer:
                described = yaml.safe_load(answer.read())
            break
        except urllib.error.HTTPError as error:
            if error.code != 404 or file == "action.yaml":
                raise
    inputs = described.get("inputs") or {}
    required = [
        key
        for key, about in inputs.items()
        if about.get("required") is True and "default" not in about
    ]
    return {
        "version": version,
        "commit": commit,
        "read_at": commit,
        "note": "the pinned version",
        "required": sorted(required),
        "inputs": sorted(inputs),
        "outputs": sorted(described.get("outputs") or {}),
    }


def main() -> None:
    """Write the file anew."""
    known = {
        name: read(name, commit, version) for name, (commit, version) in pins().items()
    }
    FILE.write_text(json.dumps(known, indent=2, sort_keys=True) + "\n")


if __name__ == "__main__":
    main()
