"""Results as a reader uses them: sorted, by model, by class, for numbers, and with a learning curve."""

from __future__ import annotations

from dataclasses import asdict

from tests.browser.conftest import settings_for

HEADS = ("label", "cv-mean", "holdout", "fit-seconds", "predict-ms")
ORDER = "return document.querySelector(arguments[0]).closest('th').getAttribute('aria-sort')"
VALUES = "return [...document.querySelectorAll('#leaderboard-rows tr')].map(row => row.getAttribute(arguments[0]))"


def head(column: str) -> str:
    return (
        f"""#leaderboard [id*='"column":"{column.replace("-", "_")}"'][id*='"sort"']"""
    )


def values(visitor, column: str) -> list:
    found = visitor.driver.execute_script(VALUES, f"data-{column}")
    return found if column == "label" else [float(value) for value in found]


def orders(visitor) -> dict[str, str]:
    return {
        column: visitor.driver.execute_script(ORDER, head(column)) for column in HEADS
    }


def test_the_leaderboard_sorts_by_every_head_both_ways(visitor, trained):
    visitor.open(trained("sample-breast-cancer").path())
    none = dict.fromkeys(HEADS, "none")
    assert orders(visitor) == none | {"cv-mean": "descending"}
    for column in HEADS:
        seen = set()
        for _ in range(2):
            before = orders(visitor)
            visitor.click(head(column))
            visitor.until(lambda: orders(visitor) != before, f"the order by {column}")
            order = orders(visitor)[column]
            assert orders(visitor) == none | {column: order}
            shown = values(visitor, column)
            assert len(shown) == 3
            assert shown == sorted(shown, reverse=order == "descending")
            seen.add(order)
        assert seen == {"ascending", "descending"}, column


def test_another_model_is_shown_marked_and_in_the_address(visitor, colleague, trained):
    visitor.open(trained("sample-breast-cancer").path())
    assert "shown" in visitor.text("#leaderboard-rows tr.chosen")
    before = visitor.text("#roc-says")
    said = visitor.text(".verdict-says")
    visitor.click("[id*='choose-model'][id*='k_neighbors'] button")
    visitor.wait_for_query(model="k_neighbors")
    visitor.wait_for_text("#leaderboard-rows tr.chosen", "Nearest neighbours")
    visitor.until(lambda: visitor.text("#roc-says") not in ("", before), "its curve")
    colleague.open(visitor.address)
    assert colleague.value("#model") == "Nearest neighbours"
    assert colleague.text("#roc-says") == visitor.text("#roc-says")
    assert colleague.text(".verdict-says") == visitor.text(".verdict-says") != said
    visitor.driver.back()
    visitor.wait_for_query(model=None)
    visitor.until(lambda: visitor.text("#roc-says") == before, "the first model")


def test_two_models_are_compared_side_by_side_and_the_choice_is_in_the_address(
    visitor, colleague, trained
):
    run = trained("sample-breast-cancer")
    visitor.open(run.path())
    visitor.choose("#to-compare-right", "Baseline")
    visitor.until(
        lambda: visitor.find("#to-compare").get_attribute("href").endswith("dummy"),
        "the link to follow",
    )
    visitor.click("#to-compare")
    visitor.wait_for_query(runs=run.id)
    said = visitor.wait_for_text("#comparison-says", "±")
    assert "is better than Baseline" in said and said.endswith("more than luck.")
    visitor.choose("#compare-right", visitor.value("#compare-left"))
    visitor.wait_for_text("#comparison-says", "predict the same")
    colleague.open(visitor.address)
    assert "predict the same" in colleague.text("#comparison-says")
    visitor.driver.back()
    visitor.wait_for_text("#comparison-says", said)


def test_a_tab_is_in_the_address_and_needs_no_request(visitor, colleague, trained):
    run = trained("sample-breast-cancer")
    visitor.open(run.path())
    visitor.wait_until_drawn()
    visitor.requests()
    assert not visitor.find("#trust").is_displayed()
    visitor.click_text("Trust", "button")
    visitor.wait_for_query(tab="trust", run=run.id)
    visitor.until(lambda: visitor.find("#trust").is_displayed(), "the checks")
    assert not visitor.find("#roc").is_displayed()
    colleague.open(visitor.address)
    assert colleague.find("#trust").is_displayed()
    visitor.driver.back()
    visitor.wait_for_query(tab=None)
    visitor.until(lambda: visitor.find("#roc").is_displayed(), "the results")
    visitor.driver.forward()
    visitor.until(lambda: visitor.find("#trust").is_displayed(), "the checks again")
    assert visitor.requests() == []
    # What was hidden when the page came is drawn as large as what was not.
    colleague.click_text("Result", "button")
    colleague.wait_until_drawn()
    width = "return document.querySelector('#roc .main-svg').clientWidth"
    parts = "return document.querySelector('#roc').clientWidth"
    colleague.until(
        lambda: colleague.driver.execute_script(width)
        == colleague.driver.execute_script(parts),
        "the figure to fill its place",
    )


