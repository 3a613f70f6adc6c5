"""A run as one HTML file: it says what the pages say, escapes what a table says, and stays small."""

from __future__ import annotations

import base64
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import dash_mantine_components as dmc
import pandas as pd
import pytest
from dash import dcc, html
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

from app import functions
from app.dashboard.document.file import document
from app.dashboard.document.static_html import Document
from app.storage import NotFound
from app.storage.acknowledgements import acknowledge
from app.storage.card_fields import CardFields, keep
from tests.dashboard.conftest import fields_of, result_of
from tests.offline import complaints_of, open_file, requests_of, violations_of

TASKS = ("binary", "multiclass", "regression")
HOSTILE = "</script><img src=x onerror=alert(1)>{{body}}"
MAX_BYTES = 3_000_000


class Reader(HTMLParser):
    """Takes down the elements of a file, what they ask for, and its texts."""

    def __init__(self, content: str):
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.addresses: list[str] = []
        self.handlers: list[str] = []
        self.words = ""
        self._within: list[str] = []
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        """Take down an element."""
        self.tags.append(tag)
        self._within.append(tag)
        for name, value in attrs:
            self.ids += [value] if name == "id" else []
            self.addresses += [value] if name in ("src", "href", "action") else []
            self.handlers += [name] if name.startswith("on") else []

    def handle_endtag(self, tag):
        """Note that an element ends."""
        self._within = self._within[: -1 - self._within[::-1].index(tag)]

    def handle_data(self, data):
        """Take down a text that is seen."""
        if not {"script", "style"} & set(self._within):
            self.words += data


def content_of(page: str) -> dict:
    found = re.search(r'<script type="application/json" id="content">(.*?)</script>', page, re.S)  # fmt: skip
    return json.loads(found[1])


@pytest.mark.parametrize("task", TASKS)
def test_a_document_says_what_the_pages_say_and_asks_for_nothing(shared, finished, task):  # fmt: skip
    page = document(shared, shared.runs.training(finished(task)))
    read = Reader(page)
    for said in (
        "Linear model",
        "Leaderboard",
        "0.750 (0.700 to 0.800)",
        "It cannot be trained.",
        "Problem: Title of leak",
        "Advice on gap.",
        "1 check passed",
        "On the rows held out",
        "Not yet: 1 problem to solve first",
        "The table: Iris",
        "150 rows and 5 columns",
        "How it was made",
        "Model card",
        "Not stated. Ask whoever trained it",
    ):
        assert said in read.words, said
    assert set(read.addresses) == {"data:,"}
    assert not {"a", "iframe", "object", "embed", "form"} & set(read.tags)
    assert len(read.ids) == len(set(read.ids))
    assert set(content_of(page)["figures"]) <= set(read.ids)
    assert len(page.encode()) < MAX_BYTES


@pytest.mark.parametrize("task", TASKS)
def test_a_document_grows_little_with_the_rows(shared, finished, task):
    sizes = [
        len(document(shared, shared.runs.training(finished(task, result_of(task, n)))).encode())  # fmt: skip
        for n in (1_000, 1_000_000)
    ]
    assert max(sizes) < MAX_BYTES
    assert abs(sizes[1] - sizes[0]) < 100_000


@pytest.mark.parametrize("task", TASKS)
def test_what_a_table_says_is_never_markup(shared, finished, task):
    dataset = shared.datasets.add(
        pd.DataFrame({HOSTILE: ["a", "b"] * 20, "x": range(40)}), HOSTILE
    )
    record = fields_of(task)
    changes = {
        "dataset": {"id": dataset, "name": HOSTILE},
        "settings": record["settings"] | {"target": HOSTILE},
        "classes": [f"{HOSTILE}{k}" for k in range(len(record["classes"]))],
        "notes": [HOSTILE],
    }
    run = finished(task, **changes)
    keep(shared.runs, run, CardFields(intended_use=HOSTILE))
    page = document(shared, shared.runs.training(run))
    read = Reader(page)
    assert "img" not in read.tags and not read.handlers
    assert page.count("</script>") == 3
    assert read.words.count(HOSTILE) >= 4


def test_a_training_that_was_cancelled_says_so(shared, finished):
    run = finished("binary", state="cancelled", message="Cancelled by you.", best=None)
    words = Reader(document(shared, shared.runs.training(run))).words
    assert "This training was cancelled before it was done." in words
    assert "Cancelled by you." in words and "Leaderboard" in words


def test_a_training_that_failed_without_a_model_says_why(shared):
    record = fields_of("binary") | {"leaderboard": [], "best": None, "checks": {}}
    run = shared.runs.create(**record, state="failed", message="Not enough rows.")
    read = Reader(document(shared, shared.runs.training(run)))
    assert "This training failed before it was done." in read.words
    assert "Not enough rows." in read.words and "Leaderboard" not in read.words


