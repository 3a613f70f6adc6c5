"""Figures and their captions: right numbers, and no failure over unknown ones."""

from __future__ import annotations

import copy
import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from plotly.utils import PlotlyJSONEncoder
from sklearn import metrics

from app import functions, wording
from app.dashboard.figures import classification, learning, regression, target
from app.dashboard.results_binary import binary_results
from app.dashboard.results_multiclass import multiclass_results
from app.dashboard.results_regression import regression_results
from app.functions.evaluation.learning_curves import LearningCurve
from app.functions.tables.tasks import TargetDistribution
from tests.dashboard.conftest import CLASSES, ids, result_of, words

ODD = ['<b>bold</b> & "quoted"', "it's <1>", "😀 " * 30, "x" * 300]


def as_json(figure) -> str:
    """Return the JSON for the browser; NaN would be invalid."""
    written = json.dumps(figure, cls=PlotlyJSONEncoder)
    assert "NaN" not in written and "Infinity" not in written
    return written


def texts(parts) -> set[str]:
    return {each for each in ids(parts) if isinstance(each, str)}


# ---- Classes


def test_a_confusion_matrix_shows_counts_and_shares_of_the_true_class():
    figure = classification.confusion_figure([[8, 2], [1, 3]], ["no", "yes"])
    trace = figure["data"][0]
    assert trace["customdata"] == [[8, 2], [1, 3]]
    assert trace["z"] == [[0.8, 0.2], [0.25, 0.75]]
    assert "80 %" in trace["text"][0][0]
    as_json(figure)


def test_a_class_without_rows_has_no_shares_and_does_no_harm():
    figure = classification.confusion_figure([[0, 0], [1, 3]], ["no", "yes"])
    assert figure["data"][0]["z"][0] == [0, 0]


def test_long_names_with_the_same_beginning_stay_apart_in_every_figure():
    names = [f"a class with a long name, number {i}" for i in range(3)]
    matrix = classification.confusion_figure(np.eye(3, dtype=int).tolist(), names)
    assert len(set(matrix["data"][0]["x"])) == 3
    assert len(set(matrix["data"][0]["y"])) == 3
    distribution = TargetDistribution((1, 2, 3), labels=tuple(names))
    assert len(set(target.target_figure(distribution)["data"][0]["x"])) == 3


@given(
    st.lists(st.integers(0, 1), min_size=2, max_size=80),
    st.randoms(use_true_random=False),
)
def test_whatever_the_holdout_the_results_of_two_classes_are_drawn(y, draw):
    scores = np.array([draw.random() for _ in y])
    result = functions.evaluation.classification.evaluate_binary(np.array(y), scores)
    parts = binary_results(result, ["no", "yes"], {})
    # The browser follows the threshold only if all of them are on the page.
    assert {"confusion", "scores", "roc", "precision-recall", "cost"} <= texts(parts)


def test_the_sentences_about_two_classes_say_what_scikit_learn_says(stored):
    draw = np.random.default_rng(1)
    y = draw.integers(0, 2, 200)
    scores = np.clip(0.3 * y + 0.7 * draw.random(200), 0, 1)
    result = stored(functions.evaluation.classification.evaluate_binary(y, scores))
    brier = metrics.brier_score_loss(y, scores)
    caption = classification.calibration_caption(result, "yes")
    assert f"Brier score {brier:.3f}" in caption
    found = (scores[y == 1] >= 0.5).mean()
    false = (scores[y == 0] >= 0.5).mean()
    caption = classification.scores_caption(result.scores, ("no", "yes"))
    assert f"{wording.percent(found)} of the rows of yes" in caption
    assert f"{wording.percent(false)} of no" in caption


def test_a_holdout_with_one_class_has_empty_curves(stored):
    result = functions.evaluation.classification.evaluate_binary(
        np.ones(30, int), np.linspace(0, 1, 30)
    )
    parts = binary_results(stored(result), ["no", "yes"], {})
    assert "yes (–)" in as_json(parts).encode().decode("unicode_escape")


