"""Every page can be built for every table and run, and callbacks find their components."""

from __future__ import annotations

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from dash import _callback
from plotly.utils import PlotlyJSONEncoder

from app import functions
from app.dashboard.column_table import codes_hint
from app.dashboard.library_list import library_list
from app.dashboard.pages import (
    checks,
    compare,
    data,
    evaluate,
    library,
    reports,
    score,
    share,
    train,
)
from app.dashboard.pair_look import _strongest, _strongest_button
from app.dashboard.state import View, query_of
from app.functions.tables.schema import ColumnSchema, TableSchema
from app.storage import NotFound, files
from app.storage.acknowledgements import acknowledge
from tests.dashboard.conftest import (
    CLASSES,
    check,
    fields_of,
    ids,
    result_that_misses,
    walk,
    words,
)
from tests.dashboard.scorings import score_layouts

SAMPLES = [f"sample-{key}" for key in functions.tables.samples.SAMPLES]
ODD = ['<script>alert("x")</script>', "a & b", "it's", "😀", "long " * 60, "a.b:c"]


def size(layout) -> int:
    return len(json.dumps(layout, cls=PlotlyJSONEncoder))


@pytest.mark.parametrize("dataset", SAMPLES)
@pytest.mark.parametrize("page", [data, train])
def test_a_page_is_built_for_every_sample(shared, page, dataset):
    layout = page.layout(shared, {"dataset": dataset})
    assert shared.datasets.get(dataset).name in words(layout)
    assert size(layout) < 250_000


@pytest.mark.parametrize("dataset", SAMPLES)
def test_the_target_that_a_sample_is_made_for_can_be_trained(shared, dataset):
    layout = data.layout(shared, {"dataset": dataset})
    assert "to-train" in ids(layout)


def test_who_opens_no_table_is_welcomed_and_sees_an_example(shared):
    welcome = data.layout(shared, {})
    assert "Drop a table here" in words(welcome)
    for sample in functions.tables.samples.SAMPLES.values():
        assert f"/?dataset=sample-{sample.key}" in links(welcome)
    opened = data.layout(shared, {"dataset": "sample-iris"})
    assert "Drop a table here" not in words(opened)
    for layout in (welcome, opened):
        assert {"upload", "upload-button", "upload-status"} <= set(
            map(str, ids(layout))
        )


def test_beside_a_sure_target_three_others_are_links_with_their_reasons(shared):
    layout = data.layout(shared, {"dataset": "sample-orders"})
    assert "/?dataset=sample-orders&target=newsletter" in links(layout)
    assert "It has two values, such as yes and no." in words(layout)


def test_a_link_opens_two_columns_and_one_that_is_not_there_is_left_alone(shared):
    query = {"dataset": "sample-orders", "x": "product", "y": "price"}
    assert "Half of the rows of each 'product'" in words(data.layout(shared, query))
    for name in ("no such", "order id", "<b>"):
        assert "pair" not in ids(data.layout(shared, query | {"y": name}))


@pytest.fixture(scope="module")
def wide(shared):
    columns = {f"column {i}": range(i, i + 30) for i in range(2000)}
    return shared.datasets.add(pd.DataFrame(columns), "wide.csv")


@pytest.mark.parametrize("page", [data, train])
def test_a_page_for_2000_columns_stays_small(shared, wide, page):
    layout = page.layout(shared, {"dataset": wide})
    assert size(layout) < 400_000
    assert len(list(walk(layout))) < 1_500


@pytest.mark.parametrize("page", [data, train])
@pytest.mark.parametrize("target", ODD)
def test_odd_names_are_taken_as_they_are(shared, page, target):
    columns = {name: [1, 2, 3, 4] * 10 for name in ODD} | {ODD[0]: ["x<y", "&"] * 20}
    dataset = shared.datasets.add(pd.DataFrame(columns), '<i>odd</i> & "name".csv')
    layout = page.layout(shared, {"dataset": dataset, "target": target})
    assert '<i>odd</i> & "name".csv' in words(layout)
    size(layout)


