"""The data contract of a training: kept by it, and made of what it keeps for one of before."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from app import functions
from app.storage import DatasetStore, NotFound, RunStore

from .training_reference import reference_of_run

NAME = "contract"
_OLD = (
    "This run was trained by a version that did not keep what its columns were like. "
    "Train again to get its contract."
)


def keep_contract(
    runs: RunStore, datasets: DatasetStore, run_id: str
) -> Mapping[str, Any]:
    """Make the contract of a training and keep it.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    ValueError
        It was trained by a version that did not keep its schema.
    """
    training, schema = runs.training(run_id), runs.schema(run_id)
    if schema is None:
        raise ValueError(_OLD)
    contract = functions.scoring.contract
    target, unique = training.settings.target, ()
    if training.run.dataset is not None:
        # Without the table it is not known any more which columns name the rows.
        with contextlib.suppress(NotFound):
            profile = datasets.get(training.run.dataset.id).profile
            unique = contract.unique_columns(profile, target)
    reference = reference_of_run(runs, datasets, run_id)
    document = contract.contract_of(schema, target, reference, unique)
    runs.write_result(run_id, NAME, document)
    return document


def contract_of_run(
    runs: RunStore, datasets: DatasetStore, run_id: str
) -> Mapping[str, Any]:
    """Return the contract of a training; raises as `keep_contract` does."""
    kept = runs.result(run_id, NAME, dict)
    return keep_contract(runs, datasets, run_id) if kept is None else kept
