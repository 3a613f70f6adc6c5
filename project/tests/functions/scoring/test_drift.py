"""Drift: its numbers are those of scipy, it raises few false alarms, and it says what has changed."""

from __future__ import annotations

import numpy as np
import orjson
import pandas as pd
import pytest
from scipy import stats

from app.functions.scoring.column_drift import compare_columns, stability_index
from app.functions.scoring.drift import Drift, DriftCounter
from app.functions.scoring.reference import bin_column, reference_of
from app.functions.scoring.two_tables import tell_apart
from app.storage import records


def compare(before: pd.Series, after: pd.Series, role: str):
    binned = bin_column(before, role)
    return compare_columns([(binned, *binned.count(after))])[0]


def series(values, dtype=None) -> pd.Series:
    return pd.Series(values, name="x", dtype=dtype)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def test_the_distance_of_whole_numbers_is_that_of_scipy(generator):
    before, after = generator.poisson(20, 900), generator.poisson(22, 300)
    found = compare(series(before), series(after), "number")
    expected = stats.ks_2samp(before, after, method="asymp")
    assert found.test == "Kolmogorov-Smirnov"
    assert found.size == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_bins_hide_little_of_the_distance_of_decimals_and_never_add_to_it(generator):
    for shift in (0, 0.2, 1):
        before, after = generator.normal(size=2000), generator.normal(shift, size=700)
        found = compare(series(before), series(after), "number")
        exact = stats.ks_2samp(before, after).statistic
        assert exact - 0.03 <= found.size <= exact + 1e-12


def test_the_p_value_of_categories_is_that_of_scipy(generator):
    names = ["a", "b", "c"]
    before = generator.choice(names, 800, p=[0.5, 0.3, 0.2])
    after = generator.choice(names, 400, p=[0.4, 0.3, 0.3])
    found = compare(series(before, "str"), series(after, "str"), "category")
    table = [[(part == name).sum() for name in names] for part in (before, after)]
    expected = stats.chi2_contingency(table, correction=False).pvalue
    assert found.test == "chi-square"
    assert found.p_value == pytest.approx(expected)


def test_the_stability_index_is_its_sum():
    before, after = np.array([100, 200, 700]), np.array([300, 300, 400])
    p, q = (before + 0.5) / 1001.5, (after + 0.5) / 1001.5
    expected = sum((b - a) * np.log(b / a) for a, b in zip(p, q))
    assert stability_index(before, after) == pytest.approx(expected)
    assert stability_index(before, before) == 0


def test_p_values_are_adjusted_for_the_number_of_columns(generator):
    compared = []
    for i in range(5):
        binned = bin_column(series(generator.normal(size=500)), "number")
        compared.append(
            (binned, *binned.count(series(generator.normal(i / 20, 1, 300))))
        )
    found = compare_columns(compared)
    expected = stats.false_discovery_control([each.p_value for each in found])
    assert [each.q_value for each in found] == pytest.approx(expected)


def test_a_trifle_in_many_rows_is_told_as_a_trifle(generator):
    before, after = generator.normal(size=200_000), generator.normal(0.03, 1, 200_000)
    found = compare(series(before), series(after), "number")
    assert found.q_value < 1e-4 and found.level == "small"
    assert not found.is_alarm


def test_few_rows_are_too_few_to_tell(generator):
    found = compare(series(generator.normal(size=500)), series([9.0] * 12), "number")
    assert found.level == "few"
    assert found.says == "12 rows here: at least 30 are needed."


@pytest.mark.parametrize(
    ("after", "says"),
    [
        (np.arange(600) + 400.0, "100 % of the rows are above 394; in training 30.5 %"),
        (np.arange(300) / 2, "% of the rows are at most 1"),
        ([np.nan] * 90 + [5.0] * 10, "90 % of the rows are missing; in training 0 %"),
        ([np.nan] * 100, "100 % of the rows are missing; in training 0 %"),
    ],
)
def test_what_has_changed_is_said_with_its_share(after, says):
    found = compare(series(np.arange(1000.0) % 700), series(after), "number")
    assert found.level == "large"
    assert says in found.says


def test_an_unknown_category_is_said(generator):
    before = generator.choice(["a", "b"], 500)
    found = compare(series(before, "str"), series(["z"] * 50, "str"), "category")
    assert found.says == "100 % of the rows are another value; in training 0 %."


def test_a_few_unknown_values_among_many_rows_are_seen(generator):
    before = generator.choice(["a", "b", "c", "d"], 2000, p=[0.5, 0.3, 0.15, 0.05])
    after = np.concatenate([before[:110], ["z"] * 10])
    found = compare(series(before, "str"), series(after, "str"), "category")
    assert found.is_alarm
    assert found.says == "8.3 % of the rows are another value; in training 0 %."


def test_a_few_values_that_were_never_there_are_seen():
    found = compare(series([0, 1] * 200), series([0, 5] * 100), "number")
    assert found.level == "large" and "above 1" in found.says


def test_later_dates_are_no_alarm_but_earlier_ones_are():
    days = pd.Series(pd.date_range("2024-01-01", periods=300))
    later, earlier = days + pd.Timedelta(days=300), days - pd.Timedelta(days=300)
    assert compare(days, later, "date").level == "later"
    assert compare(days, earlier, "date").level == "large"


def table(generator, n: int, shift: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "age": generator.normal(40 + 10 * shift, 10, n),
            "city": pd.Series(generator.choice(["a", "b", "c"], n), dtype="str"),
            "member": generator.random(n) < 0.3,
        }
    )


