"""What the process that keeps models answers: predictions, and whether rows fit what a model has learned from."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import functions, wording
from app.storage import RunStore, files

from .model_cache import ModelCache, TooLarge

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.tables.schema import TableSchema

MAX_MODELS = 16
# Of rows that make a library fail each is looked for with a few predictions.
_MAX_TRIES = 400
_NO_SCHEMA = (
    "This run was trained by an older version, which did not keep what its columns hold. Train again, and predict with "
    "the new run."
)
_NO_MODEL = "This run has no model '{model}'. It has: {models}."
_UNFINISHED = (
    "This run has no model yet. Wait until it is done; its state says how far it is."
)
_TOO_LARGE = (
    "This model takes more memory than the server has for models. Choose another model of the run, or raise "
    "PREDICT_MEMORY_MB."
)
_NO_THRESHOLD = "A threshold is for two classes: leave it out here."
_ROW_FAILED = "The model cannot predict this row."
_NOT_TRIED = (
    "Not predicted: too many rows before it failed. Send it again without them."
)


class Refusal(Exception):
    """Why there is no answer, as a sentence.

    Parameters
    ----------
    sentence : str
    status : int
        Of HTTP.
    """

    def __init__(self, sentence: str, status: int = 422):
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Served:
    """A model in memory, and what it was trained for."""

    run: str
    model: str
    pipeline: Any
    schema: TableSchema
    target: str
    task: str
    classes: tuple[str, ...]


class Answers:
    """Answers what the server asks; permission has been asked already.

    Parameters
    ----------
    data_dir : pathlib.Path
    max_bytes : int
        How much the models may take.
    """

    def __init__(self, data_dir: Path, max_bytes: int):
        self._runs = RunStore(data_dir / "runs")
        self._cache: ModelCache[Served] = ModelCache(max_bytes, MAX_MODELS)
        self._kinds: Mapping[str, Callable[..., dict[str, Any]]] = {
            "predict": self.predict,
            "check": self.check,
        }

    def of(self, kind: str, run: str, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question.

        Parameters
        ----------
        kind : {"predict", "explain", "check"}
        run : str
        fields : mapping of str

        Raises
        ------
        Refusal
            It cannot be answered.
        NotFound
            There is no such run, or no longer.
        """
        return self._kinds[kind](run, **fields)

    def predict(
        self,
        run: str,
        rows: Sequence[Any],
        model: str | None = None,
        threshold: float | None = None,
    ) -> dict[str, Any]:
        """Return the predictions for rows, and why there are none for others."""
        served = self._served(run, model)
        if threshold is not None and served.task != "binary":
            raise Refusal(_NO_THRESHOLD)
        threshold = 0.5 if threshold is None else threshold
        frame, failed = functions.tables.json_rows.table_of_rows(rows, served.schema)
        fitting, notes = served.schema.conform(frame)
        output, more = _outputs(served, fitting)
        failed |= more
        return {
            **_about(served),
            "threshold": threshold if served.task == "binary" else None,
            "classes": list(served.classes),
            "predictions": _predictions(served, output, threshold),
            "failed": _listed(failed),
            "problems": _problems(notes),
        }

    def check(self, run: str, rows: Sequence[Any]) -> dict[str, Any]:
        """Return how rows differ from what the models of a run have learned from."""
        schema = self._schema(run)
        frame, failed = functions.tables.json_rows.table_of_rows(rows, schema)
        _, notes = schema.conform(frame)
        return {
            "run": run,
            "rows": len(rows),
            "usable": len(frame),
            "problems": _problems(notes),
            "failed": _listed(failed),
        }

    def _served(self, run: str, model: str | None) -> Served:
        # Each time: whoever deletes a run wants its models to answer no more.
        files.file_of(self._runs.root, run, "run", "run.json")
        model = model or self._best(run)
        try:
            return self._cache.get(
                (run, model),
                lambda: self._model(run, model),
                lambda content: self._load(run, model, content),
            )
        except TooLarge:
            raise Refusal(_TOO_LARGE) from None

    def _best(self, run: str) -> str:
        best = self._runs.training(run).summary.best
        if not best:
            raise Refusal(_UNFINISHED, 409)
        return best

    def _model(self, run: str, model: str) -> bytes:
        summary = self._runs.training(run).summary
        known = [row.model for row in summary.trained]
        if model not in known:
            if not known:
                raise Refusal(_UNFINISHED, 409)
            shown = _NO_MODEL.format(
                model=wording.shortened(model), models=", ".join(known)
            )
            raise Refusal(shown, 404)
        return self._runs.model(run, model)

    def _load(self, run: str, model: str, content: bytes) -> Served:
        training = self._runs.training(run)
        return Served(
            run,
            model,
            functions.models.persistence.model_from_bytes(content),
            self._schema(run),
            training.settings.target,
            training.settings.task,
            tuple(training.summary.classes),
        )

    def _schema(self, run: str) -> TableSchema:
        schema = self._runs.schema(run)
        if schema is None:
            raise Refusal(_NO_SCHEMA, 409)
        return schema


def _problems(notes: Sequence[str]) -> list[dict[str, Any]]:
    return [
        {"kind": "note", "column": "", "count": 0, "rows": [], "sentence": note}
        for note in notes
    ]


def _about(served: Served) -> dict[str, Any]:
    return {
        "run": served.run,
        "model": served.model,
        "target": served.target,
        "task": served.task,
    }


def _listed(failed: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{"row": row, "reason": failed[row]} for row in sorted(failed)]


def _outputs(
    served: Served, frame: pd.DataFrame
) -> tuple[dict[int, np.ndarray], dict[int, str]]:
    """Return what the model says of each row by its position, and why it says nothing of others."""
    found: dict[int, np.ndarray] = {}
    failed: dict[int, str] = {}
    waiting, tries = [frame] if len(frame) else [], 0
    while waiting:
        part, tries = waiting.pop(), tries + 1
        if tries > _MAX_TRIES:
            failed |= dict.fromkeys(part.index.tolist(), _NOT_TRIED)
            continue
        try:
            found |= zip(part.index.tolist(), _output(served, part))
        except MemoryError:
            raise
        except (
            Exception
        ):  # whatever a row does to a library: halves tell which one it is
            if len(part) == 1:
                failed[int(part.index[0])] = _ROW_FAILED
                continue
            middle = len(part) // 2
            waiting += [part.iloc[middle:], part.iloc[:middle]]
    return found, failed


def _output(served: Served, frame: pd.DataFrame) -> np.ndarray:
    if not served.classes:
        return np.asarray(served.pipeline.predict(frame), dtype=np.float64)
    known = served.pipeline.predict_proba(frame)
    if list(served.pipeline.classes_) == list(served.classes):
        return known
    output = np.zeros((len(frame), len(served.classes)))
    output[:, [served.classes.index(name) for name in served.pipeline.classes_]] = known
    return output


def _predictions(
    served: Served, output: Mapping[int, np.ndarray], threshold: float
) -> list[dict[str, Any]]:
    rows = sorted(output)
    if not served.classes:
        return [{"row": row, "prediction": _number(output[row])} for row in rows]
    return [_class(served.classes, row, output[row], threshold) for row in rows]


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _class(
    classes: Sequence[str], row: int, output: np.ndarray, threshold: float
) -> dict[str, Any]:
    shares = [float(share) for share in output]
    if len(classes) == 2:
        chosen = int(shares[1] >= threshold)
    else:
        chosen = int(np.argmax(output))
    return {
        "row": row,
        "prediction": classes[chosen],
        "probability": shares[chosen],
        "probabilities": dict(zip(classes, shares)),
    }
