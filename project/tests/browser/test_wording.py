"""Numbers that the browser writes, compared with those of the server."""

from __future__ import annotations

import json

import numpy as np

from app import wording

EDGES = [0, 0.125, 0.0625, 0.5, 0.999, 0.9995, 0.99951, 0.99999, 1, 1e-9, 0.0004, 0.0005, 0.29]  # fmt: skip
LARGE = [1.5, 12.25, 1234.5, 99.96, 12_345_678.5, 1e14, 1.125e15, 9.999e15, 1e18, 1e-4, 9.9996e-5, 1.5e-7]  # fmt: skip


def values() -> list[float]:
    random = np.random.default_rng(1)
    drawn = random.random(300) * 10.0 ** random.integers(-9, 17, 300)
    positive = [*EDGES, *LARGE, *drawn.tolist(), *random.random(300).tolist()]
    return positive + [-value for value in positive]


def test_the_browser_writes_numbers_as_the_server_does(visitor):
    visitor.open("/")
    written = visitor.driver.execute_script(
        "const values = JSON.parse(arguments[0]);"
        "const {fixed, number, percent} = window.wording;"
        "return values.map((v) => [fixed(v), number(v), percent(v)]);",
        json.dumps(values()),
    )
    expected = [
        [wording.fixed(value), wording.number(value), wording.percent(value)]
        for value in values()
    ]
    assert [pair for pair in zip(written, expected) if pair[0] != pair[1]] == []


def test_the_browser_writes_a_dash_for_what_is_not_known(visitor):
    visitor.open("/")
    written = visitor.driver.execute_script(
        "return [null, NaN, Infinity].flatMap((v) => Object.values(window.wording).map((write) => write(v)));"
    )
    assert set(written) == {wording.UNKNOWN}


def test_axes_and_hover_texts_write_numbers_as_sentences_do(visitor, trained):
    visitor.open(trained("sample-breast-cancer").path())
    visitor.wait_for_text("#confusion-says", "At a threshold of")
    read = "return [...document.querySelectorAll('#roc .ytick')].map((tick) => tick.textContent)"
    ticks = visitor.until(lambda: visitor.driver.execute_script(read), "an axis")
    assert "40 %" in ticks
    hover = visitor.driver.execute_script(
        "const graph = document.querySelector('#roc .js-plotly-plot');"
        "Plotly.Fx.hover(graph, [{curveNumber: 1, pointNumber: graph.data[1].x.length - 1}]);"
        "return graph.querySelector('.hovertext').textContent;"
    )
    assert hover == "false alarms 100 %, found 100 %"
