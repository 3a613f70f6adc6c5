"""What the script of a run wrote, compared with what the run keeps."""

from __future__ import annotations

import csv
import hashlib
import json
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from ..export import Context
from ..verification import Verification
from ..versions import pinned
from .repeat import PACKAGES, PREDICTIONS, SCORES

_NOTHING = "The script ended without its predictions, so there is nothing to compare."


def compare(
    context: Context, folder: Path, table: bytes, when: float, python: str
) -> Verification:
    """Return how far the results of a script are from those of the run.

    Parameters
    ----------
    context : Context
    folder : pathlib.Path
        Where the script wrote its files.
    table : bytes
        What it read.
    when : float
        Seconds since the epoch.
    python : str
        The version that executed it.

    Returns
    -------
    Verification

    Raises
    ------
    ValueError
        It wrote none, or other rows.
    """
    training, runs = context.training, context.runs
    row = next(each for each in training.summary.trained if each.model == context.model)
    kept = runs.table(training.id, f"output-{context.model}")
    positions = runs.table(training.id, "holdout")["position"]
    try:
        with open(folder / PREDICTIONS, newline="", encoding="utf-8") as file:
            lines = list(csv.reader(file))[1:]
        scores = json.loads((folder / SCORES).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise ValueError(_NOTHING) from None
    if [int(line[0]) for line in lines] != positions.tolist():
        raise ValueError("The script held out other rows than the run did.")
    n_outputs = len(kept.columns)
    predicted = np.array(
        [[float(cell or "nan") for cell in line[-n_outputs:]] for line in lines]
    )
    of_run = {
        "cv_scores": row.cv_scores,
        "train_score": row.train_score,
        "holdout": row.holdout,
    }
    differences = [difference(scores[name], of_run[name]) for name in of_run]
    return Verification(
        when,
        difference(predicted, kept.to_numpy()),
        max(differences),
        len(lines),
        hashlib.sha256(table).hexdigest(),
        {"python": python} | {name: pinned(PACKAGES)[name] for name in PACKAGES},
    )


def difference(found: Iterable[Any] | float, known: Iterable[Any] | float) -> float:
    """Return the largest difference; two missing numbers are alike, one is infinitely far from any other.

    Parameters
    ----------
    found, known : array_like of the same shape

    Returns
    -------
    float
    """
    first, second = (np.asarray(each, dtype=np.float64) for each in (found, known))
    if first.shape != second.shape:
        return math.inf
    alike = (first == second) | (np.isnan(first) & np.isnan(second))
    apart = np.abs(first - second)
    apart = np.where(np.isnan(apart), math.inf, apart)
    return float(np.where(alike, 0.0, apart).max(initial=0.0))
