"""The Reports page: what each report needs, and how an open table gets into it."""

from __future__ import annotations

import pytest

from app.dashboard.pages import reports


@pytest.fixture
def links(services):
    """Return the links of the page with a query."""

    def found(**query: str) -> list[tuple[str, str]]:
        parts = reports.layout(services, query)._traverse()
        return [(a.children, a.href) for a in parts if type(a).__name__ == "A"]

    return found


def test_an_open_table_is_offered_to_the_reports_that_take_one(services, links):
    dataset = services.datasets.get("sample-wine")
    offered = [(text, href) for text, href in links(dataset=dataset.id) if "?" in href]
    assert {text for text, _ in offered} == {f"Open {dataset.name} in this report"}
    names = {href.split("/")[2] for _, href in offered}
    assert names == {"ab_test", "funnel", "stocks"}
    assert all(href.endswith("/?table=sample-wine") for _, href in offered)


@pytest.mark.parametrize("query", [{}, {"dataset": "0" * 20}, {"dataset": "../x"}])
def test_without_a_table_nothing_is_offered(links, query):
    assert all("?" not in href for _, href in links(**query))


def test_a_card_says_what_its_report_needs(services):
    parts = reports.layout(services, {})._traverse()
    texts = {part for part in parts if isinstance(part, str)}
    assert any(text.startswith("one row per event:") for text in texts)
