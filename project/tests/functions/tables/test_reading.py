"""Whatever the file: a table, or a sentence."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from datetime import datetime

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.functions.tables.column_names import clean_names
from app.functions.tables.reading import MAX_COLUMNS, read_table
from app.functions.tables.serialization import (
    table_from_bytes,
    table_to_bytes,
)

LIMIT = 1_000_000
TYPES = {"int64", "float64", "bool", "datetime64[us]", "str"}


def read(content: bytes | str, max_bytes: int = LIMIT):
    if isinstance(content, str):
        content = content.encode()
    return read_table(io.BytesIO(content), "table.csv", max_bytes)


def rendered(frame: pd.DataFrame, delimiter: str, line_end: str) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end)
    writer.writerow(frame.columns)
    writer.writerows(frame.itertuples(index=False))
    return text.getvalue()


def check_promise(content: bytes) -> None:
    try:
        result = read(content)
    except ValueError as error:
        sentence = str(error)
        assert type(error) is ValueError
        assert sentence.endswith(".")
        for raw in ("Traceback", "C error", "codec", "Errno", "tokenizing"):
            assert raw not in sentence
        return
    frame = result.frame
    assert frame.shape[0] >= 2 and 2 <= frame.shape[1] <= MAX_COLUMNS
    assert frame.columns.is_unique
    assert all(type(name) is str and name.strip() for name in frame)
    assert {str(kind) for kind in frame.dtypes} <= TYPES
    assert all(note.endswith(".") for note in result.notes)
    kept = table_from_bytes(table_to_bytes(frame))
    pd.testing.assert_frame_equal(kept, frame, check_column_type=False)


MAGICS = [b"", b"PAR1", b"PK\x03\x04", b"\x1f\x8b\x08", b"\xff\xfe", b"\xef\xbb\xbf"]
LOOSE_TEXT = st.text('ab019.,;|\t"\n\r -?+/:eéZ\u20ac\0', max_size=80)
CELLS = st.one_of(
    st.text(max_size=6),
    st.integers().map(str),
    st.floats().map(repr),
    st.datetimes().map(str),
    st.datetimes().map(lambda moment: moment.strftime("%d/%m/%Y")),
    st.sampled_from(["", "?", "NA", "true", "FALSE", "1,5", "1.234", "1,234", "007"]),
)


@given(st.builds(bytes.__add__, st.sampled_from(MAGICS), st.binary(max_size=200)))
def test_whatever_the_bytes_a_table_or_a_sentence(content):
    check_promise(content)


@given(LOOSE_TEXT, st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"]))
def test_whatever_the_text_a_table_or_a_sentence(text, encoding):
    check_promise(text.encode(encoding))


@given(
    rows=st.lists(st.lists(CELLS, max_size=4), max_size=6),
    delimiter=st.sampled_from(",;\t|"),
)
def test_whatever_the_cells_a_table_or_a_sentence(rows, delimiter):
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    check_promise(text.getvalue().encode("utf-8", "replace"))


WORDS = st.text(
    st.characters(exclude_categories=["Cc", "Cs"]) | st.sampled_from(',;|\t"\n'),
    max_size=8,
).map(lambda text: f"w{text}w")
COLUMNS = {
    "whole": st.integers(-(2**63), 2**63 - 1),
    "real": st.floats(allow_nan=False, allow_infinity=False, width=32).map(float),
    "word": WORDS,
    "truth": st.booleans(),
    "day": st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)),
}
CLEAN_TABLES = st.lists(st.tuples(*COLUMNS.values()), min_size=2, max_size=6).map(
    lambda rows: pd.DataFrame(rows, columns=list(COLUMNS))
)


@given(
    table=CLEAN_TABLES,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-32"]),
    line_end=st.sampled_from(["\n", "\r\n"]),
    packed=st.booleans(),
)
def test_a_clean_table_comes_back_as_it_was(
    table, delimiter, encoding, line_end, packed
):
    content = rendered(table, delimiter, line_end).encode(encoding)
    result = read(gzip.compress(content, 1) if packed else content)
    expected = table.astype({"day": "datetime64[us]"})
    pd.testing.assert_frame_equal(result.frame, expected)
    assert result.notes == ()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("word", ["näh", "мир", "日本"])
def test_utf_16_without_a_mark_is_recognised(encoding, word):
    frame = read(f"a,b\n{word},1\nx,2\n".encode(encoding)).frame
    assert frame.to_dict("list") == {"a": [word, "x"], "b": [1, 2]}


def test_windows_1252_is_read_with_a_note():
    result = read("a;b\nGröße €;1\nx;2\n".encode("cp1252"))
    assert result.frame["a"][0] == "Größe €"
    assert "Windows-1252" in result.notes[0]


PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256))
PACKED = gzip.compress(b"a,b\n1,2\n3,4\n" * 50)


@pytest.mark.parametrize(
    "content, sentence",
    [
        (b"", "is empty"),
        (b" \n\n\t\n", "nothing but blank lines"),
        (b"a,b\n", "a header row, but no rows"),
        (b"a,b\n,\n,\n", "a header row, but no rows"),
        (b"a,b\n1,2\n", "only one row of data"),
        (b"a\n1\n2\n", "only one column.*semicolon"),
        (b"a b\n1 2\n3 4\n", "only one column.*semicolon"),
        (b"%PDF-1.7\n", "a PDF document"),
        (PNG, "a PNG picture"),
        (b'{"a": [1, 2]}', "a JSON file"),
        (b'[{"a": 1}]', "a JSON file"),
        (b"\xef\xbb\xbf <!DOCTYPE html><p>", "an HTML page"),
        (b"<?xml version='1.0'?>", "an XML file"),
        (b"\x80\x04\x95\x00", "pickle, which is never opened"),
        (b"BZh91AY", "a bzip2 archive"),
        (bytes(range(256)) * 8, "binary data"),
        (b"a,b\n\x01\x02\x03\xff\n", "binary data"),
        (b"\xff\xfea\x00,\x00b", "starts like UTF-16 text"),
        (b'a,b\n1,2\n"x,3\ny,4\n', "quotation mark in line 3, or below"),
        (PACKED[:-12], "cut short"),
        (PACKED[:-8] + bytes(8), "damaged and cannot be unpacked"),
        (gzip.compress(PACKED), "packed more than once"),
        (gzip.compress(PNG), "a PNG picture"),
        (gzip.compress(b""), "is empty"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_a_file_that_holds_no_table_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(ValueError, match=sentence) as refusal:
        read(content)
    assert str(refusal.value).startswith("'table.csv' ")


def test_a_workbook_by_name_only_is_told_so():
    broken = io.BytesIO(b"this was a workbook once\nand is no more\n" * 9)
    with pytest.raises(ValueError, match="only one column.* an Excel workbook, but"):
        read_table(broken, "Prices.XLSX", LIMIT)


def test_text_that_is_named_like_a_workbook_is_read():
    text = io.BytesIO(b"a\tb\n1\t2\n3\t4\n")
    assert read_table(text, "export.xls", LIMIT).frame.shape == (2, 2)


def test_a_bomb_is_refused_without_being_unpacked_whole():
    packer = zlib.compressobj(wbits=31)
    zeros = bytes(LIMIT)
    bomb = b"".join(packer.compress(zeros) for _ in range(50)) + packer.flush()
    content = io.BytesIO(bomb)
    with pytest.raises(ValueError, match="more than 0.9537 MB, unpacked"):
        read_table(content, "bomb.csv.gz", LIMIT)
    assert content.tell() < len(bomb)


def test_a_file_above_the_limit_is_refused():
    with pytest.raises(ValueError, match="more than"):
        read("a,b\n1,2\n3,4\n", max_bytes=11)
    assert len(read("a,b\n1,2\n3,4\n", max_bytes=12).frame) == 2


@pytest.mark.parametrize("n_columns", [MAX_COLUMNS + 1, 5000])
def test_too_many_columns_are_refused_with_both_numbers(n_columns):
    line = ",".join(f"c{number}" for number in range(n_columns))
    with pytest.raises(ValueError, match=f"{n_columns:,} columns.*2,000"):
        read(f"{line}\n{line}\n{line}\n")


def test_infinities_become_missing_with_a_note():
    result = read("a,b,c\ninf,1,x\n2,-Infinity,y\n")
    assert result.frame["a"].isna().tolist() == [True, False]
    assert result.frame["b"].isna().tolist() == [False, True]
    assert result.notes == ('Infinite values were taken as missing: "a", "b".',)


def test_a_column_without_values_is_kept():
    frame = read("a,b,c\n1,,x\n2,,y\n").frame
    assert frame["b"].isna().all() and frame["b"].dtype == "float64"


def test_the_stream_may_stand_anywhere_and_stays_open():
    content = io.BytesIO(b"a,b\n1,2\n3,4\n")
    content.seek(5)
    assert len(read_table(content, "t.csv", LIMIT).frame) == 2
    assert len(read_table(content, "t.csv", LIMIT).frame) == 2


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(0, 3))))
def test_names_become_different_filled_texts(raw):
    names, _ = clean_names([*raw, "column 1", "a", "a", "a (2)"])
    assert all(name.isprintable() for name in names)
    assert len(set(names)) == len(names) == len(raw) + 4
    assert all(name and name == name.strip() for name in names)


@pytest.mark.parametrize(
    "text, values",
    [
        ("size\n3\n", [3]),
        ("size\n\n3\n4.5\n", [3, 4.5]),
        ("sep=;\nsize\n3\n", [3]),
        ("size\nhello, you\nyou; he\n", ["hello, you", "you; he"]),
    ],
)
def test_one_column_is_enough_to_be_predicted_and_too_few_to_learn_from(text, values):
    table = read_table(io.BytesIO(text.encode()), "one.csv", 10**6, to_learn=False)
    assert table.frame["size"].tolist() == values
    with pytest.raises(ValueError, match="at least 2 are needed"):
        read_table(io.BytesIO(text.encode()), "one.csv", 10**6)


def test_a_quotation_without_an_end_is_refused_in_a_single_column_too():
    with pytest.raises(ValueError, match="not closed"):
        read_table(io.BytesIO(b'size\n3\n"4\n5\n'), "a.csv", 10**6, to_learn=False)
