"""The script of the zip reads cells as the app does, and answers as its scoring does."""

from __future__ import annotations

import io
import re
import runpy
import sys

import numpy as np
import pandas as pd
import pytest

from app.exports import browser_file, model_zip
from app.exports.export import threshold_of
from app.functions.scoring.conforming import conform
from app.functions.scoring.predicting import score_rows
from app.functions.tables.schema import ColumnSchema
from app.jobs.score import scorer_of
from tests.exports.test_model_zip import unpack

NUMBERS = """
0 5 -5 +5 12.5 0.5 .5 -.5 5. ,5 0,5 1,5 1.5 1795.05 1795,05 1.795 1,795 1.795,05 1,795.05
0.795 0,795 33.700 33,700 1.234.567 1,234,567 1.234.567,8 1,234,567.8 1234,567
1234.567 12.34.56 1.2345 1,2345 1.23,4 1,23.4 1.234.56 1,234,56 1.2.3
1e5 1.5e-3 1,5e3 1.234e3 1,234e3 -1.795,05 007
0123.5 00 +491234567 1_000 0x10 e5 . , - 44,9% 44.9% 57% -7% 1.234% 1e5%
3:29 10:17 1:02:03 -1:30 1:02:03.5 3:61 25:00 1:2
€5 5€ $1,795.05 5kg 12A wide 2024-08-05
""".split()
SPACED = (
    "44,9 %|57 %|5 kg|1 795,05|1 234 567|1'795.05|1\u202f795,5|−5|5-|1 795 05|12 34"
)
DATES = """
2024-08-05 2024-12-31 2024-8-5 2024/08/05 2024-02-30 2024-13-01 05.08.2024 5.8.2024 05.08.24 1.1.69 1.1.68
20240805 2024-08 2024 2024-08-05T14:30 2024-08-05T14:30:05Z 2024-08-05T14:30:05.25+02:00
foo 12 5 2024-08-05x 0000-00-00
""".split()
SPACED_DATES = "2024-08-05 14:30|2024-08-05 9:30|05.08.2024 14:30|5 Aug 2024|Aug 5, 2024|05-Aug-2024"
SLASHED = (
    "05/08/2024|5/8/24|05-08-2024|1/2/2024 14:30|1/2/2024 2:30 pm|31/31/2024|0/1/2024"
)


@pytest.fixture(scope="module")
def script():
    """The functions of the script."""
    return runpy.run_path(str(model_zip._TEMPLATE))


def in_the_app(column: ColumnSchema, texts: list[str]) -> pd.Series:
    """What the app reads of each text, whatever the others are."""
    read = [column.read(pd.Series([text], dtype="str", name="x")) for text in texts]
    return pd.concat(read, ignore_index=True)


def read(script, column: ColumnSchema, texts: list[str]) -> pd.Series:
    """What the script reads."""
    kind = "dates" if column.dtype == "date" else "numbers"
    about = {"name": "x", "written": column.written}
    return script[kind](pd.Series(texts, dtype="str"), about)


@pytest.mark.parametrize("written", ["decimal point", "decimal comma"])
def test_a_number_is_what_it_is_in_the_app(script, written):
    column = ColumnSchema("x", "number", "decimal", written=written)
    texts = [*NUMBERS, *SPACED.split("|")]
    expected = in_the_app(column, texts).astype("float64")
    found = read(script, column, texts)
    differ = ~((found == expected) | (found.isna() & expected.isna()))
    assert not list(zip(np.array(texts)[differ], found[differ], expected[differ]))


@pytest.mark.parametrize("written", ["day first", "month first"])
def test_a_date_is_what_it_is_in_the_app(script, written):
    column = ColumnSchema("x", "date", "date", written=written)
    texts = [*DATES, *SPACED_DATES.split("|"), *SLASHED.split("|")]
    expected = in_the_app(column, texts)
    found = read(script, column, texts)
    differ = ~((found == expected) | (found.isna() & expected.isna()))
    assert not list(zip(np.array(texts)[differ], found[differ], expected[differ]))


def test_no_date_is_read_in_another_order_than_the_training_tables(script):
    texts = ["13/08/2024", "08/13/2024", "05/08/2024", "31.12.2024"]
    for written, wanted in {
        "day first": ["2024-08-13", None, "2024-08-05", "2024-12-31"],
        "month first": [None, "2024-08-13", "2024-05-08", "2024-12-31"],
        "": [None, None, None, "2024-12-31"],
    }.items():
        column = ColumnSchema("x", "date", "date", written=written)
        found = read(script, column, texts)
        expected = pd.Series(pd.to_datetime(wanted)).astype("datetime64[us]")
        pd.testing.assert_series_equal(found, expected, check_names=False)


