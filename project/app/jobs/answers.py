"""What the process that keeps models answers: predictions, and whether rows fit what a model has learned from."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from app import functions, wording
from app.storage import DatasetStore, RunStore, files

from .model_cache import ModelCache, TooLarge
from .watching import Watcher

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.scoring.conforming import Conformed
    from app.functions.scoring.predicting import Scored, Scorer
    from app.functions.tables.schema import TableSchema

MAX_MODELS = 16
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
_METHOD = (
    "How much higher the prediction is than with the column's typical value, all other columns as they are: the "
    "probability of the positive one of two classes, of the predicted one of several, or the number."
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
    target: str
    task: str
    scorer: Scorer

    @property
    def about(self) -> dict[str, Any]:
        """What every answer of it begins with."""
        return {
            "run": self.run,
            "model": self.model,
            "target": self.target,
            "task": self.task,
            "classes": list(self.scorer.classes),
        }


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
        self._watcher = Watcher(self._runs, DatasetStore(data_dir / "datasets"))
        self._cache: ModelCache[Served] = ModelCache(max_bytes, MAX_MODELS)
        self._kinds: Mapping[str, Callable[..., dict[str, Any]]] = {
            "predict": self.predict,
            "explain": self.explain,
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
        watched: bool = False,
    ) -> dict[str, Any]:
        """Return the predictions for rows, and why there are none for others; counts of them are kept if `watched`."""
        served = self._served(run, model)
        scorer = served.scorer
        if threshold is not None:
            if served.task != "binary":
                raise Refusal(_NO_THRESHOLD)
            scorer = replace(scorer, threshold=threshold)
        given = Given.of(rows, scorer.schema)
        scored, failed = _scored(scorer, given)
        predictions = _predictions(scorer, given, scored) if scored else []
        if watched and scored:
            kept = given.conformed.rows.iloc[np.flatnonzero(scored.scored)]
            self._watcher.note(run, served.model, kept, scored.output, len(failed))
        return {
            **served.about,
            "threshold": scorer.threshold if served.task == "binary" else None,
            "predictions": predictions,
            "failed": _listed(failed),
            "problems": given.problems,
        }

    def close(self) -> None:
        """Keep the counts of what was predicted."""
        self._watcher.flush()

    def explain(
        self, run: str, rows: Sequence[Any], model: str | None = None
    ) -> dict[str, Any]:
        """Return the predictions for rows, with the columns that move each most."""
        served = self._served(run, model)
        scorer = served.scorer
        given = Given.of(rows, scorer.schema)
        scored, failed = _scored(scorer, given)
        explanations = _predictions(scorer, given, scored) if scored else []
        if explanations:
            kept = given.conformed.rows.iloc[np.flatnonzero(scored.scored)]
            for one, reasons in zip(explanations, _reasons(scorer, kept, scored)):
                one["reasons"] = reasons
        return {
            **served.about,
            "method": _METHOD,
            "explanations": explanations,
            "failed": _listed(failed),
            "problems": given.problems,
        }

    def check(self, run: str, rows: Sequence[Any]) -> dict[str, Any]:
        """Return how rows differ from what the models of a run have learned from."""
        given = Given.of(rows, self._schema(run))
        return {
            "run": run,
            "rows": len(rows),
            "usable": len(rows) - len(given.refused),
            "problems": given.problems,
            "failed": _listed(given.refused),
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
        best = self._runs.content(run).get("best")
        best = best or self._runs.training(run).summary.best
        if not best:
            raise Refusal(_UNFINISHED, 409)
        return best

    def _model(self, run: str, model: str) -> bytes:
        known = [row.model for row in self._runs.training(run).summary.trained]
        if not known:
            raise Refusal(_UNFINISHED, 409)
        if model not in known:
            name = wording.shortened(model)
            raise Refusal(_NO_MODEL.format(model=name, models=", ".join(known)), 404)
        return self._runs.model(run, model)

    def _load(self, run: str, model: str, content: bytes) -> Served:
        training = self._runs.training(run)
        scorer = functions.scoring.predicting.Scorer(
            functions.models.persistence.model_from_bytes(content),
            self._schema(run),
            tuple(training.summary.classes),
            # Of a model that somebody brought.
            self._runs.content(run).get("threshold") or 0.5,
        )
        holdout = self._runs.table(run, "holdout")
        output = self._runs.table(run, f"output-{model}")
        if holdout is not None and output is not None:
            scorer = scorer.calibrated(holdout, output.to_numpy())
        settings = training.settings
        return Served(run, model, settings.target, settings.task, scorer)

    def _schema(self, run: str) -> TableSchema:
        schema = self._runs.schema(run)
        if schema is None:
            if not self._runs.training(run).summary.best:
                raise Refusal(_UNFINISHED, 409)
            raise Refusal(_NO_SCHEMA, 409)
        return schema


@dataclass(frozen=True)
class Given:
    """The rows of a request, made to fit a schema.

    Attributes
    ----------
    positions : ndarray of int, of shape (n_rows,)
        Of the rows that are rows, in the request.
    conformed : Conformed or None
        Of those; None if there are none.
    refused : dict of int to str
        By position in the request, why a row cannot be predicted.
    """

    positions: np.ndarray
    conformed: Conformed | None
    refused: Mapping[int, str]

    @classmethod
    def of(cls, rows: Sequence[Any], schema: TableSchema) -> Given:
        """Conform what a program sent."""
        refused = functions.tables.json_rows.unusable(rows, schema)
        positions = np.setdiff1d(np.arange(len(rows)), np.fromiter(refused, dtype=int))
        if not len(positions):
            return cls(positions, None, refused)
        usable = [rows[i] for i in positions]
        conformed = functions.scoring.few_rows.conform_rows(usable, schema)
        more = {
            int(positions[i]): _sentence(why) for i, why in conformed.refused.items()
        }
        return cls(positions, conformed, refused | more)

    @property
    def problems(self) -> list[dict[str, Any]]:
        """What does not fit, by column."""
        return [
            {
                "kind": problem.kind,
                "column": problem.column,
                "count": problem.n_rows,
                "rows": [int(self.positions[number - 1]) for number in problem.rows],
                "sentence": problem.sentence,
            }
            for problem in (self.conformed.problems if self.conformed else ())
        ]


def _sentence(why: str) -> str:
    return f"{why}."


def _listed(failed: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{"row": row, "reason": failed[row]} for row in sorted(failed)]


def _scored(scorer: Scorer, given: Given) -> tuple[Scored | None, Mapping[int, str]]:
    """Return the predictions, and why there are none for some rows."""
    if given.conformed is None:
        return None, given.refused
    scored = _at_once(scorer, given.conformed)
    scored = scored or functions.scoring.predicting.score_rows(scorer, given.conformed)
    more = {
        int(given.positions[i]): _sentence(why) for i, why in scored.refused.items()
    }
    return scored, given.refused | more


def _at_once(scorer: Scorer, conformed: Conformed) -> Scored | None:
    """Return the predictions without a table of them, which takes as long as a row; None if a row is refused."""
    if conformed.refused:
        return None
    try:
        output = scorer.output(conformed.rows)
    except MemoryError:
        raise
    except (
        Exception
    ):  # whatever a row does to a library: which one it is, is looked for
        return None
    every = np.ones(len(conformed.rows), dtype=bool)
    return functions.scoring.predicting.Scored(conformed.rows, output, every, {})


def _predictions(scorer: Scorer, given: Given, scored: Scored) -> list[dict[str, Any]]:
    places = np.flatnonzero(scored.scored).tolist()
    describe = _class if scorer.classes else _number
    doubts = given.conformed.doubts
    return [
        {
            "row": int(given.positions[place]),
            **describe(scorer, output),
            "doubt": _sentence(doubts[place]) if place in doubts else None,
        }
        for place, output in zip(places, scored.output.tolist())
    ]


def _number(scorer: Scorer, value: float) -> dict[str, Any]:
    if not math.isfinite(value):
        return {"prediction": None, "low": None, "high": None}
    margin = scorer.margin if math.isfinite(scorer.margin) else None
    return {
        "prediction": value,
        "low": None if margin is None else value - margin,
        "high": None if margin is None else value + margin,
    }


def _class(scorer: Scorer, shares: list[float]) -> dict[str, Any]:
    classes = scorer.classes
    if len(classes) == 2:
        chosen = int(shares[1] >= scorer.threshold)
    else:
        chosen = shares.index(max(shares))
    least = scorer.least_probability
    may_be = [name for name, share in zip(classes, shares) if share >= least]
    return {
        "prediction": classes[chosen],
        "probability": shares[chosen],
        "probabilities": dict(zip(classes, shares)),
        "may_be": may_be if math.isfinite(least) else None,
    }


def _reasons(
    scorer: Scorer, rows: pd.DataFrame, scored: Scored
) -> Iterator[list[dict[str, Any]]]:
    """Yield the reasons of each row that was predicted."""
    scoring = functions.scoring
    codes = None
    if len(scorer.classes) == 2:
        codes = np.ones(len(rows), dtype=int)
    elif scorer.classes:
        codes = scoring.predicting.predicted_codes(scorer, scored.output)

    def predict(changed: pd.DataFrame) -> np.ndarray:
        output = scorer.output(changed)
        return output if codes is None else output[np.arange(len(output)), codes]

    found = scoring.reasons.reasons_of(predict, rows, scorer.schema)
    texts = scoring.predicting.reason_texts(found, rows, bool(scorer.classes))
    names = [column.name for column in scorer.schema.columns]
    for columns, effects, says in zip(found.columns, found.effects, texts):
        yield [
            {"column": names[j], "effect": float(effect), "sentence": text}
            for j, effect, text in zip(columns, effects, says)
            if j >= 0
        ]
