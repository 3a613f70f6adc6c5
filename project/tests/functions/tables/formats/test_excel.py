"""Excel workbooks, written here cell by cell, because nothing in the project writes any."""

from __future__ import annotations

import base64
import io
import zipfile
import zlib
from datetime import datetime
from xml.sax.saxutils import escape

import pandas as pd
import pytest

from app.functions.tables.reading import read_table

LIMIT = 10_000_000
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
DATE_STYLE = f'<styleSheet {MAIN}><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
# Three columns ("a": 1, 2; "b": 2.5, 3.5; "c": "x", "y") in the format of Excel 97.
OLD_WORKBOOK = (
    "eNrtWD1oFEEU/mb3/kkue/EiJEo4AkaNacTGJlkjaCpDtFFE0LvkCkm4yGFhtDAarxQEK8UmkMYmauMPRtDOQohoIQjCnZapBAWL"
    "5NY33+3GS0yRgxhU5lve27dv5tt5N2/m3e6+XUiVZx51VLAG/bBR9eKI1PmUSDy4cCDtnqfN4BwT8Qz+KcRjkshIGM+b30R1DnW+"
    "K7DwMPRKNPBZ5AwuYGiikM9sIQ4zhqzSMfSJVrgnniTaGVUr9Qj1NuoH7DlPfYiem9R90resTmPBHeo56K/iU1YX25LQ931Czkd6"
    "9qMNr/UqvnpL1fqGMVA8nx3/Oxs6Q02YheRtMF/IF7PjZaQlgbP47mWAb8FOfZkx/q31K4j/x2p/dB3/bSsETME7xwVekuI6b9cS"
    "PLCEnZJlUCTpWZGcyIjIJZHJhK7F3LvOqr3bzDXdJHoULbRTXNmOVOel+1/fHcsNu2fpmWK9rlX1XToQeLimGUJOssVe0T1k7KO+"
    "zrvuoN1BnZYo5dw93OYbR6fZ5wZbu2WcA8R7d3edvUfs0uLxp52lL+5esecGK5fTcx/cGXTJRIwKXx/T6FW96u4djWducFZ+BfhE"
    "3f5bNYhZjh+75/91tWAZCZop6tqVnh21cmX5c6XZag37hYyoyI5QL9qarXmKPNvnWevwLDIS1FfCAc8iT897v9WKx7qTVK5fSMDA"
    "wMDAwMDAwMBgs6H43Ft7yg/57xv6CTfqf9dZFqmazyT/LU5gQo6L8mJ6BAU5FzHZ0PrZjrAK7qU2yAm+F2qclNGLGEOOcYw1vH7l"
    "7UrV/54NE53N20KNjl9tJM4/PP5PnhXB5g=="
)


def cell_xml(value) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, datetime):
        return f'<c s="1"><v>{(value - datetime(1899, 12, 30)).days}</v></c>'
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>'
    return f"<c><v>{value}</v></c>"


def sheet_xml(rows) -> str:
    cells = "".join(f"<row>{''.join(map(cell_xml, row))}</row>" for row in rows)
    return f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>"


def workbook(*sheets, **more_members: str) -> bytes:
    """The bytes of an .xlsx file; each sheet is a list of rows or XML."""
    numbers = range(1, len(sheets) + 1)
    members = {
        "_rels/.rels": "<Relationships>"
        f'<Relationship Id="r1" Type="{RELATIONS}/officeDocument" Target="xl/workbook.xml"/>'
        "</Relationships>",
        "xl/workbook.xml": f'<workbook {MAIN} xmlns:r="{RELATIONS}"><sheets>'
        + "".join(f'<sheet name="S{n}" sheetId="{n}" r:id="r{n}"/>' for n in numbers)
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": "<Relationships>"
        + "".join(
            f'<Relationship Id="r{n}" Type="{RELATIONS}/worksheet" Target="worksheets/s{n}.xml"/>'
            for n in numbers
        )
        + "</Relationships>",
        "xl/styles.xml": DATE_STYLE,
    }
    for number, sheet in zip(numbers, sheets):
        xml = sheet if isinstance(sheet, str) else sheet_xml(sheet)
        members[f"xl/worksheets/s{number}.xml"] = xml
    return archive(members | more_members)


