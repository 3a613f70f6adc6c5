"""What a file's content tells wrongly is put right: encoding, delimiter, decimal mark and header."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.reading import read_table
from app.functions.tables.reading_choices import ENCODINGS, ReadingChoices


def read(text: str, written: str = "utf-8", **chosen: str):
    return read_table(
        io.BytesIO(text.encode(written)),
        "a.csv",
        10**6,
        choices=ReadingChoices(**chosen),
    )


ROWS = "name;size\n" + "".join(f"Zoë {k};{k},125\n" for k in range(30))


def test_a_file_tells_how_it_was_read():
    assert read(ROWS).how == {
        "encoding": "utf-8",
        "delimiter": ";",
        "decimal": "",
        "header": "1",
    }


def test_the_encoding_that_is_chosen_is_used():
    assert "Zoл 3" in set(read(ROWS, "cp1252", encoding="cp1251").frame["name"])
    assert "Zoë 3" in set(read(ROWS, "cp1252", encoding="cp1252").frame["name"])
    with pytest.raises(ValueError, match=r"cannot be read in this encoding.*\.$"):
        read(ROWS, "cp1252", encoding="utf-8")


def test_the_delimiter_that_is_chosen_is_used():
    text = "a;b,c\n" + "".join(f"{k};{k},x\n" for k in range(30))
    assert list(read(text, delimiter=",").frame.columns) == ["a;b", "c"]
    assert list(read(text, delimiter=";").frame.columns) == ["a", "b,c"]
    with pytest.raises(ValueError, match="only one column"):
        read(text, delimiter="|")


def test_the_decimal_mark_that_is_chosen_is_used():
    text = "a;b\n" + "".join(f"{k};{k}.125\n" for k in range(1, 30))
    assert read(text, decimal=".").frame["b"].max() == 29.125
    assert read(text, decimal=",").frame["b"].max() == 29125


def test_the_header_that_is_chosen_is_used():
    text = "".join(f"red,{k},{k * 7 % 5}\n" for k in range(30))
    named = read("colour,size,kind\nthe,first,one\n" + text, header="2")
    assert list(named.frame.columns) == ["the", "first", "one"]
    assert len(named.frame) == 30 and named.how["header"] == "2"
    plain = read("blue,small,x\n" + text, header="none")
    assert list(plain.frame.columns) == ["column 1", "column 2", "column 3"]
    assert len(plain.frame) == 31 and plain.how["header"] == "none"
    with pytest.raises(ValueError, match=r"no row 40.*\.$"):
        read(text, header="40")


@pytest.mark.parametrize(
    "chosen",
    [
        {"encoding": "rot13"},
        {"delimiter": "ab"},
        {"decimal": "x"},
        {"header": "0"},
        {"header": "51"},
        {"header": "²"},
        {"header": "9" * 5000},
    ],
)
def test_what_cannot_be_chosen_is_refused_with_a_sentence(chosen):
    with pytest.raises(ValueError, match=r"\.$"):
        ReadingChoices(**chosen)


@given(
    st.dictionaries(
        st.sampled_from(["encoding", "header", "x"]), st.integers() | st.text()
    )
)
def test_whatever_json_says_is_choices_or_refused(values):
    try:
        choices = ReadingChoices.of(values)
    except ValueError as error:
        assert str(error).endswith(".")
    else:
        assert choices.encoding in ("", *ENCODINGS)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_is_one_of_python(encoding):
    text = "a,b\n" + "1,2\n3,5\n" * 10
    assert read(text, encoding, encoding=encoding).frame["a"].tolist() == [1, 3] * 10