def test_the_report_of_several_classes_says_what_scikit_learn_says(stored):
    y = np.arange(90) % 3
    output = np.random.default_rng(2).random((90, 3)) + 0.5 * np.eye(3)[y]
    result = stored(functions.evaluation.classification.evaluate_multiclass(y, output))
    predicted = output.argmax(axis=1)
    text = words(multiclass_results(result, list("abc"), {}))
    accuracy = metrics.accuracy_score(y, predicted)
    assert f"({wording.percent(accuracy)}) are predicted correctly" in text
    for precision in metrics.precision_score(y, predicted, average=None):
        assert f"{precision:.3f}" in text


@pytest.mark.parametrize("wanted", ["1", "99", "-1", "x", "", "9" * 5000])
def test_a_class_that_is_not_there_is_replaced_by_the_first(stored, wanted):
    result = stored(result_of("multiclass"))
    parts = multiclass_results(result, list("abc"), {"class": wanted})
    assert f"rows of {'b' if wanted == '1' else 'a'} get a probability" in words(parts)


def test_odd_class_names_are_drawn_and_sent(stored):
    y = np.arange(80) % 4
    output = np.random.default_rng(3).random((80, 4)) + np.eye(4)[y]
    result = stored(functions.evaluation.classification.evaluate_multiclass(y, output))
    as_json(multiclass_results(result, ODD, {}))
    as_json(binary_results(stored(result_of("binary")), ODD[:2], {}))


# ---- Calibration


def calibrated(task: str):
    """Return the result of a model whose probabilities were too sure and have been calibrated."""
    n_classes = 2 if task == "binary" else 3
    y = np.arange(120) % n_classes
    draw = np.random.default_rng(5)
    after = draw.random((120, n_classes)) + 0.2 * np.eye(n_classes)[y]
    after /= after.sum(axis=1, keepdims=True)
    before = after**4 / (after**4).sum(axis=1, keepdims=True)
    evaluate = functions.evaluation.results.evaluate_model
    return y, before, after, evaluate(task, y, after, None, before)


def test_the_probabilities_of_two_classes_are_shown_before_and_after(stored):
    y, before, after, result = calibrated("binary")
    result = stored(result)
    text = words(binary_results(result, ["no", "yes"], {}, "isotonic"))
    assert "Isotonic calibration learned on the folds" in text
    for output in (before, after):
        assert f"{metrics.brier_score_loss(y, output[:, 1]):.3f}" in text
        assert f"{metrics.log_loss(y, output):.3f}" in text
    assert "Before calibration it was off by" in text
    curve = result.recalibration.curves_before["1"]
    figure = classification.calibration_figure(result.calibration, curve)
    assert [trace["name"] for trace in figure["data"]] == [
        "perfect",
        "before calibration",
        "after calibration",
    ]
    assert figure["layout"]["showlegend"]
    as_json(figure)


def test_the_probabilities_of_several_classes_are_shown_before_and_after(stored):
    y, before, after, result = calibrated("multiclass")
    parts = multiclass_results(stored(result), list("abc"), {"class": "2"}, "sigmoid")
    text = words(parts)
    for output in (before, after):
        brier = ((output - np.eye(3)[y]) ** 2).sum(axis=1).mean()
        assert f"{brier:.3f}" in text
        assert f"{metrics.log_loss(y, output):.3f}" in text
    assert "Before calibration it was off by" in text
    as_json(parts)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_nothing_is_said_of_calibration_where_there_was_none(stored, task):
    draw = multiclass_results if task == "multiclass" else binary_results
    classes = list("abc")[: 3 if task == "multiclass" else 2]
    text = words(draw(stored(result_of(task)), classes, {}))
    assert "alibration learned" not in text and "Before" not in text


