"""The model card: every part is there, numbers are those of the run, and nothing that was typed becomes markup."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import accuracy_score

from app.exports import cards
from app.exports.verification import Verification, stamp, stamped
from app.functions.evaluation import scoring
from app.storage.card_fields import CardFields, keep
from app.storage.files import NotFound
from tests.exports.conftest import REGRESSION, odd_table

ODD = "<script>alert(1)</script>\n# heading\n[a](javascript:b) | c `d` ![e](f)"


def test_its_scores_are_those_of_the_run_with_intervals_and_the_baseline(bench, binary):
    card = cards.card_of(bench.context(binary, "linear"))
    metrics = scoring.metrics_for("binary")
    assert {each.label for each in card.scores} == {metric.label for metric in metrics}
    holdout = bench.runs.table(binary, "holdout")
    output = bench.runs.table(binary, "output-linear").to_numpy()
    (accuracy,) = [each for each in card.scores if each.label == "Accuracy"]
    known = accuracy_score(holdout["target"], output[:, 1] >= 0.5)
    assert accuracy.value == known and accuracy.low < known < accuracy.high
    row = next(
        r for r in bench.runs.training(binary).summary.trained if r.model == "linear"
    )
    assert card.scores[0].value == row.holdout and card.scores[0].baseline == 0.5
    assert {finding.level for finding in card.checks} <= {"good", "warning", "bad"}


def test_what_people_type_stays_words(bench, binary):
    training = bench.runs.training(binary)
    fields = CardFields(*[ODD] * 6)
    text = cards.as_markdown(cards.card(training, "linear", fields))
    assert "<script" not in text and "\n# heading" not in text
    assert not re.search(r"(?<!\\)\]\(javascript", text)
    heads = [line for line in text.splitlines() if line.startswith("#")]
    assert heads[1:] == [
        "## Intended use",
        "## Not for",
        "## People concerned",
        "## Scores on the rows held out",
        "## Checks",
        "## Limits",
        "## Known limits",
        "## Data",
        "## Reproducible",
        "## Contact",
        "## Licence",
    ]


def test_who_may_see_results_alone_gets_the_score_that_decided(bench, binary):
    card = cards.card(bench.runs.training(binary), "linear")
    assert len(card.scores) == 1 and "0.5" in cards.as_markdown(card)


def test_a_stamp_and_what_was_written_are_in_it(bench):
    run = bench.train(odd_table(60), **REGRESSION)
    context = bench.context(run)
    assert "not been verified" in cards.text_of(context)
    assert cards.LICENCE_UNKNOWN in cards.text_of(context)
    found = Verification(0.0, 0.0, 0.0, 12, "ab" * 32, {"python": "3.11"})
    stamp(bench.runs, run, context.model, found)
    keep(bench.runs, run, CardFields(licence="CC BY 4.0"))
    assert stamped(bench.runs, run, context.model) == found
    text = cards.text_of(context)
    assert "Reproduced on 1970-01-01: difference 0.0 in 12 predictions" in text
    assert "ab" * 32 in text and "CC BY 4.0" in text
    assert cards.LICENCE_UNKNOWN not in text


@pytest.mark.parametrize(
    "difference, says",
    [
        (0.0, "Reproduced on"),
        (1e-12, "up to rounding"),
        (0.01, "Not reproduced"),
        (np.inf, "Not reproduced"),
    ],
)
def test_a_stamp_says_what_was_found(difference, says):
    found = Verification(0.0, difference, 0.0, 3, "")
    assert says in found.sentence and says in replace(found, n_predictions=1).sentence


def test_a_card_of_a_run_that_is_gone_is_not_kept(bench):
    with pytest.raises(NotFound):
        keep(bench.runs, "nothing", CardFields())
