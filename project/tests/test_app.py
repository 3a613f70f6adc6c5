"""The server as a whole: its first answers, and their cost."""

from __future__ import annotations

import os
import subprocess
import sys

from tests.conftest import PATIENCE_SECONDS, PROJECT

FIRST_ANSWER = """
import sys
from app.app import create_server
heavy = {"sklearn", "scipy", "pandas"}
server = create_server()
assert not heavy & set(sys.modules), heavy & set(sys.modules)
assert server.test_client().get("/").status_code == 200
assert not heavy & set(sys.modules), heavy & set(sys.modules)
"""

FIRST_USERS = """
from concurrent.futures import ThreadPoolExecutor
from app import functions
from app.app import create_server
from app.hosting import background
server = create_server()
services = server.extensions["services"]

def use(_):
    dataset = services.datasets.get("sample-breast-cancer")
    return dataset.profile.rows, len(services.datasets.table(dataset.id))

with ThreadPoolExecutor(8) as threads:
    warm = threads.submit(background.warm_up, services)
    assert set(threads.map(use, range(7))) == {(569, 569)}
    warm.result()
"""


def test_neither_making_the_server_nor_its_first_answer_imports_a_heavy_library(
    tmp_path,
):
    subprocess.run(
        [sys.executable, "-c", FIRST_ANSWER],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        check=True,
    )


def test_several_first_users_at_once_all_see_the_sample(tmp_path):
    subprocess.run(
        [sys.executable, "-c", FIRST_USERS],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        check=True,
    )


def test_every_page_answers(client):
    from app import dashboard

    assert {client.get(path).status_code for path in dashboard.PATHS} == {200}


def test_a_setting_that_cannot_be_used_stops_the_server_with_a_sentence_and_no_traceback(
    tmp_path,
):
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:server"],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path), "MAX_UPLOAD_MB": "many"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode != 0
    assert "MAX_UPLOAD_MB is 'many'" in done.stderr
    assert "Traceback" not in done.stderr


WITHOUT_MCP = """
from dataclasses import replace
from app.app import create_server
from app.settings import Settings

for isolated in ("off", "on"):
    settings = replace(Settings.from_environ(), reports_isolated=isolated, report_seconds=300)
    client = create_server(settings).test_client()
    for base in ("/", "/reports/regression/"):
        assert client.get(base + "_dash-layout").status_code == 200, base
        # /mcp itself has tools of ours.
        for path in ("_mcp", "_mcp/", "tools", *(["mcp"] if base != "/" else [])):
            for method in ("GET", "POST", "DELETE"):
                asked = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
                answer = client.open(base + path, method=method, json=asked, buffered=True)
                assert answer.status_code == 404, (isolated, base + path, method, answer.status)
"""


def test_dash_offers_its_callbacks_to_no_program_whatever_the_environment_says(
    tmp_path,
):
    environ = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "DASH_MCP_ENABLED": "true",
        "DASH_MCP_PATH": "tools",
    }
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_MCP],
        cwd=PROJECT,
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
