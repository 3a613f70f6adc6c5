"""The threshold of a classifier for two classes: moved, linked, and as cheap as it can be."""

from __future__ import annotations

import numpy as np
import pytest
from selenium.webdriver.common.keys import Keys
from sklearn import metrics

from app import functions, wording

SLIDER = "#threshold [role=slider]"
NUMBERS = (
    "accuracy",
    "balanced",
    "precision",
    "recall",
    "specificity",
    "f1",
    "cost",
)


@pytest.fixture
def run(trained):
    return trained("sample-breast-cancer")


def open_results(visitor, run, **query) -> None:
    visitor.open(run.path(**query))
    visitor.wait_for_text("#confusion-says", "At a threshold of")


def shown(visitor) -> dict[str, str]:
    """Return everything on the page that depends on the threshold."""
    matrix = visitor.driver.execute_script(
        "return document.querySelector('#confusion .js-plotly-plot').data[0].customdata.map(r => Array.from(r))"
    )
    captions = ("confusion", "roc", "precision-recall", "scores", "cost")
    return {
        **{key: visitor.text(f"#at-{key}") for key in NUMBERS},
        **{f"{key}-says": visitor.text(f"#{key}-says") for key in captions},
        "threshold": visitor.text("#threshold-says"),
        "report": visitor.text("#class-report"),
        "matrix": str(matrix),
    }


def holdout(services, run):
    """Return the true classes of the holdout, and the probabilities of the stored model."""
    frame = services.datasets.table(run.dataset)
    data = functions.models.fitting.prepare(frame, run.settings)
    best = services.runs.training(run.id).summary.best
    model = functions.models.persistence.model_from_bytes(
        services.runs.model(run.id, best)
    )
    test = data.split.test
    return data.y[test], functions.models.fitting.predict(model, data, test)[:, 1]


def test_the_keyboard_moves_the_threshold_and_everything_follows_without_a_request(
    visitor, run
):
    open_results(visitor, run)
    before = shown(visitor)
    visitor.requests()
    slider = visitor.find(SLIDER)
    for _ in range(4):
        slider.send_keys(Keys.ARROW_RIGHT)
    visitor.wait_for_query(threshold="0.504")
    visitor.until(lambda: visitor.text("#threshold-says") == "0.504", "0.504")
    slider.send_keys(Keys.END)
    visitor.wait_for_query(threshold="1")
    visitor.until(lambda: visitor.text("#threshold-says") == "1.000", "1.000")
    for key in (
        *("accuracy", "recall", "cost", "report", "matrix", "confusion-says"),
        *("roc-says", "precision-recall-says", "scores-says", "cost-says"),
    ):
        visitor.until(lambda: shown(visitor)[key] != before[key], f"another {key}")
    slider.send_keys(Keys.HOME)
    visitor.wait_for_query(threshold="0")
    visitor.until(lambda: visitor.text("#at-recall") == "100 %", "a recall of 100 %")
    asked = [request for request in visitor.requests() if "data:" not in request]
    assert asked == []


def test_a_link_with_a_threshold_and_costs_opens_the_same_view_elsewhere(
    visitor, colleague, run
):
    link = {"threshold": "0.3", "alarm": "2", "miss": "9"}
    open_results(visitor, run, **link)
    open_results(colleague, run, **link)
    for somebody in (visitor, colleague):
        somebody.until(lambda: somebody.text("#threshold-says") == "0.300", "0.300")
        assert somebody.query == {"run": run.id, **link}
        assert somebody.value("#cost-alarm") == "2"
        assert somebody.value("#cost-miss") == "9"
    visitor.until(lambda: shown(visitor) == shown(colleague), "the same view")


def test_the_numbers_are_those_of_scikit_learn(visitor, run, site_services):
    y, scores = holdout(site_services, run)
    predicted = (scores >= 0.3).astype(int)
    open_results(visitor, run, threshold="0.3", alarm="2", miss="9")
    visitor.until(lambda: visitor.text("#threshold-says") == "0.300", "0.300")
    (tn, fp), (fn, tp) = metrics.confusion_matrix(y, predicted).tolist()
    matrix, cost = str([[tn, fp], [fn, tp]]), f"{2 * fp + 9 * fn}"
    visitor.until(lambda: shown(visitor)["matrix"] == matrix, f"the matrix {matrix}")
    visitor.until(lambda: shown(visitor)["cost"] == cost, f"the cost {cost}")
    now = shown(visitor)
    for key, value in {
        "accuracy": metrics.accuracy_score(y, predicted),
        "balanced": metrics.balanced_accuracy_score(y, predicted),
        "precision": metrics.precision_score(y, predicted),
        "recall": metrics.recall_score(y, predicted),
        "specificity": metrics.recall_score(y, predicted, pos_label=0),
    }.items():
        assert now[key] == wording.percent(value), key
    assert now["f1"] == f"{metrics.f1_score(y, predicted):.3f}"
    assert now["cost"] == wording.number(2 * fp + 9 * fn)
    assert f"{metrics.roc_auc_score(y, scores):.3f}" in now["roc-says"]
    average_precision = metrics.average_precision_score(y, scores)
    assert f"{average_precision:.3f}" in now["precision-recall-says"]
    assert f"{tp} of {tp + fn} rows of" in now["confusion-says"]
    assert f"{fp} of {tn + fp} rows of" in now["confusion-says"]


