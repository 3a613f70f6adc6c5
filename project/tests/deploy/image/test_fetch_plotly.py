"""The small plotly.js: fetched in the matching version, used only with the pinned content, and optional."""

from __future__ import annotations

import base64
import functools
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from plotly.offline import get_plotlyjs_version

from deploy.image import fetch_plotly

SCRIPT = b"/* plotly */"
NOBODY = "http://127.0.0.1:9"
PACKAGE = "plotly.js-cartesian-dist-min"


class Quiet(SimpleHTTPRequestHandler):
    """Serves a folder without saying so."""

    def log_message(self, *arguments):
        """Say nothing."""


@pytest.fixture
def registry(tmp_path):
    """A registry that has version 1.2.3, and its address."""
    folder = tmp_path / "registry" / PACKAGE / "-"
    folder.mkdir(parents=True)
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        member = tarfile.TarInfo(f"package/{fetch_plotly.FILE}")
        member.size = len(SCRIPT)
        archive.addfile(member, io.BytesIO(SCRIPT))
    (folder / f"{PACKAGE}-1.2.3.tgz").write_bytes(content.getvalue())
    digest = base64.b64encode(hashlib.sha512(content.getvalue()).digest()).decode()
    about = {"dist": {"integrity": f"sha512-{digest}"}}
    (folder.parent / "1.2.3").write_text(json.dumps(about))
    handler = functools.partial(Quiet, directory=str(tmp_path / "registry"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def pin(tmp_path, registry, monkeypatch):
    """What is pinned of that registry's version 1.2.3."""
    monkeypatch.setattr(fetch_plotly, "PIN", tmp_path / "plotly.json")
    fetch_plotly.write_pin({"package": PACKAGE}, "1.2.3", registry)
    return json.loads((tmp_path / "plotly.json").read_text())


def test_what_is_pinned_fits_the_locked_plotly():
    pinned = json.loads(fetch_plotly.PIN.read_text())["version"]
    assert pinned == get_plotlyjs_version(), "run project/bin/image pin"


def test_the_pinned_content_is_taken(pin, registry, tmp_path):
    size = fetch_plotly.fetch(pin, "1.2.3", registry, tmp_path)
    assert size == len(SCRIPT)
    assert (tmp_path / fetch_plotly.FILE).read_bytes() == fetch_plotly.HINT + SCRIPT


def test_another_content_is_refused_and_nothing_is_written(pin, registry, tmp_path):
    wrong = pin | {"integrity": "sha512-AAAA"}
    with pytest.raises(fetch_plotly.Wrong, match="pins sha512-AAAA"):
        fetch_plotly.fetch(wrong, "1.2.3", registry, tmp_path)
    assert not (tmp_path / fetch_plotly.FILE).exists()


def test_a_version_that_is_not_pinned_is_not_asked_for(pin, tmp_path):
    with pytest.raises(fetch_plotly.NotThere, match="run project/bin/image pin"):
        fetch_plotly.fetch(pin, "9.9.9", NOBODY, tmp_path)


def test_a_version_that_was_withdrawn_is_missed_without_harm(pin, registry, tmp_path):
    with pytest.raises(fetch_plotly.NotThere, match="answers 404"):
        fetch_plotly.fetch(pin | {"version": "2.0.0"}, "2.0.0", registry, tmp_path)


def test_without_the_registry_the_build_goes_on_and_says_so():
    done = subprocess.run(
        [sys.executable, "-B", fetch_plotly.__file__, "--registry", NOBODY],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0
    assert "PAGES LOAD THE FULL ONE" in done.stderr
    assert "cannot be reached" in done.stderr
