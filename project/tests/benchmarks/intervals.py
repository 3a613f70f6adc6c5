"""Intervals: how often the 95 % interval of each score covers the score on all rows of the same kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from app.functions.evaluation.intervals import score_interval
from app.functions.evaluation.scoring import METRICS, score

from .results import Result

N_DRAWS = 400
SIZES = (30, 100, 500)
N_ALL = 400_000
# The share of draws, averaged over the populations; a single one may be further off.
MAX_OFF = 0.02
# Where a few rows make most of the error, a sample without such a row cannot know; no method covers.
VERY_HEAVY = "very heavy tails"
MAX_OFF_VERY_HEAVY = 0.15

Population = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]


def measure(sizes: tuple[int, ...] = SIZES, n_draws: int = N_DRAWS) -> Iterator[Result]:
    """Draw rows from populations whose score is known."""
    for metric in METRICS.values():
        for kind, populations in POPULATIONS[metric.tasks[0]].items():
            for size in sizes:
                yield _result(
                    metric.key, metric.label, kind, populations, size, n_draws
                )


def _result(
    metric: str,
    label: str,
    kind: str,
    populations: dict[str, Population],
    size: int,
    n_draws: int,
) -> Result:
    shares, drawn, shown = {}, 0, 0
    for name, population in populations.items():
        truth = score(metric, *population(np.random.default_rng(0), N_ALL))
        covered = []
        for seed in range(n_draws):
            draw = population(np.random.default_rng([len(shares), seed]), size)
            interval = score_interval(metric, *draw)
            if not interval.reason:
                covered.append(interval.low <= truth <= interval.high)
        drawn, shown = drawn + n_draws, shown + len(covered)
        if len(covered) >= n_draws / 4:
            shares[name] = float(np.mean(covered))
    each = ", ".join(f"{name} {100 * share:.1f} %" for name, share in shares.items())
    mean = float(np.mean(list(shares.values())))
    return Result(
        f"{label}, {kind}, {size} rows: coverage less 95 %",
        abs(mean - 0.95),
        MAX_OFF_VERY_HEAVY if kind == VERY_HEAVY else MAX_OFF,
        "",
        f"{100 * mean:.1f} % on average; {each}; shown in {100 * shown / drawn:.0f} % of the draws",
    )


def _two_classes(share: float, distance: float, spread: float = 1.0) -> Population:
    def draw(generator: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        y = (generator.random(n) < share).astype(int)
        x = generator.normal(size=n) * np.where(y == 1, spread, 1) + distance * y
        odds = share / (1 - share) * np.exp(distance * (x - distance / 2))
        p = odds / (1 + odds)
        return y, np.column_stack([1 - p, p])

    return draw


def _classes(shares: tuple[float, ...], distance: float) -> Population:
    def draw(generator: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        y = generator.choice(len(shares), n, p=shares)
        x = generator.normal(size=(n, len(shares)))
        x[np.arange(n), y] += distance
        odds = np.asarray(shares) * np.exp(distance * x)
        return y, odds / odds.sum(axis=1, keepdims=True)

    return draw


def _numbers(errors: Callable[[np.random.Generator, int], np.ndarray]) -> Population:
    def draw(generator: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
        prediction = 2 * generator.normal(size=n)
        return prediction + errors(generator, n), prediction

    return draw


POPULATIONS: dict[str, dict[str, dict[str, Population]]] = {
    "binary": {
        "two classes": {
            "weak": _two_classes(0.5, 0.5),
            "good": _two_classes(0.5, 1.5),
            "strong": _two_classes(0.5, 2.5),
            "one in four": _two_classes(0.25, 1.2),
            "uneven": _two_classes(0.3, 1.2, 2.0),
        }
    },
    "multiclass": {
        "three classes": {
            "weak": _classes((1 / 3, 1 / 3, 1 / 3), 0.7),
            "good": _classes((1 / 3, 1 / 3, 1 / 3), 1.6),
            "uneven": _classes((0.5, 0.3, 0.2), 1.6),
        }
    },
    "regression": {
        "light tails": {
            "normal": _numbers(lambda g, n: g.normal(size=n)),
            "uniform": _numbers(lambda g, n: g.uniform(-2, 2, n)),
            "Laplace": _numbers(lambda g, n: g.laplace(size=n)),
        },
        "heavy tails": {
            "t with 5 degrees": _numbers(lambda g, n: g.standard_t(5, n)),
            "t with 4": _numbers(lambda g, n: g.standard_t(4, n)),
            "exponential": _numbers(lambda g, n: g.exponential(size=n) - 1),
            "uneven spread": _numbers(
                lambda g, n: g.normal(size=n) * np.exp(0.7 * g.normal(size=n))
            ),
            "log-normal": _numbers(lambda g, n: g.lognormal(0, 0.5, n) - np.exp(0.125)),
        },
        VERY_HEAVY: {
            "t with 3 degrees": _numbers(lambda g, n: g.standard_t(3, n)),
            "log-normal": _numbers(lambda g, n: g.lognormal(0, 1, n) - np.exp(0.5)),
            "one in ten": _numbers(
                lambda g, n: g.normal(size=n) * np.where(g.random(n) < 0.1, 5, 1)
            ),
        },
    },
}
