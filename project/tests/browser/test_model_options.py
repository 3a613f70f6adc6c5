"""Calibration and directions: chosen on the Train page, kept in the address, and shown on the Evaluate page."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys


def test_a_calibrated_run_shows_its_probabilities_before_and_after(visitor):
    visitor.open("/train?dataset=sample-breast-cancer&models=random_forest&folds=2")
    visitor.click_text("Sigmoid", "label")
    visitor.wait_for_text("#train-calibration-says", "A smooth curve corrects them")
    visitor.wait_for_query(calibration="sigmoid")
    visitor.click("#train-start")
    visitor.until(lambda: "run" in visitor.query, "the run")
    visitor.wait_for_text("#run-progress h2", "Trained")
    visitor.click_text("See the results", "a")
    text = visitor.wait_for_text("#model-results", "Before and after calibration")
    assert "Sigmoid calibration learned on the folds" in text
    assert "Before calibration it was off by" in text
    visitor.wait_until_drawn()
    names = visitor.texts("#calibration .legendtext")
    assert names == ["before calibration", "after calibration"]
    visitor.choose("#model", "Baseline")
    visitor.until(
        lambda: "Before and after" not in visitor.text("#model-results"),
        "a model that was not calibrated",
    )


def test_columns_are_chosen_by_name_and_a_colleague_opens_them(visitor, colleague):
    visitor.open("/train?dataset=sample-diabetes")
    visitor.open_advanced()
    for key in ("rises", "falls"):
        visitor.fill(f"#train-{key}", "body mass" + Keys.ARROW_DOWN + Keys.ENTER)
        visitor.wait_for_query(**{key: "body%20mass%20index"})
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "cannot both rise and fall")
    colleague.open(visitor.address)
    pills = colleague.texts(".mantine-MultiSelect-pill")
    assert pills == ["body mass index"] * 2