@pytest.mark.parametrize("name", ["folds", "holdout", "seed", "seconds"])
@pytest.mark.parametrize("value", ["", "x", "-1", "1e3", "9" * 5000])
def test_nonsense_in_the_address_of_the_form_is_ignored(shared, name, value):
    layout = train.layout(shared, {"dataset": "sample-iris", name: value})
    assert "train-start" in ids(layout)


@pytest.mark.parametrize("name", ["models", "scoring", "split", "search", "by", "task"])
@pytest.mark.parametrize("value", ["", ".", "x", "<b>", "linear.x"])
def test_unknown_choices_in_the_address_of_the_form_are_replaced(shared, name, value):
    layout = train.layout(shared, {"dataset": "sample-iris", name: value})
    for part in walk(layout):
        options = getattr(part, "data", None)
        if getattr(part, "id", "") in ("train-scoring", "train-split", "train-search"):
            assert part.value in {option["value"] for option in options}
        if getattr(part, "id", "") == "train-models":
            assert set(part.value) <= set(functions.models.catalogue.MODELS)


@pytest.mark.parametrize("task", CLASSES)
def test_results_are_built_for_every_task_and_model(shared, finished, task):
    run = finished(task)
    for model in ("linear", "dummy", "no such model"):
        layout = evaluate.layout(shared, {"run": run, "model": model})
        assert "Can I trust this?" in words(layout)
        assert {"kind": "on-demand-start", "job": "learning"} in ids(layout)
        assert size(layout) < 300_000


def test_no_signal_is_the_first_thing_that_evaluate_says(shared, finished):
    said = check("no_signal", "bad")
    checks = fields_of("binary")["checks"] | {"run": [said]}
    layout = evaluate.layout(shared, {"run": finished("binary", checks=checks)})
    shown = words(layout)
    assert shown.index(said["finding"]) < shown.index("Leaderboard")
    alarms = [part for part in walk(layout) if getattr(part, "role", "") == "alert"]
    assert said["finding"] in words(alarms[0])
    # A training with a signal, or of a version that did not check it, has no such sentence.
    other = evaluate.layout(shared, {"run": finished("binary")})
    assert said["finding"] not in words(other)


def test_nothing_is_green_while_something_is_open_or_only_acknowledged(
    shared, finished
):
    y = np.arange(400) % 2
    result = functions.evaluation.results.evaluate_model("binary", y, np.eye(2)[y])

    def shown(level: str, known: bool = False):
        checks = {"data": [check("leak", level)]}
        run = finished("binary", result, checks=checks)
        if known:
            acknowledge(shared.runs, run, "leak")
        layout = evaluate.layout(shared, {"run": run})
        panel = next(p for p in walk(layout) if getattr(p, "id", "") == "verdict")
        return panel.children.className, words(panel)

    colour, said = shown("good")
    assert colour == "verdict-good" and "Much better than guessing" in said
    assert "finds 100 (98 to 100)" in said
    assert shown("warning")[0] == "verdict-fair"
    colour, said = shown("bad")
    assert colour == "verdict-poor" and "Do not rely on this yet" in said
    colour, said = shown("bad", known=True)
    assert colour == "verdict-fair" and "acknowledged" in said


def test_an_address_of_before_the_tabs_shows_the_result(shared, finished):
    for wanted, tab in (("", "result"), ("trust", "trust"), ("<b>", "result")):
        layout = evaluate.layout(shared, {"run": finished("binary"), "tab": wanted})
        (tabs,) = [p for p in walk(layout) if getattr(p, "id", "") == "tab"]
        assert tabs.value == tab


def test_the_check_in_the_address_comes_first_among_all(shared):
    registry = functions.checks.registry.CHECKS
    for code, one in registry.items():
        layout = checks.layout(shared, {"check": code})
        sections = [each for each in ids(layout) if each.startswith("about-")]
        assert sections[0] == f"about-{code}"
        assert set(sections) == {f"about-{each}" for each in registry}
        assert one.measures.replace("*", "") in words(layout)
    assert len(ids(checks.layout(shared, {"check": "<b>"}))) == len(registry)


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted"])
def test_a_run_that_ended_early_says_why_on_both_pages(shared, finished, state):
    early = {"leaderboard": [], "best": None, "message": "This is why."}
    run = shared.runs.content(finished("binary"))
    shared.runs.write(run | early | {"state": state})
    for page in (train, evaluate, score):
        assert "This is why." in words(page.layout(shared, {"run": run["id"]}))


