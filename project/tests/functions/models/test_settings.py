"""Each option is declared once, and whatever is put into it is either usable or refused with a sentence."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import FrozenInstanceError, asdict, dataclass, replace
from pathlib import Path

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app import functions
from app.functions.models.options import (
    Column,
    Columns,
    OneOf,
    SeveralOf,
    Share,
    TargetClass,
    Whole,
)
from app.functions.models.row_filters import RowFilter, RowFilters
from app.functions.models.settings import (
    OPTIONS,
    TrainingSettings,
    check_settings,
    option,
)
from app.functions.tables.tasks import TASKS

STORED = Path(__file__).resolve().parents[2] / "stored/first_schema"
COLUMNS = ["age", "city", "day", "shop", "bought", "price"]
SUBJECT = {"target": "bought", "task": "binary", "roles": {"age": "number"}}
SETTINGS = TrainingSettings(**SUBJECT, models=("linear",), scoring="roc_auc")

# What JSON can hold, and what Python reads from it besides.
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(
        ["7", "", "linear", "random", "time", "roc_auc", "age", "__class__"]
    ),
    lambda inner: st.lists(inner, max_size=4)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
BY_NAME = pytest.mark.parametrize("name", OPTIONS)


def controls(**changes) -> dict:
    """What the controls of the form hold when the page is opened, and what differs from that."""
    return {o.key: o.default_for("binary") for o in OPTIONS.values()} | changes


def settings_from(**changes) -> TrainingSettings:
    settings = TrainingSettings.from_controls(**SUBJECT, values=controls(**changes))
    check_settings(settings, COLUMNS)
    return settings


def is_usable(declared, setting, task: str) -> bool:
    """Whether a setting is of the right type and within the bounds of its option."""
    if isinstance(declared, Share):
        bounds = declared.minimum / 100 <= setting <= declared.maximum / 100
        return isinstance(setting, (int, float)) and bounds
    if isinstance(declared, Whole):
        return type(setting) is int and declared.minimum <= setting <= declared.maximum
    if isinstance(declared, (Column, TargetClass)):
        return setting is None or isinstance(setting, str)
    if isinstance(declared, RowFilters):
        of_filters = all(isinstance(each, RowFilter) for each in setting)
        return isinstance(setting, tuple) and of_filters
    if isinstance(declared, Columns):
        known = all(isinstance(name, str) for name in setting)
        return (
            isinstance(setting, tuple) and known and len(set(setting)) == len(setting)
        )
    keys = [choice.key for choice in declared.choices(task)]
    if isinstance(declared, OneOf):
        return setting in keys
    distinct = len(set(setting)) == len(setting) > 0
    return isinstance(setting, tuple) and distinct and set(setting) <= set(keys)


# ---- One declaration


def test_an_option_has_a_key_of_its_own_a_label_and_a_default_that_it_accepts():
    assert len({o.key for o in OPTIONS.values()}) == len(OPTIONS)
    for declared in OPTIONS.values():
        assert declared.label and declared.section
        for task in TASKS:
            declared.check(declared.default_for(task), task)


@pytest.mark.parametrize("task", TASKS)
def test_an_untouched_form_has_the_defaults_of_the_settings(task):
    subject = SUBJECT | {"task": task}
    touched = TrainingSettings.from_controls(**subject, values={})
    explicit = {"models": touched.models, "scoring": touched.scoring}
    assert touched == TrainingSettings(**subject, **explicit)
    assert touched.scoring == functions.evaluation.scoring.DEFAULT_METRIC[task]
    assert touched.models == functions.models.catalogue.preset_models("quick")


def test_the_addresses_that_were_shared_keep_their_meaning():
    address = {
        "models": "linear.svm",
        "scoring": "f1",
        "folds": "3",
        "holdout": "25",
        "seed": "7",
        "split": "group",
        "by": "shop",
        "search": "random",
        "seconds": "90",
        "rows": "age*from*18*65.city*not-or-missing*Bern*St_d Gallen",
        "duplicates": "leave_out",
        "weighting": "column",
        "weigh": "price",
        "rare": "join",
        "fewest": "12",
        "positive": "no",
        "calibration": "isotonic",
        "rises": "age",
        "falls": "price.Age%2C%20%2E5",
    }
    declared = {o.key: o for o in OPTIONS.values()}
    held = {key: declared[key].from_address(address[key], "binary") for key in address}
    roles = dict.fromkeys(["age", "price", "Age, .5"], "number")
    subject = SUBJECT | {"roles": roles}
    settings = TrainingSettings.from_controls(**subject, values=held)
    check_settings(settings, [*COLUMNS, "Age, .5"])
    assert settings == TrainingSettings(
        **subject,
        models=("linear", "svm"),
        scoring="f1",
        n_splits=3,
        test_size=0.25,
        random_state=7,
        split="group",
        split_by="shop",
        search="random",
        search_seconds=90,
        row_filters=(
            RowFilter("age", minimum="18", maximum="65"),
            RowFilter("city", ("Bern", "St. Gallen"), leave_out=True, missing=True),
        ),
        duplicates="leave_out",
        weighting="column",
        weight_column="price",
        rare_classes="join",
        fewest_rows=12,
        positive="no",
        calibration="isotonic",
        rises_with=("age",),
        falls_with=("price", "Age, .5"),
    )


@BY_NAME
@given(text=st.text(max_size=30) | st.integers().map(str))
@example(text="9" * 5000)
@example(text="²")
def test_whatever_stands_in_the_address_the_form_holds_what_it_may(name, text):
    declared = OPTIONS[name]
    for task in TASKS:
        declared.check(declared.from_address(text, task), task)


@dataclass(frozen=True)
class WithRounds(TrainingSettings):
    """Settings with one more option."""

    rounds: int = option(
        Whole(
            key="rounds",
            label="Rounds",
            section="Evaluation",
            default=0,
            minimum=0,
            maximum=30,
        )
    )


def test_an_option_that_is_declared_is_read_checked_and_stored():
    stored = orjson.loads(orjson.dumps(asdict(SETTINGS)))
    assert WithRounds.from_dict(stored).rounds == 0
    assert WithRounds.from_dict(stored | {"rounds": 3}).rounds == 3
    held = WithRounds.from_controls(**SUBJECT, values=controls(rounds=5))
    assert held.rounds == 5 and asdict(held)["rounds"] == 5
    sentence = "'Rounds' must be a whole number from 0 to 30."
    for wrong in (31, -1, 0.5, "5", [5]):
        with pytest.raises(ValueError, match=sentence):
            WithRounds.from_controls(**SUBJECT, values=controls(rounds=wrong))
        with pytest.raises(ValueError, match=sentence):
            check_settings(replace(held, rounds=wrong), COLUMNS)
    # A version without the option ignores it.
    assert TrainingSettings.from_dict(asdict(held)) == TrainingSettings.from_dict(
        asdict(held) | {"rounds": "nonsense"}
    )


def test_the_options_are_known_before_scikit_learn_is_loaded():
    code = (
        "import sys; from app import functions; assert functions.models.settings.OPTIONS; "
        "sys.exit(bool({'sklearn', 'pandas', 'numpy'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


# ---- Records


def test_settings_survive_json_and_cannot_be_changed():
    filters = (RowFilter("age", minimum="18"), RowFilter("city", ("Bern",)))
    full = replace(
        SETTINGS,
        split="time",
        split_by="day",
        test_size=0.07,
        row_filters=filters,
        positive="no",
        rises_with=("age", "a.b"),
    )
    record = orjson.loads(orjson.dumps(asdict(full)))
    assert TrainingSettings.from_dict(record) == full
    with pytest.raises(FrozenInstanceError):
        full.n_splits = 3


def test_the_record_of_another_version_is_read():
    of_before = SUBJECT | {"models": ["linear"], "scoring": "f1", "n_splits": 3}
    settings = TrainingSettings.from_dict(of_before)
    assert settings == replace(SETTINGS, scoring="f1", n_splits=3)
    of_later = TrainingSettings.from_dict(of_before | {"gap": 3, "weights": ["a"]})
    assert of_later == settings
    least = TrainingSettings.from_dict(SUBJECT)
    assert (least.scoring, least.n_splits) == ("roc_auc", 5)


@pytest.mark.parametrize(
    "path", sorted(STORED.glob("runs/*/run.json")), ids=lambda path: path.parent.name
)
def test_the_runs_of_an_earlier_version_are_read(path):
    run = orjson.loads(path.read_bytes())
    if run["kind"] != "training":
        assert "settings" not in run
        return
    settings = TrainingSettings.from_dict(run["settings"])
    assert settings.n_splits == run["settings"]["n_splits"]
    assert (settings.split, settings.search, settings.random_state) == (
        "random",
        "none",
        0,
    )


@BY_NAME
@given(value=JSON)
def test_whatever_a_record_holds_it_is_usable_or_refused_by_label(name, value):
    declared = OPTIONS[name]
    record = asdict(SETTINGS) | {name: value}
    try:
        settings = TrainingSettings.from_dict(record)
        check_settings(settings, ["age", "bought"])
    except ValueError as refusal:
        # A split by time is refused for want of a column.
        labels = [declared.label, OPTIONS["split_by"].label]
        assert any(f"'{label}'" in str(refusal) for label in labels)
        assert str(refusal).endswith(".")
    else:
        assert is_usable(declared, getattr(settings, name), "binary")


@given(
    name=st.sampled_from(["target", "task", "roles"]),
    value=JSON.filter(lambda value: not isinstance(value, str)),
)
def test_a_record_without_a_subject_is_refused(name, value):
    if name == "roles" and isinstance(value, dict):
        value = {"age": value}
        if isinstance(value["age"], str):
            return
    with pytest.raises(ValueError, match=r"\.$"):
        TrainingSettings.from_dict(asdict(SETTINGS) | {name: value})


# ---- What the browser sends


@BY_NAME
@given(value=JSON)
def test_whatever_the_browser_sends_it_is_usable_or_refused_by_label(name, value):
    declared = OPTIONS[name]
    # So that every option matters.
    others = {"split": "group", "by": "shop", "search": "random"}
    try:
        settings = settings_from(**others | {declared.key: value})
    except ValueError as refusal:
        assert f"'{declared.label}'" in str(refusal) and str(refusal).endswith(".")
    else:
        assert is_usable(declared, getattr(settings, name), "binary")


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"models": []}, "'Models' is empty: choose at least one."),
        ({"models": "linear"}, "'Models' must be a list of choices."),
        ({"models": ["oracle"]}, "'Models' has no choice 'oracle'. Choose from"),
        ({"models": ["\ud800"]}, "'Models' has no choice '?'."),
        (
            {"models": ["svm", "linear", "svm"]},
            "'Models' has Support vector machine twice: choose it once.",
        ),
        ({"scoring": "r2"}, "'Scoring metric' must be one of these: ROC AUC, "),
        ({"folds": 1}, "'Folds' must be a whole number from 2 to 20."),
        ({"folds": 21}, "'Folds' must be a whole number from 2 to 20."),
        ({"folds": ""}, "'Folds' is empty: type a number."),
        ({"folds": True}, "'Folds' must be a whole number from 2 to 20."),
        ({"holdout": 4.9}, "'Held out, %' must be a number from 5 to 50."),
        ({"holdout": float("nan")}, "'Held out, %' must be a number from 5 to 50."),
        ({"holdout": 10**400}, "'Held out, %' must be a number from 5 to 50."),
        ({"seed": -1}, "'Random seed' must be a whole number from 0 to 2,147,483,647."),
        ({"seed": 0.5}, "'Random seed' must be a whole number"),
        ({"split": "luck"}, "'Split of the rows' must be one of these: At random, "),
        ({"split": "time"}, "'Column to order or group by' is empty"),
        ({"split": "time", "by": "team"}, "group by' names 'team', which the table"),
        ({"by": ["age"]}, "'Column to order or group by' must be the name"),
        ({"search": "prayer"}, "'Hyperparameter search' must be one of these: "),
        ({"seconds": 1e12}, "'Time for the search' must be a whole number from 5 to"),
        ({"seconds": 4}, "'Time for the search' must be a whole number from 5 to 3,6"),
        ({"rows": "age*from*1*"}, "'Filters' must be a list of filters."),
        ({"rows": ["age"]}, "'Filters' has a filter that makes no sense"),
        ({"rows": ["age*from*9*1"]}, "a range for 'age' that ends before it begins"),
        ({"rows": ["age*is*1", "age*is*1"]}, "'Filters' has the same filter twice"),
        ({"rows": ["team*is*1"]}, "'Filters' names 'team', which the table does not"),
        ({"rows": ["age*is*\ud800"]}, "'Filters' has a filter that is no text"),
        ({"positive": "\ud800"}, "'Positive class' must be the name of a class."),
        ({"weighting": "column"}, "'Column of weights' is empty: choose a column."),
        ({"rare": "forget"}, "'Rare classes' must be one of these: Leave out, Join"),
        ({"fewest": -1}, "'Fewest rows of a class' must be a whole number from 0 to"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_sentence(changes, sentence):
    with pytest.raises(ValueError) as refusal:
        settings_from(**changes)
    assert sentence in str(refusal.value) and str(refusal.value).endswith(".")


def test_an_option_that_does_not_matter_keeps_its_default():
    assert settings_from(by="shop").split_by is None
    assert settings_from(seconds="").search_seconds == 60
    assert settings_from(split="group", by="shop").split_by == "shop"


def test_the_baseline_may_be_trained_alone_but_is_not_offered():
    assert settings_from(models=["dummy"]).models == ("dummy",)
    offered = OPTIONS["models"].offered("binary")
    assert "dummy" not in [choice.key for choice in offered]
    assert OPTIONS["models"].from_address("dummy.svm", "binary") == ["svm"]


def test_bounds_belong_to_what_may_be_chosen():
    least = settings_from(folds=2, holdout=5, seed=0, search="random", seconds=5)
    most = settings_from(
        folds=20, holdout=50, seed=2**31 - 1, search="random", seconds=3600
    )
    assert (least.n_splits, least.test_size, least.search_seconds) == (2, 0.05, 5)
    assert (most.n_splits, most.test_size, most.search_seconds) == (20, 0.5, 3600)


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"target": "sold"}, "no column 'sold'"),
        ({"roles": {"size of shoe": "number"}}, "no column 'size of shoe'"),
        ({"roles": {}}, "No column is left to learn from"),
        ({"task": "clustering"}, "must be one of these: binary, multiclass"),
        ({"models": ("oracle",)}, "'Models' has no choice 'oracle'"),
        ({"n_splits": 21}, "'Folds' must be"),
        ({"test_size": float("nan")}, "'Held out, %' must be"),
        ({"split": "group", "split_by": "team"}, "names 'team'"),
    ],
)
def test_settings_that_no_form_made_are_refused_as_well(changes, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        check_settings(replace(SETTINGS, **changes), COLUMNS)
    assert str(refusal.value).endswith(".")


def test_every_kind_of_option_is_in_use():
    used = {type(declared) for declared in OPTIONS.values()}
    assert used == {
        Whole,
        Share,
        OneOf,
        SeveralOf,
        Column,
        Columns,
        RowFilters,
        TargetClass,
    }
