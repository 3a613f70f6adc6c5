"""The search for columns that give the target away: alone, or two of them together."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from ..tables.columns import Facts, facts_of
from .column_scores import (
    ColumnScore,
    Sample,
    areas_of,
    score_of_groups,
    score_of_numbers,
    single_column_scores,
)
from .quick_model import Problem, Table

# Errors are 1 - AUC, or 1 - R². What a column leaves unexplained, alone and as a share of what all others leave: real
# columns that do as well come in company, such as the radius, perimeter and area of one tumour.
NEARLY_ALONE, OF_OTHERS = 0.06, 0.15
POSSIBLY_ALONE, POSSIBLY_OF_OTHERS = 0.1, 0.12
PERFECT = 0.005
# Two columns together, and how much less they leave unexplained than either alone.
PAIR, PAIR_OF_OTHERS, PAIR_OF_ALONE = 0.01, 0.05, 0.2
_MAX_SUSPECTS = 5
_MAX_IN_PAIRS = 15
_ROWS_OF_PAIRS = 400
_MAX_LEVELS = 25
# On a few rows the error of a pair that will do is at most this, and this share of what either leaves alone.
_PROMISING, _PROMISING_OF_ALONE = 0.03, 0.5


@dataclass(frozen=True)
class Suspect:
    """A column, or two, that predict nearly as well as the target itself.

    Attributes
    ----------
    columns : tuple of str
        One or two.
    how : str
        What of them: 'value', 'presence', 'difference', 'ratio', 'product', 'combination'.
    score : float
        Of them alone: ROC AUC of the class that is separated worst, or R².
    others : float or None
        Of the quick model with all other columns; None if there are none.
    level : {"warning", "bad"}
    """

    columns: tuple[str, ...]
    how: str
    score: float
    others: float | None
    level: str


@dataclass(frozen=True)
class Leaks:
    """What the search found.

    Attributes
    ----------
    best : ColumnScore
        The column that predicts best alone.
    suspects : tuple of Suspect
        The worst first.
    """

    best: ColumnScore
    suspects: tuple[Suspect, ...]


def find_leaks(
    sample: Sample, roles: Mapping[str, str], random_state: int = 0
) -> Leaks:
    """Search for columns that predict far better than everything else together.

    Parameters
    ----------
    sample : Sample
    roles : mapping of str to str
    random_state : int

    Returns
    -------
    Leaks

    References
    ----------
    S. Kaufman et al. (2012), "Leakage in data mining: formulation, detection, and avoidance".
    """
    scores = single_column_scores(sample, roles)
    table = Table(sample.X, sample.y, roles, not sample.is_number, random_state)
    problem = table.problem(np.arange(len(sample.y)))
    # Several leaks would hide each other.
    perfect = [one.column for one in scores if 1 - one.score <= PERFECT]
    suspects = []
    for one in scores[:_MAX_SUSPECTS]:
        if 1 - one.score > POSSIBLY_ALONE:
            break
        rest = problem.without(one.column, *perfect)
        others = _score(rest, sample) if rest.names else None
        level = _level(1 - one.score, others)
        if others is None and len(perfect) > 1:
            # Where every column will do, the target is easy.
            level = "warning"
        if level:
            how = "presence" if one.by_presence else "value"
            suspects.append(Suspect((one.column,), how, one.score, others, level))
    if not suspects:
        suspects = _pairs(sample, problem, scores)
    suspects.sort(key=lambda one: (one.level != "bad", -one.score))
    return Leaks(scores[0], tuple(suspects))


def _level(alone: float, others: float | None) -> str | None:
    left = 0.0 if others is None else 1 - others
    if alone <= NEARLY_ALONE and alone <= OF_OTHERS * left:
        return "bad"
    if alone <= PERFECT:
        # Without others there is nothing to compare it with.
        return "bad" if others is None else "warning"
    if alone <= POSSIBLY_ALONE and alone <= POSSIBLY_OF_OTHERS * left:
        return "warning"
    return None


def _score(problem: Problem, sample: Sample) -> float:
    """Score the quick model as a single column is scored: by the class that it separates worst, or by R²."""
    output = problem.cross_predict(sample.folds)
    if sample.is_number:
        return max(0.0, problem.score(output))
    # The problem counts the classes of the sample from 0.
    codes = np.searchsorted(np.unique(sample.y), sample.classes)
    codes = np.minimum(codes, output.shape[1] - 1)
    return float(areas_of(output[:, codes], sample.members).min())


# ---- Two columns together


def _pairs(
    sample: Sample, problem: Problem, scores: tuple[ColumnScore, ...]
) -> list[Suspect]:
    alone = {one.column: 1 - one.score for one in scores}
    best = {}
    for names, how, score in _promising_pairs(sample, _looked_at(problem), alone):
        limit = min(PAIR, PAIR_OF_ALONE * min(alone[name] for name in names))
        if 1 - score <= limit:
            best.setdefault(names, (how, score))
    found = []
    for names, (how, score) in list(best.items())[:_MAX_SUSPECTS]:
        others = _score(problem.without(*names), sample)
        if 1 - score <= PAIR_OF_OTHERS * (1 - others):
            found.append(Suspect(names, how, score, others, "bad"))
    return found


def _looked_at(problem: Problem) -> list[str]:
    """Return the 15 columns that a forest uses most: all pairs of many would take too long."""
    if len(problem.names) <= _MAX_IN_PAIRS:
        return list(problem.names)
    importance = problem.importances()
    most = np.argsort(-importance, kind="stable")[:_MAX_IN_PAIRS]
    return [problem.names[i] for i in sorted(most)]


def _promising_pairs(sample: Sample, names: list[str], alone: Mapping[str, float]):
    """Yield names, how, and score of the pairs that predict well together, the best first."""
    facts = {name: facts_of(sample.X[name]) for name in names}
    numbers = {name: _filled(one) for name, one in facts.items() if _is_ordered(one)}
    found = []
    for pair in itertools.combinations(names, 2):
        first, second = facts[pair[0]], facts[pair[1]]
        limit = _PROMISING_OF_ALONE * min(alone[pair[0]], alone[pair[1]])
        limit = min(_PROMISING, limit)
        if max(first.distinct, second.distinct) <= _MAX_LEVELS:
            cells = (first.codes + 1) * (second.distinct + 1) + second.codes + 1
            found.append((pair, "combination", score_of_groups(cells, sample)))
        if pair[0] in numbers and pair[1] in numbers:
            for how, values in _combined(numbers[pair[0]], numbers[pair[1]]):
                if _error_on_some_rows(values, sample) <= limit:
                    everywhere = np.ones(len(values), dtype=bool)
                    score = score_of_numbers(values, everywhere, sample)
                    found.append((pair, how, score))
    return sorted(found, key=lambda one: -one[2])


def _is_ordered(facts: Facts) -> bool:
    return (facts.is_numeric or facts.kind == "date") and facts.distinct > 2


def _filled(facts: Facts) -> np.ndarray:
    known = facts.codes >= 0
    values = np.zeros(len(known))
    numbers = facts.numbers()
    finite = np.isfinite(numbers) & (np.abs(numbers) < 1e100)
    middle = np.median(numbers[finite]) if finite.any() else 0.0
    values[known] = np.where(finite, numbers, middle)
    values[~known] = middle
    return values


def _combined(a: np.ndarray, b: np.ndarray):
    yield "difference", a - b
    yield "sum", a + b
    if np.all(b != 0):
        yield "ratio", a / b
    yield "product", a * b


def _error_on_some_rows(values: np.ndarray, sample: Sample) -> float:
    """Return what the order of the values leaves unexplained: faster than their score on all rows."""
    rows = slice(None, None, max(1, len(values) // _ROWS_OF_PAIRS))
    ranks = rankdata(values[rows])
    if sample.is_number:
        targets = rankdata(sample.members[rows, 0])
        spread = ranks.std() * targets.std()
        covariance = ((ranks - ranks.mean()) * (targets - targets.mean())).mean()
        return 1 - float(covariance / spread) ** 2 if spread > 0 else 1.0
    members = sample.members[rows]
    if not np.all((members.sum(axis=0) > 0) & (members.sum(axis=0) < len(members))):
        return 1.0
    areas = areas_of(ranks[:, None], members)
    return float(1 - np.maximum(areas, 1 - areas).min())