def test_each_class_of_several_can_be_looked_at(visitor, colleague, trained):
    run = trained("sample-wine")
    visitor.open(run.path())
    assert "are predicted correctly" in visitor.text("#confusion-says")
    assert "first" in visitor.text("#scores-says")
    before = visitor.text("#scores-says")
    visitor.choose("#class", "third")
    visitor.wait_for_query(run=run.id)
    visitor.until(lambda: "third" in visitor.text("#scores-says"), "the third class")
    assert visitor.text("#scores-says") != before
    assert "third" in visitor.text("#calibration-says")
    colleague.open(visitor.address)
    assert colleague.value("#class") == "third"
    assert colleague.text("#scores-says") == visitor.text("#scores-says")
    report = visitor.driver.find_element(
        "xpath", "//h2[.='Report per class']/../..//table"
    ).text
    for name in ("first", "second", "third"):
        assert name in report


def test_a_number_is_predicted_with_a_model_of_ones_own_choice(visitor, site_services):
    visitor.open("/?dataset=sample-diabetes")
    visitor.wait_for_text("#target-panel", "A number")
    visitor.click("#to-train")
    visitor.wait_for_text("h1", "Train")
    visitor.open_advanced()
    for label in ("Linear model", "Random forest", "Gradient boosting"):
        visitor.click_text(label, "label")
    visitor.click_text("Nearest neighbours", "label")
    visitor.choose("#train-scoring", "Mean absolute error")
    visitor.wait_for_query(models="k_neighbors", dataset="sample-diabetes")
    visitor.wait_for_text("#train-scoring-says", ".")
    visitor.click("#train-start")
    visitor.until(lambda: "run" in visitor.query, "the run")
    visitor.wait_for_text("#run-progress h2", "Trained")
    visitor.click_text("See the results", "a")
    visitor.wait_for_text("#predicted-says", "Predictions explain")
    visitor.wait_until_drawn()
    training = site_services.runs.training(visitor.query["run"])
    assert training.settings.task == "regression"
    metrics = site_services.runs.model_result(training, "k_neighbors").metrics
    assert f"{100 * metrics['r2']:.1f} %" in visitor.text("#predicted-says")
    rows = visitor.texts("#leaderboard-rows th")
    assert rows == ["Nearest neighboursbestshown", "Baseline"]
    median = site_services.runs.model_result(training, "k_neighbors").band.within(0.5)
    assert f"off by at most {median:.1f} (" in visitor.text("#verdict")
    for graph in ("residuals", "residual-histogram", "quantiles"):
        assert visitor.text(f"#{graph}-says").endswith(".")


def test_a_learning_curve_is_computed_on_demand_and_stays(visitor, colleague, trained):
    address = trained("sample-iris").path(tab="trust")
    visitor.open(address)
    visitor.click("[id*='on-demand-start\"']")
    visitor.find("[id*=on-demand-content] [role=progressbar], #learning-figure")
    visitor.wait_for_text("#learning-figure-says", "rows")
    visitor.wait_until_drawn()
    assert not visitor.find("[id*=on-demand-start-box]").is_displayed()
    colleague.open(address)
    assert colleague.text("#learning-figure-says") == visitor.text(
        "#learning-figure-says"
    )


def test_odd_names_of_columns_and_classes_are_shown_as_they_are(
    visitor, site_services, table
):
    odd = ["<b>bold</b>", "a & b", "<1 year", 'it\'s "😀"']
    lines = ["size;<script>alert(1)</script>"] + [
        f"{10 * (i % 4) + i % 7 / 10};{odd[i % 4]}".replace('"', "'") for i in range(80)
    ]
    odd[3] = odd[3].replace('"', "'")
    visitor.open()
    visitor.upload(table("odd & <i>names.csv", "\n".join(lines)))
    visitor.wait_for_text("#dataset-name", "odd & <i>names.csv")
    visitor.choose("#target", "<script>alert(1)</script>")
    visitor.until(lambda: visitor.all("#to-train"), "the way on")
    dataset = visitor.query["dataset"]
    settings = settings_for(site_services, dataset)
    target = {"target": "<script>alert(1)</script>", "task": "multiclass"}
    assert settings.target == target["target"] or settings.target == "size"
    chosen = asdict(settings) | target | {"roles": {"size": "number"}}
    chosen["scoring"] = "accuracy"
    run = site_services.jobs.start(
        "training",
        dataset={"id": dataset, "name": "odd & <i>names.csv"},
        settings=chosen,
    )
    visitor.until(lambda: site_services.runs.get(run).state == "done", "the run")
    visitor.open(f"/evaluate?run={run}")
    ticks = visitor.texts("#confusion .ytick text")
    assert sorted(ticks) == sorted(odd)
    for name in odd:
        assert name in visitor.text("#page")
