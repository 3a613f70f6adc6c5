"""The report on experiments: its numbers, invalid input, uploaded tables, and anything that a page may send."""

from __future__ import annotations

import csv
import io

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import (
    confint_proportions_2indep,
    proportions_ztest,
)

from app import statistics
from app.app import create_server
from app.reports import ab_test
from app.settings import Settings
from tests.reports.asking import Report, find, words
from tests.reports.own_tables import opened

GOOD = {
    "source": "counts",
    "confidence": "95",
    "visitors-a": 4000,
    "conversions-a": 380,
    "visitors-b": 4050,
    "conversions-b": 450,
    "share": "",
    "variant": "variant",
    "outcome": "converted",
    "variant-a": "A",
    "variant-b": ["B"],
}
PLAN = {"confidence": "95", "share": "", **ab_test.PLAN}
STRANGE = [None, "", "x", [], {}, -1, 0.5, True, 10**15, [1, 2], "'; --", "counts"]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A server that all tests of this file share."""
    return create_server(Settings(data_dir=str(tmp_path_factory.mktemp("data"))))


@pytest.fixture(scope="module")
def report(server) -> Report:
    return Report(server.test_client(), "ab_test")


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
    assert f"between {100 * low:.1f} and {100 * high:.1f} (95 % interval)" in said
    assert f"(p = {p:.3f}, z test" in said
    assert said.startswith("Result B is better by 1.6 points")
    assert "The split is as planned" in said
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
        ({"share": "0"}, "planned split as 2 numbers above 0"),
        ({"share": "half"}, "planned split as 2 numbers above 0"),
        ({"share": "50:30:20"}, "planned split as 2 numbers above 0"),
        ({"visitors-c": 100}, "Enter the conversions of C."),
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
    fine = words(
        drawn(report, **{"visitors-b": 400, "conversions-b": 40, "share": "9"})
    )
    assert "The split is as planned" in fine
    planned = {"visitors-b": 400, "conversions-b": 40, "share": "91:9"}
    assert "The split is as planned" in words(drawn(report, **planned))


def test_rows_of_the_sample_are_shares_or_means(report):
    shares = words(drawn(report, source="rows"))
    assert "A converted 251 of 2,994 visitors" in shares
    means = words(drawn(report, source="rows", outcome="spent"))
    assert "A has a mean of 3.0 over 2,994 visitors" in means and "Welch" in means


def own_rows(n: int = 900) -> pd.DataFrame:
    random = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "who": [f"v{number}" for number in range(n)],
            "arm": random.choice(["newer", "old", "new"], n),
            "bought": random.choice(["yes", "no"], n),
        }
    )


def test_an_own_table_is_guessed_and_judged_once_its_columns_are_confirmed(
    server, report
):
    asked = opened(server, own_rows(), sure=False)
    offered = report.ask("variant.data", **{"own-table": asked})
    assert offered["variant"]["value"] == "arm"
    assert offered["outcome"]["value"] == "bought"
    chosen = {"source": "rows", "variant": "arm", "outcome": "bought"}
    pair = report.ask("variant-a.data", **{"own-table": asked}, **chosen)
    assert pair["variant-a"]["value"] == "old"
    assert pair["variant-b"]["value"] == ["new", "newer"]
    chosen |= {"variant-a": "old", "variant-b": ["new", "newer"]}
    question = report.ask("own-question.hidden", **{"own-table": asked}, **chosen)
    assert question["own-question"]["hidden"] is False
    assert "variant = 'arm', outcome = 'bought'. Right?" in words(question["own-asks"]["children"])  # fmt: skip
    said = words(drawn(report, **{"own-table": asked}, **chosen))
    assert "confirm them" in said and "converted" not in said
    sure = asked | {"sure": True, "columns": {"variant": "arm", "outcome": "bought"}}
    shown = drawn(report, **{"own-table": sure}, **chosen)
    assert "no variant clearly differs from old" in words(shown)
    assert len(find(shown, "interval-chart")["figure"]["data"]) == 3


def test_one_variant_may_be_left_out(server, report):
    columns = {"variant": "arm", "outcome": "bought"}
    own = {"own-table": opened(server, own_rows(), **columns)}
    chosen = {"source": "rows", "variant-a": "old", "variant-b": ["new"]}
    said = words(drawn(report, **own, **chosen, **columns))
    assert "3 variants, of which 2 are compared" in said
    assert "new minus old is" in said


def test_an_identifier_is_never_judged(server, report):
    table = own_rows().assign(number=range(100_000, 100_900))
    for variant, outcome in (("arm", "number"), ("arm", "who"), ("who", "bought")):
        columns = {"variant": variant, "outcome": outcome}
        own = {"own-table": opened(server, table, **columns)}
        chosen = {"source": "rows", "variant-a": "old", "variant-b": ["new"]}
        said = words(drawn(report, **own, **chosen, **columns))
        assert "looks like an identifier" in said, columns


def test_a_link_whose_table_is_gone_asks_for_the_file_and_keeps_the_columns(report):
    columns = {"variant": "arm", "outcome": "bought"}
    gone = {"table": "0" * 20, "file": "own.csv", "sure": True, "columns": columns}
    said = words(drawn(report, **{"own-table": gone}, source="rows", **columns))
    assert "'own.csv' is not on this server, or no longer. Choose your file again" in said  # fmt: skip
    offered = report.ask("variant.data", **{"own-table": gone})
    assert offered["variant"] == {"data": ["arm"], "value": "arm"}
    assert "Choose your file again" in words(offered["own-says"]["children"])
    older = words(drawn(report, source="rows", **columns))
    assert "made with another table" in older and "Choose your file again" in older


def test_several_counts_are_compared_with_the_control(report):
    # From a link, what goes into an empty field is a text.
    more = {"visitors-c": "4000", "conversions-c": 520, "visitors-d": ""}
    shown = drawn(report, **more)
    said = words(shown)
    assert "C is better than A by 3.5 points" in said and "(Bonferroni, Holm)" in said
    assert len(find(shown, "posterior-chart")["figure"]["data"]) == 3
    names = [row["measure"] for row in csv.DictReader(io.StringIO(saved(report, **more)["content"]))]  # fmt: skip
    assert {"B minus A", "C minus A"} <= set(names) and len(names) == len(set(names))


def test_the_example_has_what_is_asked_for(report):
    answer = report.ask("own-example-file.data", **{"own-example": 1})
    download = answer["own-example-file"]["data"]
    table = pd.read_csv(io.StringIO(download["content"]))
    assert len(table) == 3 and download["filename"] == "example.csv"
    guess = {"variant": "variant", "outcome": "converted"}
    assert statistics.outcomes.guess_columns(table) == guess


@pytest.mark.parametrize(
    "table",
    [7, "x", [], {}, {"table": "AAAA"}, {"table": []}, {"table": "00", "columns": 7}],
)
def test_a_tampered_table_is_answered_with_a_sentence(report, table):
    own = {"own-table": table}
    assert words(drawn(report, **own, source="rows")).endswith(".")
    report.ask("variant.data", **own)
    report.ask("own-question.hidden", **own)
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
