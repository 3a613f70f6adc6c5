"""The Procfile starts the server wherever a platform reads one."""

from __future__ import annotations

import os
import subprocess
import sys
import urllib.request
from pathlib import Path

from tests.conftest import PROJECT, free_port, wait_for


def test_the_command_of_the_procfile_serves_on_the_port_it_is_given(tmp_path):
    kind, _, command = (PROJECT / "Procfile").read_text().strip().partition(": ")
    assert kind == "web"
    port = free_port()
    programs = str(Path(sys.executable).parent)
    process = subprocess.Popen(
        ["sh", "-c", f"exec {command}"],
        cwd=PROJECT,
        env={
            **os.environ,
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
            "PORT": str(port),
            "DATA_DIR": str(tmp_path),
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
    )

    def answers() -> bool:
        assert process.poll() is None, "It has ended."
        try:
            url = f"http://127.0.0.1:{port}/health/ready"
            return urllib.request.urlopen(url, timeout=5).status == 200
        except OSError:
            return False

    try:
        wait_for(answers, seconds=30, what="the first answer")
    finally:
        process.terminate()
        assert process.wait(10) == 0
