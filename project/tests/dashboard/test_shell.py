"""The frame comes with the page that the browser will show, or with placeholders."""

from __future__ import annotations

import json

import pytest

from app import __version__
from app.dashboard.pages import data
from app.dashboard.shell import MENU as PAGES
from tests.conftest import PROJECT


@pytest.fixture
def ask(shared_server, shared):
    """Request the layout as a browser at an address does."""

    def ask(address: str | None) -> str:
        headers = {"Referer": f"http://[::1]{address}"} if address else {}
        return shared_server.test_client().get("/_dash-layout", headers=headers).text

    shared.warm.set()
    yield ask
    shared.warm.clear()


def stores(layout: str) -> dict[str, object]:
    """Return the initial data of the frame's stores."""
    children = json.loads(layout)["props"]["children"]
    return {
        child["props"]["id"]: child["props"].get("data")
        for child in children
        if child["type"] == "Store"
    }


def test_the_layout_comes_with_the_page_of_the_address(ask):
    layout = ask("/?dataset=sample-iris&target=species")
    assert "First rows" in layout and "aria-busy" in layout  # the table of columns
    begun = stores(layout)
    assert begun["route"] == "/ sample-iris"
    assert begun["search"] == "?dataset=sample-iris&target=species"
    opened = begun["opened"]
    assert opened["name"] == "Iris" and opened["target"] == "species"
    assert opened["query"] == {"dataset": "sample-iris", "target": "species"}
    assert opened["columns"][-1] == "species"


def test_without_a_choice_it_is_the_first_sample(ask):
    begun = stores(ask("/"))
    assert begun["route"] == f"/ {begun['default-dataset']}"
    assert begun["search"] == ""
    assert begun["opened"]["dataset"] == begun["default-dataset"]


@pytest.mark.parametrize("address", ["/evaluate", "/checks", "/reports/"])
def test_a_page_about_no_table_opens_none(ask, address):
    assert stores(ask(address))["opened"] == {}


def test_the_start_page_is_about_its_table_whatever_run_the_address_names(
    ask, finished
):
    opened = stores(ask(f"/?dataset=sample-wine&run={finished('binary')}"))["opened"]
    assert opened["dataset"] == "sample-wine" and "run" not in opened


def test_a_link_to_what_is_gone_is_explained_at_once(ask):
    layout = ask("/evaluate?run=nothing")
    assert "Not found" in layout
    assert stores(layout)["opened"] == {}


@pytest.mark.parametrize("address", [None, "/nowhere", "/reports/funnel/", "]["])
def test_whoever_stands_elsewhere_gets_the_frame_alone(ask, address):
    layout = ask(address)
    assert "Loading…" in layout
    assert stores(layout)["route"] is None


def test_before_the_server_is_warm_nobody_waits_for_it(ask, shared):
    shared.warm.clear()
    layout = ask("/")
    assert "Loading…" in layout and "First rows" not in layout
    assert stores(layout)["search"] is None


def test_a_page_that_fails_leaves_it_to_its_callback_to_say_so(ask, monkeypatch):
    def fail(*_):
        raise RuntimeError("a mistake")

    monkeypatch.setattr(data, "layout", fail)
    layout = ask("/")
    assert "Loading…" in layout
    assert stores(layout)["route"] is None


def test_the_browser_is_told_of_every_page_what_it_is_about(ask):
    told = stores(ask("/"))["pages"]
    assert [page["path"] for page in told] == [page.path for page in PAGES]
    assert {page["about"] for page in told} == {"table", "run", None}
    evaluate = {"path": "/evaluate", "label": "Evaluate", "about": "run"}
    assert evaluate | {"link": "nav-evaluate"} in told


def test_pages_about_a_table_or_a_run_are_numbered_steps(ask):
    layout = ask("/")
    links = [page for page in PAGES if page.about]
    for number, page in enumerate(links, 1):
        assert f'"label":"{number}. {page.label}"' in layout
    assert '"label":"Reports"' in layout


def test_no_two_pages_share_an_address_or_a_link():
    assert len({page.path for page in PAGES}) == len(PAGES)
    assert len({page.link_id for page in PAGES}) == len(PAGES)


def test_the_navigation_script_names_no_page():
    script = (PROJECT / "app" / "assets" / "navigation.js").read_text(encoding="utf-8")
    assert not [page.path for page in PAGES if f'"{page.path}' in script]


def test_the_foot_of_every_page_tells_the_version(ask):
    assert f"Dashboard {__version__}" in ask("/train")
