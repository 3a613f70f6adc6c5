"""The model as a zip: in a place without this project it gives the same predictions, and says what it cannot read."""

from __future__ import annotations

import io
import json
import os
import runpy
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from app.exports import model_zip
from app.exports.model_zip import MODULE, without_project
from app.functions.models.persistence import model_from_bytes
from tests.conftest import PROJECT
from tests.exports.conftest import MULTICLASS, ODD, REGRESSION, odd_table


def unpack(context, folder: Path) -> Path:
    """Unpack the zip of a model."""
    with zipfile.ZipFile(io.BytesIO(model_zip.make(context))) as archive:
        archive.extractall(folder)
    return folder


def predict(folder: Path, table: str, *options: str, python: str = sys.executable):
    """Run the script on a CSV."""
    (folder / "new.csv").write_text(table, encoding="utf-8")
    return subprocess.run(
        [python, "predict.py", "new.csv", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        # The order in which numbers are added up depends on what BLAS is told.
        env={name: os.environ[name] for name in os.environ if "BLAS" in name},
    )


def predicted(folder: Path, table: pd.DataFrame, **how) -> pd.DataFrame:
    """What the script adds to a table."""
    done = predict(folder, table.to_csv(index=False), **how)
    assert done.returncode == 0, done.stderr
    return pd.read_csv(io.StringIO(done.stdout))


def holdout_of(bench, run: str) -> pd.DataFrame:
    """The rows held out, as they stand in the table."""
    positions = bench.runs.table(run, "holdout")["position"]
    table = bench.datasets.table(bench.runs.get(run).dataset.id)
    return table.iloc[positions].reset_index(drop=True)


def check_holdout(bench, run: str, model: str, folder: Path, **how) -> None:
    """Compare what the script predicts of the rows held out with what the run predicted."""
    output = bench.runs.table(run, f"output-{model}")
    found = predicted(folder, holdout_of(bench, run), **how)
    classes = bench.runs.training(run).summary.classes
    names = [f"probability of {name}" for name in classes] or ["prediction"]
    np.testing.assert_array_equal(found[names].to_numpy(), output.to_numpy())


@pytest.mark.parametrize(
    "settings", [MULTICLASS, REGRESSION], ids=["classes", "number"]
)
def test_the_holdout_is_predicted_to_the_last_digit(bench, settings, tmp_path):
    run = bench.train(odd_table(), **settings, models=["k_neighbors"])
    folder = unpack(bench.context(run, "k_neighbors"), tmp_path)
    check_holdout(bench, run, "k_neighbors", folder)


def test_a_model_file_names_nothing_of_this_project(bench, binary):
    for model in ("linear", "random_forest", "dummy"):
        pipeline = model_from_bytes(bench.runs.model(binary, model))
        content, module, trusted = without_project(pipeline)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            assert '"app.' not in archive.read("schema.json").decode()
        assert not [name for name in trusted if name.startswith("app.")]
        assert "import app" not in module and "from app" not in module


@pytest.fixture
def script(bench, binary, tmp_path, monkeypatch):
    """Run the script of a calibrated model in this process: ``script(csv, *options)``."""
    folder = unpack(bench.context(binary, "linear"), tmp_path)
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, MODULE, raising=False)

    def run(table: str, *options: str) -> None:
        (folder / "new.csv").write_text(table, encoding="utf-8")
        monkeypatch.setattr(
            sys, "argv", ["predict.py", str(folder / "new.csv"), *options]
        )
        runpy.run_path(str(folder / "predict.py"), run_name="__main__")

    return run


def test_a_column_that_is_missing_and_cells_that_cannot_be_read_are_said(
    script, capsys
):
    table = odd_table().head(4).astype({"size": object})
    table.loc[1, "size"] = "wide"
    table["surplus"] = 1
    script(table.to_csv(index=False))
    said = capsys.readouterr().err
    assert "Column 'size' is not a number in 1 row (3, with" in said
    assert "such as 'wide'" in said and "'surplus'" in said
    without = table.drop(columns=[ODD]).to_csv(index=False)
    with pytest.raises(SystemExit, match="The table has no column"):
        script(without)
    assert not capsys.readouterr().out
    script(without, "--allow-missing")
    assert "missing in every row" in capsys.readouterr().err


def test_cells_that_something_else_separates_are_noticed(script, capsys):
    table = odd_table().head(3)
    with pytest.raises(SystemExit, match="--sep"):
        script(table.to_csv(index=False, sep=";"))
    with pytest.raises(SystemExit, match="has one column.*--sep ';'"):
        script(table[["size", "city"]].to_csv(index=False, sep=";"))
    script(table.to_csv(index=False, sep=";"), "--sep", ";")
    assert len(pd.read_csv(io.StringIO(capsys.readouterr().out))) == 3


@pytest.mark.parametrize("content", ["", "\n", "\x00\x01\x02", "a,b\n1,2,3,4\n"])
def test_what_is_no_table_is_a_sentence(script, content):
    with pytest.raises(
        SystemExit, match="cannot be read as CSV|has no column|has one column"
    ):
        script(content)


def test_a_table_without_rows_gives_a_table_without_rows(script, capsys):
    script(odd_table().head(0).to_csv(index=False))
    said = capsys.readouterr().out
    assert said.count("\n") == 2 and "prediction" in said  # a name has one


def test_a_column_that_is_called_like_a_prediction_stays(script, capsys):
    script(odd_table().head(3).assign(prediction="mine").to_csv(index=False))
    found = pd.read_csv(io.StringIO(capsys.readouterr().out))
    assert list(found["prediction"]) == ["mine"] * 3 and "prediction (model)" in found


def test_in_an_empty_environment_the_holdout_is_predicted_to_the_last_digit(
    bench, binary, tmp_path
):
    uv = shutil.which("uv") or str(PROJECT / ".tools" / "bin" / "uv")
    if not Path(uv).exists():
        pytest.skip("there is no uv, with which bin/test makes its environments")
    folder = unpack(bench.context(binary, "linear"), tmp_path / "unpacked")
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run(
        [uv, "venv", "-q", "-p", sys.executable, tmp_path / "venv"], check=True
    )
    install = [uv, "pip", "install", "-q", "-p", python, "-r", "requirements.txt"]
    # What this environment was made of is at hand; only elsewhere it must be fetched.
    if subprocess.run([*install, "--offline"], cwd=folder).returncode:
        subprocess.run(install, cwd=folder, check=True)
    check_holdout(bench, binary, "linear", folder, python=str(python))


def test_the_zip_says_what_is_in_it(bench, binary, tmp_path):
    folder = unpack(bench.context(binary, "random_forest"), tmp_path)
    names = {path.name for path in folder.iterdir()}
    readme = (folder / "README.md").read_text()
    assert names - {"README.md"} == {name for name in names if f"`{name}`" in readme}
    assert f"{MODULE}.py" in names
    about = json.loads((folder / "schema.json").read_text())
    assert about["classes"] == ["no", "yes"] and about["columns"][1]["name"] == ODD
    assert "scikit-learn==" in (folder / "requirements.txt").read_text()
    assert "# Model card" in (folder / "model-card.md").read_text()
