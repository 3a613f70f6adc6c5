"""The commands in bin/, as far as they can be tried without setting up a machine."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path

from tests.conftest import PATIENCE_SECONDS

BIN = Path(__file__).resolve().parents[1] / "bin"


def test_serve_says_that_its_port_is_taken():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            [BIN / "serve"],
            env=os.environ | {"PORT": str(port)},
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
    assert done.returncode == 1
    assert f"already answers on port {port}" in done.stderr
    assert "PORT=9000" in done.stderr
