"""The table of columns, the leaderboard, the checks and the shared components."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import pandas as pd
import pytest
from dash import html
from hypothesis import given
from hypothesis import strategies as st

from app import functions
from app.dashboard import column_table
from app.dashboard.leaderboard import COLUMNS, leaderboard, leaderboard_caption
from app.dashboard.score_axis import axis_of, interval_cell
from app.dashboard.trust import trust
from app.functions.evaluation.results import LeaderboardRow
from app.functions.evaluation.scoring import METRICS
from app.functions.evaluation.summary import TrainingSummary
from app.functions.tables.remarks import Offer
from app.storage import records
from app.storage.acknowledgements import Acknowledgement
from app.storage.runs import Run, TrainingRun
from app.ui import components
from tests.dashboard.conftest import check, fields_of, ids, walk, words

ODD = ['<script>alert("x")</script>', "a & b", "it's", "😀", "long " * 60, "."]


@pytest.fixture(scope="module")
def profile():
    frame = pd.DataFrame({name: range(40) for name in ODD})
    frame["kind"] = ["x", "y"] * 20
    frame["empty"] = None
    return functions.tables.profiling.profile_table(frame)


def rows_of(component) -> list[html.Tr]:
    rows = [part for part in walk(component) if isinstance(part, html.Tr)]
    return rows[1:]


@pytest.fixture
def listed(profile) -> dict:
    """What the browser lists of `profile`, as it comes out of JSON."""
    offers = (("kind", Offer("Read otherwise", {}, "No cell would be lost.")),)
    dataset = SimpleNamespace(id="x", profile=profile, offers=offers)
    return json.loads(json.dumps(column_table.column_list(dataset)))


def test_every_column_is_listed_with_its_whole_name_and_its_offers(listed, profile):
    names = [column["name"] for column in listed["columns"]]
    assert names == [column.name for column in profile.columns]
    kind = listed["columns"][names.index("kind")]
    assert kind["offers"] == [[0, "Read otherwise. No cell would be lost."]]
    assert kind["values"] == "x (50 %), y (50 %)"
    assert kind["role"] in kind["roles"] and "identifier" in kind["roles"]


def test_a_column_without_values_has_no_bars_and_can_have_one_role_only(listed):
    empty = listed["columns"][-1]
    assert (empty["name"], empty["bars"], empty["roles"]) == ("empty", [], ["constant"])
    assert empty["missingText"] == "40 (100 %)"
    assert empty["role"] not in listed["usable"] and "constant" in listed["labels"]


def test_the_highest_bar_is_as_high_as_the_drawing(listed):
    drawn = [column for column in listed["columns"] if column["bars"]]
    assert [column["name"] for column in drawn] == ["kind"]
    for column in drawn:
        assert max(column["bars"]) == 30 and column["barsLabel"]


def training_of(task: str = "binary", **changes) -> TrainingRun:
    content = {"id": "run", "created": 0.0, **fields_of(task), **changes}
    as_settings = functions.models.settings.TrainingSettings.from_dict
    return TrainingRun(
        records.read(Run, content),
        as_settings(content["settings"]),
        records.read(TrainingSummary, content),
    )


def labels(board) -> list[str]:
    return [getattr(row, "data-label") for row in rows_of(board)]


def test_the_best_score_comes_first_and_what_failed_last():
    board = leaderboard(training_of())
    assert labels(board) == ["Linear model", "Baseline", "Support vector machine"]
    assert "It cannot be trained." in words(board)


def test_where_less_is_better_the_lowest_score_comes_first():
    settings = fields_of("regression")["settings"] | {"scoring": "mae"}
    training = training_of("regression", settings=settings)
    assert labels(leaderboard(training))[:2] == ["Baseline", "Linear model"]
    assert "lower is better" in words(html.P(leaderboard_caption(training)))


def test_models_with_exactly_the_best_score_are_as_good_as_each_other_and_none_is_best():
    rows = fields_of("binary")["leaderboard"]
    assert "best" in words(leaderboard(training_of(leaderboard=rows)))
    tie = rows[1] | {"model": "k_neighbors", "label": "Nearest neighbours"}
    shown = words(leaderboard(training_of(leaderboard=[*rows, tie])))
    assert "as good as Nearest neighbours" in shown
    assert "as good as Linear model" in shown
    assert "best" not in shown


def test_a_score_without_an_interval_says_why():
    rows = fields_of("binary")["leaderboard"]
    none = {"holdout_low": math.nan, "holdout_high": math.nan, "no_interval": "Few."}
    training = training_of(leaderboard=[rows[0], rows[1] | none])
    assert "0.750 (no interval)" in words(leaderboard(training))
    assert leaderboard_caption(training)[-1].endswith(" Few.")


def test_a_score_that_is_not_defined_is_a_dash_and_comes_after_the_others():
    rows = fields_of("binary")["leaderboard"]
    for row, score in zip(rows, (math.nan, None, None)):
        row["cv_mean"] = score
    assert "– ±" in words(leaderboard(training_of(leaderboard=rows)))


def test_the_model_that_is_shown_is_marked():
    board = leaderboard(training_of(), "dummy", sortable=True)
    marked = [row for row in rows_of(board) if "chosen" in row.className.split()]
    assert labels([html.Tr(), *marked]) == ["Baseline"]
    assert "shown" in words(marked)
    parts = [part for part in ids(board) if isinstance(part, dict)]
    heads = {part["column"] for part in parts if "column" in part}
    assert heads == {key for key, *_ in COLUMNS}
    # What could not be trained cannot be chosen.
    models = {part["model"] for part in parts if part["kind"] == "choose-model"}
    assert models == {"linear", "dummy"}


def test_the_caption_says_folds_and_rows():
    parts = leaderboard_caption(training_of())
    caption = "".join(p if isinstance(p, str) else p.children.children for p in parts)
    assert "5 folds of the 240 training rows" in caption
    assert "60 rows that no model had seen" in caption


def test_problems_come_before_cautions_and_what_passed_is_folded():
    section = trust(training_of().summary, "linear")
    shown = [each for each in map(str, ids(section)) if each.startswith("check-")]
    assert shown == ["check-leak", "check-gap", "check-rows"]
    assert "Not yet: 1 problem to solve first." in words(section)
    assert "1 check passed" in words(section)
    assert "Advice on leak." in words(section)


@pytest.mark.parametrize(
    ("level", "verdict"),
    [("warning", "With care: 1 thing"), ("good", "No check found a problem.")],
)
def test_the_verdict_follows_the_worst_check(level, verdict):
    checks = {"data": [check("one", level)], "models": {}}
    section = trust(training_of(checks=checks).summary, "linear")
    assert verdict in words(section)


def test_what_is_known_is_no_longer_open_and_never_fine():
    known = {"leak": Acknowledgement("We know it beforehand.", 1_700_000_000.0)}
    section = trust(training_of().summary, "linear", known)
    said = words(section)
    assert "With care: 1 thing to know before you use it; 1 acknowledged." in said
    assert "Problem: Title of leak" in said
    assert "Acknowledged on 2023-11-14: “We know it beforehand.”" in said
    shown = [each for each in map(str, ids(section)) if each.startswith("check-")]
    assert shown == ["check-gap", "check-leak", "check-rows"]
    known["gap-linear"] = Acknowledgement()
    said = words(trust(training_of().summary, "linear", known))
    assert "With care: 2 findings were acknowledged, and no other is open." in said


def test_what_is_known_of_one_model_is_open_for_another():
    checks = {"data": [], "models": {key: [check("gap", "bad")] for key in "ab"}}
    summary = training_of(checks=checks).summary
    known = {"gap-a": Acknowledgement()}
    assert "acknowledged" in words(trust(summary, "a", known))
    assert "Not yet: 1 problem to solve first." in words(trust(summary, "b", known))


def test_what_passed_asks_for_no_acknowledgement():
    checks = {"data": [check("leak", "good")], "models": {}}
    section = trust(training_of(checks=checks).summary, "linear")
    assert "I know" not in words(section)


def test_a_finding_links_to_its_check_if_this_version_knows_it():
    checks = {"data": [check("leak", "bad"), check("of_2031", "bad")], "models": {}}
    section = trust(training_of(checks=checks).summary, "linear")
    links = [part.href for part in walk(section) if hasattr(part, "href")]
    assert links == ["/checks?check=leak"]


def test_a_chart_is_named_by_its_sentence():
    chart = components.chart({"data": []}, "It shows this.", "roc")
    group = next(part for part in walk(chart) if getattr(part, "role", "") == "group")
    assert getattr(group, "aria-labelledby") == "roc-says"
    caption = next(
        part for part in walk(chart) if getattr(part, "id", "") == "roc-says"
    )
    assert caption.children == "It shows this."


def test_a_problem_is_announced_and_a_note_is_not():
    assert components.message("It failed.").role == "alert"
    assert components.message("By the way.", level="note").role == "note"


def test_a_table_has_a_name_and_can_be_scrolled_by_keyboard():
    table = components.table(["a"], [["1"], ["2"]], "What it holds")
    assert getattr(table, "aria-label") == "What it holds"
    assert table.tabIndex == 0
    assert len(rows_of(table)) == 2


# ---- The axis of the leaderboard

SCORES = st.floats(0, 1)


@given(st.lists(st.tuples(SCORES, SCORES, SCORES, SCORES), min_size=1, max_size=5))
def test_the_axis_of_shares_never_leaves_0_to_1_and_holds_the_best(models):
    rows = [
        LeaderboardRow(
            key, key, cv_mean=cv, holdout=score, holdout_low=low, holdout_high=high
        )
        for key, (cv, score, low, high) in zip(["dummy", *"abcd"], models)
    ]
    axis = axis_of(rows, METRICS["roc_auc"])
    assert 0 <= axis.low < axis.high <= 1
    assert axis.holds(max(max(scores) for scores in models))
    for row in rows:
        assert 0 <= axis.position(row.holdout) <= 100
        interval_cell(row, axis)


def test_a_model_far_below_the_baseline_does_not_squeeze_the_others():
    rows = [
        LeaderboardRow("dummy", "Baseline", cv_mean=0.0, holdout=0.0),
        LeaderboardRow("linear", "Linear", cv_mean=0.6, holdout=0.5),
        LeaderboardRow("svm", "SVM", cv_mean=-40.0, holdout=-900.0),
    ]
    axis = axis_of(rows, METRICS["r2"])
    assert -0.7 < axis.low and axis.high <= 1
    assert "◂" in words(interval_cell(rows[2], axis))
    assert "◂" not in words(interval_cell(rows[1], axis))


def test_models_that_differ_by_luck_say_so():
    rows = fields_of("binary")["leaderboard"]
    rows[0] |= {"cv_scores": [0.5, 0.5, 0.5, 0.5]}
    rows[1] |= {"cv_scores": [0.8, 0.78, 0.82, 0.8]}
    near = rows[1] | {"model": "svm", "label": "SVM", "cv_mean": 0.79}
    near |= {"cv_scores": [0.76, 0.83, 0.79, 0.78]}
    shown = words(leaderboard(training_of(leaderboard=[*rows[:2], near])))
    assert shown.count("tied with the best: may be luck") == 1
