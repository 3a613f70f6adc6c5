"""Other files of the kinds that people have: numbers, dates, labels and lines, each written in several ways."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from app.functions.tables.column_types import retype
from app.functions.tables.profiling import profile_table
from app.functions.tables.reading import read_table

N = 30


def read(text: str | bytes, encoding: str = "utf-8"):
    content = text.encode(encoding) if isinstance(text, str) else text
    return read_table(io.BytesIO(content), "table.csv", 10_000_000)


def column(cells: list[str], delimiter: str = ",", name: str = "x"):
    """Read a column of cells, in quotation marks, beside one of labels."""
    lines = [f'"{cell}"{delimiter}{"abc"[i % 3]}' for i, cell in enumerate(cells)]
    result = read("\n".join([f"{name}{delimiter}kind", *lines]) + "\n")
    return result.frame[name], result.notes


AMOUNTS = [1000 + 37.5 * i for i in range(N)]
ENGLISH = [f"{amount:,.2f}" for amount in AMOUNTS]
GERMAN = [a.replace(",", "_").replace(".", ",").replace("_", ".") for a in ENGLISH]
SPACED = [a.replace(",", "\u202f").replace(".", ",") for a in ENGLISH]


@pytest.mark.parametrize(
    ("cells", "delimiter", "note"),
    [
        ([f"£{a}" for a in ENGLISH], ",", '"£" from "x"'),
        ([f"US$ {a}" for a in ENGLISH], ",", '"US$" from "x"'),
        ([f"{a} EUR" for a in GERMAN], ";", '"EUR" from "x"'),
        ([f"{a} €" for a in SPACED], ";", '"€" from "x"'),
        ([f"{a.replace(',', chr(39))} CHF" for a in ENGLISH], ",", '"CHF" from "x"'),
        ([f"{a.replace(',', '’')}" for a in ENGLISH], ",", ""),
        ([f"{a} km/h" for a in ENGLISH], "\t", '"km/h" from "x"'),
        ([f"{a}kg" for a in ENGLISH], ",", '"kg" from "x"'),
        (SPACED, "\t", ""),
        (ENGLISH, "|", ""),
        ([f"{100 * a:.2f}%" for a in AMOUNTS], ",", "shares, 12.5 % as 0.125"),
        ([f"{100 * a:.0f},0 %" for a in AMOUNTS], ";", "shares, 12.5 % as 0.125"),
    ],
)
def test_amounts_become_numbers_whatever_stands_beside_them(cells, delimiter, note):
    found, notes = column(cells, delimiter)
    assert found.tolist() == AMOUNTS
    assert [note in sentence for sentence in notes] == [True] * bool(note)


@pytest.mark.parametrize("form", ["({})", "{}-", "−{}", "–{}", "-{}"])
def test_negative_numbers_are_negative_in_every_form(form):
    cells = [form.format(f"{i}.5") if i % 2 else f"{i}.5" for i in range(N)]
    found, notes = column(cells)
    assert found.tolist() == [-(i + 0.5) if i % 2 else i + 0.5 for i in range(N)]
    assert len(notes) == (form == "({})")


def test_indian_grouping_is_read():
    found, _ = column(["₹ 12,34,567.50", "₹ 98,765.00", "₹ 543.00"])
    assert found.tolist() == [1234567.5, 98765, 543]


@pytest.mark.parametrize(
    "cells",
    [
        [f"{i}A" for i in range(N)],
        [f"{i * 3337:05d}" for i in range(N)],
        [f"+49170123{i:04d}" for i in range(N)],
        [f"192.168.{i}.1" for i in range(N)],
        [f"A-{i:04d}" for i in range(N)],
        [f"{i % 3}-{i % 3 + 1}" for i in range(N)],
        [f"{i} Main Street {i}" for i in range(N)],
    ],
)
def test_codes_are_no_numbers_and_need_no_sentence(cells):
    found, notes = column(cells)
    assert found.tolist() == cells and notes == ()


@pytest.mark.parametrize(
    ("cells", "sentence"),
    [
        (["1%", "0.5"] * 9 + ["2%", "0.7"], "percent sign in some rows only"),
        ([f"{i} {'kg' if i % 2 else 'lb'}" for i in range(N)], "have several units"),
        ([f"€{i}.5{'KM'[i % 2]}" for i in range(N)], "have several units"),
        ([f"{i}{'a' * (i % 5 == 0)}" for i in range(N)], "looks like numbers, but"),
        ([["2020-01-05", "05/01/2020", "Jan 5, 2020"][i % 3] for i in range(N)], "several forms"),
        ([["13/01/2020", "01/13/2020"][i % 2] for i in range(N)], "the month first in others"),
        (["1"] + [str(i) for i in range(200)] + ["007"], "start with a zero"),
    ],
)  # fmt: skip
def test_what_is_unclear_stays_text_and_is_said(cells, sentence):
    found, notes = column(cells)
    assert found.tolist() == cells
    assert len(notes) == 1 and sentence in notes[0] and '"x"' in notes[0]


def test_cells_that_do_not_fit_become_missing_and_are_named_with_counts():
    found, notes = column([str(i / 4) for i in range(200)] + ["see note"] * 2 + ["??"])
    assert found.isna().sum() == 3 and found.dtype == "float64"
    assert notes == (
        '3 cells of "x" are no numbers and were taken as missing: "see note" (2), "??" (1).',
    )
    found, notes = column(["unknown", *(f"2020-01-{day:02d}" for day in range(1, 29))])
    assert found.isna().sum() == 1 and found.dtype == "datetime64[us]"
    assert '"unknown" (1)' in notes[0]


def test_values_below_a_limit_are_missing_and_the_sentence_says_what_to_do():
    found, notes = column(["<0.05" if i % 3 else f"{i / 7:.3f}" for i in range(90)])
    assert found.dtype == "str"
    found, notes = column([f"{i / 7:.3f}" if i % 3 else "<0.05" for i in range(90)])
    assert found.isna().sum() == 30
    assert '"<0.05" (30)' in notes[0] and "replace it by the limit" in notes[0]


MOMENTS = pd.date_range("2021-01-05", periods=N, freq="9D")
FORMS = {
    "%d-%b-%Y": 0, "%B %d, %Y": 0, "%m/%d/%y": 1, "%d.%m.%y": 1, "%Y.%m.%d": 0, "%Y/%m/%d %H:%M": 0,
    "%Y-%m-%d %H:%M": 0, "%Y-%m-%d  %H:%M:%S": 0, "%a %d %b %Y": 0, "%A, %d %B %Y": 0, "%d/%m/%Y, %I:%M %p": 0,
    "%m/%d/%Y %I:%M%p": 0,
    "%a, %d %b %Y %H:%M:%S +0000": 1, "%a %b %d %H:%M:%S +0000 %Y": 1, "%d/%b/%Y:%H:%M:%S +0000": 1, "%Y%m%d": 1,
    "%Y-%m-%d %H:%M:%S UTC": 1, "%Y-%m-%dT%H:%M:%SZ": 1, "%d.%m.%Y %H:%M Uhr": 0, "%Y%m%d%H%M%S": 1, "%d %b %y": 1,
    "%Y-%m-%d %H:%M:%S,000": 0,
}  # fmt: skip


@pytest.mark.parametrize(("form", "n_notes"), FORMS.items())
def test_dates_are_read_in_every_form(form, n_notes):
    found, notes = column([moment.strftime(form) for moment in MOMENTS])
    assert found.dtype == "datetime64[us]" and found.tolist() == MOMENTS.tolist()
    assert len(notes) == n_notes


@pytest.mark.parametrize(
    ("cells", "first", "word"),
    [
        (["2022-06", "2022-07"], "2022-06-01", "first day"),
        (["Jun 2022", "Jul 2022"], "2022-06-01", "first day"),
        (["06/2022", "07/2022"], "2022-06-01", "first day"),
        (["2022-Q2", "2022-Q3"], "2022-04-01", "first day"),
        (["Q2 2022", "Q3 2022"], "2022-04-01", "first day"),
        (["2022-W05", "2022-W06"], "2022-01-31", "Monday"),
        (["1. März 2022", "24. Dezember 2021"], "2022-03-01", ""),
        (["15 août 2021", "3 février 2020"], "2021-08-15", ""),
        (["5 de mayo de 2021", "1 de enero de 2020"], "2021-05-05", ""),
        (["2022-06-01T10:00:00+0200", "2022-06-01T10:00:00Z"], "2022-06-01 08:00", "UTC"),
        (["2022-06-01 10:00 CEST", "2022-01-01 10:00 CET"], "2022-06-01 08:00", "name of a time zone"),
        (["Wed Jun 01 10:00:00 EDT 2022", "Sat Jan 01 10:00:00 EST 2022"], "2022-06-01 14:00", "name of a time"),
    ],
)  # fmt: skip
def test_months_quarters_weeks_and_names_of_months_are_dates(cells, first, word):
    found, notes = column(cells)
    assert found[0] == pd.Timestamp(first)
    assert [word in note for note in notes] == [True] * bool(word)


@pytest.mark.parametrize(
    ("cell", "seconds"),
    [
        ("1:23:45", 5025), ("30:15", 108_900), ("PT1H30M", 5400), ("P2DT3H", 183_600), ("2h 15m", 8100),
        ("1 day, 2:03:04", 93_784), ("1 days 02:03:04", 93_784), ("10:30 PM", 81_000), ("0:00:01.5", 1.5),
    ],
)  # fmt: skip
def test_durations_are_seconds_and_a_sentence_says_so(cell, seconds):
    found, notes = column([cell, cell])
    assert found.tolist() == [seconds, seconds]
    assert len(notes) == 1 and "seconds" in notes[0]


def test_a_month_of_six_digits_is_a_date_only_where_the_name_says_so():
    cells = ["202201", "202202", "202312"]
    assert column(cells, name="month")[0][2] == pd.Timestamp(2023, 12, 1)
    assert column(cells, name="v")[0].tolist() == [202201, 202202, 202312]


@pytest.mark.parametrize("pair", ["ja/nein", "oui/non", "sí/no", "sim/não", "да/нет", "tak/nie"])  # fmt: skip
def test_yes_and_no_are_known_in_other_languages(pair):
    cells = [pair.split("/")[i % 2] for i in range(N)]
    found, notes = column(cells)
    assert profile_table(found.to_frame()).columns[0].role == "boolean" and notes == ()


@pytest.mark.parametrize(
    "spellings",
    [("Yes", "YES"), ("New York", "New\u00a0York"), ("Zürich", "Zu\u0308rich")],
)
def test_labels_that_look_alike_are_joined_and_said(spellings):
    found, notes = column([*spellings, spellings[0], "other"] * 5)
    assert set(found) == {spellings[0], "other"}
    assert len(notes) == 1 and all(f'"{text}"' in notes[0] for text in spellings)


def test_codes_that_differ_by_case_are_kept_apart():
    cells = [f"{'aB' if i % 2 else 'Ab'}{i // 2}" for i in range(N)]
    found, notes = column(cells)
    assert found.tolist() == cells and notes == ()


def test_a_column_can_be_read_as_numbers_or_dates_on_demand():
    texts = pd.Series(["1,5", "x", "2,25", "", "NA"], name="x", dtype="str")
    found, lost = retype(texts, "number")
    assert found.tolist()[:3:2] == [1.5, 2.25] and found.isna().sum() == 3
    assert lost == {"x": 1}
    found, lost = retype(pd.Series(["2001", "1999"], name="year", dtype="str"), "date")
    assert found.tolist() == [pd.Timestamp(2001, 1, 1), pd.Timestamp(1999, 1, 1)]
    with pytest.raises(ValueError, match="can be read as a date"):
        retype(pd.Series(["a", "b"], name="x", dtype="str"), "date")
    with pytest.raises(ValueError, match="Choose number or date"):
        retype(texts, "text")


def test_the_texts_of_a_doubtful_column_are_kept_and_those_of_a_sure_one_are_not():
    result = read("a,b,c\n" + "".join(f"{i},${i},x\n" for i in range(9)))
    assert list(result.texts) == ["b"]
    assert result.texts["b"].tolist()[:2] == ["$0", "$1"]
    assert result.columns["b"].unit == "$"