def cross_validated(services, run):
    """Return the true classes of the training rows, and probabilities by models fitted on the other folds."""
    frame = services.datasets.table(run.dataset)
    data = functions.models.fitting.prepare(frame, run.settings)
    best = services.runs.training(run.id).summary.best
    rows, scores = [], []
    for fit_rows, validation in data.split.folds:
        pipeline = functions.models.fitting.build(best, run.settings, data)
        functions.models.fitting.fit(pipeline, data, fit_rows)
        rows.append(validation)
        scores.append(
            functions.models.fitting.predict(pipeline, data, validation)[:, 1]
        )
    return data.y[np.concatenate(rows)], np.concatenate(scores)


def cost(y: np.ndarray, scores: np.ndarray, threshold: float) -> int:
    """Return the cost, with 1 for a false alarm and 10 for a miss."""
    alarms = ((scores >= threshold) & (y == 0)).sum()
    misses = ((scores < threshold) & (y == 1)).sum()
    return int(alarms + 10 * misses)


def test_the_cheapest_threshold_is_found_in_cross_validation_and_judged_on_the_holdout(
    visitor, run, site_services
):
    known = cross_validated(site_services, run)
    costs = [cost(*known, k / 1000) for k in range(1001)]
    cheapest = costs.index(min(costs)) / 1000
    open_results(visitor, run)
    visitor.fill("#cost-alarm", "1")
    visitor.fill("#cost-miss", "10")
    visitor.wait_for_query(miss="10", alarm=None)
    visitor.requests()
    visitor.click("#threshold-cheapest")
    visitor.wait_for_query(threshold=f"{cheapest:g}")
    there = cost(*holdout(site_services, run), cheapest)
    cost_there = wording.number(there)
    visitor.until(lambda: visitor.text("#at-cost") == cost_there, f"{cost_there}")
    says = (
        f"the cheapest in cross-validation is {cheapest:.3f}, which costs {there} here"
    )
    visitor.wait_for_text("#cost-says", says)
    asked = [request for request in visitor.requests() if "data:" not in request]
    assert asked == []


def test_the_threshold_fits_the_number_of_rows_that_one_can_act_on(
    visitor, colleague, run, site_services
):
    y, scores = holdout(site_services, run)
    # As the page counts: thresholds are steps of a thousandth.
    steps = np.round(np.floor(scores * 1000 + 1e-9))
    k = next(k for k in range(1001) if (steps >= k).mean() <= 0.3)
    named, found = steps >= k, (steps >= k) & (y == 1)
    open_results(visitor, run)
    visitor.fill("#capacity-per", "1000")
    visitor.fill("#capacity", "300")
    visitor.wait_for_query(capacity="300", per="1000")
    visitor.requests()
    visitor.click("#threshold-fitting")
    visitor.wait_for_query(threshold=f"{k / 1000:g}")
    says = f"Of 1,000 rows like these, {1000 * named.mean():.0f} reach the threshold. About {1000 * found.mean():.0f} "
    visitor.wait_for_text("#decide-finds", says)
    # A miss and a false alarm cost 1 each.
    gain = 1000 * (found.sum() - (named & (y == 0)).sum()) / len(y)
    visitor.wait_for_text("#decide-gains", f"that gains {gain:.0f} (")
    asked = [request for request in visitor.requests() if "data:" not in request]
    assert asked == []
    open_results(colleague, run, capacity="300", per="1000", threshold=f"{k / 1000:g}")
    colleague.wait_for_text("#decide-finds", says)
    assert colleague.value("#capacity") == "300"


def test_nonsense_in_the_link_falls_back_to_the_defaults(visitor, run):
    open_results(visitor, run, threshold="high", alarm="-3", miss="nan")
    assert visitor.text("#threshold-says") == "0.500"
    assert visitor.value("#cost-alarm") == "1"
    assert visitor.value("#cost-miss") == "1"


def test_a_holdout_with_one_class_has_empty_curves_and_still_a_threshold(
    visitor, run, site_services
):
    scores = (np.arange(19) + 0.5) / 20
    result = functions.evaluation.classification.evaluate_binary(
        np.ones(19, int), scores
    )
    runs = site_services.runs
    one_class = runs.create(kind="training")
    runs.write(runs.content(run.id) | {"id": one_class})
    runs.write_result(one_class, "model-linear", result)
    visitor.open(f"/evaluate?run={one_class}&model=linear")
    visitor.wait_for_text("#confusion-says", "9 of 19 rows")
    assert "ROC AUC is –" in visitor.text("#roc-says")
    visitor.find(SLIDER).send_keys(Keys.HOME)
    visitor.wait_for_text("#confusion-says", "19 of 19 rows")
    assert visitor.text("#at-specificity") == "–"
    # This result has no cross-validation, like those of earlier versions.
    assert "the cheapest on these rows is 0.000" in visitor.text("#cost-says")
