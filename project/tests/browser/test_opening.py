"""Opening a link: the page comes with the layout, and is not requested or drawn twice."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests
from selenium.webdriver.common.keys import Keys

from tests.conftest import PATIENCE_SECONDS, wait_for


@pytest.fixture
def warm(site):
    """Wait until the server has loaded the libraries of its pages."""
    asked = {"headers": {"Referer": f"{site.url}/"}, "timeout": PATIENCE_SECONDS}

    def is_warm() -> bool:
        return "First rows" in requests.get(f"{site.url}/_dash-layout", **asked).text

    wait_for(is_warm, what="the server to be warm")


def query_of_link(visitor, link: str) -> str:
    return urlsplit(visitor.find(link).get_attribute("href")).query


def calls(visitor) -> list[str]:
    return [one for one in visitor.requests() if "/_dash-update-component" in one]


def test_of_a_table_only_its_columns_are_asked_for_later(visitor, warm):
    visitor.requests()
    visitor.open("/?dataset=sample-iris")
    assert visitor.text("#dataset-name") == "Iris"
    assert "Data" in visitor.text("#nav-data[data-active]")
    assert len(calls(visitor)) == 1


def test_results_come_whole(visitor, warm, trained):
    run = trained("sample-breast-cancer")
    visitor.requests()
    visitor.open(run.path())
    visitor.wait_for_text("#confusion-says", "At a threshold of")
    assert calls(visitor) == []


def test_from_there_every_link_leads_on_and_back(visitor, warm):
    visitor.open("/?dataset=sample-wine")
    visitor.click("#nav-train")
    visitor.wait_for_query(dataset="sample-wine")
    visitor.wait_for_text("#page h1", "Train")
    visitor.driver.back()
    visitor.wait_for_text("#dataset-name", "Wine")


def test_a_link_to_a_run_leads_to_its_own_table_and_back_to_it(visitor, warm, trained):
    run = trained("sample-breast-cancer")
    visitor.open("/?dataset=sample-wine")
    visitor.open(run.path())
    kept = f"run={run.id}"
    visitor.until(lambda: query_of_link(visitor, "#nav-evaluate") == kept, "the run")
    table = f"dataset=sample-breast-cancer&target={run.settings.target}&task=binary"
    for link in ("#nav-data", "#nav-train"):
        assert query_of_link(visitor, link) == table
    assert query_of_link(visitor, "#nav-reports") == ""
    line = visitor.texts("#subject summary")
    assert line[:2] == ["Table: Breast cancer", f"Target: {run.settings.target}"]
    assert line[2].startswith("Run: run of ")
    # Neither a page about nothing nor a reload forgets them, and the table leads back to its run.
    visitor.click("#nav-checks")
    visitor.wait_for_text("#page h1", "Checks")
    visitor.open("/checks")
    visitor.until(lambda: query_of_link(visitor, "#nav-evaluate") == kept, "the run")
    visitor.click("#nav-data")
    visitor.wait_for_text("#dataset-name", "Breast cancer")
    visitor.click("#nav-train")
    visitor.wait_for_query(dataset="sample-breast-cancer")
    visitor.click("#nav-evaluate")
    visitor.wait_for_query(run=run.id)


def test_the_line_above_a_page_switches_the_table_the_target_and_the_run(
    visitor, warm, trained
):
    run = trained("sample-wine")
    visitor.open(run.path())
    visitor.open("/?dataset=sample-iris")
    evaluate = lambda: query_of_link(visitor, "#nav-evaluate")  # noqa: E731
    visitor.until(lambda: evaluate() == "", "no run of another table")
    visitor.click("[data-part=target] summary")
    # A choice on the page must not close the list, nor a list stay open beside another.
    visitor.click("[data-part=table] summary")
    assert len(visitor.all(".subject-part[open]")) == 1
    visitor.press(Keys.ESCAPE)
    assert not visitor.all(".subject-part[open]")
    visitor.click("[data-part=target] summary")
    visitor.click_text("petal width (cm)", "a")
    visitor.wait_for_query(dataset="sample-iris", target="petal width (cm)")
    visitor.wait_for_text("[data-part=target] summary", "petal width (cm)")
    visitor.click("[data-part=table] summary")
    visitor.click_text("Wine", "a")
    visitor.wait_for_text("#dataset-name", "Wine")
    visitor.click("[data-part=run] summary")
    visitor.click(".subject-list a[href*='run=']")
    visitor.wait_for_query(run=run.id)
    visitor.driver.back()
    visitor.wait_for_text("#dataset-name", "Wine")


def test_what_is_gone_leads_back_to_the_table_that_was_open(visitor, warm):
    visitor.open("/?dataset=sample-wine")
    visitor.open("/evaluate?run=nothing")
    back = "dataset=sample-wine"
    visitor.until(lambda: query_of_link(visitor, "#back") == back, "the way back")
