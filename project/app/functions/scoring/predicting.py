"""Predictions for new rows as a table of their own: class, probability, set or interval, reasons, and what to doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pandas as pd
from sklearn.pipeline import Pipeline

from app import wording

from ..models.fitting import predict_table
from ..tables.columns import short_label_of
from ..tables.schema import TableSchema
from . import conformal
from .conforming import Conformed
from .reasons import Reasons, reasons_of

_MAX_VALUE = 24


@dataclass(frozen=True)
class Scorer:
    """A fitted pipeline, and what is needed to say what its output means.

    Attributes
    ----------
    pipeline : Pipeline
    schema : TableSchema
    classes : tuple of str
        By class code, of two the positive one last; empty for a regression.
    threshold : float
        Of two classes: the probability from which on the positive one is predicted.
    margin : float
        Of a regression: the half width of the interval; infinity where it is not known.
    least_probability : float
        Of classes: which of them belong to the set; minus infinity where it is not known.
    """

    pipeline: Pipeline
    schema: TableSchema
    classes: tuple[str, ...] = ()
    threshold: float = 0.5
    margin: float = np.inf
    least_probability: float = -np.inf

    def calibrated(self, holdout: pd.DataFrame, output: np.ndarray) -> Scorer:
        """Return the same scorer with the bounds that the rows held out give.

        Parameters
        ----------
        holdout : DataFrame of shape (n_test, 2)
            As ``fitting.TrainingData.holdout`` returns it.
        output : ndarray of shape (n_test, n_classes) or (n_test, 1)
            What the model predicted for them.

        Returns
        -------
        Scorer
        """
        y = holdout["target"].to_numpy()
        if self.classes:
            least = conformal.least_probability(y, output)
            return replace(self, least_probability=least)
        return replace(self, margin=conformal.margin(y, output.reshape(-1)))

    def output(self, rows: pd.DataFrame) -> np.ndarray:
        """Return probabilities of shape (n_rows, n_classes), or numbers of shape (n_rows,)."""
        return predict_table(self.pipeline, rows, self.classes)


@dataclass(frozen=True)
class Scored:
    """The predictions of some rows.

    Attributes
    ----------
    table : DataFrame of shape (n_rows, n_columns)
        'prediction' and what belongs to it, in the order of the rows; empty where a row was refused.
    output : ndarray of shape (n_scored, n_classes) or (n_scored,)
        Of the rows that were scored.
    scored : ndarray of bool, of shape (n_rows,)
    refused : mapping of int to str
        By position, why a row was not scored.
    """

    table: pd.DataFrame
    output: np.ndarray
    scored: np.ndarray
    refused: Mapping[int, str]


def score_rows(
    scorer: Scorer, conformed: Conformed, with_reasons: bool = False
) -> Scored:
    """Predict new rows; one that cannot be predicted keeps its place, with the reason.

    Parameters
    ----------
    scorer : Scorer
    conformed : Conformed
    with_reasons : bool
        Whether to say which columns move each prediction most.

    Returns
    -------
    Scored
    """
    n_rows = len(conformed.rows)
    refused = dict(conformed.refused)
    positions = np.setdiff1d(np.arange(n_rows), np.fromiter(refused, dtype=int))
    output, failed = _outputs(scorer, conformed.rows.iloc[positions], positions)
    refused |= failed
    positions = np.setdiff1d(positions, np.fromiter(failed, dtype=int))
    columns = _described(scorer, output)
    if with_reasons:
        columns |= _reason_columns(scorer, conformed.rows.iloc[positions], output)
    table = pd.DataFrame(columns, index=positions).reindex(np.arange(n_rows))
    table["note"] = pd.Series(
        {**conformed.doubts, **{i: f"Not scored: {why}" for i, why in refused.items()}},
        dtype="str",
    ).reindex(table.index)
    scored = np.zeros(n_rows, dtype=bool)
    scored[positions] = True
    return Scored(table, output, scored, refused)


def _outputs(
    scorer: Scorer, rows: pd.DataFrame, positions: np.ndarray
) -> tuple[np.ndarray, dict[int, str]]:
    """Return the output for all rows that the model can predict, and why it cannot predict the others."""
    nothing = np.empty((0, len(scorer.classes)) if scorer.classes else 0)
    if not len(rows):
        return nothing, {}
    try:
        return scorer.output(rows), {}
    except Exception as error:
        # A model that somebody brought may refuse a row that it cannot take; all others are scored.
        if len(rows) == 1:
            said = wording.shortened(" ".join(str(error).split()), 120)
            return nothing, {int(positions[0]): f"the model refuses it: {said}"}
    half = len(rows) // 2
    parts = [
        _outputs(scorer, rows.iloc[part], positions[part])
        for part in (slice(half), slice(half, None))
    ]
    return np.concatenate([output for output, _ in parts]), parts[0][1] | parts[1][1]


def _described(scorer: Scorer, output: np.ndarray) -> dict[str, np.ndarray]:
    if not scorer.classes:
        columns = {"prediction": output}
        if np.isfinite(scorer.margin):
            columns |= {"low": output - scorer.margin, "high": output + scorer.margin}
        return columns
    names = np.asarray(scorer.classes, dtype=object)
    columns = {"prediction": names[predicted_codes(scorer, output)]}
    if len(names) == 2:
        columns[f"probability of {names[1]}"] = output[:, 1]
    else:
        columns["probability"] = output.max(axis=1)
        columns |= {f"probability of {n}": output[:, k] for k, n in enumerate(names)}
    if np.isfinite(scorer.least_probability):
        columns["may be"] = _sets(names, output >= scorer.least_probability)
    return columns


def predicted_codes(scorer: Scorer, output: np.ndarray) -> np.ndarray:
    """Return the code of the class that is predicted for each row.

    Parameters
    ----------
    scorer : Scorer
    output : ndarray of shape (n_rows, n_classes)

    Returns
    -------
    ndarray of int, of shape (n_rows,)
    """
    if len(scorer.classes) == 2:
        return (output[:, 1] >= scorer.threshold).astype(int)
    return output.argmax(axis=1)


def _sets(names: Sequence[str], belongs: np.ndarray) -> np.ndarray:
    """Return the classes of each row that may be true, as text; each combination is written once."""
    codes = np.zeros(len(belongs), dtype=np.int64)
    for column in belongs.T:
        # Numbered anew at each class, so that the numbers stay small however many there are.
        codes, _ = pd.factorize(2 * codes + column)
    firsts = np.unique(codes, return_index=True)[1]
    texts = [wording.listed(list(names[belongs[i]]), word="or") for i in firsts]
    return np.asarray([text or "none of them" for text in texts], dtype=object)[codes]


def _reason_columns(
    scorer: Scorer, rows: pd.DataFrame, output: np.ndarray
) -> dict[str, list[str]]:
    if not len(rows):
        return {}
    codes = predicted_codes(scorer, output) if scorer.classes else None
    found = reasons_of(partial(_moved, scorer, codes), rows, scorer.schema)
    texts = reason_texts(found, rows, is_share=bool(scorer.classes))
    return {f"reason {k + 1}": list(column) for k, column in enumerate(zip(*texts))}


def _moved(scorer: Scorer, codes: np.ndarray | None, rows: pd.DataFrame) -> np.ndarray:
    """Return the number that reasons are about: the predicted class's probability, of two the positive one's."""
    output = scorer.output(rows)
    if codes is None:
        return output
    if len(scorer.classes) == 2:
        return output[:, 1]
    return output[np.arange(len(output)), codes]


def reason_texts(
    reasons: Reasons, rows: pd.DataFrame, is_share: bool
) -> list[list[str]]:
    """Return the reasons of each row as a person says them, such as 'age = 71 (+12.3 points)'.

    Parameters
    ----------
    reasons : Reasons
    rows : DataFrame of shape (n_rows, n_columns)
    is_share : bool
        Whether the effects are those on a probability.

    Returns
    -------
    list of list of str
    """
    names = [wording.shortened(str(name)) for name in rows]
    values = [rows[name].to_numpy() for name in rows]
    missing = [rows[name].isna().to_numpy() for name in rows]
    texts = []
    for i, (columns, effects) in enumerate(zip(reasons.columns, reasons.effects)):
        texts.append(
            [
                (
                    f"{names[j]} = {'missing' if missing[j][i] else _value(values[j][i])} ({_effect(effect, is_share)})"
                    if j >= 0
                    else ""
                )
                for j, effect in zip(columns, effects)
            ]
        )
    return texts


def _value(value) -> str:
    return wording.shortened(short_label_of(value), _MAX_VALUE)


def _effect(effect: float, is_share: bool) -> str:
    sign = "+" if effect > 0 else ""
    if is_share:
        return f"{sign}{wording.fixed(100 * effect, 1)} points"
    return f"{sign}{wording.number(effect, 4)}"
