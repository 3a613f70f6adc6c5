"""Opening a link: the page comes with the layout, and is not requested or drawn twice."""

from __future__ import annotations

import pytest
import requests

from tests.conftest import wait_for


@pytest.fixture
def warm(site):
    """Wait until the server has loaded the libraries of its pages."""
    asked = {"headers": {"Referer": f"{site.url}/"}, "timeout": 10}

    def is_warm() -> bool:
        return "First rows" in requests.get(f"{site.url}/_dash-layout", **asked).text

    wait_for(is_warm, 60, "the server to be warm")


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
