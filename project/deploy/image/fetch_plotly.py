"""Fetches the small plotly.js: of the version that the installed plotly.py brings, and only with the pinned content.

`fetch_plotly.py` puts it beside the full one, for the image. Where it cannot be had, pages load the full one; a content
that is not the pinned one is an error. `fetch_plotly.py --pin` writes down what the registry publishes for the version
installed: after an upgrade of plotly.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import sys
import tarfile
import urllib.error
import urllib.request
from pathlib import Path

import plotly
from plotly.offline import get_plotlyjs_version

PIN = Path(__file__).with_name("plotly.json")
FILE = "plotly-cartesian.min.js"
REGISTRY = "https://registry.npmjs.org"
# Chromium then compiles it while it downloads, off the main thread; for other browsers it is a comment.
HINT = b"//# allFunctionsCalledOnLoad\n"
SECONDS = 60
MAX_BYTES = 20_000_000


class NotThere(Exception):
    """The small plotly.js cannot be had: the image works without it."""


class Wrong(Exception):
    """The content is not the pinned one."""


def main() -> None:
    """Fetch, or pin."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pin", action="store_true")
    parser.add_argument("--registry", default=REGISTRY)
    arguments = parser.parse_args()
    pin, version = json.loads(PIN.read_text()), get_plotlyjs_version()
    try:
        if arguments.pin:
            write_pin(pin, version, arguments.registry)
        else:
            folder = Path(plotly.__file__).parent / "package_data"
            size = fetch(pin, version, arguments.registry, folder)
            print(f"plotly.js: pages load the small one, {FILE} {version}, {size:,} B.")
    except NotThere as error:
        print(f"plotly.js: PAGES LOAD THE FULL ONE, because {error}", file=sys.stderr)
        sys.exit(1 if arguments.pin else 0)
    except Wrong as error:
        sys.exit(f"plotly.js: {error}")


def fetch(pin: dict[str, str], version: str, registry: str, folder: Path) -> int:
    """Put the small plotly.js into a folder.

    Parameters
    ----------
    pin : dict
        'package', 'version' and 'integrity', as npm writes it.
    version : str
        Of the plotly.js that is installed.
    registry : str
        Address of an npm registry.
    folder : pathlib.Path

    Returns
    -------
    int
        Its bytes.

    Raises
    ------
    NotThere
        The pin is of another version, or the registry cannot be asked or does not have it.
    Wrong
        The registry's file is not the pinned one.
    """
    if pin["version"] != version:
        raise NotThere(
            f"plotly.py brings plotly.js {version}, and {PIN.name} pins {pin['version']}: run project/bin/image pin."
        )
    package = pin["package"]
    content = _ask(f"{registry}/{package}/-/{package}-{version}.tgz")
    found = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
    if found != pin["integrity"]:
        raise Wrong(
            f"{package} {version} of {registry} is {found}, but {PIN.name} pins {pin['integrity']}. "
            "It was not used: find out who changed it before pinning it again."
        )
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        script = archive.extractfile(f"package/{FILE}").read()
    (folder / FILE).write_bytes(HINT + script)
    return len(script)


def write_pin(pin: dict[str, str], version: str, registry: str) -> None:
    """Pin what a registry publishes for a version.

    Parameters
    ----------
    pin : dict
        What is pinned so far.
    version, registry : str

    Raises
    ------
    NotThere
        The registry cannot be asked, or does not have that version.
    """
    about = json.loads(_ask(f"{registry}/{pin['package']}/{version}"))
    new = pin | {"version": version, "integrity": about["dist"]["integrity"]}
    PIN.write_text(json.dumps(new, indent=2) + "\n")
    print(f"{PIN.name} pins {pin['package']} {version}.")


def _ask(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=SECONDS) as answer:  # nosec B310
            return answer.read(MAX_BYTES)
    except urllib.error.HTTPError as error:
        raise NotThere(f"{address} answers {error.code}.") from None
    except OSError as error:
        reason = getattr(error, "reason", None) or error
        raise NotThere(f"{address} cannot be reached: {reason}.") from None


if __name__ == "__main__":
    main()
