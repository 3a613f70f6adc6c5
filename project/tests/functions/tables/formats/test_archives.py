"""ZIP files: the one table in them is read, other workbooks are opened, and nothing fills the memory."""

from __future__ import annotations

import io
import struct
import zipfile

import pytest

from app.functions.tables.reading import read_table

LIMIT = 10_000_000
CSV = "a,b\n" + "".join(f"{i},x{i % 3}\n" for i in range(20))
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
MIME = "application/vnd.oasis.opendocument.spreadsheet"


def archive(members: dict[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(name, content)
    return buffer.getvalue()


def read(content: bytes, name: str = "table.zip", max_bytes: int = LIMIT):
    return read_table(io.BytesIO(content), name, max_bytes)


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"readme.txt": "about it"},
        {"__MACOSX/._data.csv": "x", "data/.DS_Store": "x", "data/": ""},
    ],
)
def test_the_only_table_of_an_archive_is_read(others):
    frame = read(archive({"data/data.csv": CSV} | others)).frame
    assert frame.shape == (20, 2)


def test_a_workbook_in_an_archive_is_read():
    inner = ods("".join(ods_row(name, i) for i, name in enumerate(["n", "x", "y"])))
    assert read(archive({"data.ods": inner})).frame.shape == (2, 2)


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"a.csv": CSV, "b.csv": CSV}, 'archive of 2 files.*"a.csv", "b.csv"'),
        ({"a.bin": "x", "b.bin": "x"}, "archive of 2 files"),
        ({"data.zip": archive({"a.csv": CSV})}, "packed more than once"),
        ({"data.csv.gz": b"\x1f\x8b\x08" + bytes(20)}, "packed more than once"),
        ({"photo.png": b"\x89PNG\r\n\x1a\n"}, "a PNG picture"),
    ],
)
def test_an_archive_without_one_table_is_refused(members, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(archive(members))


def test_a_bomb_in_an_archive_is_refused_before_it_is_unpacked_whole():
    content = archive({"data.csv": "a,b\n" + "1,2\n" * LIMIT})
    assert len(content) < LIMIT / 50
    with pytest.raises(ValueError, match="more than 9.537 MB, unpacked"):
        read(content)


def test_an_archive_that_lies_about_its_size_is_refused():
    content = archive({"data.csv": "a,b\n" + "1,2\n" * LIMIT})
    true = (4 * LIMIT + 4).to_bytes(4, "little")
    with pytest.raises(ValueError, match="damaged|more than 9.537 MB"):
        read(content.replace(true, (100).to_bytes(4, "little")))


def ods_row(first: str, number: float, repeated: int = 1) -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{repeated}">'
        f'<table:table-cell office:value-type="string"><text:p>{first}</text:p></table:table-cell>'
        f'<table:table-cell office:value-type="float" office:value="{number}"><text:p>{number}</text:p>'
        '</table:table-cell><table:table-cell table:number-columns-repeated="16382"/></table:table-row>'
    )


def ods(rows: str) -> bytes:
    spaces = " ".join(f'xmlns:{name}="{OFFICE}:{name}:1.0"' for name in ("office", "table", "text"))  # fmt: skip
    blank = (
        '<table:table-row table:number-rows-repeated="1048000">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    content = (
        f'<?xml version="1.0"?><office:document-content {spaces}><office:body><office:spreadsheet>'
        f'<table:table table:name="Data">{rows}{blank}</table:table>'
        "</office:spreadsheet></office:body></office:document-content>"
    )
    manifest = '<?xml version="1.0"?><manifest:manifest xmlns:manifest="m"/>'
    return archive(
        {
            "mimetype": MIME,
            "content.xml": content,
            "META-INF/manifest.xml": manifest,
        }
    )


def test_an_opendocument_spreadsheet_is_read():
    rows = "".join(ods_row(f"r{i % 3}", i * 1.5) for i in range(20))
    result = read(ods(ods_row("kind", 2019) + rows), "table.ods")
    assert result.frame["kind"].tolist()[:3] == ["r0", "r1", "r2"]
    assert result.frame["2019"].tolist()[:3] == [0, 1.5, 3]
    assert result.sheets == ("Data",) and result.notes == ()


def test_an_opendocument_spreadsheet_that_repeats_cells_without_end_is_refused():
    bomb = ods(ods_row("a", 1) + ods_row("b", 2, repeated=1_000_000_000))
    with pytest.raises(ValueError, match="sheet of 1,000,000,001 rows"):
        read(bomb, "table.ods")


def record(kind: int, payload: bytes = b"") -> bytes:
    number = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(payload)]) + payload


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def xlsb(rows: list[tuple[int, int, object]]) -> bytes:
    """A binary workbook; each cell is its row, its column and its value."""
    cells = b""
    for row, column, value in rows:
        place = struct.pack("<II", column, 0)
        cells += record(0, struct.pack("<IIHHBI", row, 0, 300, 0, 0, 0))
        if isinstance(value, str):
            cells += record(6, place + wide(value))
        else:
            cells += record(5, place + struct.pack("<d", value))
    last = (max(r for r, _, _ in rows), max(c for _, c, _ in rows))
    size = record(148, struct.pack("<IIII", 0, last[0], 0, last[1]))
    sheet = record(129) + size + record(145) + cells + record(146) + record(130)
    bundle = record(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("Data"))
    book = record(131) + record(143) + bundle + record(144) + record(132)
    relation = (
        "http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"
    )
    relations = (
        '<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{relation}" Target="worksheets/sheet1.bin"/></Relationships>'
    )
    return archive(
        {
            "xl/workbook.bin": book,
            "xl/_rels/workbook.bin.rels": relations,
            "xl/worksheets/sheet1.bin": sheet,
        }
    )


def test_a_binary_workbook_is_read():
    cells = [(0, 0, "n"), (0, 1, "kind")]
    for row in range(1, 21):
        cells += [(row, 0, row * 1.5), (row, 1, f"k{row % 3}")]
    result = read(xlsb(cells), "table.xlsb")
    assert result.frame["n"].tolist()[:2] == [1.5, 3]
    assert result.frame["kind"].tolist()[:2] == ["k1", "k2"]


def test_a_binary_workbook_with_a_stray_cell_far_away_is_refused():
    cells = [(0, 0, "n"), (0, 1, "kind"), (1_000_000, 16_000, 1.0)]
    with pytest.raises(ValueError, match="1,000,001 rows and 16,001 columns"):
        read(xlsb(cells), "table.xlsb")
