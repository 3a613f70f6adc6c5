"""The glossary is read from its page of documentation, and its words explain themselves on a page."""

from __future__ import annotations

import re

import pytest

from app.ui import components, glossary
from tests.conftest import PROJECT

ENTRIES = glossary.entries()
WRITTEN = (PROJECT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_every_heading_of_the_page_is_an_entry_in_the_order_of_the_alphabet():
    headings = re.findall(r"^## (.+)$", WRITTEN, re.MULTILINE)
    assert [entry.term for entry in ENTRIES.values()] == headings
    assert headings == sorted(headings, key=str.lower)


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=lambda entry: entry.term)
def test_an_entry_has_plain_words_and_a_sentence(entry):
    assert entry.plain[0].isupper() and len(entry.plain) <= 60
    assert entry.explanation.endswith(".") and "\n" not in entry.explanation
    assert "*" not in entry.text


def test_a_term_tells_its_meaning_to_the_pointer_and_to_a_screen_reader():
    recall = components.term("recall", "found")
    assert recall.children.children == "found"
    said = recall.children.to_plotly_json()["props"]["aria-description"]
    assert said == recall.label == glossary.explain("Recall").text


def test_a_word_that_the_glossary_lacks_is_refused():
    with pytest.raises(KeyError):
        components.term("flux capacitor")