def test_calibration_that_helped_nothing_is_called_that():
    y, before, after, _ = calibrated("binary")
    evaluate = functions.evaluation.results.evaluate_model
    for pair, verdict in (
        ((before, after), "Both scores are better"),
        ((after, before), "Neither score is better"),
    ):
        result = evaluate("binary", y, pair[1], None, pair[0])
        assert verdict in words(binary_results(result, ["no", "yes"], {}, "sigmoid"))


# ---- Numbers


def test_the_sentences_about_numbers_say_what_scikit_learn_says(stored):
    draw = np.random.default_rng(4)
    y = draw.normal(100, 20, 300)
    predicted = y + draw.normal(2, 5, 300)
    result = stored(functions.evaluation.regression.evaluate_regression(y, predicted))
    says = regression.regression_captions(result)
    assert wording.percent(metrics.r2_score(y, predicted)) in says["predicted"]
    assert "300 rows" in says["predicted"]
    error = metrics.mean_absolute_error(y, predicted)
    assert f"off by {error:.2f} on average" in says["residual"]
    assert "too high on average" in says["histogram"]
    assert f"{metrics.median_absolute_error(y, predicted):.2f}." in says["histogram"]


@pytest.mark.parametrize(
    ("y", "predicted"),
    [
        (np.full(20, 3.0), np.full(20, 3.0)),
        (np.full(20, 3.0), np.arange(20.0)),
        (np.arange(2.0), np.zeros(2)),
        (np.linspace(-1e12, 1e12, 30), np.zeros(30)),
        (np.arange(6000.0), np.zeros(6000)),
    ],
    ids=["perfect and constant", "constant", "two rows", "huge", "many rows"],
)
def test_whatever_the_holdout_the_results_of_a_number_are_drawn(stored, y, predicted):
    result = stored(functions.evaluation.regression.evaluate_regression(y, predicted))
    parts = regression_results(result)
    as_json(parts)
    graphs = {"predicted", "residuals", "residual-histogram", "quantiles"}
    assert graphs <= texts(parts)
    assert "nan" not in words(parts).lower().replace("explain", "")


def test_many_rows_become_a_density_whose_size_does_not_grow(stored):
    sizes = []
    for n_rows in (6_000, 60_000):
        y = np.linspace(0, 1, n_rows)
        result = stored(functions.evaluation.regression.evaluate_regression(y, y**2))
        sizes.append(len(as_json(regression.predicted_figure(result))))
    assert sizes[1] < 1.5 * sizes[0]


def test_a_score_that_is_not_defined_is_a_dash(stored):
    result = copy.deepcopy(result_of("regression"))
    result.metrics["r2"] = math.nan
    parts = regression_results(stored(result))
    assert "–" in words(parts)


def test_the_band_of_errors_is_in_the_unit_of_the_target_beside_guessing(stored):
    y = np.arange(100.0)
    model = stored(functions.evaluation.regression.evaluate_regression(y, y + 2))
    guess = functions.evaluation.regression.evaluate_regression(y, np.full(100, 50.0))
    text = words(regression_results(model, guess))
    assert "Half of the predictions are within ± 2 of the actual value" in text
    assert "guessing without the columns (dashed) needs ± 45 for 90 of 100" in text
    drawn = regression.band_figure(model.band, guess.band)
    assert drawn["layout"]["yaxis"]["range"] == [0, 100]
    assert "nan" not in as_json(regression.band_figure(model.band))


def test_axes_never_run_beyond_what_is_possible():
    metrics_ = functions.evaluation.scoring.METRICS
    for key, bounds in (("r2", (None, 1)), ("accuracy", (0, 1)), ("mae", (0, None))):
        drawn = learning.learning_figure(curve([0.5, 0.9]), metrics_[key])
        axis = drawn["layout"]["yaxis"]
        assert (axis.get("minallowed"), axis.get("maxallowed")) == bounds
    result = result_of("binary")
    for drawn in (
        classification.roc_figure({"yes": result.roc}),
        classification.precision_recall_figure(
            {"yes": result.precision_recall}, {"yes": 0.5}
        ),
        classification.calibration_figure(result.calibration),
    ):
        for axis in ("xaxis", "yaxis"):
            assert drawn["layout"][axis]["range"] == [0, 100]