@pytest.mark.parametrize("page", [data, train])
@pytest.mark.parametrize(
    "dataset", ["0123456789abcdef0123", "../x", "sample-none", "/"]
)
def test_a_table_that_is_gone_is_said(shared, page, dataset):
    with pytest.raises(NotFound, match=r"\.$"):
        page.layout(shared, {"dataset": dataset})


@pytest.mark.parametrize("page", [train, evaluate, score])
def test_a_run_that_is_gone_is_said(shared, page):
    with pytest.raises(NotFound, match=r"\.$"):
        page.layout(shared, {"run": "0123456789abcdef0123"})


# ---- Callbacks


@pytest.fixture(scope="module")
def dash_app(shared_server):
    """The Dash app of the server."""
    return next(
        rule.__self__
        for rule in shared_server.view_functions.values()
        if hasattr(rule, "__self__") and hasattr(rule.__self__, "callback_map")
    )


def read(shared, text: str, **changes) -> str:
    """Keep a table as it is read from a file; return its id."""
    table = functions.tables.reading.read_table(
        io.BytesIO(text.encode()), "a.csv", 10**8
    )
    return shared.datasets.add_read(
        replace(table, **changes), "a.csv", files.new_id(), "elsewhere"
    )


def doubtful(n_columns: int) -> str:
    """A file in which something is to be said on every column, and a target by its name."""
    lines = [[*(f"column {i}" for i in range(n_columns)), "price"]]
    lines += [
        ["NA" if k % 5 == 0 else str(k)] * n_columns + [str(k)] for k in range(40)
    ]
    return "\n".join(",".join(line) for line in lines)


@pytest.fixture(scope="module")
def known(shared, finished, dash_app) -> list:
    """The ids of all pages in all states, and of the frame."""
    noted = read(shared, doubtful(12), sheets=("A", "B"), sheet="A")
    acknowledged = finished("binary")
    acknowledge(shared.runs, acknowledged, "leak")
    missing = finished("binary", result_that_misses(), checks={})
    shared.sharing.create("run", missing, "link", "results")
    column = ColumnSchema("x", "number", "decimal", typical=1.0)
    shared.runs.write_result(missing, "schema", TableSchema((column,)))
    layouts = [
        dash_app.layout(),
        evaluate.layout(shared, {"run": acknowledged}),
        evaluate.layout(shared, {"run": missing}),
        compare.layout(shared, {"runs": missing}),
        data.layout(shared, {"dataset": "sample-orders"}),
        data.layout(shared, {"dataset": noted}),
        _strongest(shared, View("sample-iris")),
        _strongest_button(shared, View("sample-iris")),
        # Its target can be classes or a number.
        data.layout(shared, {"dataset": "sample-wine", "target": "magnesium"}),
        reports.layout(shared, {}),
        library.layout(shared, {}),
        share.layout(shared, {"run": missing}),
        *score_layouts(shared, missing),
        share.share_list(shared, "run", missing, "http://localhost"),
        library_list(shared, {"entries": [{"kind": "table", "id": "sample-wine"}]}),
        train.layout(shared, {"dataset": "sample-orders"}),
        train.layout(shared, {"run": finished("binary")}),
        *[evaluate.layout(shared, {"run": finished(task)}) for task in CLASSES],
    ]
    return [each for layout in layouts for each in ids(layout)]


def signature(component_id) -> tuple:
    if isinstance(component_id, str) and component_id.startswith("{"):
        component_id = json.loads(component_id)
    if isinstance(component_id, dict):
        return (component_id.get("kind"), *sorted(component_id))
    return (component_id,)


# Written by the browser, or part of the page for missing items.
ELSEWHERE = {"class-report", "back"}


def test_every_callback_finds_its_components_on_some_page(dash_app, known):
    there = {signature(each) for each in known} | {(each,) for each in ELSEWHERE}
    asked = [
        dependency["id"]
        for callback in dash_app._callback_list
        for dependency in [*callback["inputs"], *callback["state"]]
    ]
    outputs = [
        part.rpartition(".")[0]
        for callback in dash_app._callback_list
        for part in callback["output"].strip(".").split("...")
        if part
    ]
    missing = {
        each for each in [*asked, *outputs] if each and signature(each) not in there
    }
    assert missing == set()


