"""Checks of the data: each one triggered, each one satisfied, and none ever raises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.checks.leaks import MAX_COLUMNS
from app.functions.checks.model_checks import LEVELS, check_data
from app.functions.evaluation.scoring import DEFAULT_METRIC
from app.functions.models.fitting import TrainingData, prepare
from app.functions.models.settings import TrainingSettings
from app.functions.models.splitting import Split
from app.functions.tables.samples import SAMPLES

N_ROWS = 400


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def table(rng):
    """A table without any problem."""
    return pd.DataFrame(
        {
            "size": rng.normal(size=N_ROWS),
            "weight": rng.normal(size=N_ROWS),
            "colour": rng.choice(["red", "green", "blue"], N_ROWS),
            "returned": rng.choice(["yes", "no"], N_ROWS),
        }
    )


def checks_of(frame, target="returned", task="binary", roles=None, **options):
    if roles is None:
        roles = {
            name: "category" if column.dtype == "str" else "number"
            for name, column in frame.items()
            if name != target and column.dtype.kind != "M"
        }
    settings = TrainingSettings(
        target, task, roles, ("linear",), DEFAULT_METRIC[task], **options
    )
    checks = check_data(frame, settings, prepare(frame, settings))
    return {check.key: check for check in checks}


def test_a_table_without_problems_passes_every_check_and_needs_no_advice(table):
    checks = checks_of(table)
    assert list(checks) == ["imbalance", "leak", "identifier", "duplicates"]
    assert {check.level for check in checks.values()} == {"good"}
    assert all(check.advice == "" for check in checks.values())


@pytest.mark.parametrize(
    "n_rare, level", [(10, "bad"), (30, "warning"), (35, "warning"), (150, "good")]
)
def test_a_rare_class_is_told_with_its_rows(table, n_rare, level):
    table["returned"] = ["yes"] * n_rare + ["no"] * (N_ROWS - n_rare)
    found = checks_of(table)["imbalance"]
    assert found.level == level
    assert f"'yes', has {n_rare} of 400 rows" in found.finding
    assert f"{n_rare // 5} of them in the holdout" in found.finding


def test_a_small_share_of_many_rows_is_rare_but_not_too_few(rng):
    returned = np.where(np.arange(4_000) % 20 == 0, "yes", "no")
    frame = pd.DataFrame({"x": rng.normal(size=4_000), "returned": returned})
    found = checks_of(frame)["imbalance"]
    assert found.level == "warning"
    assert "right in 95 % of the rows" in found.advice


def test_a_class_that_is_not_in_the_holdout_cannot_be_judged(table):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    table["returned"] = ["yes", "no"] * 150 + ["no"] * 100
    found = checks_of(table, split="time", split_by="day")["imbalance"]
    assert found.level == "bad"
    assert "0 of them in the holdout" in found.finding


def test_equally_common_classes_are_not_rare_however_many_they_are(rng):
    species = np.repeat([f"kind {i}" for i in range(20)], 50)
    frame = pd.DataFrame({"x": rng.normal(size=1_000), "species": species})
    checks = checks_of(frame, "species", "multiclass")
    assert checks["imbalance"].level == "good"


def test_a_regression_has_no_classes_to_be_rare(table, rng):
    table["price"] = rng.normal(size=N_ROWS)
    assert "imbalance" not in checks_of(table, "price", "regression")


def test_a_column_that_gives_the_target_away_is_named(table):
    table["refund"] = np.where(table["returned"] == "yes", table["size"], np.nan)
    found = checks_of(table)["leak"]
    assert found.level == "bad"
    assert (
        "Of 4 columns, 'refund' is nearly enough to predict the target" in found.finding
    )
    assert "whether it has a value gives ROC AUC 1.000" in found.finding
    assert "'returned'" in found.advice


def test_several_leaks_are_all_named(table):
    table["refund"] = (table["returned"] == "yes") * 9.5
    table["status"] = np.where(table["returned"] == "yes", "closed", "open")
    found = checks_of(table)["leak"]
    assert "'refund'" in found.finding and "'status'" in found.finding


def test_a_leak_that_is_left_out_is_none(table):
    table["refund"] = (table["returned"] == "yes") * 9.5
    assert checks_of(table, roles={"size": "number"})["leak"].level == "good"


def test_a_leak_of_a_number_is_found_by_r2(table):
    table["price"] = 3 * table["size"] + 1
    found = checks_of(table, "price", "regression")["leak"]
    assert found.level == "bad"
    assert "R² 1.000" in found.finding


def test_of_very_many_columns_it_is_told_how_many_were_looked_at(rng):
    X = rng.normal(size=(60, MAX_COLUMNS + 1))
    frame = pd.DataFrame(X, columns=[f"c{i}" for i in range(MAX_COLUMNS + 1)])
    frame["returned"] = ["yes", "no"] * 30
    found = checks_of(frame)["leak"]
    assert "Of the first 2,000 of 2,001 columns" in found.finding


def test_too_few_rows_to_look_for_leaks_are_no_good_news():
    frame = pd.DataFrame({"x": np.arange(16) / 3, "returned": ["yes", "no"] * 8})
    found = checks_of(frame, n_splits=2)["leak"]
    assert found.level == "warning"
    assert "12 training rows" in found.finding


def test_an_identifier_among_the_features_is_found(table):
    table["order id"] = np.arange(N_ROWS) + 1_000
    found = checks_of(table)["identifier"]
    assert found.level == "warning"
    assert "'order id' looks like an identifier" in found.finding
    assert "400" in found.finding


def test_an_identifier_that_is_left_out_does_no_harm(table):
    table["order id"] = np.arange(N_ROWS) + 1_000
    checks = checks_of(table, roles={"size": "number", "colour": "category"})
    assert checks["identifier"].level == "good"
    assert "groups" not in checks


def test_copies_of_training_rows_in_the_holdout_are_counted(table):
    twice = pd.concat([table, table], ignore_index=True)
    found = checks_of(twice)["duplicates"]
    assert found.level == "bad"
    assert "of 160 rows of the holdout" in found.finding
    few = pd.concat([table, table.iloc[:10]], ignore_index=True)
    assert checks_of(few)["duplicates"].level == "warning"


def test_copies_with_another_target_are_counted_apart(table):
    other = table.assign(
        returned=np.where(table["returned"] == "yes", "no", "yes"),
    )
    found = checks_of(pd.concat([table, other], ignore_index=True))["duplicates"]
    assert found.level == "good"
    assert "exists for 0 of 160 rows" in found.finding
    assert not found.finding.endswith("for 0.")


def test_equal_rows_are_no_copies_where_few_values_make_them_likely(rng):
    frame = pd.DataFrame(
        {
            "a": rng.choice(["x", "y"], N_ROWS),
            "b": rng.choice(["x", "y"], N_ROWS),
            "returned": rng.choice(["yes", "no"], N_ROWS),
        }
    )
    found = checks_of(frame)["duplicates"]
    assert found.level == "good"
    assert "about 100 % is expected by chance" in found.finding


@pytest.mark.parametrize("in_features", [True, False])
def test_a_target_that_grows_with_time_should_not_be_split_at_random(
    table, rng, in_features
):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    table["price"] = np.linspace(10, 20, N_ROWS) + rng.normal(size=N_ROWS)
    table = table.sample(frac=1, random_state=0).reset_index(drop=True)
    roles = {"size": "number"} | ({"day": "date"} if in_features else {})
    found = checks_of(table, "price", "regression", roles)["time_order"]
    assert found.level == "bad"
    assert (
        "mean is 10.9 in the first fifth of the rows and 19.1 in the last"
        in found.finding
    )
    assert "split by time along 'day'" in found.advice


def test_neighbours_in_time_that_are_alike_are_found_without_a_trend(table):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    table["returned"] = np.where(np.arange(N_ROWS) % 8 < 4, "yes", "no")
    found = checks_of(table)["time_order"]
    assert found.level == "bad"
    assert "correlation of 0.5" in found.finding


def test_a_class_that_becomes_more_common_is_told_in_shares(table, rng):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    grows = rng.random(N_ROWS) < np.linspace(0.1, 0.7, N_ROWS)
    table["returned"] = np.where(grows, "yes", "no")
    found = checks_of(table)["time_order"]
    assert found.level == "warning"
    assert "'yes' is 1" in found.finding and "of the last" in found.finding


def test_a_target_that_has_nothing_to_do_with_the_date_may_be_split_at_random(table):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    assert checks_of(table)["time_order"].level == "good"


def test_a_table_that_is_sorted_by_the_target_does_not_follow_a_date_of_few_days(
    table, rng
):
    table = table.sort_values("returned", ignore_index=True)
    table["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(
        rng.integers(0, 3, N_ROWS), "D"
    )
    assert checks_of(table)["time_order"].level == "good"


def test_split_by_time_the_order_in_time_is_respected(table):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    assert "time_order" not in checks_of(table, split="time", split_by="day")


def test_rows_of_one_customer_on_both_sides_are_found(table, rng):
    customer = rng.integers(0, 100, N_ROWS)
    table["customer id"] = customer
    table["returned"] = np.where(customer % 2, "yes", "no")
    left_out = {"size": "number"}
    found = checks_of(table, roles=left_out)["groups"]
    assert found.level == "bad"
    assert "'customer id'" in found.finding and "1.000" in found.finding
    by_group = checks_of(table, roles=left_out, split="group", split_by="customer id")
    assert "groups" not in by_group


def test_customers_that_tell_nothing_of_the_target_do_no_harm(table, rng):
    table["customer id"] = rng.integers(0, 100, N_ROWS)
    assert checks_of(table, roles={"size": "number"})["groups"].level == "good"


def test_titles_tell_good_from_bad(table):
    good = checks_of(table.assign(day=pd.date_range("2024-01-01", periods=N_ROWS)))
    bad = table.assign(
        returned=["yes"] * 10 + ["no"] * (N_ROWS - 10),
        day=pd.date_range("2024-01-01", periods=N_ROWS),
        number=np.arange(N_ROWS),
        leak=[9.5] * 10 + [0.5] * (N_ROWS - 10),
    )
    bad = checks_of(bad)
    copies = checks_of(pd.concat([table, table], ignore_index=True))
    bad["duplicates"] = copies["duplicates"]
    assert bad.keys() == good.keys()
    for key, check in bad.items():
        assert check.level != "good" and check.title != good[key].title


def test_rows_without_a_target_are_left_out_of_every_check(table):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    table["customer id"] = np.arange(N_ROWS) // 4
    table.loc[::7, "returned"] = None
    checks = checks_of(table, roles={"size": "number"})
    assert {"time_order", "groups"} <= set(checks)
    assert "of 342 rows" in checks["imbalance"].finding


@pytest.mark.parametrize("key", sorted(set(SAMPLES) - {"orders"}))
def test_nothing_is_wrong_with_the_samples_of_scikit_learn(key):
    frame, target = SAMPLES[key].load(), SAMPLES[key].target
    task = {"diabetes": "regression", "breast-cancer": "binary"}.get(key, "multiclass")
    roles = {name: "number" for name in frame if name != target}
    checks = checks_of(frame, target, task, roles)
    assert {check.level for check in checks.values()} == {"good"}


def test_the_invented_orders_provoke_what_they_were_invented_for():
    frame = SAMPLES["orders"].load()
    roles = {
        **dict.fromkeys(["refund amount", "price", "items", "delivery days"], "number"),
        **dict.fromkeys(["product", "payment", "town"], "category"),
        "order date": "date",
    }
    checks = checks_of(frame, "returned", roles=roles)
    assert "'refund amount'" in checks["leak"].finding
    assert checks["leak"].level == "bad"
    assert checks["duplicates"].level == "warning"
    assert checks["time_order"].level == "warning"


def test_the_same_settings_give_the_same_answers(table):
    table["day"] = pd.to_datetime("2024-01-01") + pd.to_timedelta(
        np.arange(N_ROWS) // 50, "D"
    )
    assert checks_of(table) == checks_of(table)


cells = {
    "number": st.sampled_from([0.0, 1.0, 2.5, -1e308, np.inf, -np.inf, np.nan]),
    "category": st.sampled_from(["a", "b", "", "ä" * 300, None]),
    "text": st.text(max_size=8) | st.none(),
    "boolean": st.sampled_from([True, False, None]),
    "date": st.sampled_from(
        [pd.NaT, *pd.date_range("1700-01-01", periods=3, freq="99YE")]
    ),
}


@st.composite
def odd_but_valid(draw):
    """Draw a table, settings and a split that training may meet: few rows, one class held out, empty columns."""
    n_rows = draw(st.integers(4, 60))
    names = st.text(min_size=1, max_size=8).filter(lambda name: name != "y")
    roles = draw(
        st.dictionaries(names, st.sampled_from(sorted(cells)), min_size=1, max_size=4)
    )
    generator = np.random.default_rng(draw(st.integers(0, 9)))
    columns = {}
    for name, role in roles.items():
        values = draw(st.lists(cells[role], min_size=1, max_size=6))
        dtype = {"date": "datetime64[s]", "number": "float64"}.get(role, "object")
        columns[name] = pd.Series(
            [values[i] for i in generator.integers(0, len(values), n_rows)], dtype=dtype
        )
    task = draw(st.sampled_from(["binary", "multiclass", "regression"]))
    if task == "regression":
        y, classes = generator.choice([0.0, 1e99, -3.5], n_rows), ()
    else:
        classes = tuple("abcd"[: 2 if task == "binary" else 4])
        y = generator.integers(0, draw(st.integers(1, len(classes))), n_rows)
    n_test = draw(st.integers(1, n_rows - 1))
    rows = generator.permutation(n_rows)
    kind = draw(st.sampled_from(["random", "time", "group"]))
    X = pd.DataFrame(columns)
    settings = TrainingSettings("y", task, roles, ("linear",), "roc_auc", split=kind)
    data = TrainingData(X, y, classes, Split(rows[n_test:], rows[:n_test], ()))
    return X.assign(y=y), settings, data


@given(odd_but_valid())
def test_whatever_the_data_every_check_is_a_sentence(case):
    checks = check_data(*case)
    assert {"leak", "identifier", "duplicates"} <= {check.key for check in checks}
    for check in checks:
        assert check.level in LEVELS
        assert check.title and check.finding.endswith(".")
        assert bool(check.advice) == (check.level != "good")
        assert " nan" not in check.finding and " inf" not in check.finding
