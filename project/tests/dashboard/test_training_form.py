"""The form follows from the options, and the server refuses whatever a browser should not send."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import unquote

import pytest
from dash import Dash
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app import functions
from app.accounts.limits import TooMany
from app.dashboard.pages import evaluate, train
from app.dashboard.state import query_of
from app.dashboard.training_form import register_form
from app.functions.models.options import Choice, Column, OneOf, Whole
from app.functions.models.settings import OPTIONS, TrainingSettings, option
from app.storage.budget import NoRoom
from tests.dashboard.conftest import ids, walk, words

SEARCH = "?dataset=sample-iris"
CONTROLS = {o.key: o.default_for("multiclass") for o in OPTIONS.values()}
NAME_OF = {declared.key: name for name, declared in OPTIONS.items()}


def part_of(layout: Any, component_id: str) -> Any:
    return next(p for p in walk(layout) if getattr(p, "id", None) == component_id)


def form(shared, **query: str) -> Any:
    return train.layout(shared, {"dataset": "sample-iris", **query})


# ---- The form


def test_every_option_has_a_control_with_its_label_help_bounds_and_default(shared):
    layout = form(shared)
    said = words(layout)
    script = part_of(layout, "train-options").data
    assert script["keys"] == [o.key for o in OPTIONS.values()]
    for declared in OPTIONS.values():
        control = part_of(layout, f"train-{declared.key}")
        default = script["defaults"][declared.key]
        assert control.value == default == declared.default_for("multiclass")
        label = getattr(control, "label", None)
        assert label == declared.shown_label or declared.shown_label in said
        if isinstance(declared, Whole):
            bounds = (control.min, control.max)
            assert bounds == (declared.minimum, declared.maximum)
            assert control.description == declared.help


def test_the_script_knows_what_depends_on_what(shared):
    script = part_of(form(shared), "train-options").data
    assert script["dependents"] == [
        {"split": ("time", "group")},
        {"split": ("time",)},
        {"search": ("halving", "random")},
        {"weighting": ("column",)},
        {"rare": ("leave_out", "join")},
    ]
    lists, weights = script["columns"]
    names = [c.name for c in shared.datasets.get("sample-iris").profile.columns]
    assert lists == {"on": "split", "names": {"time": [], "group": names}}
    numbers = [name for name in names if name != "species"]
    assert weights == {"on": "weighting", "names": {"column": numbers}}
    split = next(each for each in script["choices"] if each["key"] == "split")
    assert all(sentence.endswith(".") for sentence in split["says"].values())


def test_a_link_fills_the_form(shared):
    address = {
        "models": "svm.linear",
        "scoring": "accuracy",
        "folds": "3",
        "holdout": "30",
        "seed": "12",
        "split": "group",
        "by": "species",
        "search": "halving",
        "seconds": "120",
        "rows": "petal length (cm)*from*1*6.no column*is*1",
        "duplicates": "leave_out",
        "weighting": "column",
        "weigh": "petal width (cm)",
        "rare": "join",
        "fewest": "9",
    }
    layout = form(shared, **address)
    held = {key: part_of(layout, f"train-{key}").value for key in address}
    assert held == {
        "models": ["linear", "svm"],
        "scoring": "accuracy",
        "folds": 3,
        "holdout": 30,
        "seed": 12,
        "split": "group",
        "by": "species",
        "search": "halving",
        "seconds": 120,
        "rows": ["petal length (cm)*from*1*6"],
        "duplicates": "leave_out",
        "weighting": "column",
        "weigh": "petal width (cm)",
        "rare": "join",
        "fewest": 9,
    }


def test_numbers_may_be_said_to_rise_or_fall_by_a_link(shared):
    address = {
        "dataset": "sample-diabetes",
        "rises": "body mass index.no column",
        "falls": "s%2E1",
    }
    layout = train.layout(shared, address)
    rises, falls = (part_of(layout, f"train-{key}") for key in ("rises", "falls"))
    assert (rises.value, falls.value) == (["body%20mass%20index"], [])
    profile = shared.datasets.get("sample-diabetes").profile
    names = {c.name for c in profile.columns if c.role == "number"}
    offered = {unquote(each["value"]) for each in rises.data}
    assert offered and offered < names and profile.suggested_target not in offered


@pytest.mark.parametrize(
    "dataset, calibrated, directed",
    [("breast-cancer", True, True), ("iris", True, False), ("diabetes", False, True)],
)
def test_what_a_task_cannot_have_is_not_shown(shared, dataset, calibrated, directed):
    layout = train.layout(shared, {"dataset": f"sample-{dataset}"})
    hidden = [p for p in walk(layout) if getattr(p, "hidden", False)]
    unseen = {each for part in hidden for each in ids(part)}
    assert ("train-calibration" not in unseen) == calibrated
    assert ("train-rises" not in unseen) == directed
    assert ("train-falls" not in unseen) == directed


def test_the_baseline_is_no_choice(shared):
    boxes = part_of(form(shared), "train-models").children.children
    keys = {box.value for box in boxes}
    assert keys == set(functions.models.catalogue.MODELS) - {"dummy"}


# ---- An option that is added


@dataclass(frozen=True)
class Extended(TrainingSettings):
    """Settings with an option of each kind that may come."""

    gap: int = option(
        Whole(
            key="gap",
            label="Gap before the holdout",
            help="Rows between training and holdout.",
            section="Evaluation",
            default=0,
            minimum=0,
            maximum=30,
        )
    )
    balance: str = option(
        OneOf(
            key="balance",
            label="Class weights",
            section="Fairness",
            default="none",
            choices=lambda task: (
                Choice("none", "None"),
                Choice("equal", "Equal", "All classes count the same."),
            ),
        )
    )
    weights: str | None = option(
        Column(key="weights", label="Column of weights", section="Fairness")
    )


@pytest.fixture
def extended(monkeypatch):
    """The product with more options, each declared once."""
    module = functions.models.settings
    monkeypatch.setattr(module, "TrainingSettings", Extended)
    monkeypatch.setattr(module, "OPTIONS", module.options_of(Extended))


def test_an_option_that_is_declared_is_in_the_form_the_address_and_the_check(
    shared, extended, monkeypatch
):
    asked = []
    monkeypatch.setattr(
        shared.jobs, "start", lambda kind, **job: asked.append(job) or "run"
    )
    layout = form(shared, gap="7", balance="equal", weights="sepal length (cm)")
    control = part_of(layout, "train-gap")
    assert (control.label, control.value) == ("Gap before the holdout", 7)
    assert (control.min, control.max) == (0, 30)
    assert part_of(layout, "train-balance").value == "equal"
    assert "Fairness" in words(layout)
    columns = part_of(layout, "train-weights").data
    assert "sepal length (cm)" in columns
    assert not part_of(layout, "train-weights-box").hidden
    script = part_of(layout, "train-options").data
    assert script["defaults"]["gap"] == 0 and "gap" in script["keys"]

    app = Dash(__name__)
    register_form(app, shared)
    remembered = app._callback_list[-2]["inputs"]
    assert {"id": "train-gap", "property": "value"} in remembered
    start = app.callback_map[app._callback_list[-1]["output"]]["callback"].__wrapped__
    keys = [o.key for o in functions.models.settings.OPTIONS.values()]
    held = CONTROLS | {"gap": 7, "balance": "equal", "weights": None}
    start(1, SEARCH, *[held[key] for key in keys])
    assert (
        asked[0]["settings"]["gap"] == 7 and asked[0]["settings"]["balance"] == "equal"
    )
    held["gap"] = 31
    _, problem = start(1, SEARCH, *[held[key] for key in keys])
    assert "'Gap before the holdout' must be a whole number from 0 to 30." in words(
        problem
    )


# ---- What the browser sends


@pytest.fixture
def asked(shared, monkeypatch) -> list:
    """The trainings that were asked for, none of which is started."""
    asked = []

    def ask(kind, **job):
        assert kind == "training"
        asked.append(job)
        return "0123456789abcdef0123"

    monkeypatch.setattr(shared.jobs, "start", ask)
    return asked


@pytest.fixture
def press(shared_server):
    """Press 'Train' through HTTP: ``press(folds=3)``; return the status and what was answered."""
    client = shared_server.test_client()
    callback = next(
        each
        for each in client.get("/_dash-dependencies").get_json()
        if any(i["id"] == "train-start" for i in each["inputs"])
    )
    outputs = [
        dict(zip(("id", "property"), part.rsplit(".", 1)))
        for part in callback["output"].strip(".").split("...")
    ]

    def send(**changes: Any) -> tuple[int, str]:
        held = CONTROLS | changes
        values = {f"train-{key}": value for key, value in held.items()}
        values["url"] = SEARCH
        body = {
            "output": callback["output"],
            "outputs": outputs,
            "inputs": [{"id": "train-start", "property": "n_clicks", "value": 1}],
            "state": [
                {**dependency, "value": values[dependency["id"]]}
                for dependency in callback["state"]
            ],
            "changedPropIds": ["train-start.n_clicks"],
        }
        answer = client.post(
            "/_dash-update-component",
            data=json.dumps(body),
            content_type="application/json",
        )
        return answer.status_code, answer.get_data(as_text=True)

    return send


def test_a_form_as_it_is_opened_is_trained(press, asked):
    status, answer = press()
    assert status == 200 and "?run=0123456789abcdef0123" in answer
    assert asked[0]["dataset"]["id"] == "sample-iris"
    assert TrainingSettings.from_dict(asked[0]["settings"]).n_splits == 5


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"models": ["linear", "linear"]}, "'Models' has Linear model twice"),
        ({"models": "linear"}, "'Models' must be a list"),
        ({"models": [["linear"]]}, "'Models' has no choice"),
        ({"models": ["\ud800"]}, "'Models' has no choice '?'"),
        ({"scoring": {"key": "f1"}}, "'Scoring metric' must be one of"),
        ({"folds": "7"}, "'Folds' must be a whole number from 2 to 20."),
        ({"folds": None}, "'Folds' is empty: type a number."),
        ({"holdout": float("nan")}, "'Held out, %' must be a number from 5 to 50."),
        ({"seed": -1}, "'Random seed' must be a whole number from 0"),
        ({"seed": 1.5}, "'Random seed' must be a whole number from 0"),
        ({"seed": True}, "'Random seed' must be a whole number from 0"),
        ({"split": "luck"}, "'Split of the rows' must be one of"),
        ({"split": "group", "by": "\ud800"}, "names '?', which the table does not"),
        ({"search": ["none"]}, "'Hyperparameter search' must be one of"),
        ({"seconds": 1e12}, "'Time for the search' must be a whole number from 5"),
        ({"rows": "petal"}, "'Filters' must be a list of filters."),
        ({"rows": [{"column": "species"}]}, "'Filters' has a filter that is no text"),
        ({"rows": ["species*is"]}, "'Filters' has no value for 'species'"),
        ({"rows": ["team*is*1"]}, "'Filters' names 'team', which the table does not"),
        ({"rows": ["species*is*\ud800"]}, "This cannot be trai"),
        ({"positive": ["setosa"]}, "'Positive class' must be the name of a class."),
        ({"rare": None}, "'Rare classes' must be one of these: Leave out, Join"),
        ({"weighting": "column", "weigh": "species"}, "is the target, so it cannot"),
    ],
)
def test_what_a_browser_should_not_send_is_refused(press, asked, changes, sentence):
    status, answer = press(**changes)
    assert status == 200 and sentence in answer
    assert asked == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize("declared", OPTIONS.values(), ids=OPTIONS)
@settings(
    max_examples=25,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(value=JSON)
def test_whatever_a_browser_sends_is_trained_within_bounds_or_refused(
    press, asked, declared, value
):
    asked.clear()
    matters = {"split": "group", "by": "species", "search": "random"}
    status, answer = press(**matters | {declared.key: value})
    assert status == 200
    if asked:
        settings = TrainingSettings.from_dict(asked[0]["settings"])
        declared.check_setting(getattr(settings, NAME_OF[declared.key]), "multiclass")
    else:
        assert f"'{declared.label}'" in answer and "Traceback" not in answer


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (TooMany("You have 3 runs. Come back later.", 60), "You have 3 runs. Come"),
        (NoRoom("The disk is full."), "The disk is full."),
        (OSError(28, "No space left on device"), "its files: No space left on device"),
        (OSError(30, "Read-only file system"), "its files: Read-only file system"),
    ],
)
def test_what_cannot_be_started_now_is_said_below_the_button(
    press, shared, monkeypatch, error, sentence
):
    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(shared.jobs, "start", refuse)
    status, answer = press()
    assert status == 200
    shown = json.loads(answer)["response"]
    assert sentence in str(shown["train-problem"]) and "go" not in shown


def test_no_control_is_left_without_an_option(shared):
    editor = "chosen column editor keep values values-box range-box from to missing add"
    parts = ("says", "box", "problem", *editor.split())
    fixed = {"train-start", "train-problem", "train-options", "train-form"}
    fixed |= {"train-count", "train-built", "train-subject", "train-advanced"}
    fixed |= {"train-changes", "train-effort", "train-efforts", "train-expected"}
    known = {
        f"train-{o.key}{part}"
        for o in OPTIONS.values()
        for part in ("", *(f"-{part}" for part in parts))
    }
    found = {each for each in ids(form(shared)) if str(each).startswith("train-")}
    assert found <= known | fixed


# ---- Change and train again


def test_a_training_is_changed_from_its_run_and_what_is_different_is_said(
    shared, finished
):
    settings = TrainingSettings.from_controls(
        "species",
        "multiclass",
        {"petal length (cm)": "number", "petal width (cm)": "number"},
        {"folds": 7},
    )
    run = finished("multiclass", settings=asdict(settings))
    progress = train.layout(shared, {"run": run})
    (link,) = [
        part.href
        for part in walk(progress)
        if "from=" in str(getattr(part, "href", ""))
    ]
    query = query_of(link.partition("?")[2])
    same = part_of(train.layout(shared, query), "train-changes")
    assert "nothing is changed" in words(same)
    query |= {"folds": "10", "columns": "0:out.1:out.2:out"}
    said = words(part_of(train.layout(shared, query), "train-changes"))
    assert "without column 'petal length (cm)'; 7 → 10 folds" in said
    # A run that is gone is compared with nothing.
    gone = train.layout(shared, query | {"from": "0123456789abcdef0123"})
    assert not part_of(gone, "train-changes").children


def test_a_cancelled_run_opens_what_was_finished_and_says_what_was_not(
    shared, finished
):
    fields = {"state": "cancelled", "message": "It was cancelled.", "checks": {}}
    run = finished("binary", best=None, **fields)
    assert "Open what was finished" in words(train.layout(shared, {"run": run}))
    shown = words(evaluate.layout(shared, {"run": run}))
    assert "Linear model" in shown and "nor the models were checked" in shown
    assert "No check found a problem" not in shown
    # The baseline alone is nothing to look at.
    rows = shared.runs.content(run)["leaderboard"][:1]
    alone = finished("binary", best=None, leaderboard=rows, **fields)
    assert "Open what was" not in words(train.layout(shared, {"run": alone}))
    assert "no results yet" in words(evaluate.layout(shared, {"run": alone}))
