"""A challenger on the rows that it held out, beside the present model on the same rows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from app import functions
from app.storage import DatasetStore, NotFound, RunStore
from app.storage.runs import TrainingRun

from .job import Job
from .score import scorer_of

if TYPE_CHECKING:
    import pandas as pd

SEEN = "seen"
_ROWS_AT_ONCE = 50_000


def check(training: TrainingRun, parameters: Mapping[str, Any]) -> None:
    """Refuse a model that the challenger's run does not have.

    Parameters
    ----------
    training : TrainingRun
        The challenger's.
    parameters : mapping
        'model', one of its models, and 'champion' and 'champion_model'.

    Raises
    ------
    ValueError
        With a sentence.
    """
    if parameters.get("model") not in [row.model for row in training.summary.trained]:
        raise ValueError(
            "This run has not trained this model: choose one from its leaderboard."
        )


def compare(job: Job) -> dict[str, Any]:
    """Judge both models, and keep the comparison as the run's result.

    Parameters
    ----------
    job : Job
        Of a run whose parent is the challenger's.

    Returns
    -------
    dict
        No further fields of the run's record.

    Raises
    ------
    ValueError
        The two cannot be compared; the sentence says why.
    NotFound
        A run or a table is gone.
    """
    module = functions.evaluation.challenge
    run = job.runs.get(job.run_id)
    asked = run.parameters
    challenger = job.runs.training(run.parent)
    champion = job.runs.training(asked["champion"])
    job.progress.begin(3)
    job.progress.doing("Finding out which rows either has learned from")
    seen, own_seen = (
        seen_rows(job.runs, job.datasets, training)
        for training in (champion, challenger)
    )
    job.progress.advance()
    job.progress.doing("Scoring with the present model")
    holdout = job.runs.table(challenger.id, "holdout")
    scorer = scorer_of(job.runs, champion, asked["champion_model"])
    scored, is_seen, output = _scored(job, challenger, scorer, holdout, seen)
    is_copy = _copies(job, challenger, holdout, own_seen) & ~is_seen
    job.progress.advance()
    job.progress.doing("Comparing")
    used = scored & ~is_seen & ~is_copy
    classes = challenger.summary.classes
    other = module.in_order(output, champion.summary.classes, classes)[used]
    own = job.runs.table(challenger.id, f"output-{asked['model']}").to_numpy()
    found = module.compare(
        challenger.settings.task,
        challenger.settings.scoring,
        holdout["target"].to_numpy()[used],
        own[used] if classes else own[used, 0],
        other,
        tuple(
            int(rows.sum())
            for rows in (is_seen, is_copy, ~(scored | is_seen | is_copy))
        ),
        seen is not None,
    )
    job.runs.write_result(job.run_id, "result", found)
    job.progress.advance()
    return {}


def seen_rows(
    runs: RunStore, datasets: DatasetStore, training: TrainingRun
) -> np.ndarray | None:
    """Return the hashes of the rows that the models of a run have learned from; None if nobody knows them.

    Parameters
    ----------
    runs : RunStore
    datasets : DatasetStore
    training : TrainingRun
    """
    kept = runs.table(training.id, SEEN)
    if kept is not None:
        return kept["row"].to_numpy()
    schema = runs.schema(training.id)
    if schema is None or not training.summary.n_train:
        return None
    try:
        table = datasets.table(training.run.dataset.id)
        data = functions.models.fitting.prepare(table, training.settings)
    except (NotFound, ValueError):  # gone, or of a version that took other rows
        return None
    rows = table.iloc[data.positions[data.split.train]]
    conformed = functions.scoring.conforming.conform(rows, schema)
    hashes = functions.evaluation.challenge.row_hashes
    return hashes(conformed.rows, rows[training.settings.target])


def keep_seen(runs: RunStore, datasets: DatasetStore, training: TrainingRun) -> None:
    """Keep with a run which rows its models have learned from, for when its table has expired."""
    if runs.table(training.id, SEEN) is None:
        seen = seen_rows(runs, datasets, training)
        if seen is not None:
            table = functions.evaluation.challenge.table_of(seen)
            runs.write_table(training.id, SEEN, table)


def _scored(
    job: Job,
    challenger: TrainingRun,
    scorer: Any,
    holdout: pd.DataFrame,
    seen: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return which rows held out the present model scores, which it has learned from, and what it predicts for them."""
    conforming = functions.scoring.conforming
    hashes = functions.evaluation.challenge.row_hashes
    dataset = job.datasets.get(challenger.run.dataset.id)
    positions, target = holdout["position"].to_numpy(), challenger.settings.target
    n_rows, first = len(positions), 0
    order = np.argsort(positions)
    scored, is_seen = np.zeros(n_rows, dtype=bool), np.zeros(n_rows, dtype=bool)
    output = np.full(
        (n_rows, len(scorer.classes)) if scorer.classes else n_rows, np.nan
    )
    notation = None
    for table, texts in job.datasets.batches(dataset.id, _ROWS_AT_ONCE):
        low, high = np.searchsorted(positions[order], (first, first + len(table)))
        places, here = order[low:high], positions[order[low:high]] - first
        first += len(table)
        if not len(places):
            continue
        rows, written = table.iloc[here], texts.iloc[here]
        notation = notation or conforming.notation_of(
            table, texts, scorer.schema, dataset.written
        )
        conformed = conforming.conform(
            rows, notation.schema, texts=written, as_read=notation.as_read
        )
        predicted = functions.scoring.predicting.score_rows(scorer, conformed)
        scored[places] = predicted.scored
        output[places[predicted.scored]] = predicted.output
        if seen is not None:
            is_seen[places] = np.isin(hashes(conformed.rows, rows[target]), seen)
    return scored, is_seen, output


def _copies(
    job: Job, training: TrainingRun, holdout: pd.DataFrame, seen: np.ndarray | None
) -> np.ndarray:
    """Return which rows that a run held out equal one that its models have learned from."""
    if seen is None:
        return np.zeros(len(holdout), dtype=bool)
    table = job.datasets.table(training.run.dataset.id)
    rows = table.iloc[holdout["position"].to_numpy()]
    conformed = functions.scoring.conforming.conform(rows, job.runs.schema(training.id))
    hashes = functions.evaluation.challenge.row_hashes
    return np.isin(hashes(conformed.rows, rows[training.settings.target]), seen)
