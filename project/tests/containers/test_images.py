"""Both images, built and used as the README says: they serve, take a table, train a model and stop when told."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import requests
from selenium.common.exceptions import WebDriverException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait

from tests.benchmarks.container import PROD_OPTIONS, PROD_PORT, Container, engine
from tests.benchmarks.server import Visitor
from tests.benchmarks.trained import start_run
from tests.containers.conftest import build
from tests.containers.uploading import upload
from tests.waiting import PATIENCE_SECONDS

IMAGES = {"Dockerfile": ((), 8050), "Dockerfile.prod": (PROD_OPTIONS, PROD_PORT)}

CSV = "size,colour,price\n" + "".join(
    f"{i},{'red' if i % 3 else 'blue'},{i * 2.5 + i % 7}\n" for i in range(200)
)


@pytest.fixture(scope="module", params=IMAGES)
def image(request) -> tuple[str, tuple[str, ...], int]:
    return build(request.param), *IMAGES[request.param]


@pytest.fixture(scope="module")
def container(image) -> Iterator[Container]:
    started = Container.start(*image)
    try:
        started.wait_until()
        yield started
    finally:
        started.remove()


@pytest.mark.parametrize("path", ["/", "/_dash-layout", "/_dash-dependencies"])
def test_the_dashboard_loads(container, path):
    response = requests.get(container.address + path, timeout=PATIENCE_SECONDS)
    assert response.status_code == 200, engine("logs", container.id)
    assert len(response.content) > 2


def test_the_server_is_not_root_and_cannot_change_its_own_code(container):
    code = "import os; print(os.getuid(), os.access('/project/app', os.W_OK))"
    assert container.python(code) == "10001 False"


def test_the_image_holds_what_serves_and_nothing_else(container):
    code = "import json, os; print(json.dumps(sorted(os.listdir('/project'))))"
    # The pages take the explanations of their words from a page of the documentation.
    served = {"app", "docs", "gunicorn.conf.py", "wsgi.py"}
    needless = {"__pycache__", "requirements.txt"}
    assert set(json.loads(container.python(code))) - needless == served
    code = "import json, os; print(json.dumps(os.listdir('/project/docs')))"
    assert json.loads(container.python(code)) == ["glossary.md"]


def test_every_module_is_compiled(container):
    code = (
        "import importlib.util as u, os;"
        "names = ['app.app', 'app.functions.tables.profiling', 'pandas', 'sklearn', 'dash'];"
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
    within = WebDriverWait(
        browser, PATIENCE_SECONDS, ignored_exceptions=[WebDriverException]
    )
    within.until(lambda _: browser.find_element(By.ID, "train-start").is_enabled())
    browser.find_element(By.ID, "train-start").click()
    within.until(lambda _: browser.find_element(By.ID, "run-again").is_displayed())
    shown = browser.find_element(By.ID, "run-progress").text
    assert "See the results" in shown, shown
    assert browser.get_log("browser") == []


@pytest.mark.parametrize("busy", [False, True], ids=["idle", "training"])
def test_it_stops_by_itself_when_told(image, busy):
    container = Container.start(*image)
    try:
        container.wait_until()
        if busy:
            visitor = Visitor(container.port)
            visitor.load_app()
            models = ("random_forest", "extra_trees", "hist_gradient_boosting")
            start_run(visitor, "sample-digits", "digit", "multiclass", models, folds=10)
            # Its process has begun to work.
            wait_for_process(container, "app.jobs.worker")
        # One that has to be killed has another exit code.
        engine("stop", "--time", str(PATIENCE_SECONDS), container.id)
        assert container.inspect("State.ExitCode") == "0", engine("logs", container.id)
    finally:
        container.remove()


def wait_for_process(container: Container, name: str) -> None:
    """Wait until a process of a container has a name on its command line."""
    code = (
        "import glob, sys, time\n"
        f"end = time.monotonic() + {PATIENCE_SECONDS}\n"
        "def lines():\n"
        "    for path in glob.glob('/proc/[0-9]*/cmdline'):\n"
        "        try: yield open(path).read()\n"
        "        except OSError: pass\n"
        "while not any(sys.argv[1] in l and 'import glob' not in l for l in lines()):\n"
        "    assert time.monotonic() < end, 'it never came'\n"
        "    time.sleep(0.05)\n"
    )
    container.python(code, name)