def test_no_callback_is_left_to_whichever_app_comes_first(dash_app):
    assert len(dash_app.callback_map) > 10
    assert _callback.GLOBAL_CALLBACK_LIST == []
    assert _callback.GLOBAL_CALLBACK_MAP == {}


def test_no_id_is_used_twice_on_a_page(shared, finished):
    layouts = [
        data.layout(shared, {"dataset": "sample-orders"}),
        train.layout(shared, {"dataset": "sample-orders"}),
        *[evaluate.layout(shared, {"run": finished(task)}) for task in CLASSES],
    ]
    for layout in layouts:
        found = [json.dumps(each, sort_keys=True) for each in ids(layout)]
        assert len(found) == len(set(found))


def test_what_is_said_on_how_a_file_was_read_is_folded(shared):
    few = data.layout(shared, {"dataset": read(shared, doubtful(3))})
    many = data.layout(shared, {"dataset": read(shared, doubtful(300))})
    assert words(few).count("was taken as missing") == 3
    assert words(many).count("was taken as missing") == 5
    assert "Show 295 more notes" in words(many)
    assert size(many) < 100_000


def test_a_table_of_an_older_version_has_its_notes_and_no_buttons(shared):
    frame = pd.DataFrame({"a": ["x", "y"] * 20, "price": range(40)})
    dataset = shared.datasets.add(frame, "old.csv", ("A note of then.",))
    layout = data.layout(shared, {"dataset": dataset})
    assert "A note of then." in words(layout)
    kinds = [each.get("kind") for each in ids(layout) if isinstance(each, dict)]
    assert not {"offer", "reading", "sheet"} & set(kinds)


@pytest.fixture(scope="module")
def undecided(shared) -> str:
    numbers = [k * 37 % 101 / 2 for k in range(40)]
    frame = pd.DataFrame({"x1": numbers, "x2": numbers, "x3": numbers})
    return shared.datasets.add(frame, "unsure.csv")


def links(layout) -> list[str]:
    return [part.href for part in walk(layout) if getattr(part, "href", None)]


@pytest.mark.parametrize(("page", "path"), [(data, "/"), (train, "/train")])
def test_where_nothing_tells_the_target_it_is_proposed(shared, undecided, page, path):
    layout = page.layout(shared, {"dataset": undecided})
    assert not {"to-train", "train-start"} & set(map(str, ids(layout)))
    assert f"{path}?dataset={undecided}&target=x3" in links(layout)
    assert "It is the last column that can be predicted." in words(layout)
    chosen = page.layout(shared, {"dataset": undecided, "target": "x1"})
    assert {"to-train", "train-start"} & set(map(str, ids(chosen)))


def test_codes_become_categories_by_a_link_and_numbers_again(shared):
    numbers = [k % 7 for k in range(40)]
    frame = pd.DataFrame(
        {"flight number": numbers, "ticket class": numbers, "price": numbers}
    )
    dataset = shared.datasets.add(frame, "flights.csv")
    profile = shared.datasets.get(dataset).profile
    (there,) = links(codes_hint(profile, View(dataset)))
    view = View.of(query_of(there.partition("?")[2]))
    assert view.columns == {0: "category", 1: "category"}
    (back,) = links(codes_hint(profile, view))
    assert View.of(query_of(back.partition("?")[2])) == View(dataset)
    # What a visitor has decided otherwise is left alone.
    decided = View(dataset, columns={0: "number", 1: "out"})
    assert codes_hint(profile, decided) is None


def test_a_column_of_years_orders_the_rows_where_it_is_a_date(shared):
    years = [2000 + k % 20 for k in range(60)]
    frame = pd.DataFrame({"year": years, "x": years, "price": range(60)})
    dataset = shared.datasets.add(frame, "years.csv")

    def offered(**query: str) -> list[str]:
        layout = train.layout(shared, {"dataset": dataset, **query})
        (store,) = [p for p in walk(layout) if getattr(p, "id", "") == "train-options"]
        return store.data["columns"][0]["names"]["time"]

    assert offered() == []
    assert offered(columns="0:date") == ["year"]
