"""Both images, built and used as the README says: they serve, take a table, train a model and stop when told."""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

PROJECT = Path(__file__).resolve().parents[2]
GRACE_SECONDS = 10
PROD_PORT = 9080

IMAGES = {
    "Dockerfile": ([], 8050),
    "Dockerfile.prod": (
        ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL"]
        + ["--env", f"PORT={PROD_PORT}"],
        PROD_PORT,
    ),
}

CSV = "size,colour,price\n" + "".join(
    f"{i},{'red' if i % 3 else 'blue'},{i * 2.5 + i % 7}\n" for i in range(200)
)


def engine(*arguments: str) -> str:
    """Run docker, or podman where there is no docker, and return what it prints."""
    program = shutil.which("docker") or shutil.which("podman")
    assert program, "These tests need docker or podman on PATH."
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, timeout=1200
    )
    assert done.returncode == 0, f"{' '.join(arguments)}\n{done.stdout}{done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True)
class Container:
    """A container of one of the images, and where it answers."""

    id: str
    address: str

    @classmethod
    def start(cls, image: str, options: list[str], port: int) -> Container:
        published = ["--publish", f"127.0.0.1::{port}"]
        id = engine("run", "--detach", *published, *options, image)
        address = engine("port", id, f"{port}/tcp").splitlines()[0]
        return cls(id, f"http://{address}")

    def wait_until_ready(self, seconds: float = 60) -> None:
        deadline = time.monotonic() + seconds
        while True:
            try:
                if requests.get(f"{self.address}/health/ready", timeout=5).ok:
                    return
            except requests.RequestException:
                pass
            assert self.inspect("State.Running") == "true", engine("logs", self.id)
            assert time.monotonic() < deadline, engine("logs", self.id)
            time.sleep(0.1)

    def inspect(self, field: str) -> str:
        return engine("inspect", "--format", f"{{{{.{field}}}}}", self.id)

    def python(self, code: str, *arguments: str) -> str:
        return engine("exec", self.id, "python", "-c", code, *arguments)

    def remove(self) -> None:
        engine("rm", "--force", self.id)


@pytest.fixture(scope="module", params=IMAGES)
def image(request) -> tuple[str, list[str], int]:
    dockerfile = request.param
    tag = f"dashboard-test-{dockerfile.lower().replace('.', '-')}"
    engine("build", "--tag", tag, "--file", str(PROJECT / dockerfile), f"{PROJECT}/.")
    return tag, *IMAGES[dockerfile]


@pytest.fixture(scope="module")
def container(image) -> Iterator[Container]:
    started = Container.start(*image)
    try:
        started.wait_until_ready()
        yield started
    finally:
        started.remove()


def upload(address: str, name: str, content: bytes) -> requests.Response:
    announced = {"name": name, "size": len(content)}
    begun = requests.post(f"{address}/api/uploads", json=announced, timeout=10)
    assert begun.status_code == 201, begun.text
    here = f"{address}/api/uploads/{begun.json()['id']}"
    size = begun.json()["part_bytes"]
    for number in range(begun.json()["n_parts"]):
        part = content[number * size : (number + 1) * size]
        requests.put(f"{here}/parts/{number}", part, timeout=30).raise_for_status()
    return requests.post(f"{here}/finish", timeout=120)


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/_dash-dependencies"])
def test_the_dashboard_loads(container, path):
    response = requests.get(container.address + path, timeout=30)
    assert response.status_code == 200, engine("logs", container.id)
    assert len(response.content) > 2


def test_the_server_is_not_root_and_cannot_change_its_own_code(container):
    code = "import os; print(os.getuid(), os.access('/project/app', os.W_OK))"
    assert container.python(code) == "10001 False"


def test_the_image_holds_what_serves_and_nothing_else(container):
    code = "import json, os; print(json.dumps(sorted(os.listdir('/project'))))"
    served = {"app", "gunicorn.conf.py", "requirements.txt", "wsgi.py"}
    assert set(json.loads(container.python(code))) - {"__pycache__"} == served


def test_every_module_is_compiled(container):
    code = (
        "import importlib.util as u, os;"
        "names = ['app.app', 'app.functions.profiling', 'pandas', 'sklearn', 'dash'];"
        "print([n for n in names if not os.path.exists(u.find_spec(n).cached)])"
    )
    assert container.python(code) == "[]"


def test_an_uploaded_table_becomes_a_dataset(container):
    finished = upload(container.address, "prices.csv", CSV.encode())
    assert finished.status_code == 201, finished.text
    assert finished.json()["dataset"]


def test_a_bad_table_gets_a_sentence(container):
    finished = upload(container.address, "rubbish.csv", bytes(range(256)) * 20)
    assert finished.status_code == 422, finished.text
    assert finished.json()["error"].endswith(".")


@pytest.mark.parametrize("source", ["upload", "sample-breast-cancer"])
def test_a_model_is_trained_in_the_browser(container, browser, source):
    if source == "upload":
        finished = upload(container.address, "prices.csv", CSV.encode())
        source = finished.json()["dataset"]
    browser.get(f"{container.address}/train?dataset={source}&models=linear")
    within = WebDriverWait(browser, 120, ignored_exceptions=[WebDriverException])
    within.until(lambda _: browser.find_element(By.ID, "train-start").is_enabled())
    browser.find_element(By.ID, "train-start").click()
    within.until(lambda _: browser.find_element(By.ID, "run-again").is_displayed())
    shown = browser.find_element(By.ID, "run-progress").text
    assert "See how good they are" in shown, shown
    assert browser.get_log("browser") == []


def test_it_stops_at_once_when_told(image):
    container = Container.start(*image)
    try:
        container.wait_until_ready()
        start = time.monotonic()
        engine("stop", "--time", str(GRACE_SECONDS), container.id)
        seconds = time.monotonic() - start
        assert container.inspect("State.ExitCode") == "0", engine("logs", container.id)
        assert seconds < GRACE_SECONDS
    finally:
        container.remove()
