"""The image of production misses nothing that was trimmed, and holds nothing that has no business there."""

from __future__ import annotations

import io
import json

import pandas as pd
import pytest
import requests

from app.functions.models.catalogue import MODELS
from app.functions.tables.samples import SAMPLES
from tests.benchmarks.container import Container, engine
from tests.benchmarks.server import Visitor
from tests.benchmarks.trained import start_run
from tests.containers.uploading import upload
from tests.functions.tables.formats.test_excel import workbook
from tests.waiting import PATIENCE_SECONDS, wait_for

TASKS = {
    "breast-cancer": "binary",
    "wine": "multiclass",
    "iris": "multiclass",
    "diabetes": "regression",
    "digits": "multiclass",
    "orders": "binary",
}
# Where all models are trained; on the other samples the quickest is.
ALL_MODELS_ON = ("wine", "diabetes")
TABLE = pd.DataFrame({"size": range(60), "colour": ["red", "blue", "green"] * 20})
ROWS = [list(TABLE.columns), *TABLE.to_numpy().tolist()]
FILES = {
    "table.csv": TABLE.to_csv(index=False).encode(),
    "table.tsv": TABLE.to_csv(index=False, sep="\t").encode("utf-16"),
    "table.xlsx": workbook(ROWS),
    "table.parquet": TABLE.to_parquet(),
}
# What an attacker would like to find, or an image's layers should not keep.
TOOLS = ("pip", "pip3", "gcc", "cc", "git", "curl", "wget", "uv", "npm", "node", "make")


def trained(container: Container, sample: str, models: tuple[str, ...]) -> dict:
    """Train on a sample through the page's callback, and return the run's record."""
    visitor = Visitor(container.port)
    visitor.load_app()
    target, task = SAMPLES[sample].target, TASKS[sample]
    run = start_run(visitor, f"sample-{sample}", target, task, models, folds=2)
    code = f"print(open('/tmp/dashboard/runs/{run}/run.json').read())"

    def ended() -> dict | None:
        record = json.loads(container.python(code))
        return None if record["state"] in ("queued", "running") else record

    record = wait_for(ended, what=f"the training on {sample}")
    page = visitor.show_page("/evaluate", f"?run={run}")
    return record | {"page": page.content.decode()}


def test_every_sample_has_its_task():
    assert TASKS.keys() == SAMPLES.keys()


@pytest.mark.parametrize("sample", TASKS)
def test_every_sample_is_trained_on_and_judged(prod, sample):
    models = tuple(MODELS) if sample in ALL_MODELS_ON else ("linear",)
    record = trained(prod, sample, models)
    assert record["state"] == "done", record["message"]
    scores = {row["model"]: row["cv_mean"] for row in record["leaderboard"]}
    assert scores.keys() >= set(models)
    assert all(score is not None for score in scores.values()), scores
    assert "leaderboard" in record["page"]


@pytest.mark.parametrize("name", FILES)
def test_every_kind_of_file_is_read(prod, name):
    finished = upload(prod.address, name, FILES[name])
    assert finished.status_code == 201, finished.text
    code = (
        "import sys, pandas; folder = '/tmp/dashboard/datasets/' + sys.argv[1];"
        "print(pandas.read_parquet(folder + '/table.parquet').to_json())"
    )
    kept = pd.read_json(
        io.StringIO(prod.python(code, finished.json()["dataset"])), dtype=False
    )
    assert kept["size"].astype(int).tolist() == TABLE["size"].tolist()
    assert kept["colour"].tolist() == TABLE["colour"].tolist()


def test_what_a_report_may_import_is_there(prod):
    code = (
        "import plotly.express as px, plotly.graph_objects as go, pandas, scipy.stats;"
        "import pyarrow.dataset, pyarrow.feather, pyarrow.csv, sklearn.datasets;"
        "print(len(px.scatter(px.data.iris(), x='sepal_width', y='sepal_length').data))"
    )
    assert prod.python(code) == "1"


def test_licences_are_kept(prod):
    code = (
        "import importlib.metadata as m;"
        "print([d.name for d in m.distributions()"
        " if not any('licen' in str(f).lower() and f.locate().exists() for f in d.files)"
        " and d.metadata.get('License-File')])"
    )
    assert prod.python(code) == "[]"


def test_there_is_nothing_to_build_or_install_with(prod):
    code = (
        "import importlib.util as u, json, shutil, sys;"
        "found = [t for t in sys.argv[1:] if shutil.which(t)];"
        "found += [m for m in ('pip', 'ensurepip', 'setuptools') if u.find_spec(m)];"
        "print(found)"
    )
    assert prod.python(code, *TOOLS) == "[]"


def test_the_python_below_cannot_install_either(prod):
    code = (
        "import subprocess as s, sys;"
        "print(s.run([sys._base_executable, '-m', 'pip'], capture_output=True).returncode)"
    )
    assert prod.python(code) != "0"


def test_no_cache_and_no_secret_is_left(prod):
    code = (
        "import os, json; found = []\n"
        "for top in ('/root', '/var/cache/apt/archives', '/var/lib/apt/lists', '/project', '/venv', '/tmp'):\n"
        "    for folder, _, names in os.walk(top):\n"
        "        found += [os.path.join(folder, n) for n in names]\n"
        "wrong = ('gha-creds', '.pem.key', '.env', '.map', '.pyx', '.c', '.h', '.whl')\n"
        "print(json.dumps([f for f in found if f.endswith(wrong) or '/.cache/' in f or 'gha-creds' in f]))"
    )
    assert json.loads(prod.python(code)) == []


def test_it_can_write_nowhere_but_to_tmp(prod):
    code = (
        "import os; print([d for d in ('/', '/project', '/venv', '/home', '/var', '/usr', '/etc')"
        " if os.access(d, os.W_OK)], os.access('/tmp', os.W_OK))"
    )
    assert prod.python(code) == "[] True"


def test_it_says_what_it_was_made_of(prod_image, prod):
    labels = json.loads(
        engine("image", "inspect", "--format", "{{json .Config.Labels}}", prod_image)
    )
    for name in ("title", "description", "revision", "source"):
        assert labels[f"org.opencontainers.image.{name}"]
    code = (
        "import os, urllib.request as r;"
        "print(r.urlopen(f'http://127.0.0.1:{os.environ.get(\"PORT\", 8050)}/metrics').read().decode())"
    )
    revision = labels["org.opencontainers.image.revision"]
    assert f'revision="{revision}"' in prod.python(code)


def test_its_metrics_are_not_for_who_asks_from_outside(prod):
    answer = requests.get(f"{prod.address}/metrics", timeout=PATIENCE_SECONDS)
    assert answer.status_code == 401


def test_a_file_that_was_trimmed_is_not_found(prod):
    address = "/_dash-component-suites/dash/dcc/dash_core_components.js.map"
    assert (
        requests.get(prod.address + address, timeout=PATIENCE_SECONDS).status_code
        == 404
    )
