"""Runs the script of a model in a clean process, and stamps the training with how far the results are from its own."""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import subprocess  # nosec B404: a script of our own, never a shell
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from app import exports, wording
from app.exports.export import Context
from app.exports.registry import EXPORTS
from app.exports.verification import stamp
from app.storage.runs import TrainingRun

from .job import Job

_SCRIPT = "repeat.py"
# An environment for development finds this project from everywhere.
_WITHOUT_US = """
import os, runpy, sys
sys.path = [path for path in sys.path if not os.path.isdir(os.path.join(path, "app"))]
runpy.run_path(sys.argv[1], run_name="__main__")
"""
# A fit takes as long as in the run; the machine may be busier now.
_LEAST_SECONDS, _TIMES = 600, 20
_MOST_SAID = 300
# What decides in which order numbers are added up, as it did for the training.
_OF_BLAS = ("OPENBLAS_", "OMP_", "MKL_", "BLIS_", "NVPL_", "NPY_")
_DIE_WITH_PARENT = 1


def check(training: TrainingRun, parameters: Mapping[str, Any]) -> None:
    """Refuse a model whose code cannot be written.

    Parameters
    ----------
    training : TrainingRun
    parameters : mapping
        'model'.

    Raises
    ------
    ValueError
        The training has not trained this model, or is from an older version.
    """
    asked = {"name": "script", "model": parameters.get("model")}
    exports.registry.check(training, asked)


def verify(job: Job) -> dict[str, Any]:
    """Execute the code of a model and compare.

    Parameters
    ----------
    job : Job
        Of a run whose parameter 'model' is a model of its parent.

    Returns
    -------
    dict
        No further fields of the run's record.

    Raises
    ------
    ValueError
        The code cannot be written, or failed, or took too long.
    NotFound
        The table or the training is gone.
    """
    run = job.runs.get(job.run_id)
    job.progress.begin(2)
    context = Context(
        job.runs.training(run.parent),
        run.parameters["model"],
        job.runs,
        job.datasets,
        job.progress.doing,
        job.n_jobs,
    )
    script = exports.code.files.script(context)
    table = EXPORTS["table"].make(context).read_bytes()
    name = exports.registry.file_name(EXPORTS["table"], context.training, context.model)
    job.progress.advance()
    job.progress.doing("Running the script in a process of its own")
    with tempfile.TemporaryDirectory(prefix="dashboard-verify-") as made:
        folder = Path(made)
        (folder / name).write_bytes(table)
        (folder / _SCRIPT).write_bytes(script)
        _execute(folder, _seconds(context))
        found = exports.code.verifying.compare(
            context, folder, table, time.time(), platform.python_version()
        )
    stamp(job.runs, context.training.id, context.model, found)
    job.runs.write_result(job.run_id, "result", found)
    job.progress.advance()
    return {}


def _seconds(context: Context) -> float:
    run = context.training.run
    took = (run.finished or 0) - (run.started or 0)
    return max(_LEAST_SECONDS, _TIMES * took)


def _execute(folder: Path, seconds: float) -> None:
    try:
        done = subprocess.run(  # nosec B603
            # Isolated: nothing of this project, and nothing that a user's environment adds, can be imported.
            [sys.executable, "-I", "-B", "-c", _WITHOUT_US, _SCRIPT],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=seconds,
            preexec_fn=_die_with_parent,
        )
    except subprocess.TimeoutExpired:
        raise ValueError(
            f"The script was stopped after {wording.seconds(seconds)}: it took far longer than the training."
        ) from None
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip().splitlines() or [""]
        raise ValueError(
            f"The script failed: {wording.shortened(said[-1], _MOST_SAID) or 'it was killed'}"
        )


def _environment(folder: Path) -> dict[str, str]:
    """What the script may know: no secret of the server is in it."""
    arithmetic = {
        name: value for name, value in os.environ.items() if name.startswith(_OF_BLAS)
    }
    return arithmetic | {
        "PATH": os.defpath,
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "LANG": "C.UTF-8",
        "OMP_WAIT_POLICY": "passive",
    }


def _die_with_parent() -> None:
    """Let a script not outlive the job that somebody cancels."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_DIE_WITH_PARENT, signal.SIGKILL)
