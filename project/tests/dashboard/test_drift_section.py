"""The section on drift: verdict first, what changed most on top, sizes that do not grow with the columns."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from plotly.utils import PlotlyJSONEncoder

from app.dashboard import drift_section
from app.functions.scoring.drift import DriftCounter
from app.functions.scoring.labelled import compare_scores
from app.functions.scoring.reference import reference_of


def text_of(component) -> str:
    return json.dumps(component, cls=PlotlyJSONEncoder, ensure_ascii=False)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def drift_of(generator, n=300, shift=0.0, n_columns=3, scores=()):
    names = [f"x{i}" for i in range(n_columns)]
    X = pd.DataFrame({name: generator.normal(size=500) for name in names})
    counter = DriftCounter(reference_of(X, dict.fromkeys(names, "number")))
    counter.add(
        pd.DataFrame({name: generator.normal(shift, 1, size=n) for name in names})
    )
    return counter.result(reason="The training table is gone.", scores=scores)


def test_rows_that_changed_are_called_so_first(generator):
    text = text_of(drift_section.section(drift_of(generator, shift=1)))
    title = text.index("Not the rows that the model was trained for")
    assert title < text.index("3 of 3 columns have changed") < text.index("x0")
    assert "The training table is gone." in text
    assert "train again" in text


def test_rows_as_in_training_are_folded_away(generator):
    text = text_of(drift_section.section(drift_of(generator)))
    assert "Like the rows that the model was trained on" in text
    assert "3 columns without a change that is sure" in text


def test_a_few_rows_show_no_columns(generator):
    text = text_of(drift_section.section(drift_of(generator, n=12)))
    assert "12 rows here are too few" in text
    assert "drift-columns" not in text


def test_scores_stand_beside_those_of_the_holdout(generator):
    y = generator.normal(size=200)
    parts = (y, y + generator.normal(size=200)), (y, y + 3 * generator.normal(size=200))
    scores = compare_scores("regression", *parts[0], *parts[1])
    text = text_of(drift_section.section(drift_of(generator, scores=scores)))
    assert "Holdout (200 rows)" in text and "Worse than on the holdout" in text


def test_a_thousand_columns_do_not_make_a_page_of_megabytes(generator):
    text = text_of(drift_section.section(drift_of(generator, 60, 1, n_columns=1000)))
    assert len(text) < 400_000
    assert "940 further columns that changed less are not listed." in text
