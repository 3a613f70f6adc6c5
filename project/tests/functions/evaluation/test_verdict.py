"""The sentence on top of Evaluate: right numbers, never better than it is, and a way on."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.functions.evaluation.classification import evaluate_binary, evaluate_multiclass
from app.functions.evaluation.regression import RegressionResult, evaluate_regression
from app.functions.evaluation.verdict import LEVELS, Context, level_of, verdict

BINARY = Context("survived", ("no", "yes"))
SPECIES = Context("species", ("Adelie", "Chinstrap", "Gentoo"))
PRICE = Context("price")
LEVEL = LEVELS.index


def binary(found: int, positives: int, false: int, negatives: int, **known):
    """The verdict on a model that finds so many of either class."""
    y = np.repeat([1, 0], [positives, negatives])
    scores = np.full(len(y), 0.1)
    scores[:found] = 0.9
    scores[positives : positives + false] = 0.9
    return verdict(evaluate_binary(y, scores), replace(BINARY, **known))


def several(confusion, **known):
    y, predicted = [], []
    for true, row in enumerate(confusion):
        for code, n in enumerate(row):
            y += [true] * n
            predicted += [code] * n
    output = np.eye(len(confusion))[predicted]
    return verdict(evaluate_multiclass(np.array(y), output), replace(SPECIES, **known))


def numbers(errors, y=None, **known):
    draw = np.random.default_rng(0)
    y = draw.normal(100, 20, len(errors)) if y is None else y
    baseline = evaluate_regression(y, np.full(len(y), y.mean()))
    return verdict(
        evaluate_regression(y, y + errors), replace(PRICE, **known), baseline
    )


def test_two_classes_are_said_in_hundreds_with_ranges_that_are_rounded_outwards():
    said = binary(72, 100, 9, 100)
    assert said.says == (
        "Of 100 rows with survived = yes it finds 72 (62 to 80); "
        "of 100 with survived = no it is wrong about 9 (4 to 17)."
    )
    assert said.against.startswith("Of 100 rows of which it says survived = yes, 89 (")
    assert "of all rows, 50 are. It avoids 63 of 100 mistakes" in said.against
    assert "200 rows held out (100 with survived = yes)" in said.judged
    assert said.skill == pytest.approx(0.63)
    assert said.level == "fair"


@pytest.mark.parametrize("problems", [0, 1])
def test_a_model_that_misses_46_of_100_never_looks_good(problems):
    said = binary(54_000, 100_000, 0, 100_000, problems=problems)
    assert LEVEL(said.level) < LEVEL("good")
    assert "finds 54 (53 to 55)" in said.says


def test_the_frequent_class_alone_earns_nothing():
    said = binary(0, 50, 0, 950)
    assert said.level == "none" and said.skill == 0
    assert "finds none (0 to 8)" in said.says
    assert said.against.startswith("It never says survived = yes")


def test_one_that_ranks_well_is_sent_to_the_threshold():
    draw = np.random.default_rng(0)
    y = (np.arange(2000) % 20 == 0).astype(int)
    scores = np.clip(0.1 + 0.15 * y + 0.05 * draw.normal(size=2000), 0, 1)
    said = verdict(evaluate_binary(y, scores), BINARY)
    assert said.next_step == "threshold" and said.level == "poor"
    # The best of noise may rank well too.
    noise = verdict(evaluate_binary(y, scores), replace(BINARY, signal=False))
    assert noise.level == "none" and noise.next_step == "columns"


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("n_rows", [40, 400])
def test_noise_is_never_fair(seed, n_rows):
    draw = np.random.default_rng(seed)
    y, scores = draw.integers(0, 2, n_rows), draw.random(n_rows)
    assert verdict(evaluate_binary(y, scores), BINARY).level in ("none", "poor")
    target = draw.normal(size=n_rows)
    assert numbers(draw.normal(size=n_rows) - target, target).level == "none"


def test_what_the_checks_say_of_the_signal_outweighs_a_lucky_holdout():
    lucky = numbers(np.full(100, 5.0), signal=False)
    assert lucky.level == "none" and lucky.next_step == "columns"
    assert "no better than guessing" in lucky.caution
    small = binary(6, 10, 3, 10, signal=True)
    assert small.level == "poor" and "luck" in small.caution
    assert binary(6, 10, 3, 10).level == "none"


def test_few_rows_change_the_words():
    many, few = binary(900, 1000, 50, 1000), binary(9, 10, 0, 8)
    assert (many.level, many.caution) == ("good", "")
    assert few.level != "good"
    assert "few rows" in few.caution


def test_a_problem_and_a_tie_are_said_and_lead_on():
    said = binary(95, 100, 1, 100, problems=1, ties=("SVM",))
    assert said.level == "poor" and said.next_step == "checks"
    assert "found a problem" in said.caution
    assert "SVM is as good: the difference may be luck." in said.caution
    assert binary(95, 100, 1, 100, best="Forest").next_step == "best"
    assert binary(95, 100, 1, 100, cautions=1).next_step == "checks"
    assert binary(95, 100, 1, 100).next_step == "curve"
    assert binary(950, 1000, 1, 1000, is_baseline=True).level == "none"


def test_several_classes_name_the_most_frequent_mistake():
    said = several([[40, 1, 0], [3, 20, 0], [0, 0, 36]])
    assert said.says == (
        "It names the right species for 96 of 100 rows (90 to 99); "
        "most often it takes Chinstrap for Adelie (3 of 23 rows)."
    )
    assert said.against.startswith("Always saying Adelie would be right for 41 of 100.")
    assert said.level == "good"
    perfect = several([[30, 0, 0], [0, 30, 0], [0, 0, 30]])
    assert "for 100 of 100 rows (95 to 100)." in perfect.says


def test_a_class_that_is_never_found_is_said_and_keeps_the_rest_from_looking_good():
    said = several([[900, 0, 0], [0, 900, 0], [20, 0, 0]])
    assert "of 20 rows of Gentoo it finds none" in said.says
    assert said.level == "poor"


def test_a_number_is_said_in_its_unit_beside_guessing():
    errors = np.r_[np.full(60, 1.0), np.full(30, 4.0), np.full(10, 9.0)]
    said = numbers(errors)
    assert said.says == (
        "Half of its predictions are off by at most 1 (1 to 1.71), 90 of 100 by at most 4."
    )
    assert said.against.startswith("Guessing without the columns, half are off by at")
    assert said.level == "good"


def test_an_older_result_is_read_with_and_without_its_rows():
    draw = np.random.default_rng(1)
    y = draw.normal(size=100)
    result = evaluate_regression(y, y + 0.1 * draw.normal(size=100))
    assert result.band
    old = replace(result, band=None)
    assert verdict(old, PRICE).says == verdict(result, PRICE).says
    without = verdict(replace(old, points=None), PRICE)
    assert without.says.startswith("Half of its predictions are off by at most 0.0")
    assert without.level in ("poor", "fair")


@given(
    st.floats(-1, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.floats(0, 0.5),
)
def test_the_level_never_falls_where_the_model_is_better(share, gap, found, more):
    low = share - gap
    level = LEVEL(level_of(share, low, found))
    assert LEVEL(level_of(share + more, low, found)) >= level
    assert LEVEL(level_of(share, low + more, found)) >= level
    assert LEVEL(level_of(share, low, found + more)) >= level
    assert LEVEL(level_of(share, math.nan, found)) <= LEVEL("fair")


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 12), min_size=9, max_size=9).filter(any),
    st.sampled_from([None, True, False]),
    st.integers(0, 1),
)
def test_whatever_is_predicted_there_are_sentences(cells, signal, problems):
    said = several(np.reshape(cells, (3, 3)), signal=signal, problems=problems)
    for sentence in (said.says, said.against, said.judged):
        assert sentence.endswith(".") and "nan" not in sentence
    assert said.level in LEVELS and said.next_step


@settings(max_examples=60)
@given(*[st.integers(0, 30)] * 4)
def test_whatever_two_classes_are_predicted_there_are_sentences(a, b, c, d):
    found, positives, false, negatives = min(a, b), b, min(c, d), d
    if positives + negatives:
        said = binary(found, positives, false, negatives)
        assert "nan" not in said.says + said.against
        if not (positives and negatives):
            assert said.level == "none" and "o row that was held out" in said.says


def test_a_result_without_any_number_is_read():
    empty = RegressionResult({"median_ae": None, "r2": None}, (0, 0), None, None, 0)
    assert verdict(empty, PRICE).level == "none"
