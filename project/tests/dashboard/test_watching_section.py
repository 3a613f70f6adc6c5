"""The section on scorings over time: empty at first, then with the change and its time, never longer than a page."""

from __future__ import annotations

import json
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from plotly.utils import PlotlyJSONEncoder

from app.dashboard import watching_section
from app.functions.scoring.reference import reference_of
from app.storage import RunStore, watching


@pytest.fixture
def services(tmp_path):
    return SimpleNamespace(runs=RunStore(tmp_path))


@pytest.fixture
def run_id(services) -> str:
    run_id = services.runs.create("training")
    generator = np.random.default_rng(0)
    X = pd.DataFrame({f"x{i}": generator.integers(0, 5, 1000) for i in range(20)})
    reference = reference_of(X, dict.fromkeys(X, "number"))
    services.runs.write_result(run_id, "reference", reference)
    return run_id


def score(services, run_id, n: int, changed_since: int = 10**9) -> None:
    generator = np.random.default_rng(1)
    for i in range(n):
        columns = {
            f"x{k}": (0, *generator.multinomial(200, [0.2] * 5).tolist(), 0, 0)
            for k in range(20)
        }
        if i >= changed_since:
            columns["x3"] = (0, 150, 50, 0, 0, 0, 0, 0)
        scoring = watching.Scoring(3600.0 * i, "page", "linear", 210, 10, columns)
        watching.note(services.runs, run_id, scoring)


def text_of(services, run_id) -> str:
    section = watching_section.section(services, run_id)
    return json.dumps(section, cls=PlotlyJSONEncoder, ensure_ascii=False)


def test_before_the_first_scoring_it_says_so(services, run_id):
    assert "Nothing scored yet" in text_of(services, run_id)


def test_scorings_like_the_training_are_called_so(services, run_id):
    score(services, run_id, 10)
    text = text_of(services, run_id)
    assert "After 10 scorings there is no sure sign of a change." in text
    assert '"2,100"' in text and "4.8 % of all rows" in text


def test_a_change_is_told_with_its_column_and_time(services, run_id):
    score(services, run_id, 12, changed_since=7)
    text = text_of(services, run_id)
    assert "The input has changed since 1970-01-01 07:00 UTC" in text
    assert "Not as in training any more: 'x3'." in text
    assert text.index('"x3"') < text.index('"x0"')


def test_many_scorings_and_columns_make_no_long_page(services, run_id):
    score(services, run_id, 95)
    text = text_of(services, run_id)
    assert text.count("watching-heat-") <= 12 * 40
    assert "8 further columns that changed less are not shown." in text


def test_a_run_without_a_reference_still_shows_its_rows(services, run_id):
    services.runs.remove_result(run_id, "reference")
    score(services, run_id, 3)
    assert "watching-rows" in text_of(services, run_id)
