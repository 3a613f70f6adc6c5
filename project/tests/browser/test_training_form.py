"""The form of the Train page: it explains itself, follows its options, and is kept in the address."""

from __future__ import annotations

from selenium.webdriver.common.keys import Keys

THOROUGH = (
    "linear.random_forest.hist_gradient_boosting.extra_trees.k_neighbors.svm."
    "neural_network"
)


def effort(visitor) -> str:
    script = (
        "return document.querySelector('.efforts [data-checked] strong').textContent"
    )
    return visitor.driver.execute_script(script)


def is_disabled(visitor, selector: str) -> bool:
    return bool(visitor.find(selector).get_attribute("disabled"))


def test_an_effort_sets_its_options_and_another_option_leaves_the_effort(visitor):
    visitor.open("/train?dataset=sample-iris")
    assert effort(visitor) == "Quick"
    quick = visitor.wait_for_text("#train-expected", "about")
    assert not visitor.find("#train-folds").is_displayed()
    visitor.click_text("Thorough", "strong")
    visitor.wait_for_query(models=THOROUGH, folds="10", search="halving")
    visitor.until(lambda: visitor.text("#train-expected") != quick, "another time")
    visitor.open_advanced()
    visitor.click_text("Extra trees", "label")
    visitor.until(lambda: effort(visitor) == "My choice", "a choice of one's own")
    visitor.wait_for_query(models=THOROUGH.replace(".extra_trees", ""))
    visitor.click_text("Quick", "strong")
    visitor.wait_for_query(models=None, folds=None, search=None)


def test_what_depends_on_a_choice_appears_with_it(visitor):
    visitor.open("/train?dataset=sample-orders")
    visitor.open_advanced()
    column = visitor.find("#train-by-box")
    assert not column.is_displayed() and is_disabled(visitor, "#train-seconds")
    visitor.click_text("By time", "label")
    visitor.wait_for_text("#train-split-says", "Trains on the past")
    visitor.until(column.is_displayed, "the column of the split")
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "'Column to order or group by' is empty")
    visitor.choose("#train-search", "Randomised")
    visitor.until(lambda: not is_disabled(visitor, "#train-seconds"), "the seconds")
    visitor.wait_for_query(split="time", search="random")
    visitor.click_text("At random", "label")
    visitor.wait_for_text("#train-split-says", "drawn at random")
    visitor.until(lambda: not column.is_displayed(), "no column")


def test_every_option_of_a_link_is_in_the_form_and_stays_in_the_address(
    visitor, colleague
):
    link = {
        "dataset": "sample-orders",
        "models": "linear.svm",
        "scoring": "f1",
        "folds": "3",
        "holdout": "30",
        "seed": "12",
        "split": "group",
        "search": "halving",
        "seconds": "120",
    }
    visitor.open("/train?" + "&".join(f"{key}={value}" for key, value in link.items()))
    for key in ("folds", "holdout", "seed", "seconds"):
        assert visitor.value(f"#train-{key}") == link[key]
    assert visitor.value("#train-scoring") == "F1"
    assert effort(visitor) == "My choice"
    visitor.fill("#train-seed", "13")
    visitor.wait_for_query(**link | {"seed": "13"})
    visitor.fill("#train-seed", Keys.BACKSPACE + "0")
    visitor.wait_for_query(**link | {"seed": None})
    colleague.open(visitor.address)
    assert colleague.value("#train-seed") == "0"
    assert colleague.value("#train-holdout") == "30"
