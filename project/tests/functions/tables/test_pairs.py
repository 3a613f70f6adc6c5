"""Two columns become the chart that fits their roles, whatever is in them."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest
from plotly.utils import PlotlyJSONEncoder

from app.dashboard.figures.pairs import pair_caption, pair_figure
from app.functions.tables.pairs import MAX_LEVELS, MAX_POINTS, OTHER, pair_of

ROLES = {
    "size": "number",
    "price": "number",
    "town": "category",
    "sold": "boolean",
    "day": "date",
    "year": "date",
    "id": "identifier",
}


def table(n: int = 200) -> pd.DataFrame:
    draw = np.random.default_rng(0)
    size = draw.normal(size=n)
    frame = pd.DataFrame(
        {
            "size": size,
            "price": 3 * size + draw.normal(size=n),
            "town": draw.choice([f"<b>{k}</b>" for k in range(20)], n),
            "sold": draw.choice([True, False], n),
            "day": pd.date_range("2020-01-01", periods=n, tz="UTC"),
            "year": 1900 + np.arange(n) % 100,
            "id": np.arange(n),
        }
    )
    frame.loc[::7, "size"] = np.nan
    frame.loc[::5, "town"] = None
    return frame


@pytest.mark.parametrize(
    ("x", "y", "kind", "on_x"),
    [
        ("size", "price", "points", "size"),
        ("size", "town", "boxes", "town"),
        ("town", "size", "boxes", "town"),
        ("town", "sold", "shares", "town"),
        ("price", "day", "line", "day"),
        ("day", "sold", "line", "day"),
        ("sold", "year", "line", "year"),
        ("day", "year", "points", "day"),
    ],
)
def test_the_roles_decide_the_chart(x, y, kind, on_x):
    pair = pair_of(table(), x, y, ROLES)
    assert (pair.kind, pair.x) == (kind, on_x)
    drawn = json.dumps(pair_figure(pair, is_small=True), cls=PlotlyJSONEncoder)
    assert "NaN" not in drawn and "<b>" not in drawn
    assert pair_caption(pair, None).endswith("chance.")


def test_many_points_become_a_density_in_which_one_odd_value_does_not_matter():
    frame = table(2 * MAX_POINTS)
    frame.loc[3, "price"] = 1e9
    pair = pair_of(frame, "size", "price", ROLES)
    assert pair.kind == "density" and pair.ys[-1] < 20
    counted = sum(map(sum, pair.cells))
    assert 0.95 * pair.rows < counted <= pair.rows == frame["size"].notna().sum()


def test_the_shares_of_each_category_add_up_and_the_rarest_are_one():
    pair = pair_of(table(), "town", "sold", ROLES)
    assert len(pair.xs) == MAX_LEVELS and pair.xs[-1] == OTHER
    assert np.allclose(np.sum(pair.cells, axis=0), 1)


def test_years_are_drawn_as_years():
    pair = pair_of(table(), "year", "price", ROLES)
    assert pair.xs[0].startswith("190") and pair.xs[-1].startswith("199")


@pytest.mark.parametrize(
    ("x", "y", "word"), [("size", "size", "different"), ("id", "size", "no number")]
)
def test_what_cannot_be_drawn_is_refused_with_a_sentence(x, y, word):
    with pytest.raises(ValueError, match=rf"{word}.*\.$"):
        pair_of(table(), x, y, ROLES)


def test_columns_without_a_common_row_are_refused():
    frame = pd.DataFrame({"size": [1.0, None], "price": [None, 2.0]})
    with pytest.raises(ValueError, match="No row"):
        pair_of(frame, "size", "price", ROLES)


def test_a_single_value_is_drawn_too():
    frame = pd.DataFrame({"size": [1.0] * 6000, "price": [2.0] * 6000, "day": pd.NaT})
    frame["day"] = pd.Timestamp("2024-01-01")
    assert pair_of(frame, "size", "price", ROLES).kind == "density"
    assert pair_of(frame, "day", "price", ROLES).kind == "line"
