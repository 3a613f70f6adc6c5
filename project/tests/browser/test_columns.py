"""The list of columns: one list however many there are, sorted, searched, and chosen many at once."""

from __future__ import annotations

import random

NAMES = "return [...document.querySelectorAll('.columns tbody th')].map((e) => e.textContent)"


def wide(n_columns: int = 212, n_rows: int = 40) -> str:
    """A table of numbers with a few categories, and markup where a name should be."""
    draw = random.Random(3)
    names = [f"c{k}" for k in range(n_columns - 3)] + ["<b>kind</b>", "town", "price"]
    lines = [",".join(names)]
    for k in range(n_rows):
        numbers = [f"{draw.uniform(0, 9):.3f}" for _ in names[:-3]]
        cells = [*numbers, "ab"[k % 2] * 2, ["X", "Y", "Z"][k % 3], str(k * 37 % 101)]
        lines.append(",".join(cells))
    return "\n".join(lines)


def names(visitor) -> list[str]:
    return visitor.driver.execute_script(NAMES)


def test_212_columns_are_one_list_that_is_searched_sorted_and_chosen_from(
    visitor, table
):
    visitor.open()
    visitor.upload(table("wide.csv", wide()))
    visitor.until(lambda: visitor.text("#dataset-name") == "wide.csv", "wide.csv")
    visitor.wait_until_drawn()
    assert names(visitor)[:2] == ["price", "c0"]
    assert visitor.text("#columns-says") == "211 of 212 columns are used."
    # The rows come as the list is scrolled, to the last one.
    script = "const e = document.querySelector('.columns-scroll'); e.scrollTop = e.scrollHeight"
    visitor.until(
        lambda: visitor.driver.execute_script(script) or len(names(visitor)) == 212,
        "all columns",
    )
    visitor.fill("#columns-search", "KIND")
    visitor.until(lambda: names(visitor) == ["<b>kind</b>"], "the kind")
    visitor.fill("#columns-search", " ")
    visitor.pick("#columns-filter", "Category")
    visitor.until(lambda: names(visitor) == ["<b>kind</b>", "town"], "the categories")
    visitor.click("#columns-none")
    visitor.wait_for_query(columns="209:out.210:out")
    visitor.wait_for_text("#target-panel", "learns from 209 columns")
    visitor.click("#columns-all")
    visitor.wait_for_query(columns=None)
    visitor.pick("#columns-role", "Identifier")
    visitor.wait_for_query(columns="209:identifier.210:identifier")
    visitor.wait_for_text("#columns-says", "209 of 212 columns are used.")
    visitor.driver.back()
    visitor.until(lambda: visitor.find("[data-use='210']").is_selected(), "a way back")
    visitor.pick("#columns-filter", "All columns")
    visitor.click("[data-sorts=distinct] button")
    visitor.until(lambda: names(visitor)[-1] != "town", "another order")
    visitor.click("[data-sorts=distinct] button")
    visitor.until(lambda: names(visitor)[:2] == ["<b>kind</b>", "town"], "fewest first")
    assert visitor.all(".columns th b") == []
