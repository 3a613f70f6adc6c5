"""What somebody opened is found again in the library, renamed, deleted, and brought back."""

from __future__ import annotations

import json

from selenium.webdriver.common.keys import Keys

from tests.browser.test_accessibility import looks, overflow, violations


def noted(visitor) -> list[str]:
    text = visitor.driver.execute_script("return localStorage.getItem('library')")
    return sorted(entry["id"] for entry in json.loads(text)["entries"]) if text else []


def test_a_table_and_its_runs_are_found_again(visitor, trained, table, colleague):
    run = trained("sample-wine")
    visitor.open("/")
    visitor.open(run.path())
    visitor.until(
        lambda: noted(visitor) == sorted([run.id, "sample-wine"]),
        "the run and its table, and not the sample that nobody chose",
    )
    lines = "\n".join(f"{k},{k % 3},{'ab'[k % 2]}" for k in range(60))
    visitor.open("/")
    visitor.upload(table("mine.csv", "x,y,kind\n" + lines))
    visitor.wait_for_text("#dataset-name", "mine.csv")
    own = visitor.query["dataset"]
    visitor.click("#nav-library")
    titles = "#library-list h2"
    visitor.until(lambda: visitor.texts(titles) == ["mine.csv", "Wine"], "both tables")
    assert "accuracy" in visitor.text(".library-found")

    visitor.click("[data-part=run] summary")
    for look in looks(visitor):
        assert violations(visitor) == [], look
        assert overflow(visitor) <= 0, look
    visitor.resize(1280)
    visitor.press(Keys.ESCAPE)

    visitor.click("[aria-label='Pin Wine']")
    visitor.until(lambda: visitor.texts(titles) == ["Wine", "mine.csv"], "Wine first")
    visitor.click("[aria-label='Rename mine.csv']")
    visitor.focused().send_keys("sales\n")
    visitor.until(lambda: visitor.texts(titles) == ["Wine", "sales"], "the new name")

    # What this browser uploaded is deleted for everybody, and undo brings it back.
    visitor.click("[aria-label='Delete sales']")
    visitor.wait_for_text("#library-says", "Deleted: the table.")
    colleague.forgive("404")
    colleague.open(f"/?dataset={own}")
    colleague.wait_for_text("#page", "does not exist")
    visitor.click("[data-act=undo]")
    visitor.until(lambda: visitor.texts(titles) == ["Wine", "sales"], "it to be back")
    colleague.open(f"/?dataset={own}")
    colleague.wait_for_text("#dataset-name", "mine.csv")
    colleague.open("/library")
    assert colleague.until(lambda: colleague.texts(titles), "its list") == ["mine.csv"]
    assert not colleague.all("[aria-label='Delete mine.csv']")

    visitor.fill("#library-find", "wine")
    visitor.wait_for_query(find="wine")
    visitor.until(lambda: not visitor.all(titles)[1].is_displayed(), "sales to be gone")
    visitor.click(".library-runs a")
    visitor.wait_for_query(run=run.id)
