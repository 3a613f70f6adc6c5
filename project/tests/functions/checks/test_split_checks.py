"""Checks of the split: copies, order in time and groups, each provoked and each satisfied."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from app.functions.checks.registry import check_data
from app.functions.evaluation.scoring import DEFAULT_METRIC
from app.functions.models.fitting import prepare
from app.functions.models.settings import TrainingSettings

N_ROWS = 600


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def table(rng):
    """A table without any problem, whose columns say something of the target."""
    frame = pd.DataFrame(rng.normal(size=(N_ROWS, 5)), columns=list("abcde"))
    score = frame["a"] - frame["b"] + rng.normal(size=N_ROWS)
    return frame.assign(y=np.where(score > 0, "yes", "no"))


def checks_of(frame, task="binary", left_out=(), **options):
    roles = {
        name: (
            "category"
            if column.dtype == "str"
            else {"M": "date"}.get(column.dtype.kind, "number")
        )
        for name, column in frame.items()
        if name != "y" and name not in left_out
    }
    settings = TrainingSettings(
        "y", task, roles, ("linear",), DEFAULT_METRIC[task], **options
    )
    checks = check_data(frame, settings, prepare(frame, settings))
    return {check.key: check for check in checks}


def shuffled(*frames):
    together = pd.concat(frames, ignore_index=True)
    return together.sample(frac=1, random_state=0, ignore_index=True)


# ---- Copies


@pytest.fixture
def noisy(rng):
    """A table that says little of its target: who remembers a row does better."""
    frame = pd.DataFrame(rng.normal(size=(400, 5)), columns=list("abcde"))
    score = frame["a"] + 2 * rng.normal(size=400)
    return frame.assign(y=np.where(score > 0, "yes", "no"))


@pytest.mark.parametrize(
    "change",
    [
        lambda copies, rng: copies,
        lambda copies, rng: copies.round(2),
        lambda copies, rng: copies.assign(e=rng.normal(size=len(copies))),
    ],
    ids=["equal", "rounded", "one cell changed"],
)
def test_copies_that_make_the_score_too_good_are_a_problem(noisy, rng, change):
    found = checks_of(shuffled(noisy, change(noisy.copy(), rng)))["duplicates"]
    assert found.level == "bad"
    assert "of 160 rows of the holdout" in found.finding
    assert "with their copies among the training rows" in found.finding


def test_a_few_copies_are_counted_though_they_change_little(table):
    found = checks_of(shuffled(table, table.iloc[:12]))["duplicates"]
    assert found.level == "good"
    assert "of 123 rows of the holdout" in found.finding
    assert "0 of 123" not in found.finding


def test_rows_that_are_all_different_are_no_copies(table):
    found = checks_of(table)["duplicates"]
    assert found.level == "good"
    assert found.finding.startswith("None of the 120 rows")


def test_equal_rows_are_no_copies_where_few_values_make_them_likely(rng):
    frame = pd.DataFrame(rng.integers(0, 2, (400, 2)), columns=["a", "b"])
    frame = frame.assign(y=rng.choice(["yes", "no"], 400))
    found = checks_of(frame)["duplicates"]
    assert found.level == "good"
    assert "80 of 80 rows" in found.finding


def test_rows_of_few_values_are_no_copies_though_their_columns_depend_on_each_other(
    rng,
):
    size = rng.integers(0, 6, 2_000)
    frame = pd.DataFrame({"a": size, "b": size + rng.integers(0, 2, 2_000)})
    frame = frame.assign(c=size // 2, d=rng.integers(0, 5, 2_000))
    chance = 1 / (1 + np.exp(-(size - 2.5)))
    frame["y"] = np.where(rng.random(2_000) < chance, "yes", "no")
    assert checks_of(frame)["duplicates"].level == "good"


@pytest.mark.parametrize("others", [0, 2])
def test_rows_that_differ_only_in_a_leak_are_no_copies(rng, others):
    frame = pd.DataFrame({"x": rng.normal(size=200)})
    frame["y"] = np.where(frame["x"] > 0, "yes", "no")
    for i in range(others):
        frame[f"flag {i}"] = rng.integers(0, 2, 200)
    checks = checks_of(frame)
    assert checks["leak"].level == "bad"
    assert checks["duplicates"].level == "good"
    assert "None of the 40 rows" in checks["duplicates"].finding


def test_copies_of_copies_are_a_problem_and_no_leak(noisy):
    found = checks_of(shuffled(*[noisy.iloc[:60]] * 12))
    assert found["duplicates"].level == "bad"
    # Each cell of a row that occurs twelve times tells its target, and is no leak for that.
    assert found["leak"].level == "good"


def test_the_code_of_a_patient_is_a_group_and_no_leak(rng):
    frame = patients(rng, 60, 15)
    frame["patient"] = [f"P{code}" for code in frame["patient"]]
    found = checks_of(frame)
    assert found["groups"].level == "bad"
    assert found["leak"].level == "good"


# ---- Time


def drifting(rng, n=1_000, n_periods=20):
    """A level that wanders from period to period, and columns that say a little besides."""
    period = np.sort(rng.integers(0, n_periods, n))
    level = np.cumsum(rng.normal(0.5, 1, n_periods))
    frame = pd.DataFrame(rng.normal(size=(n, 2)), columns=["a", "b"])
    frame["y"] = 4 * level[period] + frame["a"]
    return frame, period


WRITTEN = {
    "year": lambda p: 2_000 + p,
    "month": lambda p: [f"{2_020 + k // 12}-{k % 12 + 1:02d}" for k in p],
    "quarter": lambda p: [f"{2_015 + k // 4} Q{k % 4 + 1}" for k in p],
    "period": lambda p: (2_020 + p // 12) * 100 + p % 12 + 1,
    "created": lambda p: 1_600_000_000 + p * 2_600_000,
    "day": lambda p: pd.Timestamp("2020-01-01") + pd.to_timedelta(30 * p, "D"),
}


@pytest.mark.parametrize("name", WRITTEN)
def test_a_level_that_wanders_with_time_is_a_problem_however_time_is_written(rng, name):
    frame, period = drifting(rng)
    frame[name] = WRITTEN[name](period)
    found = checks_of(shuffled(frame), "regression")["time_order"]
    assert found.level == "bad"
    assert f"along '{name}'" in found.finding
    assert f"'{name}'" in found.advice


def test_a_score_that_falls_by_a_quarter_by_time_is_told_with_both_scores(rng):
    frame, period = drifting(rng)
    found = checks_of(shuffled(frame.assign(year=2_000 + period)), "regression")
    words = found["time_order"].finding
    before = float(words.split("R² ")[1].split()[0])
    assert before > 0.9
    assert "from earlier ones only" in words


def test_a_year_that_only_explains_a_column_is_none(table, rng):
    frame = table.assign(year=rng.integers(2_005, 2_025, N_ROWS))
    assert checks_of(frame)["time_order"].level == "good"


def test_a_target_that_grows_is_a_problem_though_time_is_not_a_feature(table, rng):
    day = pd.date_range("2024-01-01", periods=N_ROWS)
    frame = table.assign(
        day=day, y=np.linspace(10, 20, N_ROWS) + rng.normal(size=N_ROWS)
    )
    found = checks_of(shuffled(frame), "regression", left_out=["day"])["time_order"]
    assert found.level == "bad"
    assert "in the first fifth of the rows" in found.finding


def test_a_class_that_becomes_more_common_is_told_in_shares(table, rng):
    grows = rng.random(N_ROWS) < np.linspace(0.1, 0.7, N_ROWS)
    day = pd.date_range("2024-01-01", periods=N_ROWS)
    frame = table.assign(day=day, y=np.where(grows, "yes", "no"))
    found = checks_of(shuffled(frame), left_out=["day"])["time_order"]
    assert found.level in ("warning", "bad")
    assert "'yes' is 1" in found.finding and "of the last" in found.finding


def test_rows_that_hang_together_as_they_stand_are_a_caution(rng):
    frame, period = drifting(rng)
    warmth = period + rng.normal(0, 0.2, len(period))
    found = checks_of(frame.assign(warmth=warmth), "regression")["time_order"]
    assert found.level == "warning"
    assert "as they stand" in found.finding
    same = checks_of(shuffled(frame.assign(warmth=warmth)), "regression")
    assert same["time_order"].level == "good"


def test_a_table_that_is_sorted_is_in_no_order_of_time(table):
    for column in ("y", "a"):
        found = checks_of(table.sort_values(column, ignore_index=True))["time_order"]
        assert found.level == "good"


def test_a_table_that_is_sorted_by_the_target_does_not_follow_a_date_of_few_days(
    table, rng
):
    days = pd.to_timedelta(rng.integers(0, 3, N_ROWS), "D")
    frame = table.sort_values("y", ignore_index=True)
    frame = frame.assign(day=pd.Timestamp("2024-01-01") + days)
    assert checks_of(frame)["time_order"].level == "good"


def test_dates_that_nothing_depends_on_do_no_harm(table):
    frame = table.assign(day=pd.date_range("2024-01-01", periods=N_ROWS))
    assert checks_of(frame)["time_order"].level == "good"


def test_split_by_time_the_order_in_time_is_respected(table):
    frame = table.assign(day=pd.date_range("2024-01-01", periods=N_ROWS))
    assert "time_order" not in checks_of(frame, split="time", split_by="day")


# ---- Groups


def patients(rng, n_groups=250, n_rows=8, spread=0.25):
    """Rows of one patient have similar measurements and the same outcome."""
    patient = np.repeat(np.arange(n_groups), n_rows)
    X = rng.normal(size=(n_groups, 6))[patient]
    X = X + spread * rng.normal(size=X.shape)
    outcome = rng.choice(["ill", "well"], n_groups)[patient]
    frame = pd.DataFrame(X, columns=list("abcdef")).assign(patient=patient, y=outcome)
    return shuffled(frame)


@pytest.mark.parametrize("left_out", [(), ("patient",)], ids=["feature", "left out"])
@pytest.mark.parametrize("name", ["patient", "patient_id", "x9"])
def test_250_people_of_8_rows_are_groups_whatever_the_column_is_called(
    rng, name, left_out
):
    frame = patients(rng).rename(columns={"patient": name})
    left_out = [name] if left_out else []
    found = checks_of(frame, left_out=left_out)["groups"]
    assert found.level == "bad"
    assert f"'{name}' has 250 values" in found.finding
    before, after = (
        float(x[:5]) for x in found.finding.split("AUC ")[1].split(" and ")
    )
    assert before > 0.9 and after < 0.65
    assert "split by group" in found.advice


def test_a_code_that_is_learned_is_a_group_though_nothing_else_tells_it(rng):
    frame = patients(rng, spread=100)
    assert checks_of(frame)["groups"].level == "bad"
    # Left out, nobody recognises the rows of a patient.
    assert checks_of(frame, left_out=["patient"])["groups"].level == "good"


def test_a_city_with_an_effect_of_its_own_is_a_category(rng):
    city, size = rng.integers(0, 30, 2_000), rng.normal(size=2_000)
    score = rng.normal(size=30)[city] + size + rng.normal(size=2_000)
    frame = pd.DataFrame({"city": [f"city {i}" for i in city], "size": size})
    frame["y"] = np.where(score > 0, "yes", "no")
    assert checks_of(frame)["groups"].level == "good"


def test_a_measurement_with_repeated_values_is_no_group(rng):
    age = rng.integers(18, 90, 1_000)
    frame = pd.DataFrame({"age": age, "size": rng.normal(size=1_000)})
    frame["y"] = np.where(age / 20 + rng.normal(size=1_000) > 2.7, "yes", "no")
    assert checks_of(frame)["groups"].level == "good"


def test_shops_that_say_nothing_do_no_harm(table, rng):
    frame = table.assign(shop=rng.integers(0, 100, N_ROWS))
    found = checks_of(frame, left_out=["shop"])["groups"]
    assert found.level == "good"
    assert "none has repeated values" in found.finding


def test_split_by_group_nothing_is_asked(rng):
    frame = patients(rng, 60, 10)
    assert "groups" not in checks_of(frame, split="group", split_by="patient")


@pytest.mark.parametrize("key", ["duplicates", "time_order", "groups"])
def test_columns_without_any_value_or_variety_are_no_obstacle(table, key):
    frame = table.assign(
        empty=np.nan, constant=1.0, infinite=np.where(table["a"] > 0, np.inf, -np.inf)
    )
    assert checks_of(frame)[key].level == "good"
