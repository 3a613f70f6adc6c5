"""Tables with a planted problem: a leak, groups, drift or copies, each in several kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from .clean_tables import Table


@dataclass(frozen=True)
class Planted:
    """A table with a problem, and the check that should find it."""

    check: str
    kind: str
    table: Table


def planted_tables(seed: int) -> Iterator[Planted]:
    """Yield one table of each kind of problem."""
    for check, makers in (
        ("leak", _LEAKS),
        ("groups", _GROUPS),
        ("time_order", _TIMES),
        ("duplicates", _COPIES),
    ):
        for make in makers:
            frame = make(np.random.default_rng([seed, len(make.__name__)]))
            kind = make.__name__.strip("_").replace("_", " ")
            yield Planted(check, kind, Table(kind, frame, "y"))


# ---- Leaks


def _orders(generator, n: int = 800) -> pd.DataFrame:
    """Orders of which some are returned; what is known beforehand says something of it."""
    price = generator.lognormal(4, 0.6, n).round(2)
    age = generator.integers(18, 80, n)
    days = generator.poisson(4, n)
    kind = generator.choice(["shoes", "dress", "bag"], n)
    effect = pd.Series(kind).map({"shoes": 0.3, "dress": 1.2, "bag": -1}).to_numpy()
    log_odds = effect + 0.3 * (days - 4) - 0.02 * (age - 45) - 0.4
    returned = generator.random(n) < 1 / (1 + np.exp(-log_odds))
    frame = pd.DataFrame({"price": price, "age": age, "days": days, "kind": kind})
    return frame.assign(y=np.where(returned, "yes", "no"))


def _measured(generator, n: int = 800) -> pd.DataFrame:
    """A number that five columns explain in part."""
    X = generator.normal(size=(n, 5))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(5)])
    return frame.assign(y=50 + 4 * X[:, 0] - 3 * X[:, 1] + 5 * generator.normal(size=n))


def _copy_of_the_class_with_2_percent_noise(generator) -> pd.DataFrame:
    frame = _orders(generator)
    wrong = generator.random(len(frame)) < 0.02
    status = np.where((frame["y"] == "yes") ^ wrong, "closed", "open")
    return frame.assign(status=status)


def _copy_of_the_number_with_2_percent_noise(generator) -> pd.DataFrame:
    frame = _measured(generator)
    return frame.assign(copy=frame["y"] * generator.normal(1, 0.02, len(frame)))


def _rescaled_target(generator) -> pd.DataFrame:
    frame = _measured(generator)
    return frame.assign(copy=np.exp(frame["y"] / 20))


def _rounded_target(generator) -> pd.DataFrame:
    frame = _measured(generator)
    return frame.assign(copy=(frame["y"] / 5).round() * 5)


def _refund_that_is_never_0(generator) -> pd.DataFrame:
    """Who keeps an order gets a small amount, too: the amounts overlap."""
    frame = _orders(generator)
    n = len(frame)
    paid, goodwill = frame["price"], generator.lognormal(2.0, 0.7, n)
    refund = np.where(
        frame["y"] == "yes", paid * generator.uniform(0.5, 1, n), goodwill
    )
    return frame.assign(refund=refund.round(2))


def _payment_told_by_a_tip(generator) -> pd.DataFrame:
    """Only who pays by card can leave a tip on the bill, and most do."""
    frame = _orders(generator)
    card = generator.random(len(frame)) < 0.6
    tips = card & (generator.random(len(frame)) < 0.93)
    tip = np.where(tips, (frame["price"] * 0.15).round(2), 0.0)
    return frame.assign(tip=tip, y=np.where(card, "card", "cash"))


def _presence_of_a_reason(generator) -> pd.DataFrame:
    frame = _orders(generator)
    given = (frame["y"] == "yes") & (generator.random(len(frame)) < 0.95)
    reason = generator.choice(["too small", "broken", "late"], len(frame))
    return frame.assign(reason=np.where(given, reason, None))


def _mean_target_of_a_small_group(generator) -> pd.DataFrame:
    """An aggregate of the target that includes the row itself."""
    frame = _measured(generator)
    street = generator.integers(0, len(frame) // 2, len(frame))
    mean = frame["y"].groupby(street).transform("mean")
    return frame.assign(mean=mean)


def _difference_of_two_columns(generator) -> pd.DataFrame:
    frame = _measured(generator)
    cost = generator.normal(200, 40, len(frame))
    return frame.assign(cost=cost.round(2), revenue=(cost + frame["y"]).round(2))


def _ratio_of_two_columns(generator) -> pd.DataFrame:
    frame = _measured(generator)
    hours = generator.lognormal(3, 0.8, len(frame))
    return frame.assign(hours=hours, distance=hours * frame["y"])


def _later_than_promised(generator) -> pd.DataFrame:
    """A class that is whether one column exceeds another."""
    frame = _orders(generator)
    n = len(frame)
    promised = generator.integers(0, 300, n)
    late = np.where(frame["y"] == "yes", 1, -1) * generator.integers(1, 15, n)
    return frame.assign(promised=promised, delivered=promised + late)


def _exclusive_or(generator) -> pd.DataFrame:
    frame = _orders(generator)
    left = generator.random(len(frame)) < 0.5
    right = left ^ (frame["y"] == "yes").to_numpy()
    return frame.assign(left=np.where(left, "a", "b"), right=np.where(right, "c", "d"))


_LEAKS: tuple[Callable, ...] = (
    _copy_of_the_class_with_2_percent_noise,
    _copy_of_the_number_with_2_percent_noise,
    _rescaled_target,
    _rounded_target,
    _refund_that_is_never_0,
    _payment_told_by_a_tip,
    _presence_of_a_reason,
    _mean_target_of_a_small_group,
    _difference_of_two_columns,
    _ratio_of_two_columns,
    _later_than_promised,
    _exclusive_or,
)

# ---- Groups


def _patients(
    generator, n_groups: int, n_rows: int, spread: float, task: str
) -> pd.DataFrame:
    """Rows of one patient have similar measurements and the same outcome, which has nothing to do with them."""
    patient = np.repeat(np.arange(n_groups), n_rows)
    own = generator.normal(size=(n_groups, 6))
    X = own[patient] + spread * generator.normal(size=(len(patient), 6))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)])
    if task == "class":
        outcome = generator.choice(["ill", "well"], n_groups)[patient]
    else:
        outcome = generator.normal(size=n_groups)[patient]
        outcome = outcome + 0.2 * generator.normal(size=len(patient))
    frame = frame.assign(patient=patient, y=outcome)
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def _numbered_patients(generator) -> pd.DataFrame:
    frame = _patients(generator, 250, 8, 0.25, "class")
    return frame.assign(patient=generator.permutation(250)[frame["patient"]] + 1_000)


def _named_people(generator) -> pd.DataFrame:
    frame = _patients(generator, 60, 20, 0.4, "class")
    return frame.assign(patient="person " + frame["patient"].astype(str))


def _machines_with_a_number(generator) -> pd.DataFrame:
    return _patients(generator, 100, 12, 0.3, "number")


def _codes_that_are_learned(generator) -> pd.DataFrame:
    """Nothing but the code itself tells the rows of a patient."""
    return _patients(generator, 250, 8, 100.0, "class")


def _thirty_subjects(generator) -> pd.DataFrame:
    return _patients(generator, 30, 60, 0.5, "number")


_GROUPS: tuple[Callable, ...] = (
    _numbered_patients,
    _named_people,
    _machines_with_a_number,
    _codes_that_are_learned,
    _thirty_subjects,
)

# ---- Time


def _drifting(generator, n: int = 1_200, n_periods: int = 24):
    """A level that wanders from period to period, and how much two columns say besides."""
    period = np.sort(generator.integers(0, n_periods, n))
    level = np.cumsum(generator.normal(0.4, 1.0, n_periods))
    X = generator.normal(size=(n, 3))
    frame = pd.DataFrame(X, columns=["a", "b", "c"])
    return frame.assign(y=3 * level[period] + X[:, 0] + 0.3 * X[:, 1]), period


def _shuffled(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sample(frac=1, random_state=0, ignore_index=True)


def _years(generator) -> pd.DataFrame:
    frame, period = _drifting(generator)
    return _shuffled(frame.assign(year=2_000 + period))


def _months_as_text(generator) -> pd.DataFrame:
    frame, period = _drifting(generator)
    month = [f"{2_020 + p // 12}-{p % 12 + 1:02d}" for p in period]
    return _shuffled(frame.assign(month=month))


def _quarters_as_text(generator) -> pd.DataFrame:
    frame, period = _drifting(generator)
    quarter = [f"Q{p % 4 + 1} {2_015 + p // 4}" for p in period]
    return _shuffled(frame.assign(quarter=quarter))


def _epochs(generator) -> pd.DataFrame:
    frame, period = _drifting(generator)
    moment = 1_600_000_000 + (
        period * 30 * 86_400 + generator.integers(0, 86_400, 1_200)
    )
    return _shuffled(frame.assign(created=moment))


def _numbers_such_as_202403(generator) -> pd.DataFrame:
    frame, period = _drifting(generator)
    return _shuffled(
        frame.assign(period=(2_020 + period // 12) * 100 + period % 12 + 1)
    )


def _dates(generator) -> pd.DataFrame:
    frame, period = _drifting(generator)
    day = pd.Timestamp("2020-01-01") + pd.to_timedelta(period * 30, "D")
    return _shuffled(frame.assign(day=day))


def _order_of_the_rows(generator) -> pd.DataFrame:
    """No column says when, but slow measurements do."""
    frame, period = _drifting(generator)
    warmth = period + generator.normal(0, 0.3, len(period))
    return frame.assign(warmth=warmth)


_TIMES: tuple[Callable, ...] = (
    _years,
    _months_as_text,
    _quarters_as_text,
    _epochs,
    _numbers_such_as_202403,
    _dates,
    _order_of_the_rows,
)

# ---- Copies


def _noisy(generator, n: int = 500) -> pd.DataFrame:
    """A table that says little of its target: who remembers a row does much better."""
    X = generator.normal(size=(n, 6))
    frame = pd.DataFrame(X, columns=[f"x{i}" for i in range(6)])
    score = X[:, 0] + 2 * generator.normal(size=n)
    return frame.assign(y=np.where(score > 0, "yes", "no"))


def _with_copies(frame: pd.DataFrame, share: float, change=None) -> pd.DataFrame:
    copies = frame.sample(frac=share, random_state=1)
    copies = change(copies) if change else copies
    return _shuffled(pd.concat([frame, copies], ignore_index=True))


def _every_row_twice(generator) -> pd.DataFrame:
    return _with_copies(_noisy(generator), 1.0)


def _a_third_twice(generator) -> pd.DataFrame:
    return _with_copies(_noisy(generator, 1_000), 0.33)


def _rounded_copies(generator) -> pd.DataFrame:
    return _with_copies(_noisy(generator), 1.0, lambda copies: copies.round(2))


def _copies_with_one_cell_changed(generator) -> pd.DataFrame:
    def change(copies):
        return copies.assign(x5=generator.normal(size=len(copies)))

    return _with_copies(_noisy(generator), 1.0, change)


_COPIES: tuple[Callable, ...] = (
    _every_row_twice,
    _a_third_twice,
    _rounded_copies,
    _copies_with_one_cell_changed,
)
