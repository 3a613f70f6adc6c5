"""Pins the images that others publish by their digests: the base of ours, and the scanner of the live address.

A tag may lead to other bytes tomorrow; a digest is the content. Dependabot renews those in the Dockerfiles.
"""

from __future__ import annotations

import re
import subprocess  # nosec B404
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
# Each file, and how an image stands in it.
FILES = {
    "Dockerfile": r"^FROM ",
    "Dockerfile.prod": r"^FROM ",
    "../.github/workflows/weekly.yml": r"^ +docker_name: ",
}
_IMAGE = r"(?P<name>[\w./-]+:[\w.-]+)(?P<digest>@sha256:[0-9a-f]{64})?(?=\s|$)"
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_SECONDS = 120


def pin(project: Path = PROJECT) -> list[str]:
    """Write the digest that each tag has now into the files.

    Parameters
    ----------
    project : pathlib.Path

    Returns
    -------
    list of str
        What changed, a line each.

    Raises
    ------
    RuntimeError
        A registry does not say; then nothing is changed.
    """
    texts = {name: (project / name).read_text(encoding="utf-8") for name in FILES}
    names = {found["name"] for file in FILES for found in images(file, texts[file])}
    digests = {name: digest_of(name) for name in sorted(names)}
    changes = []
    for file, text in texts.items():

        def pinned(found: re.Match) -> str:
            digest = f"@{digests[found['name']]}"
            if digest != found["digest"]:
                changes.append(f"{file}: {found['name']}{digest}")
            return f"{found['before']}{found['name']}{digest}"

        new = _pattern(file).sub(pinned, text)
        if new != text:
            (project / file).write_text(new, encoding="utf-8")
    return changes


def images(file: str, text: str) -> list[re.Match]:
    """Return where a file names images, each with its ``name`` and, if it is pinned, its ``digest``."""
    return list(_pattern(file).finditer(text))


def digest_of(name: str) -> str:
    """Ask the registry for the digest of a tag: that of the index of all platforms, if there is one.

    Raises
    ------
    RuntimeError
        It does not say.
    """
    command = ["skopeo", "inspect", "--no-tags", "--format={{.Digest}}"]
    try:
        done = subprocess.run(  # nosec B603
            [*command, f"docker://{name}"],
            capture_output=True,
            text=True,
            timeout=_SECONDS,
        )
    except FileNotFoundError:
        raise RuntimeError(
            "skopeo is not on PATH: install it (Debian: apt-get install skopeo)."
        ) from None
    except subprocess.TimeoutExpired:
        raise RuntimeError(f"The registry of {name} does not answer.") from None
    digest = done.stdout.strip()
    if done.returncode or not _DIGEST.fullmatch(digest):
        said = (done.stderr or done.stdout).strip()[:500]
        raise RuntimeError(f"The digest of {name} could not be found out: {said}")
    return digest


def _pattern(file: str) -> re.Pattern:
    return re.compile(f"(?P<before>{FILES[file]}){_IMAGE}", re.MULTILINE)


if __name__ == "__main__":
    try:
        for change in pin() or ["Everything is pinned to what the tags are now."]:
            print(change)
    except RuntimeError as error:
        sys.exit(str(error))
