"""Every page and important state, in light and dark, on a screen and on a phone: axe-core finds no problem."""

from __future__ import annotations

import io
import os
import time
from pathlib import Path

import axe_playwright_python
import pytest
from selenium.webdriver.common.keys import Keys

from app import functions
from app.storage import files
from app.storage.runs import machine

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """
const [tags, done] = arguments;
axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(
    (found) => done(found.violations.map((v) => `${v.id}: ${v.help}\\n` + v.nodes.map(
        (node) => `  ${node.target} ${node.html.slice(0, 200)}\\n    ${node.failureSummary.replaceAll("\\n", " ")}`
    ).join("\\n"))),
    (error) => done([String(error)]));
"""
WIDTHS = (1280, 390)


def staged(services, **fields) -> str:
    """The address of a run in a state that would otherwise pass too quickly."""
    record = {
        "kind": "training",
        "dataset": {"id": "sample-iris", "name": "Iris"},
        "settings": {
            "target": "species",
            "task": "multiclass",
            "roles": {"petal length": "number"},
            "models": ["linear"],
            "scoring": "accuracy",
            "n_splits": 5,
        },
        **fields,
    }
    run = services.runs.create(**record)
    alive = {"pid": os.getpid(), "machine": machine()}
    services.runs.write(services.runs.content(run) | alive)
    return f"/train?run={run}"


def noted(services) -> str:
    """The address of a table with notes that can be acted on, and nothing that tells what to predict."""
    lines = ["day,flight number,state,size,x"]
    lines += [
        f"0{k % 9 + 1}/02/2023,{k % 7},{'n/a' if k % 3 else 'NY'},{'' if k % 4 else 'about '}{k},{k * 37 % 101 / 2}"
        for k in range(80)
    ]
    content = io.BytesIO("\n".join(lines).encode())
    table = functions.tables.reading.read_table(content, "noted.csv", 10**6)
    return f"/?dataset={services.datasets.add_read(table, 'noted.csv', files.new_id())}"


@pytest.fixture
def states(site_services, trained):
    """How each state is opened."""
    half = {"done": 3, "total": 12, "doing": "Linear model: fold 3 of 5"}
    return {
        "data": lambda: "/",
        "data, gone": lambda: "/?dataset=0123456789abcdef0123",
        "data, not trainable": lambda: "/?dataset=sample-orders&target=order_id",
        "data, with notes": lambda: noted(site_services),
        # With all options: they are not those of Quick.
        "train": lambda: "/train?folds=4",
        "train, undecided": lambda: noted(site_services).replace("/", "/train", 1),
        "queued": lambda: staged(site_services, state="queued"),
        "running": lambda: staged(
            site_services, state="running", started=time.time(), progress=half
        ),
        "failed": lambda: staged(
            site_services,
            state="failed",
            message="The machine ran out of memory. Train on fewer rows.",
        ),
        "done": lambda: f"/train?run={trained('sample-breast-cancer').id}",
        "binary": lambda: trained("sample-breast-cancer").path(),
        "multi-class": lambda: trained("sample-wine").path(),
        "regression": lambda: trained("sample-diabetes").path(),
        "trust": lambda: trained("sample-orders").path(tab="trust"),
        "compare": lambda: f"/compare?runs={trained('sample-wine').id}",
        "evaluate, empty": lambda: "/evaluate",
        "library": lambda: "/library",
    }


STATES = (
    "data",
    "data, gone",
    "data, not trainable",
    "data, with notes",
    "train",
    "train, undecided",
    "queued",
    "running",
    "failed",
    "done",
    "binary",
    "multi-class",
    "regression",
    "trust",
    "compare",
    "evaluate, empty",
    "library",
)


def violations(visitor) -> list[str]:
    return visitor.driver.execute_async_script(RUN_AXE, TAGS)


def looks(visitor):
    """Show the page in both themes and widths, one after the other."""
    visitor.driver.execute_script(AXE)
    for width in WIDTHS:
        visitor.resize(width)
        for scheme in ("light", "dark"):
            visitor.prefer(scheme)
            visitor.until(lambda: visitor.scheme() == scheme, f"the {scheme} theme")
            visitor.wait_until_drawn()
            yield f"{width} px, {scheme}"


def overflow(visitor) -> int:
    """Return by how many pixels the document is wider than the window."""
    script = "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    return visitor.driver.execute_script(script)


@pytest.mark.parametrize("state", STATES)
def test_axe_finds_nothing_and_nothing_overflows(visitor, states, state):
    visitor.open(states[state]())
    for look in looks(visitor):
        # Figures take some time to resize.
        visitor.until(lambda: overflow(visitor) <= 0, f"nothing to overflow: {look}")
        assert violations(visitor) == [], look


