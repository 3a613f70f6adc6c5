"""The report on regression: its original names, the answers of its callbacks, and what they refuse."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from scipy import stats

from app import statistics
from app.reports import regression
from tests.reports.asking import Report, words

BAD = [-1, 40.5, "10", "", None, True, [10], {"std": 10}, 1e308]


@pytest.fixture
def report(client) -> Report:
    return Report(client, "regression")


def drawn(report, std, seed=0) -> tuple[dict, str, str]:
    """The figure, its caption and the message about invalid input."""
    answer = report.ask("regression_plot.figure", std_slider=std, seed=seed)
    return (
        answer["regression_plot"]["figure"],
        answer["regression_plot-says"]["children"],
        words(answer["problem"]["children"]),
    )


def test_the_names_of_the_original_demo_are_still_there():
    data = regression.create_data_points(10, seed=4)
    r_squared, predictions = regression.create_lr_preds(data)
    figure = regression.style_figure(
        regression.create_figure(data, predictions), r_squared
    )
    whole = regression.plot_regression(10, seed=4)
    assert figure["layout"] == whole["layout"]
    assert (figure["data"][0]["y"] == whole["data"][0]["y"]).all()


def test_the_slider_has_the_range_step_and_default_of_the_original_demo(client):
    layout = json.dumps(client.get("/reports/regression/_dash-layout").json)
    assert '"id": "std_slider"' in layout
    app = regression.create_app()
    slider = next(c for c in app.layout._traverse() if getattr(c, "id", "") == "std_slider")  # fmt: skip
    assert (slider.min, slider.max, slider.step, slider.value) == (0, 40, 0.5, 10)


def test_r_squared_stands_in_the_title_and_the_line_in_the_caption(report):
    x, y = statistics.regression_demo.create_data_points(15, 7)
    expected = stats.linregress(x, y)
    figure, caption, problem = drawn(report, 15, 7)
    assert figure["layout"]["title"]["text"] == f"R² = {expected.rvalue ** 2:.3f}"
    assert f"y = {expected.slope:.3f} x" in caption
    assert f"{abs(expected.intercept):,.1f}" in caption and "1,500 points" in caption
    assert f"{100 * expected.rvalue ** 2:.1f} %" in caption
    assert problem == ""


def test_the_same_std_and_seed_give_the_same_picture(report):
    assert drawn(report, 12.5, 3) == drawn(report, 12.5, 3)
    assert drawn(report, 12.5, 3) != drawn(report, 12.5, 4)


def test_without_noise_r_squared_is_1(report):
    figure, caption, _ = drawn(report, 0)
    assert figure["layout"]["title"]["text"] == "R² = 1.000"
    assert "y = 2.000 x + 0.0 explains 100 %" in caption


@pytest.mark.parametrize("std", BAD, ids=str)
def test_a_bad_std_gets_a_sentence_in_place_of_the_points(report, std):
    figure, caption, problem = drawn(report, std)
    assert "must be a number from 0 to 40" in problem
    assert figure["data"] == [] and caption == ""


@pytest.mark.parametrize("seed", [-1, 1.5, "x", None, True, [1], 2**32], ids=str)
def test_a_bad_seed_gets_a_sentence(report, seed):
    assert "whole number from 0 to" in drawn(report, 10, seed)[2]


def test_the_download_holds_the_points_that_are_shown(report):
    answer = report.ask("points-file.data", points=1, std_slider=5, seed=2)
    file = answer["points-file"]["data"]
    assert file["filename"] == "regression_std-5_seed-2.csv"
    rows = list(csv.DictReader(io.StringIO(file["content"])))
    data = statistics.regression_demo.create_data_points(5, 2)
    np.testing.assert_allclose([float(row["y"]) for row in rows], data[1])


def test_nothing_is_downloaded_for_a_bad_std(report):
    answer = report.ask("points-file.data", points=1, std_slider="x", seed=2)
    assert answer["points-file"]["data"] is None
    assert "must be a number" in json.dumps(answer)
