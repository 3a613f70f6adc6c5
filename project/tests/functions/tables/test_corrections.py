"""A column can be read otherwise, and what is said about it says what comes of that."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.corrections import ColumnCorrection, apply
from app.functions.tables.reading import read_table
from app.functions.tables.remarks import remarks_after, remarks_of


def table_of(column: list[str], delimiter: str = ",", n_rows: int = 60):
    cells = [f'"{column[i % len(column)]}"' for i in range(n_rows)]
    lines = [f"x{delimiter}n", *(f"{c}{delimiter}{i}" for i, c in enumerate(cells))]
    return read_table(io.BytesIO("\n".join(lines).encode()), "a.csv", 10**7)


def offered(table) -> dict[str, ColumnCorrection]:
    remarks = [remark for remark in remarks_of(table) if remark.column == "x"]
    return {o.label: o.correction for r in remarks for o in r.offers}


def hints(table) -> dict[str, str]:
    return {o.label: o.hint for r in remarks_of(table) for o in r.offers}


def taken(table, label: str):
    """The column after an offer was taken, and the remarks."""
    corrections = {"x": offered(table)[label]}
    now = apply(table, corrections)
    return now.frame["x"], remarks_after(remarks_of(table), table, now, corrections)


NEARLY_NUMBERS = [str(i) for i in range(20)] + [f"ca. {i}" for i in range(5)] + ["NA"]
CASES = [
    (NEARLY_NUMBERS, "Read as numbers", "float64"),
    (["Yes", "yes", "No"], "Keep them apart", "str"),
    (["a", "n/a", "b"], 'Keep "n/a" as a value', "str"),
    (["a", "None", "b"], 'Take "None" as missing', "str"),
    (["1", "NA", "2"], 'Keep "NA" as a value', "str"),
    (["1,234", "5,678"], 'Read "1,234" as 1.234', "float64"),
    (["03/02/2023", "04/05/2023"], 'Read "03/02/2023" as 2023-02-03', "datetime64[us]"),
    (["20230101", "20230201"], "Read as numbers", "int64"),
    (["12 kg", "13 kg"], "Read as text", "str"),
    (["1 kg", "2 lb", "3 kg"], "Read as numbers", "float64"),
    (["01/02/2023", "2023-03-04", "1 May 2023"], "Read as dates", "datetime64[us]"),
]


@pytest.mark.parametrize(("column", "label", "dtype"), CASES)
def test_what_is_offered_can_be_taken_and_undone(column, label, dtype):
    table = table_of(column)
    found, remarks = taken(table, label)
    assert str(found.dtype) == dtype
    assert remarks[0].sentence.startswith(('"', "Labels of"))
    assert "as you chose" in remarks[0].sentence
    assert not found.equals(table.frame["x"])
    undo = remarks[0].offers[0]
    assert (undo.label, undo.correction.is_empty) == ("Undo", True)


def test_what_would_become_missing_is_said_before_and_after():
    table = table_of(NEARLY_NUMBERS)
    said = hints(table)["Read as numbers"]
    assert said.startswith('10 cells would become missing: "ca. 0" (2), "ca. 1" (2)')
    found, remarks = taken(table, "Read as numbers")
    assert "10 cells became missing" in remarks[0].sentence
    # 10 that do not fit, and "NA" in two rows.
    assert found.isna().sum() == 12


def test_a_spelling_of_missing_is_said_with_its_rows():
    table = table_of(["1", "NA", "2", "n.a."])
    sentences = [remark.sentence for remark in remarks_of(table)]
    assert '"NA" was taken as missing in 15 rows of "x".' in sentences
    found, _ = taken(table, 'Keep "NA" as a value')
    assert (found == "NA").sum() == 15


def test_labels_that_are_kept_apart_are_all_there():
    found, _ = taken(table_of(["Yes", "yes", "YES", "no"]), "Keep them apart")
    assert set(found) == {"Yes", "yes", "YES", "no"}


def test_the_other_reading_is_shown_by_a_value_that_differs():
    # Both readings of 1/1/2023 are the same day.
    table = table_of(["01/01/2023", "02/03/2023"])
    (label,) = [label for label in offered(table) if "2023-" in label]
    assert label in (
        'Read "02/03/2023" as 2023-03-02',
        'Read "02/03/2023" as 2023-02-03',
    )


def test_two_corrections_of_one_column_are_undone_one_by_one():
    table = table_of(["Yes", "yes", "n/a", "None"])
    first = {"x": offered(table)["Keep them apart"]}
    remarks = remarks_after(remarks_of(table), table, apply(table, first), first)
    (both,) = [o.correction for r in remarks for o in r.offers if "n/a" in o.label]
    now = apply(table, {"x": both})
    assert set(now.frame["x"]) == {"Yes", "yes", "n/a", "None"}
    undoings = [
        offer.correction
        for remark in remarks_after(remarks_of(table), table, now, {"x": both})
        for offer in remark.offers
        if offer.label == "Undo"
    ]
    assert undoings == [ColumnCorrection(apart=True), ColumnCorrection(keep=("n/a",))]


@pytest.mark.parametrize(
    "correction",
    [
        ColumnCorrection(type="identifier"),
        ColumnCorrection(type="number", read="upwards"),
        ColumnCorrection(type="date"),
    ],
)
def test_what_cannot_be_is_refused_with_a_sentence(correction):
    with pytest.raises(ValueError, match=r"\.$"):
        apply(table_of(["Yes", "yes", "No"]), {"x": correction})


def test_a_column_whose_texts_are_not_known_is_refused():
    with pytest.raises(ValueError, match="'n' cannot be read in another way"):
        apply(table_of(["Yes", "yes"]), {"n": ColumnCorrection(type="text")})


def test_a_clear_table_has_no_remarks():
    assert remarks_of(table_of(["a", "b"])) == ()


TEXTS = st.text("019 .,-/aNnA%<€", min_size=1, max_size=8).filter(
    lambda text: text.strip() and '"' not in text
)


@given(st.lists(TEXTS, min_size=3, max_size=12))
def test_no_offer_ever_fails_and_no_row_is_lost(texts):
    table = table_of(texts, n_rows=2 * len(texts))
    for correction in offered(table).values():
        now = apply(table, {"x": correction})
        assert len(now.frame) == len(table.frame)
        assert now.frame.drop(columns="x").equals(table.frame.drop(columns="x"))