ROLES = {"age": "number", "city": "category", "member": "boolean"}


def outputs(generator, n: int, b: float = 5.0) -> np.ndarray:
    p = generator.beta(2, b, n)
    return np.column_stack([1 - p, p])


@pytest.fixture
def reference(generator):
    X = table(generator, 1500)
    return reference_of(X, ROLES, {"linear": outputs(generator, 400)}, ("no", "yes"))


def drift_of(reference, generator, n, shift=0.0, b=5.0, batch=100) -> Drift:
    counter, rows = DriftCounter(reference, "linear"), table(generator, n, shift)
    predicted = outputs(generator, n, b)
    for first in range(0, n, batch):
        here = slice(first, first + batch)
        counter.add(rows[here], predicted[here])
    return counter.result(table(generator, 1500), "")


def test_rows_like_those_of_the_training_have_not_changed(reference, generator):
    drift = drift_of(reference, generator, 600)
    assert (drift.level, drift.changed) == ("none", ())
    assert drift.says == (
        "No column has changed noticeably since training. The predictions are distributed as for the holdout. As a "
        f"whole, a model cannot tell new rows from training rows (ROC AUC {drift.whole.auc:.2f}, "
        f"{drift.whole.low:.2f} to {drift.whole.high:.2f})."
    )


def test_a_shift_is_found_named_and_comes_first(reference, generator):
    drift = drift_of(reference, generator, 600, shift=1, b=2)
    assert drift.level == "large"
    assert [each.name for each in drift.changed] == ["age"]
    assert drift.columns[0].name == "age"
    assert drift.predictions.is_alarm and drift.whole.is_alarm
    assert drift.whole.columns[0] == "age"


def test_batches_give_the_same_as_the_whole_table(reference):
    whole, parts = (
        drift_of(reference, np.random.default_rng(1), 500, 0.5, batch=size)
        for size in (500, 33)
    )
    assert parts.columns == whole.columns
    assert parts.predictions == whole.predictions


def test_what_is_kept_of_a_large_table_is_a_sample_of_all_of_it(reference):
    counter = DriftCounter(reference)
    rows = pd.DataFrame({"age": np.arange(50_000.0), "city": "a", "member": True})
    for first in range(0, len(rows), 5_000):
        counter.add(rows[first : first + 5_000])
    sample = counter.sample
    assert len(sample) == 2_000 and sample["age"].is_unique
    assert sample["age"].mean() == pytest.approx(25_000, rel=0.05)


def test_a_few_rows_have_a_verdict_of_their_own(reference, generator):
    drift = drift_of(reference, generator, 12, shift=3)
    assert drift.level == "few"
    assert (
        drift.says == "12 rows here are too few to tell whether anything has changed."
    )


def test_the_column_that_tells_the_tables_apart_is_named_however_few_values_it_has(
    generator,
):
    def draw(n, shares):
        X = {f"x{i}": generator.normal(size=n) for i in range(8)}
        city = pd.Series(generator.choice(["a", "b", "c"], n, p=shares), dtype="str")
        return pd.DataFrame(X).assign(city=city)

    before, after = draw(1000, [0.5, 0.3, 0.2]), draw(400, [0.1, 0.2, 0.7])
    roles = {name: "number" for name in before} | {"city": "category"}
    assert tell_apart(before, after, roles).columns == ("city",)


def test_rare_values_do_not_give_away_which_table_they_are_of():
    alarms = 0
    for seed in range(12):
        generator = np.random.default_rng(seed)
        shares = 1 / np.arange(1, 301)
        rows = generator.choice(300, 900, p=shares / shares.sum()).astype(str)
        table = pd.DataFrame({"product": pd.Series(rows, dtype="str")})
        found = tell_apart(table[:600], table[600:], {"product": "category"}, seed)
        alarms += found.is_alarm
    assert alarms <= 2


def test_no_rows_at_all_are_too_few(reference):
    drift = DriftCounter(reference, "linear").result()
    assert drift.level == "few" and drift.predictions is None


def test_the_training_table_itself_is_told_to_be_copies(generator):
    X = table(generator, 1500)
    counter = DriftCounter(reference_of(X, ROLES))
    counter.add(X)
    assert "copies of training rows" in counter.result(X).says


def test_a_result_reads_back_from_the_disk(reference, generator):
    drift = drift_of(reference, generator, 200)
    content = orjson.dumps(records.plain(drift), option=orjson.OPT_SERIALIZE_NUMPY)
    assert records.read(Drift, orjson.loads(content)) == drift


def test_tables_of_the_same_kind_raise_few_alarms():
    alarms = 0
    for seed in range(60):
        generator = np.random.default_rng(seed)
        names = [f"x{i}" for i in range(20)]
        roles = {n: "category" if i % 4 == 0 else "number" for i, n in enumerate(names)}

        def draw(n):
            return pd.DataFrame(
                {
                    name: (
                        pd.Series(
                            generator.choice(["a", "b", "c", "d"], n), dtype="str"
                        )
                        if roles[name] == "category"
                        else generator.normal(size=n)
                    )
                    for name in names
                }
            )

        counter = DriftCounter(reference_of(draw(400), roles))
        counter.add(draw(150))
        alarms += bool(counter.result().changed)
    assert alarms <= 7  # of 60 at 5 %, this is exceeded once in 100 times
