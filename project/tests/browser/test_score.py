"""New rows are dropped on the Use page, scored, corrected, and taken away."""

from __future__ import annotations

import io
import urllib.request

import pandas as pd

from tests.browser.test_accessibility import looks, overflow, violations


def test_new_rows_are_scored_with_what_did_not_fit_and_downloaded(
    visitor, trained, site_services, table
):
    run = trained("sample-wine")
    frame = site_services.datasets.table(run.dataset)
    frame = frame.drop(columns=run.settings.target)
    name = next(n for n in frame if frame[n].dtype.kind == "f")
    new = frame.astype(object).rename(columns={name: name.upper()}).head(40)
    other = next(n for n in frame if frame[n].dtype.kind == "f" and n != name)
    new.loc[4, other] = "much"
    visitor.open(run.path())
    visitor.click("#nav-score")
    visitor.find("#upload[data-purpose=score]")
    visitor.wait_until_drawn()
    # Being drawn is no question: nothing is refused, and the way back leads to Evaluate.
    assert visitor.address == f"/score?run={run.id}"
    assert visitor.text("#score-says") == ""
    for look in looks(visitor):
        assert violations(visitor) == [], look
        assert overflow(visitor) <= 0, look
    visitor.resize(1280)

    visitor.upload(table("new.csv", new.to_csv(index=False, sep=";")))
    visitor.wait_for_text("#score-results", "39 of 40 rows were scored")
    said = visitor.text("#score-results")
    assert f"The table has no '{name}'" in said and "1 row not scored" in said
    first = visitor.query["scoring"]
    for look in looks(visitor):
        assert violations(visitor) == [], look
        assert overflow(visitor) <= 0, look
    visitor.resize(1280)

    visitor.click_text("Yes, score again with them", "span")
    visitor.until(lambda: visitor.query.get("scoring") != first, "a second scoring")
    visitor.wait_for_text("#score-results", "39 of 40 rows were scored")
    assert f"The table has no '{name}'" not in visitor.text("#score-results")
    second = visitor.query["scoring"]
    visitor.click_text("Score these too, with such cells as missing", "span")
    visitor.until(lambda: visitor.query.get("scoring") != second, "a third scoring")
    visitor.wait_for_text("#score-results", "40 of 40 rows were scored")

    link = visitor.find("#score-results a[href$='.csv']").get_attribute("href")
    with urllib.request.urlopen(link) as answer:
        scored = pd.read_csv(io.BytesIO(answer.read()), encoding="utf-8-sig")
    assert len(scored) == 40 and scored["prediction"].notna().all()
    assert list(scored)[: new.shape[1]] == list(new)
    # The address opens the same in another browser.
    visitor.open(visitor.address)
    visitor.wait_for_text("#score-results", "40 of 40 rows were scored")


def test_the_wrong_table_says_so_and_keeps_the_page(visitor, trained, table):
    run = trained("sample-wine")
    visitor.open(f"/score?run={run.id}")
    visitor.upload(table("other.csv", "a,b\n1,2\n3,4\n"))
    visitor.wait_for_text("#score-results", "none of the columns that the model uses")
    visitor.forgive("422")
    visitor.upload(table("empty.csv", "a,b\n"))
    visitor.wait_for_text("#upload-status", "no rows of data below it")