def archive(members: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in members.items():
            file.writestr(name, text)
    return buffer.getvalue()


def read(content: bytes, max_bytes: int = LIMIT):
    return read_table(io.BytesIO(content), "table.xlsx", max_bytes)


def test_every_cell_type_becomes_a_column_type():
    rows = [
        ["name", "n", "x", "when", "yes", "zip", "mixed"],
        ["u", 1, 1.5, datetime(2020, 1, 31), True, "00123", 5],
        ["v", 2, None, datetime(2020, 2, 1), False, "4", "?"],
        ["w", 3, "?", None, True, None, "a"],
    ]
    result = read(workbook(rows))
    types = {name: str(kind) for name, kind in result.frame.dtypes.items()}
    assert types == {
        "name": "str",
        "n": "int64",
        "x": "float64",
        "when": "datetime64[us]",
        "yes": "bool",
        "zip": "str",
        "mixed": "str",
    }
    assert result.frame["when"][0] == pd.Timestamp(2020, 1, 31)
    assert result.frame["zip"].tolist()[:2] == ["00123", "4"]
    assert result.frame["x"].isna().tolist() == [False, True, True]
    assert result.notes == ('Taken as missing: "?" in 1 row of "x", 1 row of "mixed".',)


def test_the_format_of_excel_97_is_read():
    content = zlib.decompress(base64.b64decode(OLD_WORKBOOK))
    frame = read(content).frame
    assert frame.to_dict("list") == {"a": [1, 2], "b": [2.5, 3.5], "c": ["x", "y"]}


def test_the_first_sheet_that_holds_a_table_is_read_and_named():
    cover = [["Annual report"], [], ["by the department"]]
    table = [["Table 1"], [], [None, "a", "b"], [None, 1, 2], [None, 3, 4]]
    result = read(workbook(cover, table, table))
    assert result.frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}
    assert len(result.notes) == 2
    assert "3 sheets" in result.notes[0] and '"S2"' in result.notes[0]
    assert result.notes[1] == '1 line was left out above the table: "Table 1".'


def test_a_sheet_without_a_header_gets_column_names():
    result = read(workbook([[1, 2], [3, 4]]))
    assert result.frame.to_dict("list") == {"column 1": [1, 3], "column 2": [2, 4]}
    assert "only numbers" in result.notes[0]


def test_numbers_beyond_64_bits_become_floats():
    frame = read(workbook([["a", "b"], [1e300, 1], [2, 2]])).frame
    assert frame["a"].tolist() == [1e300, 2.0]


@pytest.mark.parametrize(
    "content, sentence",
    [
        (workbook([]), "no sheet with a table"),
        (workbook([["a"], [1], [2]]), "no sheet with a table"),
        (workbook([["a", "b"], [1, 2]]), "only one row"),
        (workbook([["a", "b"], [1, 2], [3, 4]])[:-40], "damaged or cut short"),
        (workbook("<worksheet><sheet"), "damaged or cut short"),
        (archive({"photo.png": "..."}), "photo.png. has only one column"),
        (archive({"word/document.xml": "..."}), "Word document"),
        (archive({"content.xml": "..."}), "damaged or cut short"),
        (archive({"xl/workbook.bin": "..."}), "damaged or cut short"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 99, "damaged or cut short"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_a_file_that_holds_no_table_is_refused_with_a_sentence(content, sentence):
    with pytest.raises(ValueError, match=sentence):
        read(content)


def test_a_workbook_that_unpacks_beyond_the_limit_is_refused_before_it_is_opened():
    content = workbook([["a", "b"], [1, 2]], bomb="0" * 2 * LIMIT)
    assert len(content) < LIMIT / 100
    with pytest.raises(ValueError, match="more than 9.537 MB, unpacked"):
        read(content)


def test_a_workbook_that_lies_about_its_size_is_refused():
    content = workbook([["a", "b"], [1, 2], [3, 4]], bomb="0" * 2 * LIMIT)
    declared = (2 * LIMIT).to_bytes(4, "little")
    with pytest.raises(ValueError, match="damaged"):
        read(content.replace(declared, (10).to_bytes(4, "little")))


def test_a_stray_cell_far_away_is_refused_before_it_fills_the_memory():
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    sheet = f"<worksheet {MAIN}><sheetData>{cells}</sheetData></worksheet>"
    with pytest.raises(ValueError, match="1,048,576 rows and 16,384 columns"):
        read(workbook(sheet), max_bytes=200 * 1024**2)
