"""What somebody opened is found again: above every page, in the navigation, and in the library."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, urlsplit

import pytest


def link(visitor, selector: str) -> tuple[str, dict[str, str]]:
    address = urlsplit(visitor.find(selector).get_attribute("href"))
    return address.path, {k: v[-1] for k, v in parse_qs(address.query).items()}


def stored(visitor) -> list[dict]:
    text = visitor.driver.execute_script("return localStorage.getItem('library')")
    return json.loads(text)["entries"] if text else []


@pytest.fixture
def known(visitor, trained):
    """A visitor who has opened a run of one table, and another table."""
    run = trained("sample-wine")
    visitor.open(run.path())
    visitor.until(lambda: len(stored(visitor)) == 2, "the run to be remembered")
    visitor.open("/?dataset=sample-iris")
    visitor.until(lambda: len(stored(visitor)) == 3, "the table to be remembered")
    visitor.run = run
    return visitor


def test_a_link_to_a_run_leads_to_its_own_table_in_a_fresh_browser(visitor, trained):
    run = trained("sample-wine")
    visitor.open(run.path())
    visitor.wait_for_text("#subject", "Wine")
    assert run.settings.target in visitor.text("#subject")
    assert "run of " in visitor.text("#subject")
    visitor.until(lambda: link(visitor, "#nav-data")[1], "the links to be filled")
    path, query = link(visitor, "#nav-data")
    assert (path, query["dataset"]) == ("/", "sample-wine")
    assert query["target"] == run.settings.target
    visitor.click("#nav-data")
    visitor.wait_for_text("#dataset-name", "Wine")


def test_evaluate_leads_to_the_last_run_of_the_table_and_to_no_other(known):
    known.until(lambda: not link(known, "#nav-evaluate")[1], "no run for this table")
    known.open("/?dataset=sample-wine")
    known.until(
        lambda: link(known, "#nav-evaluate")[1] == {"run": known.run.id},
        "the run of this table",
    )


def test_the_line_above_a_page_switches_to_another_table(known):
    known.wait_for_text("#subject", "Iris")
    known.click("#subject [aria-label^='Table:']")
    known.click_text("Wine", "*[@role='menuitem']")
    known.wait_for_text("#dataset-name", "Wine")


def test_the_library_lists_finds_pins_removes_and_brings_back(known):
    known.open("/library")
    titles = "#library-list h2"
    known.until(lambda: known.texts(titles) == ["Iris", "Wine"], "both tables")
    assert "ROC AUC" in known.text(".library-runs") or known.text(".library-found")
    known.click("[aria-label='Pin Wine']")
    known.until(lambda: known.texts(titles) == ["Wine", "Iris"], "the pinned one first")
    known.fill("#library-find", "iris")
    known.wait_for_query(find="iris")
    known.until(lambda: not known.all(titles)[0].is_displayed(), "Wine to be hidden")
    assert known.all(titles)[1].is_displayed()
    known.fill("#library-find", " ")
    known.click("[aria-label='Remove Wine from the list']")
    known.until(lambda: known.texts(titles) == ["Iris"], "Wine to be gone")
    known.click("#library-undo")
    known.until(lambda: known.texts(titles) == ["Wine", "Iris"], "Wine to be back")
    known.click(".library-runs a")
    known.wait_for_query(run=known.run.id)


def test_another_browser_knows_nothing_of_it(known, colleague):
    colleague.open("/library")
    colleague.wait_for_text("#library-list", "Nothing here yet")


@pytest.mark.parametrize(
    "left", ["[]", "7", '{"entries": [null, {"id": 3}, {"id": "../x"}]}', "{"]
)
def test_whatever_is_left_in_the_browser_the_pages_work(visitor, left):
    visitor.open("/library")
    script = "localStorage.setItem('library', arguments[0]);"
    script += "localStorage.setItem('library-timestamp', 1);"
    visitor.driver.execute_script(script, left)
    visitor.open("/library")
    visitor.until(lambda: visitor.text("#library-list"), "the list")
    visitor.open("/?dataset=sample-iris")
    visitor.wait_for_text("#subject", "Iris")
