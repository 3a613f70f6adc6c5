"""What the API gives, declared once: the description is drawn from it, and tests hold the answers to it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field


class _Given(BaseModel):
    """An answer."""


class PartProblem(_Given):
    """What is wrong with one part of a request."""

    pointer: str = Field(description="Where: a JSON pointer, or a parameter's name.")
    detail: str


class Problem(_Given):
    """An error, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do, as a sentence.")
    errors: list[PartProblem] | None = None


class Column(_Given):
    """What is known of one column of a table."""

    name: str
    role: str
    dtype: str
    missing: int
    distinct: int
    minimum: float | str | None
    maximum: float | str | None
    mean: float | None


class DatasetName(_Given):
    """A table."""

    id: str
    name: str


class DatasetEntry(DatasetName):
    """A table of a list."""

    created: float = Field(description="Seconds since 1970.")
    rows: int


class Dataset(DatasetEntry):
    """A table and its profile."""

    notes: list[str] = Field(description="How its file was read, as sentences.")
    duplicate_rows: int
    missing_cells: int
    suggested_target: str
    columns: list[Column]


class Datasets(_Given):
    """Tables, the newest first."""

    datasets: list[DatasetEntry]


class Progress(_Given):
    """How far a run is."""

    done: int
    total: int
    doing: str


class Run(_Given):
    """A training and how far it is."""

    id: str
    state: Literal["queued", "running", "done", "failed", "cancelled", "interrupted"]
    message: str
    created: float = Field(description="Seconds since 1970, as the other times.")
    started: float | None
    finished: float | None
    progress: Progress | None
    dataset: DatasetName | None
    target: str
    task: str
    best: str | None = Field(description="The best model in cross-validation.")


class Runs(_Given):
    """Trainings, the newest first."""

    runs: list[Run]


class Finding(_Given):
    """What a check found."""

    key: str
    level: str
    title: str
    finding: str
    advice: str


class ModelScores(_Given):
    """The scores of one model."""

    model: str
    label: str
    cv_mean: float | None = Field(description="On the folds.")
    cv_std: float | None
    holdout: float | None = Field(description="On rows that no model had seen.")
    holdout_low: float | None = Field(description="The ends of its 95 % interval.")
    holdout_high: float | None
    fit_seconds: float | None
    error: str | None = Field(description="Why it could not be trained.")


class Metric(_Given):
    """What the scores measure."""

    key: str
    label: str
    explanation: str
    greater_is_better: bool


class Results(_Given):
    """What a training has found."""

    run: str
    metric: Metric
    best: str | None
    models: list[ModelScores]
    classes: list[str]
    n_train: int
    n_test: int
    notes: list[str]


class ModelResult(ModelScores):
    """One model: its scores, how good it is in words, and what the checks say."""

    run: str
    metrics: dict[str, float | None] = Field(
        description="On the holdout, at a threshold of 0.5."
    )
    confusion: list[list[int]] | None = Field(
        description="Of classes: rows of the holdout by actual class, then by predicted class, at a threshold of 0.5."
    )
    verdict: str
    against: str = Field(description="What guessing would do.")
    caution: str
    findings: list[Finding] = Field(description="Problems and cautions of the checks.")


class SchemaColumn(_Given):
    """What the models of a run take for one column."""

    name: str
    role: str
    dtype: str
    missing_share: float
    minimum: float | str | None
    maximum: float | str | None
    categories: list[str]


class Schema(_Given):
    """The columns that the models of a run take, with the values that they have seen."""

    run: str
    target: str
    task: str
    classes: list[str]
    columns: list[SchemaColumn]


class FailedRow(_Given):
    """A row without a prediction."""

    row: int = Field(description="Its place in the request, counted from 0.")
    reason: str


class TableProblem(_Given):
    """How rows differ from what the model has learned from."""

    kind: str
    column: str
    count: int
    rows: list[int] = Field(description="The first of them, counted from 0.")
    sentence: str


class Prediction(_Given):
    """What a model predicts for a row."""

    row: int = Field(description="Its place in the request, counted from 0.")
    prediction: str | float | None
    probability: float | None = Field(None, description="Of the predicted class.")
    probabilities: dict[str, float] | None = Field(None, description="By class.")
    may_be: list[str] | None = Field(
        None, description="The classes of which one is right for 9 of 10 rows."
    )
    low: float | None = Field(
        None,
        description="The ends of an interval that holds the number for 9 of 10 rows.",
    )
    high: float | None = None
    doubt: str | None = Field(
        None, description="What the row has that no row of the training table had."
    )


class Predictions(_Given):
    """What a model predicts."""

    run: str
    model: str
    target: str
    task: str
    threshold: float | None
    classes: list[str]
    predictions: list[Prediction]
    failed: list[FailedRow] = Field(description="Rows without a prediction.")
    problems: list[TableProblem]


class Reason(_Given):
    """How much the value of a column moves the prediction of a row."""

    column: str
    effect: float
    sentence: str


class Explanation(Prediction):
    """What moves the prediction of a row."""

    reasons: list[Reason] = Field(description="The strongest first.")


class Explanations(_Given):
    """What moves predictions."""

    run: str
    model: str
    target: str
    task: str
    classes: list[str]
    method: str = Field(description="What the effects measure.")
    explanations: list[Explanation]
    failed: list[FailedRow]
    problems: list[TableProblem]


class Checked(_Given):
    """How rows differ from what the models of a run have learned from."""

    run: str
    rows: int
    usable: int = Field(description="How many can be predicted.")
    problems: list[TableProblem]
    failed: list[FailedRow]
