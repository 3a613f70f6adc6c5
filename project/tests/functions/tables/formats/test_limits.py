"""What a small file may become: cells, texts and columns are bounded before they fill the memory."""

from __future__ import annotations

import gzip
import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.functions.tables.formats.limits import MAX_CELL_CHARACTERS
from app.functions.tables.reading import read_table

from .test_archives import archive, ods, ods_row
from .test_excel import MAIN, workbook

MIB = 1024**2
LIMIT = 40 * MIB
LONG = "x" * (MAX_CELL_CHARACTERS + 1)
ROWS = 12


def read(content: bytes, name: str = "table.csv", max_bytes: int = LIMIT):
    return read_table(io.BytesIO(content), name, max_bytes)


def parquet(n_rows: int, **columns) -> bytes:
    buffer = io.BytesIO()
    table = pa.table(columns | {"n": np.arange(n_rows)})
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def shared(text: str, n_rows: int) -> bytes:
    """A workbook in which all rows show the same text, which is stored once."""
    cells = '<c t="s"><v>{}</v></c><c><v>{}</v></c>'
    rows = ['<c t="s"><v>0</v></c><c t="s"><v>1</v></c>']
    rows += [cells.format(2, i) for i in range(n_rows)]
    sheet = "".join(f"<row>{row}</row>" for row in rows)
    items = "".join(f"<si><t>{each}</t></si>" for each in ("name", "n", text))
    members = {"xl/sharedStrings.xml": f"<sst {MAIN}>{items}</sst>"}
    xml = f"<worksheet {MAIN}><sheetData>{sheet}</sheetData></worksheet>"
    return workbook(xml, **members)


def repeated(value, kind: pa.DataType, n_rows: int) -> pa.Array:
    indices = pa.array(np.zeros(n_rows, "int32"))
    return pa.DictionaryArray.from_arrays(indices, pa.array([value], kind))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.csv", f"a,n\n1,2\n{LONG},3\n".encode()),
        ("t.csv", f'a,n\n1,2\n"{LONG}",3\n'.encode()),
        ("t.csv.gz", gzip.compress(f"a,n\n1,2\n{LONG},3\n".encode())),
        ("t.parquet", parquet(ROWS, a=repeated(LONG, pa.string(), ROWS))),
        ("t.parquet", parquet(ROWS, a=repeated(LONG, pa.large_string(), ROWS))),
        ("t.parquet", parquet(ROWS, a=repeated(LONG.encode(), pa.binary(), ROWS))),
        ("t.parquet", parquet(ROWS, a=repeated(LONG.encode(), pa.large_binary(), ROWS))),
        ("t.parquet", parquet(ROWS, a=pa.array([LONG] * ROWS, pa.string_view()))),
        ("t.ods", ods(ods_row("a", 1) + ods_row(LONG, 2) + ods_row("b", 3))),
        ("t.ods", ods(ods_row("a", 1) + ods_row('<text:s text:c="2000000000"/>', 2))),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_cell_that_is_too_long_is_refused_in_every_format(name, content):
    with pytest.raises(ValueError, match=f"a cell of more than {MAX_CELL_CHARACTERS:,} characters"):  # fmt: skip
        read(content, name)


@pytest.mark.parametrize("marked_up", [False, True], ids=["plain", "in many fonts"])
@pytest.mark.parametrize("prefix", ["", "x:"], ids=["", "prefixed"])
def test_a_shared_text_of_a_workbook_is_measured_before_it_is_opened(marked_up, prefix):
    run = f"<{prefix}r><{prefix}t>{'x' * 1000}</{prefix}t></{prefix}r>"
    text = run * 2000 if marked_up else f"<{prefix}t>{LONG}</{prefix}t>"
    strings = f"<{prefix}sst><{prefix}si>{text}</{prefix}si></{prefix}sst>"
    content = archive({"xl/workbook.xml": "<workbook/>", "xl/sharedStrings.xml": strings})  # fmt: skip
    with pytest.raises(ValueError, match="a cell of more than"):
        read(content, "t.xlsx")


