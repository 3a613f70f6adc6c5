"""A scoring: a new table, predicted by a model of a training, in parts that fit into memory."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any

from app import functions, wording
from app.storage.runs import RunStore, TrainingRun

from .comparison import Comparison
from .job import Job

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.scoring.conforming import Conformed
    from app.functions.scoring.predicting import Scored, Scorer
    from app.functions.tables.schema import TableSchema
    from app.storage.datasets import Dataset

SCORED = "scored"
DRIFT = "drift"
WORKBOOK = "scored.xlsx"
_CELLS = 1_000_000
# Each holds a part of the table.
_MOST_THREADS = 2
# Reasons take a prediction more for each column.
_CELLS_WITH_REASONS = 100_000
_OLD = (
    "This run was trained by a version that did not keep what its columns were like. "
    "Train again, then score."
)
_UNKNOWN = "This run has not trained this model: choose one from its leaderboard."


def check(training: TrainingRun, parameters: Mapping[str, Any]) -> None:
    """Refuse a scoring that makes no sense.

    Parameters
    ----------
    training : TrainingRun
    parameters : mapping
        'model', and, if they are not the usual ones, 'threshold', 'renamed', 'unreadable_as_missing' and 'reasons'.

    Raises
    ------
    ValueError
        The training has not trained this model, or the threshold is no probability.
    """
    if parameters.get("model") not in [row.model for row in training.summary.trained]:
        raise ValueError(_UNKNOWN)
    threshold = parameters.get("threshold", 0.5)
    is_number = isinstance(threshold, (int, float)) and not isinstance(threshold, bool)
    if not (is_number and 0 <= threshold <= 1):
        raise ValueError("The threshold must be a number from 0 to 1.")
    renamed = parameters.get("renamed", {})
    if not isinstance(renamed, Mapping) or not all(
        isinstance(name, str) for pair in renamed.items() for name in pair
    ):
        raise ValueError("The columns that have another name must be given by name.")


def scorer_of(
    runs: RunStore, training: TrainingRun, model: str, threshold: float = 0.5
) -> Scorer:
    """Load a model of a training, with all that its predictions need.

    Parameters
    ----------
    runs : RunStore
    training : TrainingRun
    model : str
    threshold : float

    Returns
    -------
    Scorer

    Raises
    ------
    NotFound
        The training is gone, or has no such model.
    ValueError
        It was trained by a version that did not keep its schema, or its file is not to be trusted.
    """
    schema = runs.schema(training.id)
    if schema is None:
        raise ValueError(_OLD)
    content = runs.model(training.id, model)
    pipeline = functions.models.persistence.model_from_bytes(content)
    classes = tuple(training.summary.classes)
    scorer = functions.scoring.predicting.Scorer(pipeline, schema, classes, threshold)
    holdout, output = (
        runs.table(training.id, name) for name in ("holdout", f"output-{model}")
    )
    if holdout is None or output is None:
        return scorer
    return scorer.calibrated(holdout, output.to_numpy())


def score(job: Job) -> Mapping[str, Any]:
    """Predict the rows of a table with a model, and keep them with the predictions.

    Parameters
    ----------
    job : Job
        Of a run about the table, whose parameters are 'run', the training, and those of `check`.

    Returns
    -------
    mapping
        No further fields of the run's record.

    Raises
    ------
    ValueError
        The table has none of the columns of the model.
    NotFound
        The table or the training is gone.
    """
    run = job.runs.get(job.run_id)
    asked = run.parameters
    training = job.runs.training(asked["run"])
    check(training, asked)
    dataset = job.datasets.get(run.dataset.id)
    has_reasons = bool(asked.get("reasons"))
    n_rows = _rows_at_once(dataset, has_reasons)
    job.progress.begin(math.ceil(dataset.profile.rows / n_rows) + 1)
    job.progress.doing("Loading the model")
    scorer = scorer_of(job.runs, training, asked["model"], asked.get("threshold", 0.5))
    counter = functions.scoring.results.ScoringCounter(scorer)
    comparison = Comparison(job, training, asked["model"], scorer)
    done = 0
    score_part = partial(
        functions.scoring.predicting.score_rows, scorer, with_reasons=has_reasons
    )
    parts = _conformed(job, dataset, scorer.schema, asked, n_rows)
    with job.runs.writing_table(job.run_id, SCORED) as writer:
        n_threads = min(job.n_jobs, _MOST_THREADS)
        for table, conformed, scored in _in_threads(score_part, parts, n_threads):
            counter.add(conformed, scored)
            comparison.add(table, conformed, scored)
            writer.write(functions.scoring.results.joined(table, scored.table))
            done += len(table)
            job.progress.doing(_so_far(done, dataset.profile.rows))
            job.progress.advance()
    result = counter.result(asked["model"])
    job.runs.write_result(job.run_id, "result", result)
    if dataset.id != training.run.dataset.id:
        _compare(job, comparison, result.n_refused)
    job.progress.advance()
    return {}


def _compare(job: Job, comparison: Comparison, refused: int) -> None:
    job.progress.doing("Comparing with the training table")
    drift = comparison.result()
    if drift is not None:
        job.runs.write_result(job.run_id, DRIFT, drift)
    comparison.remember(refused)


def _in_threads(
    score_part: Callable[[Conformed], Scored],
    parts: Iterator[tuple[pd.DataFrame, Conformed]],
    n_threads: int,
) -> Iterator[tuple[pd.DataFrame, Conformed, Scored]]:
    """Yield each part, in order, with its predictions: several are predicted at a time, each in one thread."""
    with ThreadPoolExecutor(n_threads) as pool:
        waiting: deque[tuple[pd.DataFrame, Conformed, Future[Scored]]] = deque()
        for table, conformed in parts:
            future = pool.submit(score_part, conformed)
            waiting.append((table, conformed, future))
            if len(waiting) > n_threads:
                table, conformed, future = waiting.popleft()
                yield table, conformed, future.result()
        for table, conformed, future in waiting:
            yield table, conformed, future.result()


def _rows_at_once(dataset: Dataset, has_reasons: bool) -> int:
    cells = _CELLS_WITH_REASONS if has_reasons else _CELLS
    return max(100, cells // len(dataset.profile.columns))


def _so_far(done: int, of: int) -> str:
    return f"{wording.number(done)} of {wording.plural(of, 'row')}"


def _conformed(
    job: Job,
    dataset: Dataset,
    schema: TableSchema,
    asked: Mapping[str, Any],
    n_rows: int,
) -> Iterator[tuple[pd.DataFrame, Conformed]]:
    conforming, first = functions.scoring.conforming, 0
    renamed = asked.get("renamed", {})
    as_missing = bool(asked.get("unreadable_as_missing"))
    notation = None
    for table, texts in job.datasets.batches(dataset.id, n_rows):
        notation = notation or conforming.notation_of(
            table, texts, schema, dataset.written, renamed
        )
        yield table, conforming.conform(
            table,
            notation.schema,
            renamed,
            as_missing,
            first,
            texts,
            notation.as_read,
        )
        first += len(table)
