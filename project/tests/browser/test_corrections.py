"""What was read wrongly is put right by a click, and back by another; a colleague with the link sees the same."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.jobs.test_correct import book

SHEET = "#readings input:not([type=hidden])"


def csv(columns: dict[str, list], n_rows: int = 80) -> str:
    """A table whose columns repeat their values; 'price' is what it is about."""
    lines = [[*columns, "price"]]
    for k in range(n_rows):
        cells = [str(values[k % len(values)]) for values in columns.values()]
        lines.append([*cells, str(k * 37 % 101)])
    return "\n".join(",".join(line) for line in lines)


@pytest.fixture
def opened(visitor, table):
    """Upload a table and wait for its page: ``opened("a.csv", content)``."""

    def upload(name: str, content: str | bytes):
        visitor.open()
        visitor.upload(table(name, content))
        visitor.until(lambda: visitor.text("#dataset-name") == name, name)
        visitor.wait_until_drawn()
        return visitor

    return upload


def click(visitor, label: str) -> None:
    """Click what is offered about a note, and wait for the table that is read so."""
    before, said = visitor.query["dataset"], notes(visitor)
    visitor.click_text(label, "button")
    visitor.until(lambda: visitor.query["dataset"] != before, "another table")
    visitor.until(lambda: notes(visitor) != said, "other notes")
    visitor.wait_until_drawn()


def notes(visitor) -> str:
    return " ".join(visitor.texts("#readings .remark"))


def row(visitor, name: str) -> str:
    """The text of a column's row."""
    script = """
    const heads = [...document.querySelectorAll("#columns-table th[scope=row]")];
    const head = heads.find((each) => each.textContent === arguments[0]);
    return head ? head.parentElement.textContent : "";"""
    return visitor.until(
        lambda: visitor.driver.execute_script(script, name), f"the column {name}"
    )


def test_a_spelling_of_missing_is_kept_and_taken_back(opened, colleague):
    visitor = opened("a.csv", csv({"state": ["CA", "n/a", "NY", "TX"]}))
    first = visitor.query["dataset"]
    assert '"n/a" was taken as missing in 20 rows of "state".' in notes(visitor)
    assert not visitor.find("#more-remarks").is_displayed()
    assert "20 (25 %)" in row(visitor, "state")
    click(visitor, 'Keep "n/a" as a value')
    assert '"n/a" in "state" is kept as a value, as you chose.' in notes(visitor)
    assert "20 (25 %)n/a" not in row(visitor, "state")
    assert "n/a (25 %)" in row(visitor, "state")
    colleague.open(visitor.address)
    assert "n/a (25 %)" in row(colleague, "state")
    assert notes(colleague) == notes(visitor)
    click(visitor, "Undo")
    assert visitor.query["dataset"] == first
    assert '"n/a" was taken as missing' in notes(visitor)


def test_labels_are_kept_apart(opened):
    visitor = opened("a.csv", csv({"city": ["Rome", "rome", "Bern", "Basel"]}))
    assert '"Rome" (20), "rome" (20)' in notes(visitor)
    assert "Rome (50 %)" in row(visitor, "city")
    click(visitor, "Keep them apart")
    assert "Rome (25 %)" in row(visitor, "city")
    click(visitor, "Undo")
    assert "Rome (50 %)" in row(visitor, "city")


def test_a_column_is_read_as_numbers_and_as_text_again(opened):
    sizes = [*range(30), *[f"about {k}" for k in range(10)]]
    visitor = opened("a.csv", csv({"size": sizes}))
    assert '"size" looks like numbers' in notes(visitor)
    assert '20 cells would become missing: "about 0" (2)' in notes(visitor)
    visitor.choose("#target", "size")
    visitor.choose("#target", "price")
    visitor.wait_for_query(target="price")
    click(visitor, "Read as numbers")
    # What was chosen of the table is chosen of the corrected one.
    assert visitor.query["target"] == "price"
    assert '20 cells became missing: "about 0" (2)' in notes(visitor)
    assert "20 (25 %)" in row(visitor, "size")
    assert "0 to 29" in row(visitor, "size")
    click(visitor, "Undo")
    assert '"size" looks like numbers' in notes(visitor)
    assert "0 to 29" not in row(visitor, "size")


def test_the_other_reading_is_taken_from_the_table_of_columns(opened):
    visitor = opened("a.csv", csv({"day": ["03/02/2023", "04/05/2023"]}))
    assert "2023-03-02 to 2023-04-05" in row(visitor, "day")
    visitor.pick(
        "#columns-table [data-reading]",
        'Read "03/02/2023" as 2023-02-03. No cell would become missing.',
    )
    visitor.wait_for_text("#readings", "as you chose")
    assert "2023-02-03 to 2023-05-04" in row(visitor, "day")


def test_a_correction_and_its_undoing_need_no_mouse(opened):
    visitor = opened("a.csv", csv({"state": ["CA", "n/a", "NY", "TX"]}))
    visitor.tab_to("#readings .offer button")
    visitor.press(Keys.ENTER)
    visitor.wait_for_text("#readings", "as you chose")
    visitor.wait_until_drawn()
    script = "return document.activeElement.id"
    visitor.until(lambda: visitor.driver.execute_script(script) == "readings", "focus")
    visitor.tab_to("#readings .offer button", 1)
    visitor.press(Keys.SPACE)
    visitor.wait_for_text("#readings", "was taken as missing")


