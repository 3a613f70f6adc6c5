"""The report on experiments: its numbers, invalid input, uploaded tables, and anything that a page may send."""

from __future__ import annotations

import base64
import csv
import io

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportions_ztest,
)

from app import functions, statistics
from app.app import create_server
from app.reports import ab_test
from app.settings import Settings
from tests.reports.asking import Report, find, words

GOOD = {
    "source": "counts",
    "confidence": "95",
    "visitors-a": 4000,
    "conversions-a": 380,
    "visitors-b": 4050,
    "conversions-b": 450,
    "share": 50,
    "variant": "variant",
    "outcome": "converted",
    "variant-a": "A",
    "variant-b": "B",
}
PLAN = {"confidence": "95", **ab_test.PLAN}
STRANGE = [None, "", "x", [], {}, -1, 0.5, True, 10**15, [1, 2], "'; --", "counts"]


@pytest.fixture(scope="module")
def report(tmp_path_factory) -> Report:
    """The report, on a server that all tests of this file share."""
    server = create_server(Settings(data_dir=str(tmp_path_factory.mktemp("data"))))
    return Report(server.test_client(), "ab_test")


def dropped(frame: pd.DataFrame) -> dict:
    packed = functions.tables.serialization.table_to_bytes(frame)
    return {"name": "own.csv", "table": base64.b64encode(packed).decode()}


def drawn(report, **changes):
    answer = report.ask("result.children", **(GOOD | changes))
    return answer["result"]["children"]


def asked(report, output: str, **values) -> str:
    name = output.split(".")[0]
    return words(report.ask(output, **values)[name]["children"])


def test_the_choices_are_those_of_the_sample():
    table = statistics.outcomes.make_outcomes(100)
    assert ab_test.COLUMNS == list(table.columns)
    assert ab_test.VARIANTS == statistics.outcomes.variant_names(table, "variant")


def test_the_sentences_tell_what_statsmodels_computes(report):
    said = words(drawn(report))
    low, high = confint_proportions_2indep(450, 4050, 380, 4000, method="newcomb")
    p = proportions_ztest([450, 380], [4050, 4000])[1]
    assert f"95 % interval {100 * low:.1f} to {100 * high:.1f}; p = {p:.3f}" in said
    assert said.startswith("Result The split is as planned")
    draws = np.random.default_rng(0).beta([381, 451], [3621, 3601], (200_000, 2))
    chance = (draws[:, 1] > draws[:, 0]).mean()
    compared = statistics.experiments.compare_counts(4000, 380, 4050, 450)
    assert compared.probability == pytest.approx(chance, abs=0.001)
    assert f"B is better with a chance of {100 * compared.probability:.1f} %" in said


def test_what_is_not_known_is_not_claimed(report):
    said = words(drawn(report, **{"conversions-b": 400}))
    assert "There is no clear winner." in said


def test_both_intervals_and_both_posteriors_are_drawn(report):
    shown = drawn(report)
    marks = find(shown, "interval-chart")["figure"]["data"]
    assert {mark["y"][0] for mark in marks} == {"A", "B"}
    for mark, share in zip(marks, (450 / 4050, 380 / 4000)):
        assert mark["x"] == [pytest.approx(100 * share)]
        assert mark["error_x"]["array"][0] > 0 < mark["error_x"]["arrayminus"][0]
    curves = find(shown, "posterior-chart")["figure"]["data"]
    assert [curve["name"] for curve in curves] == ["A", "B"]


@pytest.mark.parametrize(
    "changes, sentence",
    [
        ({"conversions-a": 5000}, "A has more conversions (5,000) than visitors"),
        ({"visitors-b": 0, "conversions-b": 0}, "B has no visitors"),
        ({"conversions-b": -1}, "cannot be negative"),
        ({"visitors-a": None}, "Enter the visitors of A."),
        ({"visitors-a": ""}, "Enter the visitors of A."),
        ({"visitors-a": 10**15}, "not plausible"),
        ({"visitors-a": 0.5}, "whole number"),
        ({"confidence": None}, "Choose 90, 95 or 99 %"),
        ({"share": 0}, "planned share of B"),
        ({"share": "half"}, "planned share of B"),
    ],
)
def test_impossible_input_is_answered_with_a_sentence(report, changes, sentence):
    assert sentence in words(drawn(report, **changes))


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("source", ["counts", "rows"])
def test_whatever_the_page_sends_a_result_or_a_sentence(report, name, source):
    for value in STRANGE:
        shown = drawn(report, **({"source": source} | {name: value}))
        assert find(shown, "interval-chart") or words(shown).endswith("."), value


