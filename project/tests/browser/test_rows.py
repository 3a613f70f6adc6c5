"""Rows and target on the Train page: rare classes, filters and the positive class, from the form to the results."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

N_ROWS = 240


def people() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    age = rng.integers(18, 80, N_ROWS)
    grade = np.where(age + rng.normal(0, 8, N_ROWS) > 50, "good", "bad")
    town = rng.choice(["Bern", "St. Gallen", "Chur"], N_ROWS)
    frame = pd.DataFrame({"age": age, "town": town, "grade": grade})
    frame.loc[[0, 1], "grade"] = "odd"
    frame["kind"] = np.where(frame["age"] % 3 == 0, "x", frame["grade"])
    return frame


@pytest.fixture(scope="module")
def table_id(site_services) -> str:
    return site_services.datasets.add(people(), "people.csv")


def label(visitor, key: str, text: str) -> None:
    """Click one of the choices that stand side by side."""
    script = """
    const [key, text] = arguments;
    const labels = document.querySelectorAll(`#train-${key} label`);
    [...labels].find((each) => each.textContent === text).click();
    """
    visitor.driver.execute_script(script, key, text)


def train(visitor) -> None:
    visitor.click("#train-start")
    visitor.click_text("See the results", "a")
    visitor.wait_for_text("#page", "Leaderboard")
    visitor.wait_until_drawn()


def only_linear(visitor) -> None:
    for name in ("Random forest", "Gradient boosting"):
        visitor.click_text(name, "label")
    visitor.wait_for_query(models="linear")


def test_a_rare_class_is_left_out_with_a_note_and_the_chosen_positive_class_is_followed(
    visitor, table_id
):
    visitor.open(f"/?dataset={table_id}&target=grade")
    visitor.wait_for_text("#target-panel", "2 of the rare class 'odd' (2).")
    visitor.click("#to-train")
    note = "238 of 240 rows are used. Left out: 2 of the rare class 'odd' (2)."
    visitor.wait_for_text("#train-count", note)
    # Two classes are left, so that the form is that of two classes.
    visitor.wait_for_text("#page", "Predict grade (one of two classes)")
    visitor.open_advanced()
    assert visitor.value("#train-scoring") == "ROC AUC"
    assert visitor.value("#train-positive") == "bad"
    visitor.wait_for_text("#train-positive-says", "it names the event that is looked")
    only_linear(visitor)
    visitor.choose("#train-positive", "good")
    visitor.wait_for_query(positive="good")
    visitor.fill("#train-folds", "2")
    train(visitor)
    said = visitor.text("#training-notes")
    assert said.startswith(note)
    assert "The positive class is 'good': it was chosen." in said
    visitor.wait_for_text("#page", "would you act, as on good?")
    visitor.wait_for_text("#page", "Cost of a missed good")
    visitor.wait_for_text("#roc-says", "good")


def test_a_rare_class_that_is_kept_or_joined_changes_the_sentence_and_the_form(
    visitor, table_id
):
    visitor.open(f"/train?dataset={table_id}&target=kind")
    visitor.open_advanced()
    label(visitor, "rare", "Keep")
    visitor.wait_for_text("#train-count", "leave the rare classes out, join them")
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "leave the rare classes out, join them")
    label(visitor, "rare", "Join")
    visitor.wait_for_text("#train-count", "Joined, the rare classes of column 'kind'")
    fewest = people()["kind"].value_counts().iloc[-2] + 1
    visitor.fill("#train-fewest", str(fewest))
    visitor.wait_for_text("#train-count", "Joined as 'Other': rare classes")
    visitor.wait_for_query(rare="join", fewest=str(fewest))
    visitor.wait_for_text("#page", "Predict kind (one of several classes)")


def test_filters_are_added_removed_and_shared_by_the_address(
    visitor, colleague, table_id
):
    visitor.open(f"/train?dataset={table_id}&target=kind")
    visitor.open_advanced()
    visitor.wait_for_text("#train-count", "rows are used")
    visitor.choose("#train-rows-column", "town")
    visitor.click("#train-rows-values")
    visitor.until(
        lambda: [e for e in visitor.all("[role=option]") if e.is_displayed()], "values"
    )
    chosen = [e for e in visitor.all("[role=option]") if "St. Gallen" in e.text]
    chosen[0].click()
    visitor.click("#train-rows-add")
    visitor.wait_for_text("#train-rows-chosen", "town is St. Gallen")
    in_town = int((people()["town"] == "St. Gallen").sum())
    visitor.wait_for_text("#train-count", "that fail the filter 'town is St. Gallen'")
    visitor.choose("#train-rows-column", "age")
    visitor.fill("#train-rows-from", "thirty")
    visitor.click("#train-rows-add")
    visitor.wait_for_text("#train-rows-problem", "type a number such as 18")
    visitor.fill("#train-rows-from", "30")
    visitor.click("#train-rows-add")
    visitor.wait_for_text("#train-rows-chosen", "age at least 30")
    visitor.wait_for_query(rows="town*is*St_d Gallen.age*from*30*")
    visitor.wait_for_text("#train-count", "that fail the filter 'age at least 30'")
    label(visitor, "weighting", "Balanced")
    visitor.wait_for_query(weighting="balanced")

    colleague.open(visitor.address)
    said = visitor.text("#train-count")
    assert colleague.wait_for_text("#train-count", "rows are used") == said
    assert "age at least 30" in colleague.text("#train-rows-chosen")
    pills = "#train-rows-chosen button"
    assert len(colleague.all(pills)) == 2
    colleague.click(pills)
    colleague.wait_for_query(rows="town*is*St_d Gallen")
    colleague.wait_for_text("#train-count", f"{in_town} of 240 rows are used")
    colleague.click(pills)
    colleague.wait_for_query(rows=None, weighting="balanced")
    hidden = "return document.getElementById('train-rows-chosen').hidden"
    colleague.until(lambda: colleague.driver.execute_script(hidden), "no filters")


def test_a_filter_that_leaves_two_of_several_classes_makes_the_form_one_of_two(
    visitor, table_id
):
    visitor.open(f"/train?dataset={table_id}&target=kind&rows=kind*not*x")
    visitor.wait_for_text("#page", "Predict kind (one of two classes)")
    visitor.choose("#train-scoring", "F1")
    visitor.wait_for_query(scoring="f1")
    visitor.click("#train-rows-chosen button")
    visitor.wait_for_text("#page", "Predict kind (one of several classes)")
    visitor.wait_for_query(rows=None, scoring=None)
    assert visitor.value("#train-scoring") == "Balanced accuracy"
