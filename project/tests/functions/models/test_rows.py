"""Which rows are used: positions in the whole table, in its order, and why others are not."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import date

import numpy as np
import orjson
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.evaluation.learning_curves import learning_steps
from app.functions.models import fitting
from app.functions.models.catalogue import MODELS
from app.functions.models.row_filters import RowFilter
from app.functions.models.rows import (
    columns_needed,
    passes,
    row_weights,
    select_rows,
    task_of_rows,
)
from app.functions.models.settings import TrainingSettings

N_ROWS = 240
SETTINGS = TrainingSettings(
    target="outcome",
    task="multiclass",
    roles={"age": "number", "city": "category"},
    models=("linear",),
    scoring="balanced_accuracy",
    n_splits=3,
)


def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, N_ROWS).astype(float)
    guess = age + rng.normal(0, 12, N_ROWS)
    outcome = np.where(guess > 60, "good", np.where(guess > 40, "fair", "bad"))
    frame = pd.DataFrame(
        {
            "age": age,
            "city": rng.choice(["Bern", "Basel", "Chur"], N_ROWS),
            "day": pd.date_range("2024-01-01", periods=N_ROWS, freq="6h"),
            "member": rng.random(N_ROWS) < 0.5,
            "weight": rng.integers(1, 5, N_ROWS),
            "outcome": outcome,
        }
    )
    frame.loc[rng.random(N_ROWS) < 0.1, ["age", "city"]] = None
    frame.loc[[0, 7], "outcome"] = None
    frame.loc[[3, 4], "outcome"] = "odd"
    return frame


def binary(**changes) -> TrainingSettings:
    only_two = (RowFilter("outcome", ("good", "bad")),)
    changes = {"task": "binary", "scoring": "f1", "row_filters": only_two} | changes
    return replace(SETTINGS, **changes)


# ---- Filters

RULES = st.one_of(
    st.builds(
        RowFilter,
        st.just("city"),
        st.lists(st.sampled_from(["Bern", "Basel", "Rome"]), min_size=1).map(tuple),
        leave_out=st.booleans(),
        missing=st.booleans(),
    ),
    st.builds(
        RowFilter,
        st.just("age"),
        minimum=st.integers(-5, 40).map(str),
        maximum=st.integers(40, 90).map(str),
        leave_out=st.booleans(),
        missing=st.booleans(),
    ),
    st.builds(
        RowFilter,
        st.just("day"),
        minimum=st.dates(date(2023, 12, 1), date(2024, 1, 20)).map(str),
        maximum=st.dates(date(2024, 1, 20), date(2024, 4, 1)).map(str),
        leave_out=st.booleans(),
    ),
)


def follows(row: pd.Series, rule: RowFilter) -> bool:
    """The same rule, said for one row in plain Python."""
    value = row[rule.column]
    if pd.isna(value):
        return rule.missing
    if rule.values:
        inside = value in rule.values
    elif rule.column == "day":
        inside = rule.minimum <= str(value.date()) <= rule.maximum
    else:
        inside = float(rule.minimum) <= value <= float(rule.maximum)
    return inside != rule.leave_out


@given(st.lists(RULES, max_size=3, unique=True), st.booleans())
def test_no_row_is_used_that_fails_a_filter_and_none_is_lost_that_passes(rules, unique):
    frame = people()
    settings = replace(
        SETTINGS,
        row_filters=tuple(rules),
        rare_classes="keep",
        duplicates="leave_out" if unique else "keep",
    )
    try:
        selected = select_rows(frame[columns_needed(settings)], settings)
    except ValueError as refused:
        assert "filter" in str(refused) and str(refused).endswith(".")
        return
    expected = [
        position
        for position, row in frame.iterrows()
        if pd.notna(row["outcome"]) and all(follows(row, rule) for rule in rules)
    ]
    if unique:
        used = frame.loc[expected, ["age", "city", "outcome"]]
        expected = used.drop_duplicates().index.tolist()
    assert selected.positions.tolist() == expected
    assert selected.target.tolist() == frame["outcome"].iloc[expected].tolist()


@pytest.mark.parametrize(
    "rule, kept",
    [
        (RowFilter("a", ("1", "3")), [0, 2]),
        (RowFilter("a", minimum="2"), [1, 2]),
        (RowFilter("a", maximum="2", missing=True), [0, 1, 3]),
        (RowFilter("b", ("True",)), [0, 2]),
        (RowFilter("c", minimum="2024-01-02", maximum="2024-01-02"), [1, 2]),
        (RowFilter("c", maximum="2024-01-02T00:00"), [0, 1]),
        (RowFilter("d", ("0.5",)), [0]),
        (RowFilter("a", ("7",)), []),
    ],
)
def test_values_and_bounds_mean_what_they_say(rule, kept):
    frame = pd.DataFrame(
        {
            "a": [1, 2, 3, np.nan],
            "b": [True, False, True, False],
            "c": pd.to_datetime(
                ["2024-01-01", "2024-01-02", "2024-01-02 13:00", "2024-01-03"],
                format="ISO8601",
            ),
            "d": [0.5, 1.5, 1e20, -np.inf],
        }
    )
    assert np.flatnonzero(passes(frame[rule.column], rule)).tolist() == kept


@pytest.mark.parametrize(
    "rule, sentence",
    [
        (
            RowFilter("city", minimum="3"),
            "'city' has no numbers, so a filter by numbers",
        ),
        (RowFilter("day", minimum="3"), "'day' has dates, so a filter by numbers"),
        (RowFilter("age", minimum="2024-01-01"), "'age' has no dates, so a filter by"),
        (RowFilter("city", ("Rome",)), "No row is left: remove a filter"),
        (RowFilter("outcome", ("good",)), "'outcome' is always 'good'"),
    ],
)
def test_a_filter_that_leaves_nothing_to_learn_is_refused(rule, sentence):
    with pytest.raises(ValueError, match=sentence) as refused:
        fitting.prepare(people(), replace(SETTINGS, row_filters=(rule,)))
    assert str(refused.value).endswith(".")


def test_what_was_left_out_is_said_in_one_sentence():
    frame = people()
    frame = pd.concat([frame, frame.iloc[[10, 11]]], ignore_index=True)
    settings = replace(
        SETTINGS,
        row_filters=(RowFilter("age", maximum="75", missing=True),),
        duplicates="leave_out",
    )
    data = fitting.prepare(frame, settings)
    assert len(data.notes) == 1
    note = data.notes[0]
    assert note.startswith(f"{len(data.y)} of 242 rows are used. Left out: 2 without")
    assert "that fail the filter 'age at most 75 or missing'" in note
    assert "that repeat another row" in note
    assert note.endswith("and 2 of the rare class 'odd' (2).")


# ---- Rare classes


def test_rare_classes_are_left_out_unless_they_are_joined_or_kept():
    frame = people()
    data = fitting.prepare(frame, SETTINGS)
    assert data.classes == ("bad", "fair", "good")
    assert not {0, 3, 4, 7} & set(data.positions)
    joined = fitting.prepare(
        frame, replace(SETTINGS, rare_classes="join", fewest_rows=70)
    )
    assert "Other" in joined.classes
    assert joined.notes[-1].startswith("Joined as 'Other': rare classes 'fair' (")
    with pytest.raises(
        ValueError, match="Class 'odd' .* leave the rare classes out, join"
    ):
        fitting.prepare(frame, replace(SETTINGS, rare_classes="keep"))


def test_of_several_classes_two_may_be_left():
    frame = people()
    frame.loc[frame["outcome"] == "fair", "outcome"] = "good"
    selected = select_rows(frame, SETTINGS)
    assert task_of_rows("multiclass", selected.target) == "binary"
    data = fitting.prepare(frame, replace(SETTINGS, task="binary", scoring="f1"))
    assert data.classes == ("good", "bad")
    assert task_of_rows("regression", selected.target) == "regression"
    assert task_of_rows("multiclass", frame["outcome"]) == "multiclass"


def test_too_many_classes_or_rows_are_not_left_out_unasked():
    frame, row = people(), np.arange(N_ROWS)
    names = pd.Series(row // 2, dtype="str")
    with pytest.raises(ValueError, match="120 classes, but at most 100"):
        fitting.prepare(frame.assign(outcome=names), SETTINGS)
    # Two classes with 45 rows each, and 50 with three each.
    some = pd.Series(np.where(row < 90, row % 2, row // 3), dtype="str")
    with pytest.raises(
        ValueError, match="50 of the 52 classes .* 150 of 240 rows: too"
    ):
        fitting.prepare(frame.assign(outcome=some), SETTINGS)
    asked = replace(SETTINGS, rare_classes="join")
    data = fitting.prepare(frame.assign(outcome=some), asked)
    assert data.classes == ("0", "1", "Other")
    many = pd.Series(np.where(row < 90, row % 2, row), dtype="str")
    data = fitting.prepare(frame.assign(outcome=many), replace(asked, fewest_rows=9))
    assert data.classes == ("0", "1", "Other")
    with pytest.raises(ValueError, match="none has 500 rows or more"):
        fitting.prepare(frame, replace(SETTINGS, fewest_rows=500))


# ---- The positive class


def test_the_positive_class_has_code_one_and_a_reason():
    frame = people()
    guessed = fitting.prepare(frame, binary())
    assert guessed.classes == ("good", "bad")
    assert guessed.notes[-1] == (
        "The positive class is 'bad': it names the event that is looked for."
    )
    chosen = fitting.prepare(frame, binary(positive="good"))
    assert chosen.classes == ("bad", "good")
    assert chosen.notes[-1] == "The positive class is 'good': it was chosen."
    assert (chosen.y == 1 - guessed.y).all()
    same = fitting.prepare(frame, binary(positive="bad"))
    assert same.notes == guessed.notes
    with pytest.raises(ValueError, match="names 'fine', .* choose 'good' or 'bad'."):
        fitting.prepare(frame, binary(positive="fine"))


# ---- Weights


def weighted(**changes) -> TrainingSettings:
    return binary(weighting="column", weight_column="weight", **changes)


def test_the_column_of_weights_is_not_learned_from_and_counts_in_the_fit():
    frame = people()
    settings = weighted(roles={**SETTINGS.roles, "weight": "number"})
    data = fitting.prepare(frame, settings)
    assert list(data.X.columns) == ["age", "city"]
    assert data.weights.tolist() == frame["weight"].iloc[data.positions].tolist()
    assert "weighted by 'weight' in the fit" in data.notes[-1]
    rows = data.split.train
    assert data.weights_of(rows).mean() == pytest.approx(1)
    sums = [data.weights_of(rows)[data.y[rows] == code].sum() for code in (0, 1)]
    assert sums[0] != pytest.approx(sums[1])


@pytest.mark.parametrize(
    "cells, sentence",
    [
        ({5: 0}, "has a weight that is not above 0 in 1 row"),
        ({5: -1, 6: -2}, "has a weight that is not above 0 in 2 rows"),
        ({5: None}, "has no weight in 1 row"),
        ({5: np.inf}, "has an infinite weight in 1 row"),
    ],
)
def test_weights_that_are_none_are_refused(cells, sentence):
    frame = people().astype({"weight": float})
    for position, cell in cells.items():
        frame.loc[position, "weight"] = cell
    settings = replace(SETTINGS, weighting="column", weight_column="weight")
    with pytest.raises(ValueError, match=sentence):
        fitting.prepare(frame, settings)


@pytest.mark.parametrize("column, why", [("city", "no numbers"), ("outcome", "target")])
def test_a_column_that_cannot_weigh_rows_is_refused(column, why):
    settings = replace(SETTINGS, weighting="column", weight_column=column)
    with pytest.raises(ValueError, match=why):
        fitting.prepare(people(), settings)
    frame, rows = people(), np.arange(3)
    assert row_weights(frame, SETTINGS, rows) is None


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("model", sorted(MODELS))
def test_every_model_takes_weights_or_is_named(model, task):
    frame = people().dropna(subset=["age"])
    changes = {
        "binary": {},
        "multiclass": {
            "task": "multiclass",
            "row_filters": (),
            "scoring": "accuracy",
        },
        "regression": {
            "task": "regression",
            "target": "age",
            "roles": {"city": "category", "outcome": "category"},
            "row_filters": (),
            "scoring": "r2",
        },
    }[task]
    settings = weighted(models=(model,), **changes)
    data = fitting.prepare(frame, settings)
    rows = data.split.train
    plain, weighed = (
        fitting.build(model, settings, data, _fast(model, settings, data))
        for _ in range(2)
    )
    fitting.fit(plain, replace(data, weighting="none", weights=None), rows)
    fitting.fit(weighed, data, rows)
    outputs = [
        fitting.predict(each, data, data.split.test) for each in (plain, weighed)
    ]
    equal = np.allclose(*outputs)
    _, notes = fitting.models_to_train(settings, len(rows))
    named = any("cannot weigh rows" in note for note in notes)
    assert equal == (named or model == "dummy")


def _fast(model: str, settings, data) -> dict:
    known = fitting.build(model, settings, data).get_params()
    fast = {"model__n_estimators": 10, "model__max_iter": 50}
    return {name: value for name, value in fast.items() if name in known}


def test_balanced_classes_weigh_the_same_in_every_fit():
    data = fitting.prepare(people(), replace(SETTINGS, weighting="balanced"))
    for rows, _ in data.split.folds:
        weights = data.weights_of(rows)
        sums = np.bincount(data.y[rows], weights=weights)
        assert np.allclose(sums, sums.mean()) and weights.mean() == pytest.approx(1)


# ---- Again


def test_a_training_is_repeated_from_its_record_alone():
    frame = people()
    frame = pd.concat([frame, frame.iloc[20:30]], ignore_index=True)
    settings = weighted(duplicates="leave_out", positive="good", random_state=7)
    record = orjson.loads(orjson.dumps(asdict(settings)))
    again = TrainingSettings.from_dict(record)
    assert again == settings
    first, second = (fitting.prepare(frame, each) for each in (settings, again))
    assert first.notes == second.notes and first.classes == second.classes
    assert first.positions.tolist() == second.positions.tolist()
    held_out = first.holdout()
    assert held_out.equals(second.holdout())
    labels = np.array(first.classes)[held_out["target"]]
    assert labels.tolist() == frame["outcome"].iloc[held_out["position"]].tolist()
    steps = list(learning_steps("linear", again, second))
    assert steps and all(np.isfinite(step.validation_score) for step in steps)