def test_another_sheet_is_read(opened, colleague):
    visitor = opened("book.xlsx", book())
    assert visitor.value(SHEET) == "S2"
    visitor.click(SHEET)
    sheets = [text for text in visitor.texts("[role=option]") if text[0] == "S"]
    # The hidden one is the last.
    assert sheets == ["S2", "S3", "S4", "S1"]
    visitor.click_text("S3", "*[@role='option']")
    visitor.wait_for_text("#columns-table", "pay")
    colleague.open(visitor.address)
    assert "pay" in row(colleague, "pay")
    # One that holds no table is refused, and the page stays as it is.
    visitor.wait_until_drawn()
    address = visitor.address
    visitor.click(SHEET)
    visitor.click_text("S4", "*[@role='option']")
    visitor.wait_for_text("#correction-problem", "no sheet with a table")
    assert visitor.address == address


def test_codes_become_categories_all_at_once(opened, colleague):
    codes = {"flight number": [11, 7, 3], "ticket class": [1, 2, 3, 1]}
    visitor = opened("a.csv", csv(codes))
    visitor.click_text("Treat 2 columns as categories", "a")
    visitor.wait_for_query(columns="0:category.1:category")
    visitor.wait_for_text("#codes-as-categories", "again")
    colleague.open(visitor.address)
    for name in codes:
        role = f"#columns-table input[aria-label='Use {name}']"
        assert colleague.find(role).is_selected()
    roles = "return [...document.querySelectorAll('[data-role]')].map(e => e.value)"
    chosen = colleague.driver.execute_script(roles)
    assert chosen.count("category") == 2
    visitor.click_text("Treat them as numbers again", "a")
    visitor.wait_for_query(columns=None)


def test_a_year_is_a_date_by_which_a_training_splits(opened):
    years = {"year": list(range(1980, 2020)), "size": [1.5, 2.5, 3.25, 8]}
    visitor = opened("a.csv", csv(years, 160))
    visitor.pick("#columns-table [data-role='0']", "Date")
    visitor.wait_for_query(columns="0:date")
    visitor.click("#to-train")
    visitor.wait_for_text("h1", "Train")
    visitor.open_advanced()
    for other in ("Random forest", "Gradient boosting"):
        visitor.click_text(other, "label")
    visitor.click_text("By time", "label")
    visitor.choose("#train-by", "year")
    visitor.click("#train-start")
    visitor.until(lambda: "run" in visitor.query, "the run")
    visitor.wait_for_text("#run-progress", "See the results")


def test_where_nothing_tells_the_target_one_of_three_is_chosen(opened, colleague):
    columns = {name: [k * 7 % 31 / 2 for k in range(31)] for name in ("x1", "x2", "x3")}
    visitor = opened("a.csv", csv(columns).replace("price", "row"))
    assert visitor.value("#target") == ""
    assert "Nothing to predict is chosen" in visitor.text("#target-panel")
    visitor.click("#nav-train")
    visitor.wait_for_text("h1", "Train")
    visitor.wait_for_text("#page", "Nothing to predict is chosen")
    visitor.click("#nav-data")
    visitor.wait_for_text("#target-panel", "It may be one of these")
    visitor.click_text("x3", "a")
    visitor.wait_for_query(target="x3")
    visitor.wait_for_text("#target-panel", "Train models for")
    colleague.open(visitor.address)
    assert colleague.value("#target") == "x3"


def test_many_notes_are_folded_and_opened(opened):
    states = {f"state {k}": ["CA", "n/a", "NY", "TX"] for k in range(40)}
    visitor = opened("a.csv", csv(states))
    assert len(visitor.all("#readings .remark")) == 5
    visitor.click_text("Show 35 more notes", "summary")
    visitor.until(lambda: len(visitor.all("#readings .remark")) == 40, "all notes")


def test_the_decimal_mark_of_the_whole_file_is_changed_and_taken_back(
    opened, colleague
):
    visitor = opened("a.csv", csv({"size": ["1.125", "2.250", "3.375"]}))
    first = visitor.query["dataset"]
    assert "1.13 to 3.38" in row(visitor, "size")
    assert "cells separated by comma" in visitor.text("#how-read")
    visitor.click_text("Change how it is read", "summary")
    visitor.choose("#read-decimal", "Comma, 1,5")
    visitor.click("#read-again")
    visitor.wait_for_text("#how-read", "You chose how.")
    assert "1,125 to 3,375" in row(visitor, "size")
    colleague.open(visitor.address)
    assert "1,125 to 3,375" in row(colleague, "size")
    visitor.wait_until_drawn()
    visitor.click_text("Change how it is read", "summary")
    # What cannot be is refused, and the page stays as it is.
    visitor.fill("#read-header", "44x")
    visitor.click("#read-again")
    visitor.wait_for_text("#correction-problem", "must be a number from 1 to 50")
    visitor.fill("#read-header", " ")
    visitor.choose("#read-decimal", "As the file tells")
    visitor.click("#read-again")
    visitor.wait_for_query(dataset=first)
