"""Opening a link: the page comes with the layout, and is not requested or drawn twice."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
import requests

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


def test_links_keep_the_table_or_the_run_that_their_page_is_about(
    visitor, warm, trained
):
    run = trained("sample-breast-cancer")
    visitor.open("/?dataset=sample-wine")
    visitor.open(run.path())
    kept = f"run={run.id}"
    visitor.until(lambda: query_of_link(visitor, "#nav-evaluate") == kept, "the run")
    assert query_of_link(visitor, "#nav-data") == "dataset=sample-wine"
    assert query_of_link(visitor, "#nav-train") == "dataset=sample-wine"
    assert query_of_link(visitor, "#nav-reports") == ""


def test_what_is_gone_leads_back_to_the_table_that_was_open(visitor, warm):
    visitor.open("/?dataset=sample-wine")
    visitor.open("/evaluate?run=nothing")
    back = "dataset=sample-wine"
    visitor.until(lambda: query_of_link(visitor, "#back") == back, "the way back")
