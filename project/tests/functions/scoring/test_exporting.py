"""A scored table as CSV: nothing that spreadsheets would run, and the table's own cells as they were."""

from __future__ import annotations

import io

import pandas as pd

from app.functions.scoring.exporting import csv_of
from app.functions.scoring.results import joined


def test_a_class_that_looks_like_a_formula_gets_an_apostrophe_and_cells_of_the_table_stay():
    table = pd.DataFrame({"=a": ["=1+1", "@b", "-2"], "prediction": ["=x", "+y", "z"]})
    predictions = pd.DataFrame(
        {
            "prediction": ["=cmd|' /C calc'!A0", "-1", "@home"],
            "probability of =cmd": [0.1, -0.2, 0.3],
            "may be": ["+1 or =cmd", None, "no"],
            "note": ["", "\tname: 5", "-: empty"],
        }
    )
    text = b"".join(csv_of([joined(table, predictions)] * 2)).decode("utf-8-sig")
    read = pd.read_csv(io.StringIO(text), dtype=str, keep_default_na=False)
    assert read["=a"].tolist() == table["=a"].tolist() * 2
    assert read["prediction"].tolist() == table["prediction"].tolist() * 2
    ours = read["prediction (model)"].tolist()
    assert ours == ["'=cmd|' /C calc'!A0", "-1", "'@home"] * 2
    assert read["may be"].tolist()[:3] == ["'+1 or =cmd", "", "no"]
    assert read["note"].tolist()[:3] == ["", "'\tname: 5", "'-: empty"]
    assert read["probability of =cmd"].tolist()[:3] == ["0.1", "-0.2", "0.3"]