def test_a_split_that_chance_does_not_make_comes_first(report):
    said = words(drawn(report, **{"visitors-b": 4500}))
    assert said.startswith(
        "Result The split is not as planned Do not trust this result"
    )
    fine = words(drawn(report, **{"visitors-b": 400, "conversions-b": 40, "share": 9}))
    assert fine.startswith("Result The split is as planned")


def test_rows_of_the_sample_are_shares_or_means(report):
    shares = words(drawn(report, source="rows"))
    assert "A converted 251 of 2,994 visitors" in shares
    means = words(drawn(report, source="rows", outcome="spent"))
    assert "A has a mean of 3.0 over 2,994 visitors" in means and "Welch" in means


def test_an_own_table_is_guessed_and_compared(report):
    random = np.random.default_rng(1)
    table = pd.DataFrame(
        {
            "who": [f"v{n}" for n in range(900)],
            "arm": random.choice(["control", "new", "newer"], 900),
            "bought": random.integers(0, 2, 900),
        }
    )
    own = {"own-table": dropped(table)}
    offered = report.ask("variant.data", **own)
    assert offered["variant"]["value"] == "arm"
    assert offered["outcome"]["value"] == "bought"
    pair = report.ask("variant-a.data", **own, variant="arm")
    assert (pair["variant-a"]["value"], pair["variant-b"]["value"]) == ("control", "new")  # fmt: skip
    chosen = {"variant": "arm", "outcome": "bought", "variant-a": "control"}
    said = words(drawn(report, **own, **chosen, source="rows", **{"variant-b": "newer"}))  # fmt: skip
    n = (table["arm"] == "newer").sum()
    assert f"of {n} visitors" in said and "3 variants" in said


@pytest.mark.parametrize("table", [7, "x", [], {}, {"table": "AAAA"}])
def test_a_tampered_table_is_answered_with_a_sentence(report, table):
    own = {"own-table": table}
    assert words(drawn(report, **own, source="rows")).endswith(".")
    report.ask("variant.data", **own)
    report.ask("variant-a.data", **own, variant="variant")


def test_the_plan_tells_visitors_and_days(report):
    said = asked(report, "plan.children", **PLAN)
    needed = statistics.planning.sample_size(0.095, 0.01)
    assert f"Each variant needs {needed:,} visitors: 29 days." in said


@pytest.mark.parametrize("name", PLAN)
def test_whatever_the_plan_a_number_or_a_sentence(report, name):
    for value in STRANGE:
        said = asked(report, "plan.children", **(PLAN | {name: value}))
        assert said.endswith("."), value


def test_whatever_the_looks_a_number_or_a_sentence(report):
    for value in (*STRANGE, 0, 51):
        said = asked(report, "peeking.children", confidence="95", looks=value)
        assert "whole number from 1 to 50" in said, value
    assert "19.3 %" in asked(report, "peeking.children", confidence="95", looks=10)
    assert "stay at 5 %" in asked(report, "peeking.children", confidence="95", looks=1)


def saved(report, **changes):
    values = GOOD | {"save-result": 1} | changes
    answer = report.ask("save-result-file.data", **values)
    return answer.get("save-result-file", {}).get("data")


def test_the_download_holds_the_numbers_and_is_named_by_the_choice(report):
    download = saved(report)
    assert download["filename"] == "ab-test_confidence-95.csv"
    rows = {
        row["measure"]: row["value"]
        for row in csv.DictReader(io.StringIO(download["content"]))
    }
    assert float(rows["B minus A"]) == pytest.approx(450 / 4050 - 380 / 4000)
    assert float(rows["visitors of A"]) == 4000
    by_rows = saved(report, source="rows", outcome="spent")
    assert by_rows["filename"] == "ab-test_confidence-95_outcome-spent.csv"


def test_nothing_is_downloaded_of_impossible_input(report):
    assert saved(report, **{"visitors-a": 0}) is None
    assert saved(report, **{"save-result": None}) is None