def test_axe_finds_nothing_where_a_file_was_refused(visitor, table):
    visitor.forgive("status of 4")
    visitor.open()
    visitor.upload(table("empty.csv", ""))
    visitor.find("#upload-status [role=alert]")
    for look in looks(visitor):
        assert violations(visitor) == [], look


def test_axe_finds_nothing_where_an_address_does_not_exist(visitor):
    visitor.forgive("/nowhere .*status of 404")
    visitor.driver.get(visitor.site + "/nowhere")
    visitor.find("h1")
    visitor.driver.execute_script(AXE)
    for width in WIDTHS:
        visitor.resize(width)
        for scheme in ("light", "dark"):
            visitor.prefer(scheme)
            assert violations(visitor) == [], (width, scheme)


def figure_colour(visitor) -> str:
    script = "return getComputedStyle(document.querySelector('.main-svg text')).fill"
    return visitor.driver.execute_script(script)


def test_the_theme_follows_the_system_and_figures_follow_the_theme(visitor):
    visitor.open()
    visitor.prefer("light")
    visitor.until(lambda: visitor.scheme() == "light", "the light theme")
    light = figure_colour(visitor)
    visitor.prefer("dark")
    visitor.until(lambda: visitor.scheme() == "dark", "the dark theme")
    visitor.until(lambda: figure_colour(visitor) != light, "another colour")


def test_the_chosen_theme_is_remembered(visitor):
    visitor.open()
    visitor.prefer("light")
    visitor.until(lambda: visitor.scheme() == "light", "the light theme")
    light = figure_colour(visitor)
    visitor.click("[aria-label='Switch between light and dark']")
    visitor.until(lambda: visitor.scheme() == "dark", "the dark theme")
    visitor.until(lambda: figure_colour(visitor) != light, "another colour")
    visitor.open("/train")
    assert visitor.scheme() == "dark"


def test_the_burger_opens_and_closes_the_navigation_on_a_phone(visitor):
    visitor.resize(390)
    visitor.open()

    def is_open() -> bool:
        left = visitor.find("#nav-train").rect["x"]
        return 0 <= left < 390

    visitor.until(lambda: not is_open(), "the closed navigation")
    visitor.click("#burger")
    visitor.until(is_open, "the open navigation")
    visitor.click("#burger")
    visitor.until(lambda: not is_open(), "the closed navigation")
    visitor.click("#burger")
    visitor.until(is_open, "the open navigation")
    visitor.click("#nav-train")
    visitor.wait_for_text("h1", "Train")
    visitor.until(lambda: not is_open(), "the closed navigation")


def another_option(visitor) -> bool:
    """Move one option down; return whether the choice has changed."""
    visitor.press(Keys.ARROW_DOWN)
    selected = visitor.texts("[role=option][data-combobox-selected]")
    return selected not in ([], [visitor.value("#target")])


def test_the_keyboard_alone_opens_a_sample_chooses_a_target_and_trains(visitor):
    visitor.open()
    visitor.press(Keys.TAB)
    assert visitor.focused().text == "Skip to the page"
    visitor.press(Keys.ENTER)
    visitor.tab_to("#upload-button")
    visitor.tab_to("a[href*='sample-iris']")
    visitor.press(Keys.ENTER)
    visitor.wait_for_text("#dataset-name", "Iris")
    visitor.wait_until_drawn()
    visitor.tab_to("#target")
    visitor.until(lambda: another_option(visitor), "another option")
    visitor.press(Keys.ENTER)
    visitor.until(lambda: "target" in visitor.query, "another target")
    visitor.wait_until_drawn()
    visitor.tab_to("#target-panel input, #columns-table input")
    visitor.open("/train?dataset=sample-iris&models=linear&folds=2")
    visitor.tab_to("#train-start")
    visitor.press(Keys.ENTER)
    visitor.until(lambda: "run" in visitor.query, "the run")
    visitor.wait_for_text("#run-progress h2", "Trained")


def test_the_keyboard_reaches_the_threshold_and_the_leaderboard(visitor, trained):
    visitor.open(trained("sample-breast-cancer").path())
    visitor.tab_to("#model")
    visitor.tab_to(".sort")
    visitor.tab_to(".choose-model")
    visitor.tab_to("#threshold [role=slider]")
    visitor.press(Keys.ARROW_RIGHT)
    visitor.wait_for_query(threshold="0.501")
    visitor.tab_to("#threshold-cheapest")
