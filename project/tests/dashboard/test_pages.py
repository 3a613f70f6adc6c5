"""Every page can be built for every table and run, and callbacks find their components."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from dash import _callback
from plotly.utils import PlotlyJSONEncoder

from app import functions
from app.dashboard.column_table import column_table
from app.dashboard.pages import checks, data, evaluate, reports, train
from app.dashboard.state import View, choose
from app.storage import NotFound
from app.storage.acknowledgements import acknowledge
from tests.dashboard.conftest import CLASSES, check, fields_of, ids, walk, words

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
    for page in (train, evaluate):
        assert "This is why." in words(page.layout(shared, {"run": run["id"]}))


@pytest.mark.parametrize("page", [data, train])
@pytest.mark.parametrize(
    "dataset", ["0123456789abcdef0123", "../x", "sample-none", "/"]
)
def test_a_table_that_is_gone_is_said(shared, page, dataset):
    with pytest.raises(NotFound, match=r"\.$"):
        page.layout(shared, {"dataset": dataset})


@pytest.mark.parametrize("page", [train, evaluate])
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


@pytest.fixture(scope="module")
def known(shared, finished, dash_app) -> list:
    """The ids of all pages in all states, and of the frame."""
    profile = shared.datasets.get("sample-orders").profile
    acknowledged = finished("binary")
    acknowledge(shared.runs, acknowledged, "leak")
    layouts = [
        dash_app.layout(),
        evaluate.layout(shared, {"run": acknowledged}),
        data.layout(shared, {"dataset": "sample-orders"}),
        # Filled in later, by a callback.
        column_table(profile, choose(View(dataset="sample-orders"), profile)),
        # Its target can be classes or a number.
        data.layout(shared, {"dataset": "sample-wine", "target": "magnesium"}),
        reports.layout(shared, {}),
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
