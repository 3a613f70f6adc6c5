"""A bad file, link or form gets a sentence in place, and nothing that was open is lost."""

from __future__ import annotations

import gzip

import pytest
from selenium.webdriver.common.keys import Keys

from tests.functions.tables.formats.test_excel import workbook

# The problem, the file, and what the sentence must mention.
BAD_FILES = {
    "empty": ("empty.csv", b"", "empty"),
    "header only": ("header.csv", b"a;b;c\n", "row"),
    "one column": ("single.csv", b"number\n1\n2\n3\n", "column"),
    "one row": ("row.csv", b"a,b\n1,2\n", "row"),
    "ragged": ("ragged.csv", b"a,b,c\n" + b"1,2,3\n4,5,6,7\n8\n" * 20, "line 3 has 4"),
    "binary rubbish": ("rubbish.csv", bytes(range(256)) * 40, "text"),
    "gz bomb": ("bomb.csv.gz", gzip.compress(b"a,b\n" + b"1,2\n" * 3_000_000), "MB"),
    "Excel without a table": ("blank.xlsx", workbook([]), "sheet"),
    "too large": ("large.csv", b"a,b\n" + b"1,2\n" * 400_000, "at most 1 MB"),
}


def test_bad_files_are_refused_in_place_and_the_open_table_stays(
    visit, start_server, table
):
    visitor = visit(start_server(MAX_UPLOAD_MB="1").url)
    # The browser logs the refusal of a file.
    visitor.forgive("status of 4")
    visitor.open("/?dataset=sample-wine&target=magnesium")
    opened = visitor.text("#columns-table")
    for what, (name, content, word) in BAD_FILES.items():
        visitor.driver.execute_script(
            "document.getElementById('upload-status').replaceChildren()"
        )
        visitor.upload(table(name, content))
        alert = "#upload-status [role=alert]"
        visitor.until(lambda: visitor.text(alert), f"a refusal of {what}")
        sentence = visitor.text(alert)
        assert word in sentence and sentence.endswith("."), f"{what}: {sentence}"
        assert "Traceback" not in sentence and "Error" not in sentence, sentence
        assert visitor.address == "/?dataset=sample-wine&target=magnesium", what
        assert visitor.text("#columns-table") == opened, what
    visitor.choose("#target", "cultivar")
    visitor.wait_for_query(target="cultivar")
    visitor.wait_for_text("#target-distribution-says", "'cultivar'")


@pytest.mark.parametrize("path", ["/", "/train"])
def test_a_table_that_is_gone_is_said_and_the_way_back_is_shown(visitor, path):
    visitor.open("/?dataset=sample-wine&target=magnesium")
    visitor.open(f"{path}?dataset=0123456789abcdef0123")
    assert "table" in visitor.text("#page [role=alert]")
    visitor.click("#back")
    visitor.wait_for_query(dataset="sample-wine", target="magnesium")
    visitor.wait_for_text("#dataset-name", "Wine")
    visitor.wait_until_drawn()


@pytest.mark.parametrize("path", ["/train", "/evaluate"])
@pytest.mark.parametrize("run", ["0123456789abcdef0123", "../../etc/passwd"])
def test_a_run_that_is_gone_is_said_and_the_way_back_is_shown(visitor, path, run):
    visitor.open(f"{path}?run={run}")
    assert "run" in visitor.text("#page [role=alert]")
    visitor.click("#back")
    visitor.wait_for_text("#dataset-name", "Breast cancer")
    visitor.wait_until_drawn()


TARGETS = "id;weight;colour;always;price\n" + "".join(
    f"X{i:04d};{i * 7 % 31};{'red' if i % 3 else 'blue'};same;{i * 13 % 50},5\n"
    for i in range(120)
)


def test_a_target_that_cannot_be_learned_is_explained_and_not_trained(visitor, table):
    visitor.open()
    visitor.upload(table("targets.csv", TARGETS))
    visitor.until(lambda: visitor.text("#dataset-name") == "targets.csv", "the table")
    visitor.wait_until_drawn()
    panel = "#target-panel .message"
    for target, word in (("always", "is always"), ("id", "like an identifier")):
        visitor.choose("#target", target)
        visitor.wait_for_query(target=target)
        visitor.until(lambda: word in visitor.text(panel), f"why not {target}")
        assert visitor.text(panel).endswith(".")
        assert visitor.all("#to-train") == []
    visitor.choose("#target", "colour")
    visitor.wait_for_text("#target-panel", "learns from 2 columns")
    assert visitor.all("#to-train")


def test_a_form_that_cannot_be_trained_is_explained_and_kept(visitor):
    visitor.open("/train?dataset=sample-iris&models=linear")
    visitor.fill("#train-folds", "3")
    visitor.click_text("Linear model", "label")
    visitor.wait_for_query(folds="3", models=None)
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "'Models' is empty: choose at least one.")
    assert visitor.value("#train-folds") == "3"
    visitor.click_text("Linear model", "label")
    visitor.fill("#train-folds", Keys.BACKSPACE)
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "'Folds' is empty: type a number.")
    visitor.wait_for_query(models="linear", run=None)

    visitor.fill("#train-folds", "2")
    visitor.click("#train-start")
    visitor.until(lambda: "run" in visitor.query, "the run")
    visitor.wait_for_text("#run-progress h2", "Trained")


def test_more_folds_than_rows_of_a_class_are_refused_with_a_sentence(visitor, table):
    visitor.open()
    rare = "size;kind\n" + "".join(
        f"{i % 17};{'rare' if i % 30 == 0 else 'usual'}\n" for i in range(90)
    )
    visitor.upload(table("rare.csv", rare))
    visitor.until(lambda: visitor.text("#dataset-name") == "rare.csv", "the table")
    visitor.open(f"/train?dataset={visitor.query['dataset']}&target=kind&folds=20")
    assert visitor.value("#train-folds") == "20"
    visitor.click("#train-start")
    visitor.wait_for_text("#train-problem", "rare")
    assert visitor.text("#train-problem").endswith(".")
    assert "run" not in visitor.query


@pytest.mark.parametrize("path", ["/nowhere", "/train/", "/datasets"])
def test_an_address_that_does_not_exist_has_a_page_of_its_own(visitor, path):
    visitor.forgive(f"{path} .*status of 404")
    visitor.driver.get(visitor.site + path)
    visitor.until(lambda: visitor.text("h1"), "a heading")
    assert visitor.driver.execute_script("return document.title")
    link = visitor.find("main a, body a[href='/']")
    link.click()
    visitor.wait_for_text("#dataset-name", "Breast cancer")
    visitor.wait_until_drawn()
