"""Checks of the data: each one triggered, each one satisfied, and none ever raises."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.checks.column_scores import MAX_COLUMNS
from app.functions.checks.findings import LEVELS
from app.functions.checks.registry import DATA_CHECKS, check_data
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
    assert list(checks) == [check.code for check in DATA_CHECKS]
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
    assert checks["groups"].level == "good"


def test_titles_tell_good_from_bad(table):
    good = checks_of(table)
    bad = checks_of(
        table.assign(
            returned=["yes"] * 10 + ["no"] * (N_ROWS - 10),
            number=np.arange(N_ROWS),
            leak=[9.5] * 10 + [0.5] * (N_ROWS - 10),
        )
    )
    for key in ("imbalance", "leak", "identifier"):
        assert bad[key].level != "good"
        assert bad[key].title != good[key].title


def test_rows_without_a_target_are_left_out_of_every_check(table):
    table["day"] = pd.date_range("2024-01-01", periods=N_ROWS)
    table["customer id"] = np.arange(N_ROWS) // 4
    table.loc[::7, "returned"] = None
    checks = checks_of(table, roles={"size": "number"})
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
    assert "5 of 400 rows of the holdout" in checks["duplicates"].finding
    assert checks["time_order"].level == "warning"
    assert checks["groups"].level == "good"


def test_a_leak_does_not_hide_what_else_is_wrong(table, rng):
    customer = np.repeat(np.arange(50), 8)
    own = rng.normal(size=(50, 3))[customer] + 0.1 * rng.normal(size=(N_ROWS, 3))
    returned = np.where(rng.random(50) < 0.5, "yes", "no")[customer]
    frame = pd.DataFrame(own, columns=["a", "b", "c"])
    frame = frame.assign(customer=customer, returned=returned, refund=returned == "yes")
    roles = {"a": "number", "b": "number", "c": "number", "refund": "boolean"}
    checks = checks_of(frame, roles=roles)
    assert "'refund'" in checks["leak"].finding
    assert checks["groups"].level == "bad"


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
