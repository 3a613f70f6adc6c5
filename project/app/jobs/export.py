"""A file to take away that is made of a training: prepared once, kept, and then downloaded."""

from __future__ import annotations

from typing import Any

from app.exports.export import Context
from app.exports.registry import export_of
from app.storage.run_files import RunFiles

from .job import Job


def make(job: Job) -> dict[str, Any]:
    """Make the file that a derived run was asked for, and keep it there.

    Parameters
    ----------
    job : Job
        Of a run with the parameters of ``exports.registry.parameters_of``.

    Returns
    -------
    dict
        No further fields of the run's record.

    Raises
    ------
    ValueError
        It cannot be made.
    NotFound
        The table or the training is gone.
    """
    run = job.runs.get(job.run_id)
    export = export_of(run.parameters["name"])
    job.progress.begin(1)
    job.progress.doing("Preparing")
    context = Context(
        job.runs.training(run.parent),
        run.parameters["model"],
        job.runs,
        job.datasets,
        job.progress.doing,
        job.n_jobs,
    )
    RunFiles(job.runs.root).write(job.run_id, export.make(context))
    job.progress.advance()
    return {}