def test_long_texts_that_a_workbook_stores_once_count_as_often_as_they_appear():
    long = "x" * 30_000
    assert len(read(shared(long, 50), "t.xlsx").frame) == 50
    bomb = shared(long, 1000)
    assert len(bomb) < LIMIT / 500
    with pytest.raises(ValueError, match="more than 40 MB, unpacked"):
        read(bomb, "t.xlsx")


def test_many_coloured_cells_without_a_value_are_no_long_text():
    blank = '<row><c r="A5" s="1"/></row>' * 700_000
    rows = "".join(f"<row><c><v>{i}</v></c><c><v>1</v></c></row>" for i in range(9))
    xml = f"<worksheet {MAIN}><sheetData>{rows}{blank}</sheetData></worksheet>"
    assert len(read(workbook(xml), "t.xlsx").frame) > 7


def test_a_long_text_in_rows_that_a_spreadsheet_repeats_is_refused():
    bomb = ods(ods_row("a", 1) + ods_row("x" * 30_000, 2, repeated=10_000))
    with pytest.raises(ValueError, match="more than 40 MB, unpacked"):
        read(bomb, "t.ods")


def test_one_column_of_texts_may_not_take_a_whole_table():
    content = parquet(150, a=repeated("x" * 100_000, pa.string(), 150))
    with pytest.raises(ValueError, match='texts in column "a".*more than 10 MB'):
        read(content, "t.parquet")
    assert len(read(parquet(80, a=repeated("x" * 100_000, pa.string(), 80)), "t.parquet").frame) == 80  # fmt: skip


def test_texts_of_which_a_file_stores_the_differences_are_read_and_bounded():
    def of(n_rows: int) -> bytes:
        buffer = io.BytesIO()
        texts = ["x" * 5000 + str(i) for i in range(n_rows)]
        pq.write_table(
            pa.table({"a": texts, "n": range(n_rows)}),
            buffer,
            use_dictionary=False,
            column_encoding={"a": "DELTA_BYTE_ARRAY", "n": "PLAIN"},
        )
        return buffer.getvalue()

    frame = read(of(700), "t.parquet").frame
    assert frame["a"].str.len().tolist() == [5000 + len(str(i)) for i in range(700)]
    with pytest.raises(ValueError, match='texts in column "a"'):
        read(of(3000), "t.parquet")


def test_wide_bytes_are_refused_before_they_are_read():
    wide = pa.array([b"x" * MIB] * 30, pa.binary(MIB))
    with pytest.raises(ValueError, match='texts in column "a".*more than 10 MB'):
        read(parquet(30, a=wide), "t.parquet")


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"a,b\n" + b"1,2\n" * 3_000_000, "more than 40 MB, unpacked"),
        (b"a,b\n1,2\n" + b"x" * 2**24 + b"y,3\n", "Line 3 of .* more than 16,777,216"),
        (b"a,b\n1,2\n" + b"\n" * 1_100_000, "more than 1,000,000 blank lines"),
    ],
    ids=["many rows", "a long line", "blank lines"],
)
def test_a_text_file_is_refused_while_it_is_read(content, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(content)


def test_reading_says_how_large_a_table_is_before_it_takes_memory():
    announced: list[int] = []
    content = parquet(1000, a=repeated("x" * 1000, pa.string(), 1000))
    read_table(io.BytesIO(content), "t.parquet", LIMIT, announce=announced.append)
    assert announced[0] == len(content) and announced[-1] >= 1_000_000
    assert announced == sorted(announced)
    announced.clear()
    packed = gzip.compress(b"a,b\n" + b"1,2\n" * 100_000)
    read_table(io.BytesIO(packed), "t.csv.gz", LIMIT, announce=announced.append)
    assert announced == [400_004]
