"""What Quick and Thorough choose can be trained, and the time that is expected grows as the work does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.models.catalogue import MODELS
from app.functions.models.durations import expected_seconds, pace_of, width_of
from app.functions.models.efforts import OWN, effort_of, efforts, values_of
from app.functions.models.settings import TrainingSettings, check_settings

TASKS = ("binary", "multiclass", "regression")


def settings_of(key: str, task: str) -> TrainingSettings:
    effort = next(each for each in efforts() if each.key == key)
    roles = {"x": "number"}
    return TrainingSettings.from_controls("y", task, roles, values_of(effort, task))


@pytest.mark.parametrize("task", TASKS)
def test_every_effort_can_be_trained_and_is_recognised(task):
    for effort in efforts():
        check_settings(settings_of(effort.key, task), ["x", "y"])
        assert effort_of(values_of(effort, task), task) == effort.key


def test_quick_is_what_a_training_is_without_any_choice():
    assert settings_of("quick", "binary") == TrainingSettings.from_controls(
        "y", "binary", {"x": "number"}, {}
    )


def test_what_fits_no_effort_is_ones_own_choice():
    held = values_of(efforts()[0], "binary")
    assert effort_of({**held, "folds": 7}, "binary") == OWN
    assert effort_of({**held, "models": []}, "binary") == OWN
    # The budget of a search that is not made decides nothing.
    assert effort_of({**held, "seconds": 600}, "binary") == "quick"


@pytest.mark.parametrize("task", TASKS)
def test_thorough_is_expected_to_take_longer(task):
    times = [expected_seconds(settings_of(e.key, task), 2000, 12, 3) for e in efforts()]
    assert times == sorted(times) and times[0] < times[-1]


@given(
    rows=st.integers(20, 10_000_000),
    width=st.floats(1, 2000),
    folds=st.integers(2, 19),
    task=st.sampled_from(TASKS),
)
def test_more_folds_columns_or_a_slower_machine_take_longer(rows, width, folds, task):
    settings = replace(settings_of("quick", task), n_splits=folds)
    time = expected_seconds(settings, rows, width)
    assert time < expected_seconds(replace(settings, n_splits=folds + 1), rows, width)
    assert time <= expected_seconds(settings, rows, 2 * width)
    assert expected_seconds(settings, rows, width, pace=3) == pytest.approx(3 * time)


def test_a_search_takes_no_longer_than_its_budget():
    settings = settings_of("thorough", "binary")
    without = expected_seconds(replace(settings, search="none"), 1_000_000, 40)
    searched = expected_seconds(settings, 1_000_000, 40)
    assert without < searched <= without + settings.search_seconds
    slow = expected_seconds(settings, 1_000_000, 40, pace=4)
    assert slow <= 4 * without + settings.search_seconds


def test_every_model_has_a_time_of_its_own():
    roles = {"x": "number"}
    for model in MODELS:
        settings = TrainingSettings.from_controls(
            "y", "binary", roles, {"models": [model]}
        )
        assert expected_seconds(settings, 1000, 10) > 0


def test_columns_count_as_wide_as_they_become():
    roles = {"a": "number", "b": "category", "c": "category", "d": "text"}
    assert width_of(roles, {"b": 4, "c": 4000}) == 1 + 4 + 12 + 60
    assert width_of({}, {}) == 1


def test_the_pace_is_the_median_and_within_reason():
    assert pace_of([]) == 1
    assert pace_of([0.5, 2, 100]) == 2
    assert pace_of([1e9]) == 50
    with pytest.raises(ValueError, match="positive"):
        pace_of([0.0])
