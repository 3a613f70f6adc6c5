"""The main journey: a table from a spreadsheet is uploaded, inspected, trained on and evaluated."""

from __future__ import annotations

import random

import pytest

CONTROLS = """
return [...document.querySelectorAll('#columns-table td input, #columns-table td select')].map(
    (control) => control.type === 'checkbox' ? control.checked : control.value);
"""


def customers(rows: int = 160) -> str:
    """A table as a European spreadsheet writes it: semicolons, decimal commas, dates, gaps."""
    draw = random.Random(7)
    lines = ["Kunde;Beginn;Region;Gebühr;Beschwerden;gekündigt;Tarif"]
    for i in range(rows):
        fee = round(draw.uniform(9, 80), 2)
        complaints = draw.randrange(5)
        left = "ja" if fee / 20 + complaints + draw.uniform(-1, 1) > 4.3 else "nein"
        cells = [
            f"K-{1000 + i}",
            f"{draw.randint(1, 28):02d}.{draw.randint(1, 12):02d}.{draw.randint(2019, 2024)}",
            draw.choice(["Nord", "Süd", "Ost", "West"]),
            f"{fee:.2f}".replace(".", ",") if i % 9 else "",
            str(complaints),
            left,
            draw.choice(["S", "M", "L"]),
        ]
        lines.append(";".join(cells))
    return "\r\n".join(lines) + "\r\n"


def use(column: int) -> str:
    return f"#columns-table [data-use='{column}']"


def role(column: int) -> str:
    return f"#columns-table [data-role='{column}']"


@pytest.fixture
def profiled(visitor, table):
    """A visitor who has just uploaded the customers."""
    visitor.open()
    visitor.upload(table("kunden.csv", customers().encode("cp1252")))
    visitor.until(lambda: visitor.text("#dataset-name") == "kunden.csv", "kunden.csv")
    visitor.wait_until_drawn()
    return visitor


def test_a_table_is_uploaded_described_trained_and_judged(profiled, colleague):
    visitor = profiled
    dataset = visitor.query["dataset"]
    for words in ("gekündigt", "Gebühr", "18 (11.3 %)", "Süd", "2019-"):
        assert words in visitor.text("#columns-table"), words
    assert visitor.texts("#page .number")[:2] == ["160", "7"]

    visitor.choose("#target", "gekündigt")
    visitor.wait_for_query(dataset=dataset, target="gekündigt")
    visitor.wait_for_text("#target-distribution-says", "'gekündigt' is nein")
    visitor.pick(role(4), "Category")
    visitor.wait_for_query(columns="4:category")
    visitor.click(use(6))
    visitor.wait_for_query(columns="4:category.6:out")
    visitor.wait_for_text("#target-panel", "learns from 4 columns")

    colleague.open(visitor.address)
    assert colleague.value("#target") == "gekündigt"
    assert colleague.value(role(4)) == "category"
    assert not colleague.find(use(6)).is_selected()
    shown = [page.driver.execute_script(CONTROLS) for page in (visitor, colleague)]
    assert shown[0] == shown[1]

    visitor.click("#to-train")
    visitor.wait_for_text("h1", "Train")
    assert "Predict gekündigt (one of two classes) from 4 columns" in visitor.text(
        "#page"
    )
    visitor.open_advanced()
    visitor.click_text("Random forest", "label")
    visitor.click_text("Gradient boosting", "label")
    visitor.fill("#train-folds", "3")
    visitor.wait_for_query(models="linear", folds="3")
    visitor.click("#train-start")
    visitor.until(lambda: "run" in visitor.query, "the run")
    visitor.find("#run-progress [role=progressbar]")
    visitor.wait_for_text("#run-progress table", "Linear model")
    visitor.click_text("See the results", "a")

    visitor.wait_for_text("#confusion-says", "At a threshold of 0.500")
    visitor.wait_until_drawn()
    rows = visitor.texts("#leaderboard-rows th")
    assert rows == ["Linear modelbestshown", "Baseline"]
    assert "the score on 32 rows that no model had seen" in visitor.text("#page")
    assert "Can I trust this?" in visitor.text("#page")
    assert "ja" in visitor.text("#class-report")


def test_the_navigation_leads_back_to_the_table_and_to_the_run(visitor, trained):
    run = trained("sample-wine")
    visitor.open("/?dataset=sample-wine&columns=0:out")
    visitor.click("#nav-train")
    visitor.wait_for_text("h1", "Train")
    visitor.wait_for_query(dataset="sample-wine", columns="0:out")
    visitor.open(run.path())
    visitor.click("#nav-data")
    # To the table as the run has used it.
    visitor.wait_for_text("#dataset-name", "Wine")
    visitor.wait_for_query(dataset="sample-wine", target="cultivar", columns=None)
    visitor.wait_until_drawn()
    visitor.click("#nav-evaluate")
    visitor.wait_for_query(run=run.id)
    visitor.wait_for_text("h1", "Evaluate")
    visitor.wait_until_drawn()