def test_who_may_not_see_the_table_gets_no_profile_of_it(shared, finished):
    class Closed:
        def get(self, dataset):
            raise NotFound("This table is not yours.")

    training = shared.runs.training(finished("binary"))
    words = Reader(document(replace(shared, datasets=Closed()), training)).words
    assert "somebody who may see the table" in words and "sepal" not in words


def test_a_table_of_many_columns_is_cut(shared, finished):
    wide = pd.DataFrame({f"column {i}": range(30) for i in range(400)})
    about = {"id": shared.datasets.add(wide, "wide.csv"), "name": "wide.csv"}
    page = document(shared, shared.runs.training(finished("regression", dataset=about)))
    words = Reader(page).words
    assert "Listed are the first 200 columns; 200 more are not." in words
    assert "column 199" in words and "column 200" not in words
    assert len(page.encode()) < MAX_BYTES


def test_what_was_acknowledged_and_written_stands_in_the_document(shared, finished):
    run = finished("binary")
    acknowledge(shared.runs, run, "leak", "We know where it comes from.")
    keep(shared.runs, run, CardFields(contact="Ada", licence="CC BY 4.0"))
    words = Reader(document(shared, shared.runs.training(run))).words
    assert "“We know where it comes from.”" in words
    assert "Ada" in words and "CC BY 4.0" in words
    assert "Take back" not in words and "I know" not in words


def test_a_learning_curve_is_drawn_once_it_is_computed(shared, finished):
    run = finished("regression")
    training = shared.runs.training(run)
    assert "learning-figure" not in content_of(document(shared, training))["figures"]
    asked = {"model": "linear"}
    derived = shared.runs.create("learning", parent=run, parameters=asked, state="done")
    curve = functions.evaluation.learning_curves.LearningCurve(
        (50, 100), (0.9, 0.8), (0.1, 0.1), (0.5, 0.6), (0.1, 0.1)
    )
    shared.runs.write_result(derived, "result", curve)
    shared.runs.link_derived("learning", run, asked, derived)
    assert "learning-figure" in content_of(document(shared, training))["figures"]


def test_the_charts_of_every_class_are_in_the_document(shared, finished):
    page = document(shared, shared.runs.training(finished("multiclass")))
    by_class = content_of(page)["data"]["classes"]
    assert set(by_class) == {"0", "1", "2"}
    assert all(set(charts) == {"scores", "calibration"} for charts in by_class.values())
    assert len({charts["scores"]["says"] for charts in by_class.values()}) == 3


def test_the_report_of_a_run_is_downloaded(shared_server, finished):
    client, run = shared_server.test_client(), finished("binary")
    answer = client.get(f"/runs/{run}/files/report?model=linear")
    assert answer.status_code == 200 and answer.mimetype == "text/html"
    assert "Iris-linear-report.html" in answer.headers["Content-Disposition"]
    assert "Linear model" in Reader(answer.text).words


def test_components_become_html():
    drawn = Document()
    assert drawn.html(["<b>", None, 3]) == "&lt;b&gt;3"
    assert drawn.html(html.Br()) == "<br>"
    styled = html.Div("x", style={"minWidth": 3}, id={"a": 1}, hidden=True, **{"data-x": '"'})  # fmt: skip
    assert drawn.html(styled) == '<div hidden style="min-width: 3px" data-x="&quot;">x</div>'  # fmt: skip
    assert drawn.html(dcc.Link("To the server", href="/evaluate")) == ""
    assert drawn.html(dmc.Title("A", order=2, size="h4")) == '<h2 class="title-h4">A</h2>'  # fmt: skip
    with pytest.raises(TypeError, match="no Modal"):
        drawn.html(dmc.Modal())


def test_a_document_works_from_the_disk(shared, finished, browser, tmp_path):
    record = fields_of("binary")
    about = {"settings": record["settings"] | {"target": HOSTILE}, "notes": [HOSTILE]}
    page = document(shared, shared.runs.training(finished("binary", **about)))
    open_file(browser, tmp_path / "report.html", page)

    def text(name: str) -> str:
        return browser.find_element("id", name).text

    precision = text("at-precision")
    assert "At a threshold of 0.500" in text("confusion-says")
    slider = browser.find_element("id", "threshold")
    slider.send_keys(Keys.HOME)
    assert text("threshold-says") == "0.000" and text("at-precision") != precision
    assert "rows like these" in text("decide-finds")
    assert len(browser.find_elements("css selector", ".graph .main-svg")) >= 7
    browser.find_element("id", "threshold-cheapest").click()
    assert text("threshold-says") != "0.000"
    printed = browser.execute_cdp_cmd("Page.printToPDF", {})["data"]
    assert base64.b64decode(printed).startswith(b"%PDF")
    assert violations_of(browser) == []
    multiclass = document(shared, shared.runs.training(finished("multiclass")))
    open_file(browser, tmp_path / "report.html", multiclass)
    before = text("scores-says")
    Select(browser.find_element("id", "class")).select_by_value("2")
    assert text("scores-says") != before and " c " in text("scores-says")
    assert requests_of(browser) == [] and complaints_of(browser) == []
