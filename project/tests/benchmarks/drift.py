"""Drift: how often rows of the same kind are said to have changed, and how often a change is missed."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from app.functions.scoring.column_drift import FALSE_ALARMS
from app.functions.scoring.drift import Drift, DriftCounter
from app.functions.scoring.reference import reference_of
from app.functions.scoring.sequential import watch
from app.functions.scoring.two_tables import tell_apart

from .results import Result

N_REPEATS = 200
N_PLANTED = 60
# Of the training table and of the new one.
SIZES = ((1_000, 50), (1_000, 300), (1_000, 5_000), (10_000, 10_000))
# A rate of 5 % is exceeded by so much in one of twenty measurements of 200.
MAX_FALSE, MAX_MISSED = 0.075, 0.1
N_SCORINGS, CHANGED_AT = 100, 30
MAX_DELAY = 3

Change = Callable[[pd.DataFrame, np.random.Generator], pd.DataFrame]


def measure(n_repeats: int = N_REPEATS, n_planted: int = N_PLANTED) -> Iterator[Result]:
    """Compare tables drawn from one distribution, and from two."""
    for n_training, n_new in SIZES:
        yield _false_alarms(n_training, n_new, n_repeats)
    yield _false_alarms_as_a_whole(n_repeats)
    for name, change in CHANGES.items():
        yield _missed(name, change, n_planted)
    yield _missed_by_columns_alone(n_planted)
    for rows in (10, 200):
        yield _false_alarms_over_time(rows, n_repeats)
    for index in (0.1, 0.25):
        yield _delay(index, n_planted)


def draw(generator: np.random.Generator, n: int) -> pd.DataFrame:
    """Draw rows of twenty columns of all kinds, some of which belong together."""
    common = generator.normal(size=n)
    columns: dict[str, object] = {
        f"normal {i}": generator.normal(size=n) + common * (i < 4) for i in range(8)
    }
    columns |= {f"skewed {i}": generator.lognormal(size=n) for i in range(4)}
    columns |= {f"count {i}": generator.poisson(2 + 5 * i, n) for i in range(3)}
    for name, n_levels in (("city", 4), ("branch", 60), ("product", 300)):
        shares = 1 / np.arange(1, n_levels + 1)
        levels = [f"{name} {i}" for i in range(n_levels)]
        drawn = generator.choice(levels, n, p=shares / shares.sum())
        columns[name] = pd.Series(drawn, dtype="str")
    columns["member"] = generator.random(n) < 0.3
    columns["gaps"] = np.where(generator.random(n) < 0.1, np.nan, common)
    return pd.DataFrame(columns)


def roles_of(table: pd.DataFrame) -> dict[str, str]:
    """Return the roles of the columns that `draw` draws."""
    return {
        name: (
            "boolean"
            if name == "member"
            else "number" if column.dtype.kind in "if" else "category"
        )
        for name, column in table.items()
    }


def _compare(before: pd.DataFrame, after: pd.DataFrame) -> Drift:
    counter = DriftCounter(reference_of(before, roles_of(before)))
    counter.add(after)
    return counter.result()


def _false_alarms(n_training: int, n_new: int, n_repeats: int) -> Result:
    sure = alarms = 0
    for seed in range(n_repeats):
        generator = np.random.default_rng([n_training, n_new, seed])
        drift = _compare(draw(generator, n_training), draw(generator, n_new))
        sure += any(each.q_value <= FALSE_ALARMS for each in drift.columns)
        alarms += bool(drift.changed)
    return Result(
        f"{n_new:,} new rows, {n_training:,} of training: any of 20 columns called changed",
        sure / n_repeats,
        MAX_FALSE,
        "",
        f"{100 * alarms / n_repeats:.1f} % noticeably, of {n_repeats} tables without a change",
    )


def _false_alarms_as_a_whole(n_repeats: int) -> Result:
    alarms = 0
    for seed in range(n_repeats):
        generator = np.random.default_rng(seed)
        before, after = draw(generator, 600), draw(generator, 300)
        alarms += tell_apart(before, after, roles_of(before), seed).is_alarm
    return Result(
        "300 new rows, 600 of training: told apart as a whole",
        alarms / n_repeats,
        MAX_FALSE,
        "",
        f"of {n_repeats} tables without a change",
    )


def _missed(name: str, change: Change, n_planted: int) -> Result:
    found = {}
    for n_new in (100, 300):
        missed = wrong = 0
        for seed in range(n_planted):
            generator = np.random.default_rng([n_new, seed])
            before, after = draw(generator, 2_000), draw(generator, n_new)
            drift = _compare(before, change(after.copy(), generator))
            changed = {each.name for each in drift.changed}
            missed += not changed & _CHANGED
            wrong += bool(changed - _CHANGED)
        found[n_new] = missed / n_planted, wrong / n_planted
    return Result(
        f"{name}, 300 new rows: missed",
        found[300][0],
        MAX_MISSED,
        "",
        f"{100 * found[100][0]:.0f} % with 100 rows; another column called changed in {100 * found[300][1]:.0f} %",
    )


def _missed_by_columns_alone(n_planted: int) -> Result:
    """Turn round how two columns belong together, which leaves each as it was."""
    missed = seen = 0
    for seed in range(n_planted):
        generator = np.random.default_rng(seed)
        before, after = draw(generator, 1_500), draw(generator, 500)
        pair = generator.multivariate_normal([0, 0], [[1, 0.9], [0.9, 1]], 2_000)
        pair[1_500:, 1] *= -1
        for i, name in enumerate(("normal 6", "normal 7")):
            before[name], after[name] = pair[:1_500, i], pair[1_500:, i]
        missed += not tell_apart(before, after, roles_of(before), seed).is_alarm
        seen += bool(_compare(before, after).changed)
    return Result(
        "Two columns go together the other way round, 500 new rows: missed as a whole",
        missed / n_planted,
        MAX_MISSED,
        "",
        f"the columns one by one show it in {100 * seen / n_planted:.0f} %",
    )


def _stream(
    generator: np.random.Generator, rows: int, changed: np.ndarray | None = None
) -> tuple[dict, list[dict]]:
    shares = {f"x{i}": generator.dirichlet(np.full(10, 3.0)) for i in range(20)}
    if changed is not None:
        shares["x0"] = np.full(10, 0.1)
    training = {name: generator.multinomial(1_000, p) for name, p in shares.items()}
    scorings = []
    for t in range(N_SCORINGS):
        if changed is not None and t == CHANGED_AT:
            shares["x0"] = changed
        scorings.append(
            {name: generator.multinomial(rows, p) for name, p in shares.items()}
        )
    return training, scorings


def _false_alarms_over_time(rows: int, n_repeats: int) -> Result:
    alarms = 0
    for seed in range(n_repeats):
        training, scorings = _stream(np.random.default_rng([rows, seed]), rows)
        alarms += any(each.alarm >= 0 for each in watch(training, scorings))
    return Result(
        f"100 scorings of {rows} rows: any of 20 columns ever called changed",
        alarms / n_repeats,
        FALSE_ALARMS,
        "",
        f"of {n_repeats} streams without a change",
    )


def _delay(index: float, n_planted: int) -> Result:
    changed = _tilted(index)
    delays: dict[int, float] = {}
    for rows in (20, 200):
        found = []
        for seed in range(n_planted):
            generator = np.random.default_rng([rows, seed])
            change = watch(*_stream(generator, rows, changed))[0]
            is_found = change.alarm >= CHANGED_AT
            found.append(change.alarm - CHANGED_AT + 1 if is_found else np.inf)
        delays[rows] = float(np.median(found))
    return Result(
        f"Stability index {index}, scorings of 200 rows: median until it is sure",
        delays[200],
        MAX_DELAY,
        "scorings",
        f"{delays[20]:.0f} scorings of 20 rows",
    )


def _tilted(index: float) -> np.ndarray:
    """Return shares of ten bins that have this population stability index beside equal ones."""
    low, high = 0.0, 5.0
    for _ in range(60):
        tilt = (low + high) / 2
        shares = np.exp(tilt * np.linspace(-1, 1, 10))
        shares /= shares.sum()
        psi = float(((shares - 0.1) * np.log(shares / 0.1)).sum())
        low, high = (tilt, high) if psi < index else (low, tilt)
    return shares


def _shifted(table: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    return table.assign(**{"normal 7": table["normal 7"] + 0.6})


def _wider(table: pd.DataFrame, _: np.random.Generator) -> pd.DataFrame:
    return table.assign(**{"normal 7": table["normal 7"] * 2})


def _other_shares(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    moved = generator.random(len(table)) < 0.3
    return table.assign(city=table["city"].mask(moved, "city 3"))


def _new_level(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    moved = generator.random(len(table)) < 0.1
    return table.assign(city=table["city"].mask(moved, "elsewhere"))


def _missing(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    gone = generator.random(len(table)) < 0.1
    return table.assign(**{"normal 7": table["normal 7"].mask(gone)})


def _other_unit(table: pd.DataFrame, generator: np.random.Generator) -> pd.DataFrame:
    wrong = generator.random(len(table)) < 0.25
    grown = table["skewed 3"] * 100
    return table.assign(**{"skewed 3": table["skewed 3"].mask(wrong, grown)})


CHANGES: dict[str, Change] = {
    "A mean moves by 0.6 standard deviations": _shifted,
    "Numbers vary twice as much": _wider,
    "30 % of a category's rows move to a rare value": _other_shares,
    "10 % have a value that training did not have": _new_level,
    "10 % are missing, where none were": _missing,
    "A quarter of a column is in another unit": _other_unit,
}
_CHANGED = {"normal 7", "city", "skewed 3"}