def test_a_file_in_the_other_order_is_not_read_in_part(script):
    for written, texts in (
        ("day first", ["05/08/2024", "08/13/2024"]),
        ("month first", ["05/08/2024", "13/08/2024"]),
    ):
        with pytest.raises(
            SystemExit,
            match=f"'x' has dates without the {written}.*{texts[1]}.* in 1 row",
        ):
            read(script, ColumnSchema("x", "date", "date", written=written), texts)


GERMAN = {
    "plz": "category",
    "datum": "date",
    "preis": "number",
    "quote": "number",
    "dauer": "number",
    "mitglied": "category",
    "farbe": "category",
}
GERMAN_ROWS = """
04109;31.12.2023;1.795,05;44,9 %;3:29;ja;Rot
04109;2023-12-05;1795.05;44.9%;3:29:00;JA;rot
01067;05.12.2023;0,5;7%;10:17;nein;Grün
01067;05.12.2023;0.5;7 %;1:02:03;NEIN;GRÜN
80331;05.12.2023 14:30;1.234;100 %;25:00;ja;
80331;12/05/2023;1.234;57%;0:05;nein;blau
4109;08.12.2023;12;57%;0:05;nein;Rot
04109;05.12.2023;teuer;57%;0:05;nein;Rot
04109;05.12.2023;1.234.567,8;570%;0:05;vielleicht; Rot
;;;;;;
;;;n/a;-;;
"""
ENGLISH = {
    "zip": "category",
    "day": "date",
    "area": "number",
    "share": "number",
    "dur": "number",
    "owner": "boolean",
    "floor": "category",
    "town": "category",
}
ENGLISH_ROWS = """
02139,12/31/2023,"1,795.05",57%,3:29,TRUE,1,Oslo
02139,2023-12-31,1795.05,5.7e1,3:29:00,false,2.0, oslo
2139,12/05/2023,"1,795",0.57,10:17,,,OSLO
10115,5 Dec 2023,"1.795,05",7 %,1:02:03,True,3,Bonn
10115,12/12/2023,1.5,7%,1:02,yes,1,Rome
10115,12/05/2023,5 kg,7%,soon,True,1,Rome
10115,12/05/2023,-1e9,7%,1:02,True,7,
,,,,,,,
"""


def german_table(n_rows: int = 120) -> str:
    """A table as German programs write it; the share of yes depends on its numbers."""
    draw = np.random.default_rng(0)
    lines = [";".join([*GERMAN, "ziel"])]
    for i in range(n_rows):
        price, share = draw.uniform(100, 3000), draw.uniform(0, 100)
        written = f"{price:,.2f}".translate(str.maketrans(",.", ".,"))
        cells = [
            ("04109", "80331", "01067")[i % 3],
            f"{1 + i % 28:02}.{1 + i % 12:02}.2023",
            "" if i % 17 == 0 else written,
            f"{share:.1f} %".replace(".", ","),
            f"{i % 12}:{i % 60:02}",
            ("ja", "nein")[i * 7 % 5 > 2],
            ("Rot", "Grün", "")[i % 3],
            ("no", "yes")[price + 20 * share > 2500],
        ]
        lines.append(";".join(cells))
    return "\n".join(lines)


def english_table(n_rows: int = 120) -> str:
    """A table as programs of the United States write it, with a number to predict."""
    draw = np.random.default_rng(1)
    lines = [",".join([*ENGLISH, "price"])]
    for i in range(n_rows):
        area, share = draw.uniform(100, 3000), int(draw.integers(0, 100))
        cells = [
            ("02139", "10115")[i % 2],
            f"{1 + i % 12}/{1 + i % 28}/2023",
            f'"{area:,.2f}"',
            f"{share}%",
            f"{i % 12}:{i % 60:02}",
            ("True", "False")[i % 2],
            str(1 + i % 4),
            ("Oslo", "Rome", "Bonn")[i % 3],
            f"{area * 3 + share:.1f}",
        ]
        lines.append(",".join(cells))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def german(bench) -> str:
    """A run of the German table."""
    return bench.train(
        german_table(), target="ziel", task="binary", roles=GERMAN, scoring="roc_auc"
    )


