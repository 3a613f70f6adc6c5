"""What was changed from one training to another is said, and what was not is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.functions.models.differences import differences
from app.functions.models.row_filters import RowFilter
from app.functions.models.settings import OPTIONS, TrainingSettings, address_of

ROLES = {"age": "number", "town": "category", "refund": "number"}


def settings(**controls) -> TrainingSettings:
    return TrainingSettings.from_controls("returned", "binary", ROLES, controls)


def test_nothing_is_said_of_the_same_settings():
    assert differences(settings(), settings()) == ()


def test_columns_and_folds_are_said_as_a_person_would():
    after = replace(settings(folds=10), roles={"age": "number", "town": "category"})
    assert differences(settings(), after) == ("without column 'refund'", "5 → 10 folds")
    assert differences(after, settings())[0] == "with column 'refund'"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"models": ["linear", "svm"]}, "with Support vector machine"),
        ({"holdout": 30}, "held out, %: 20 → 30"),
        (
            {"search": "random"},
            "hyperparameter search: None: sensible defaults → Randomised",
        ),
        ({"weighting": "balanced"}, "weights: None → Balanced"),
        ({"rows": ["age*from*18*"]}, "filters: age at least 18"),
        ({"rises": ["age"]}, "rises with 'age'"),
        ({"positive": "yes"}, "positive class: 'yes'"),
        ({"split": "group", "by": "town"}, "column to order or group by: 'town'"),
    ],
)
def test_every_kind_of_option_is_said(changes, said):
    assert said in differences(settings(), settings(**changes))


def test_what_does_not_matter_is_not_said():
    after = replace(settings(), search_seconds=600)
    assert differences(settings(), after) == ()


def test_a_role_and_a_target_are_said():
    roles = {**ROLES, "age": "category"}
    after = TrainingSettings.from_controls("price", "regression", roles, {})
    said = differences(settings(), after)
    assert said[:2] == (
        "predicts 'price' instead of 'returned'",
        "'age' as category instead of number",
    )


def test_the_address_of_settings_fills_the_form_with_them():
    made = settings(
        models=["svm", "linear"],
        folds=7,
        holdout=12.5,
        split="group",
        by="town",
        search="random",
        seconds=90,
        rows=["town*is*Bern*St_d Gallen", "age*from*18*65"],
        rises=["age"],
        positive="yes",
        calibration="sigmoid",
    )
    address = address_of(made)
    held = {
        o.key: o.from_address(address.get(o.key), "binary") for o in OPTIONS.values()
    }
    again = TrainingSettings.from_controls("returned", "binary", ROLES, held)
    assert set(again.models) == set(made.models)
    assert replace(again, models=made.models) == made
    assert RowFilter("age", (), "18", "65") in again.row_filters
    assert address_of(settings()) == {}