# ---- Learning curve


def curve(means, stds=None) -> LearningCurve:
    rows = [50 * (i + 1) for i in range(len(means))]
    stds = stds or [0.01] * len(means)
    return LearningCurve(rows, means, stds, means, stds)


@pytest.mark.parametrize(
    ("means", "metric", "verdict"),
    [
        ([0.6, 0.7, 0.8], "accuracy", "still rises"),
        ([0.8, 0.8, 0.8], "accuracy", "levelled off"),
        ([0.8, 0.7, 0.6], "accuracy", "levelled off"),
        ([9.0, 7.0, 5.0], "mae", "still rises"),
        ([5.0, 7.0, 9.0], "mae", "levelled off"),
    ],
)
def test_a_learning_curve_says_whether_more_rows_would_help(means, metric, verdict):
    caption = learning.learning_caption(
        curve(means), functions.evaluation.scoring.METRICS[metric]
    )
    assert verdict in caption
    assert f"{means[0]:.3f}" in caption and f"{means[-1]:.3f}" in caption


@pytest.mark.parametrize(
    "means",
    [[], [0.5], [None, None], [None, 0.5], [None, 0.4, 0.5], [0.4, 0.5, None]],
)
def test_a_learning_curve_with_gaps_does_no_harm(means):
    gaps = [None if mean is None else 0.01 for mean in means]
    with_gaps = curve(means, gaps)
    metric = functions.evaluation.scoring.METRICS["accuracy"]
    as_json(learning.learning_figure(with_gaps, metric))
    assert learning.learning_caption(with_gaps, metric).endswith(".")


# ---- Target


def test_the_distribution_of_classes_names_the_most_and_the_least_frequent():
    distribution = TargetDistribution((10, 70, 20), 3, labels=("a", "b", "c"))
    caption = target.target_caption("kind", distribution)
    assert "'kind' is b with 70 %" in caption
    assert "a with 10 %" in caption
    assert caption.endswith("3 rows have no value.")


def test_the_distribution_of_numbers_names_its_ends_and_its_fullest_part():
    distribution = TargetDistribution((30, 10), edges=(0, 5, 10))
    caption = target.target_caption("size", distribution)
    assert "from 0 to 10" in caption
    assert "with 75 % of the rows, is between 0 and 5" in caption


def test_edges_that_look_alike_are_never_an_interval():
    same = TargetDistribution((40,), edges=(34.0, 34.0))
    assert target.target_caption("size", same) == "All values of 'size' are 34."
    close = TargetDistribution((30, 10), edges=(34.001, 34.002, 90.0))
    caption = target.target_caption("size", close)
    assert "is around 34." in caption and "between 34" not in caption


def test_rare_classes_are_drawn_together():
    distribution = TargetDistribution((5,), labels=("a",), other=7)
    trace = target.target_figure(distribution)["data"][0]
    assert (trace["x"], trace["y"]) == (["a", "all others"], [5, 7])


def test_a_target_without_values_does_no_harm():
    distribution = TargetDistribution((), missing=4)
    as_json(target.target_figure(distribution))
    assert target.target_caption("empty", distribution).endswith(".")


@pytest.mark.parametrize("task", CLASSES)
def test_everything_that_is_drawn_can_be_sent(stored, task):
    result = stored(result_of(task))
    parts = {
        "binary": lambda: binary_results(result, ["no", "yes"], {}),
        "multiclass": lambda: multiclass_results(result, list("abc"), {}),
        "regression": lambda: regression_results(result),
    }[task]()
    as_json(parts)