def answers_of(
    bench, run: str, folder, csv: str, sep: str, monkeypatch, capsys, *options: str
):
    """What the script answers, and what it says."""
    unpack(bench.context(run, "linear"), folder)
    (folder / "new.csv").write_text(csv, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.delitem(sys.modules, model_zip.MODULE, raising=False)
    monkeypatch.setattr(
        sys, "argv", ["predict.py", str(folder / "new.csv"), "--sep", sep, *options]
    )
    runpy.run_path(str(folder / "predict.py"), run_name="__main__")
    said = capsys.readouterr()
    return pd.read_csv(io.StringIO(said.out), dtype={"note": "str"}), said.err


def scored_here(bench, run: str, csv: str, sep: str, as_missing: bool) -> pd.DataFrame:
    """What the app answers, each row for itself."""
    scorer = scorer_of(bench.runs, bench.runs.training(run), "linear")
    frame = pd.read_csv(io.StringIO(csv), sep=sep, dtype="str", keep_default_na=False)
    parts = [
        score_rows(
            scorer,
            conform(frame.iloc[[i]], scorer.schema, unreadable_as_missing=as_missing),
        ).table
        for i in range(len(frame))
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("as_missing", [False, True])
@pytest.mark.parametrize("language", ["german", "english"])
def test_odd_cells_are_answered_as_the_app_answers_them(
    language, as_missing, bench, german, tmp_path, monkeypatch, capsys
):
    if language == "german":
        run, sep, csv = german, ";", ";".join(GERMAN) + GERMAN_ROWS
    else:
        about = {"target": "price", "task": "regression", "scoring": "rmse"}
        run = bench.train(english_table(), **about, roles=ENGLISH)
        sep, csv = ",", ",".join(ENGLISH) + ENGLISH_ROWS
    options = ["--unreadable-as-missing"] * as_missing
    found, _ = answers_of(bench, run, tmp_path, csv, sep, monkeypatch, capsys, *options)
    expected = scored_here(bench, run, csv, sep, as_missing)
    name = "probability of yes" if language == "german" else "prediction"
    np.testing.assert_array_equal(found[name].isna(), expected[name].isna())
    np.testing.assert_allclose(found[name], expected[name].astype(float), rtol=1e-9)
    np.testing.assert_array_equal(found["note"].isna(), expected["note"].isna())
    gone = expected[name].isna().to_numpy()
    assert list(found["note"][gone]) == list(expected["note"][gone])


def test_what_was_not_in_the_training_is_said_with_its_rows(
    bench, german, tmp_path, monkeypatch, capsys
):
    csv = ";".join(GERMAN) + GERMAN_ROWS
    found, said = answers_of(bench, german, tmp_path, csv, ";", monkeypatch, capsys)
    assert (
        "Column 'preis' is not a number in 1 row (9, with the names as row 1), not predicted"
        in said
    )
    assert "Column 'mitglied' is not in the training table in 1 row (10," in said
    assert "Column 'quote' is outside 0." in said
    assert (
        "Nothing is predicted for 2 rows (11, 12, with the names as row 1): all columns are empty."
        in said
    )
    assert "farbe: “blau” was not in the training table" in found["note"][5]


def test_a_column_of_which_nothing_can_be_read_is_no_column_of_missing_values(
    bench, german, tmp_path, monkeypatch, capsys
):
    rows = german_table().splitlines()[:4]
    csv = "\n".join([rows[0], *(row.replace(" %", " von hundert") for row in rows[1:])])
    with pytest.raises(
        SystemExit,
        match="Column 'quote' has no cell that can be read as a number, such as '.* von",
    ):
        answers_of(bench, german, tmp_path, csv, ";", monkeypatch, capsys)
    assert not capsys.readouterr().out
    csv = "\n".join(rows).replace(".2023", ".23.2023")
    with pytest.raises(
        SystemExit,
        match="'datum' has no cell that can be read as a date, such as",
    ):
        answers_of(bench, german, tmp_path, csv, ";", monkeypatch, capsys)


def test_the_threshold_of_whoever_brought_the_model_is_where_it_starts(
    bench, german, tmp_path, monkeypatch, capsys
):
    context = bench.context(german, "linear")
    assert threshold_of(context) == 0.5
    content = bench.runs.content(german)
    try:
        bench.runs.write(content | {"threshold": 0.875})
        rows = german_table()
        found, _ = answers_of(bench, german, tmp_path, rows, ";", monkeypatch, capsys)
        given, _ = answers_of(
            bench,
            german,
            tmp_path,
            rows,
            ";",
            monkeypatch,
            capsys,
            "--threshold",
            "0.5",
        )
        page = browser_file.make(context).decode()
    finally:
        bench.runs.write(content)
    assert re.search(r'"threshold": ?0\.875', page)
    share = found["probability of yes"]
    assert ((share >= 0.5) & (share < 0.875)).any()
    assert list(found["prediction"] == "yes") == list(share >= 0.875)
    assert list(given["prediction"] == "yes") == list(share >= 0.5)
