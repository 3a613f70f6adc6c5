"""Text files as they are found: delimiters, headers, uneven lines."""

from __future__ import annotations

import io

import pytest

from app.functions.tables.reading import read_table


def read(text: str):
    return read_table(io.BytesIO(text.encode()), "table.csv", 10_000_000)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("a,b\n1,2\n3,4\n", {"a": [1, 3], "b": [2, 4]}),
        ("a;b\n1,5;2\n3,25;4", {"a": [1.5, 3.25], "b": [2, 4]}),
        ("1,5;2,5\n3,5;4,5\n", {"column 1": [1.5, 3.5], "column 2": [2.5, 4.5]}),
        ("a\tb\nx, y\t2\nz, q\t4\n", {"a": ["x, y", "z, q"], "b": [2, 4]}),
        ("a|b\n1|2\n3|4\n", {"a": [1, 3], "b": [2, 4]}),
        ('a,b\n"x;y;z",2\n"p;q;r",4\n', {"a": ["x;y;z", "p;q;r"], "b": [2, 4]}),
        ('a,b\n"x\n,y",2\n"say ""no""",4\n', {"a": ["x\n,y", 'say "no"'], "b": [2, 4]}),
        ('a, b\n1, "x,y"\n2, z\n', {"a": [1, 2], "b": ["x,y", "z"]}),
        ("sep=;\na;b\n1;2\n3;4\n", {"a": [1, 3], "b": [2, 4]}),
        ("\n\na,b\n\n1,2\n  \n3,4\n\n", {"a": [1, 3], "b": [2, 4]}),
        ("a,b\r1,2\r3,4\r", {"a": [1, 3], "b": [2, 4]}),
        ('a,b\n5" pipe,1\n6" pipe,2\n', {"a": ['5" pipe', '6" pipe'], "b": [1, 2]}),
    ],
)
def test_cells_are_told_apart(text, expected):
    assert read(text).frame.to_dict("list") == expected


@pytest.mark.parametrize("header", ["a,b", "a,b,"])
def test_a_delimiter_at_the_end_of_every_line_is_dropped_silently(header):
    result = read(f"{header}\n1,2,\n3,4,\n")
    assert result.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert result.notes == ()


def test_a_file_without_a_header_gets_column_names():
    result = read("1,2.5\n3,4.5\n")
    assert result.frame.to_dict("list") == {"column 1": [1, 3], "column 2": [2.5, 4.5]}
    assert "only numbers" in result.notes[0]


def test_names_that_look_like_values_are_pointed_out():
    result = read("5.1,setosa\n4.9,setosa\n4.7,setosa\n")
    assert list(result.frame) == ["5.1", "setosa"]
    assert '"5.1"' in result.notes[0] and "add one" in result.notes[0]


def test_names_are_mended_with_a_note():
    result = read('age , age,,"two\nlines"\n1,2,3,4\n5,6,7,8\n')
    assert list(result.frame) == ["age", "age (2)", "column 3", "two lines"]
    assert '"column 3"' in result.notes[0]
    assert '"age (2)"' in result.notes[1]


def test_lines_with_more_cells_than_the_header_are_named():
    lines = ["a,b", '"x\ny",1'] + ["1,2,3", "4,5"] * 6 + ["1,2,3,4"]
    with pytest.raises(ValueError) as refusal:
        read("\n".join(lines))
    sentence = str(refusal.value)
    assert "line 4 has 3, line 6 has 3" in sentence
    assert "line 12 has 3 (and 2 more lines)" in sentence


def test_lines_with_fewer_cells_are_filled_up_with_a_note():
    result = read('a,b,c\n1\n2,"x\ny",3\n4,z\n')
    assert result.frame["a"].tolist() == [1, 2, 4]
    assert result.frame["c"].isna().tolist() == [True, False, True]
    assert result.notes[0].endswith("missing values: 2, 5.")


def test_rows_without_any_value_are_left_out_with_a_note():
    result = read("a,b\n1,2\n,\n3,4\n,NA\n")
    assert result.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert result.notes == (
        "2 rows without any value were left out.",
        'Taken as missing: "NA" in 1 row of "b".',
    )


def test_a_quotation_that_never_ends_is_refused_and_located():
    with pytest.raises(ValueError, match="quotation mark in line 3, or below it"):
        read('a,b\n1,2\n"' + "x,1\n" * 50_000)


def test_a_cell_of_many_characters_is_read():
    long = "x" * 200_000
    assert read(f"a,b\n1,2\n3,{long}\n").frame["b"].tolist() == ["2", long]


def test_the_delimiter_is_found_where_the_sample_ends_within_a_quotation():
    row = '"' + "word; " * 50 + '",1\n'
    assert read("a,b\n" + row * 1500).frame.shape == (1500, 2)
