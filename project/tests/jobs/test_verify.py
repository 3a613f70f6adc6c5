"""Verifying in the background: the script of a model is executed, and the run is stamped."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from app.exports import registry
from app.exports.verification import Verification, stamped
from app.jobs import verify
from app.storage import NotFound, belongings
from app.storage.run_files import RunFiles
from tests.conftest import PROJECT, wait_for
from tests.jobs.conftest import is_buried, small_table


def test_a_model_is_verified_and_its_run_is_stamped(trained):
    workshop, run_id = trained.workshop, trained.run_id
    asked = workshop.note(workshop.jobs.derive("verify", run_id, model="k_neighbors"))
    run = workshop.wait_for_end(asked)
    assert run.state == "done", run
    found = workshop.runs.derived_result(run, Verification)
    assert found.difference == 0.0 and found.n_predictions == trained.run.summary.n_test
    assert stamped(workshop.runs, run_id, "k_neighbors") == found
    assert stamped(workshop.runs, run_id, "linear") is None
    table = workshop.datasets.root / trained.run.run.dataset.id / "table.parquet"
    assert found.table_sha256 == hashlib.sha256(table.read_bytes()).hexdigest()
    assert "difference 0.0" in found.sentence and "scikit-learn" in found.versions


def test_a_script_that_fails_or_takes_too_long_is_a_sentence(tmp_path, monkeypatch):
    script = tmp_path / "repeat.py"
    monkeypatch.setenv("SECRET_KEY", "zanzibar")
    script.write_text(
        "import os; raise SystemExit(os.environ.get('SECRET_KEY', 'no secret'))"
    )
    with pytest.raises(ValueError, match="The script failed: no secret"):
        verify._execute(tmp_path, 60)
    script.write_text("import app")
    with pytest.raises(ValueError, match="No module named 'app'"):
        verify._execute(tmp_path, 60)
    script.write_text("import time; time.sleep(600)")
    with pytest.raises(ValueError, match="stopped after"):
        verify._execute(tmp_path, 0.5)


def test_a_script_does_not_outlive_the_job_that_is_cancelled(tmp_path):
    started = tmp_path / "started"
    (tmp_path / "repeat.py").write_text(
        "import os, time\n"
        "with open('begun', 'w') as file:\n    file.write(str(os.getpid()))\n"
        f"os.rename('begun', {str(started)!r})\n"
        "time.sleep(600)\n"
    )
    runs_it = f"from app.jobs.verify import _execute as e; from pathlib import Path; e(Path({str(tmp_path)!r}), 600)"
    job = subprocess.Popen([sys.executable, "-c", runs_it], cwd=PROJECT)
    pid = int(wait_for(lambda: started.exists() and started.read_text()))
    job.kill()
    job.wait()
    wait_for(lambda: is_buried(pid), what="the script to end")


def test_a_file_is_prepared_once_and_kept(trained):
    workshop, training = trained.workshop, trained.run
    asked = registry.parameters_of(
        registry.EXPORTS["script"], training, "linear", workshop.runs
    )
    made = workshop.note(workshop.jobs.derive("export", training.id, **asked))
    run = workshop.wait_for_end(made)
    assert run.state == "done", run
    assert workshop.jobs.derive("export", training.id, **asked) == made
    content = RunFiles(workshop.runs.root).path(made, "results").read_text()
    compile(content, "repeat.py", "exec")


@pytest.mark.parametrize("name", ["nothing", "", None, ["script"], 3])
def test_what_is_no_export_is_not_prepared(trained, name):
    with pytest.raises(ValueError, match="There is no such file"):
        trained.workshop.jobs.derive(
            "export", trained.run_id, name=name, model="linear"
        )


def test_a_file_that_is_asked_for_while_its_run_is_deleted_says_so(workshop):
    run_id = workshop.train(small_table())
    assert workshop.wait_for_end(run_id).state == "done"
    training = workshop.runs.training(run_id)
    asked = registry.parameters_of(
        registry.EXPORTS["model"], training, "linear", workshop.runs
    )
    with workshop.occupied():
        made = workshop.note(workshop.jobs.derive("export", run_id, **asked))
        belongings.delete(workshop.runs.root, run_id, "run")
    run = workshop.wait_for_end(made)
    assert run.state == "failed" and "deleted" in run.message
    with pytest.raises(NotFound):
        workshop.jobs.derive("export", run_id, **asked)
