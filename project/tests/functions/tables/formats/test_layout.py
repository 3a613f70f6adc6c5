"""What stands above and below a table is left out, and said."""

from __future__ import annotations

import io

import pytest

from app.functions.tables.reading import read_table

ROWS = [[f"2020-01-{i + 1:02d}", f"{i * 1.5}", f"{i * 2}"] for i in range(25)]
HEADER = "day,amount,n"
BODY = "".join(",".join(row) + "\n" for row in ROWS)
FOUR = "".join(f"L{i},{i},{i * 2},{i * 3},{i * 5}\n" for i in range(25))


def read(text: str | bytes, encoding: str = "utf-8"):
    content = text.encode(encoding) if isinstance(text, str) else text
    return read_table(io.BytesIO(content), "table.csv", 10_000_000)


def check_is_the_table(result, *notes: str) -> None:
    assert list(result.frame) == ["day", "amount", "n"]
    assert [str(kind) for kind in result.frame.dtypes] == ["datetime64[us]", "float64", "int64"]  # fmt: skip
    assert result.frame.shape[0] % 25 == 0
    assert result.frame["n"].tolist()[:3] == [0, 2, 4]
    assert len(result.notes) == len(notes), result.notes
    assert all(note in found for note, found in zip(notes, result.notes))


@pytest.mark.parametrize(
    ("above", "note"),
    [
        ("Sales report 2024\n\n", '1 line was left out above the table: "Sales report'),
        ("Sales report,,\nCreated: 2024-01-05,,\n,,\n", "2 lines were left out above"),
        ("Report, by region\n", "1 line was left out above the table"),
        ('"Source","Office",\n\n"Updated","2024-03-28",\n', "2 lines were left out"),
        ("# station 12\n# made 2024-01-05, by the logger\n", "2 lines were left out"),
        ("% made by a tool\n", "1 line was left out above"),
        ("// made by a tool\n", "1 line was left out above"),
    ],
)
def test_titles_and_comments_above_the_header_are_left_out(above, note):
    trailing = "," if ',"Office",' in above else ""
    table = "".join(f"{line}{trailing}\n" for line in [HEADER, *BODY.split()])
    check_is_the_table(read(above + table), note)


def test_the_last_comment_may_be_the_header():
    check_is_the_table(read(f"# station 12\n# {HEADER}\n{BODY}"), "1 line was left out")
    check_is_the_table(read(f"#{HEADER}\n{BODY}"))


def test_a_first_column_that_is_called_by_a_mark_of_comments_is_kept():
    result = read("#,name,v\n" + "".join(f"{i},n{i},{i}.5\n" for i in range(9)))
    assert list(result.frame) == ["#", "name", "v"] and len(result.frame) == 9


@pytest.mark.parametrize(
    "below",
    [
        ",EUR,pieces\n",
        "[d],[EUR],[1]\n",
        "Which day was it?,How much was paid?,How many?\n",
        'a,b,c\n"{""id"": 1}","{""id"": 2}","{""id"": 3}"\n',
    ],
)
def test_rows_that_describe_the_columns_are_left_out_below_the_header(below):
    check_is_the_table(read(f"{HEADER}\n{below}{BODY}"), "left out below the header")


@pytest.mark.parametrize("first", ["2020-02-01,NA,3\n", "2020-02-01,unknown,3\n"])
def test_a_first_row_with_one_odd_cell_is_data(first):
    result = read(f"{HEADER}\n{first}{BODY}")
    assert len(result.frame) == 26 and result.frame["amount"].isna().sum() == 1


@pytest.mark.parametrize(
    ("headers", "names"),
    [
        ("land,Sales,,Cost,\n,2019,2020,2019,2020\n", ["land", "Sales 2019", "Sales 2020", "Cost 2019", "Cost 2020"]),
        (",a,a,b,b\n,x,y,x,y\n", ["column 1", "a x", "a y", "b x", "b y"]),
        (",a,a,b,b\n,x,y,x,y\nkey,,,,\n", ["key", "a x", "a y", "b x", "b y"]),
    ],
)  # fmt: skip
def test_the_names_of_two_header_rows_are_joined(headers, names):
    result = read(headers + FOUR)
    assert list(result.frame) == names and len(result.frame) == 25
    assert "two header rows were joined" in result.notes[0]


@pytest.mark.parametrize(
    ("footer", "note"),
    [
        ("Total,450,600\n", '"Total 450 600"'),
        ("Grand Total,450,600\n\nSource: own accounts\n", "2 lines were left out"),
        ("Summe,450,600\nQuelle: Amt für Statistik,,\n", "2 lines were left out"),
        ("* provisional\n", '"* provisional"'),
        ("# end\n", '"# end"'),
    ],
)
def test_totals_and_sources_below_the_table_are_left_out(footer, note):
    result = read(f"{HEADER}\n{BODY}{footer}")
    check_is_the_table(result, note)
    assert "below the table" in result.notes[0] and len(result.frame) == 25


def test_a_class_that_is_called_total_is_no_footer():
    text = "size,kind\n" + "".join(f"{i}.5,{'Total' if i % 2 else 'Part'}\n" for i in range(20))  # fmt: skip
    assert len(read(text).frame) == 20 and read(text).notes == ()


def test_a_repeated_header_is_left_out_wherever_it_stands():
    result = read(f"{HEADER}\n{BODY}{HEADER}\n{BODY}{HEADER}\n{BODY}{HEADER}\n")
    check_is_the_table(result, "repeated 3 times")
    assert len(result.frame) == 75


@pytest.mark.parametrize("delimiter", ["\t", ";", ","])
def test_a_header_without_a_name_for_the_row_names_is_read_as_r_does(delimiter):
    rows = "".join(f"r{i},{20 + i},{i * 100}\n" for i in range(9))
    result = read(("age,pay\n" + rows).replace(",", delimiter))
    assert list(result.frame) == ["column 1", "age", "pay"]
    assert result.frame["age"].tolist()[:2] == [20, 21] and len(result.notes) == 1


def test_too_few_names_are_refused_with_both_numbers():
    rows = "".join(",".join(str(i * k) for k in range(7)) + "\n" for i in range(9))
    with pytest.raises(ValueError, match="line 1 has 3 cells, most lines have 7"):
        read("a,b,c\n" + rows)


@pytest.mark.parametrize("declaration", ['"sep=|"\r\n', "sep=|\n", "SEP=|\r\n"])
def test_a_line_that_declares_the_delimiter_is_heeded(declaration):
    check_is_the_table(read(declaration + f"{HEADER}\n{BODY}".replace(",", "|")))


def test_the_end_of_file_mark_of_dos_is_no_row():
    check_is_the_table(read(f"{HEADER}\n{BODY}\x1a"))
    check_is_the_table(read(f"{HEADER}\n{BODY.rstrip()}\x1a"))


def test_quotation_marks_with_backslashes_and_single_ones_are_understood():
    escaped = "".join(f'{i},"he said \\"yes, {i}\\"",{i}\n' for i in range(9))
    result = read("id,said,n\n" + escaped)
    assert result.frame["said"][1] == 'he said "yes, 1"' and len(result.notes) == 1
    single = "".join(f"{i},'he said, yes {i}',{i}\n" for i in range(9))
    result = read("id,said,n\n" + single)
    assert result.frame["said"][1] == "he said, yes 1" and len(result.notes) == 1
    paths = "".join(f'{i},"C:\\dir{i}\\",{i}\n' for i in range(9))
    result = read("id,path,n\n" + paths)
    assert result.frame["path"][1] == "C:\\dir1\\" and result.notes == ()


def test_nul_bytes_are_left_out_and_counted():
    rows = "".join(f"{i},x{chr(0) * (i % 900 == 0)}{i}\n" for i in range(3000))
    result = read("a,b\n" + rows)
    assert result.frame["b"][900] == "x900"
    assert result.notes[0].startswith("4 NUL bytes were left out")


@pytest.mark.parametrize(
    ("encoding", "header", "word", "shown"),
    [
        ("cp932", "都市,人口,種類", "とうきょう", "Shift-JIS"),
        ("cp1251", "город,население,район", "Москва", "Windows-1251"),
        ("koi8_r", "город,население,район", "Казань", "KOI8-R"),
        ("gb18030", "城市,人口,季节", "北京", "GB18030"),
        ("euc_kr", "도시,인구,계절", "서울", "EUC-KR"),
        ("cp1252", "Größe,Straße,Maß", "Müller", "Windows-1252"),
    ],
)
def test_older_encodings_are_read_with_a_note(encoding, header, word, shown):
    rows = "".join(f"{word},{i * 3},x{i % 3}\n" for i in range(20))
    result = read(f"{header}\n{rows}", encoding)
    assert list(result.frame) == header.split(",")
    assert set(result.frame.iloc[:, 0]) == {word}
    assert len(result.notes) == 1 and shown in result.notes[0]


def test_a_total_without_a_name_is_left_out_with_a_note():
    total = f",{sum(i * 1.5 for i in range(25))},{sum(i * 2 for i in range(25))}\n"
    check_is_the_table(
        read(f"{HEADER}\n{BODY}{total}"), '1 line was left out below the table: "450.0'
    )


@pytest.mark.parametrize("last", [",3,4\n", ",36.5,5\n", ",,600\n,3,4\n", ",a,600\n"])
def test_a_last_row_with_a_gap_is_no_total_of_itself(last):
    result = read(f"{HEADER}\n{BODY}{last}")
    assert len(result.frame) == 25 + last.count("\n")
    assert not any("below the table" in note for note in result.notes)


PAIRS = "".join(f"{i}.5,{i * 7}\n" for i in range(30))


@pytest.mark.parametrize(
    "above",
    [
        "Report,Sales 2024\nCreated,2024-05-01\n",
        "Report,Sales 2024\nCreated,2024-05-01\n\n",
        "Station,12\nUnit,mm\nBy,the office\n",
    ],
)
def test_pairs_above_two_columns_of_values_are_left_out_with_a_note(above):
    result = read(f"{above}price,size\n{PAIRS}")
    assert list(result.frame) == ["price", "size"]
    assert len(result.frame) == 30
    assert "left out above the table" in result.notes[0]


@pytest.mark.parametrize(
    "rows",
    [
        "price,size\nunknown,unknown\n" + PAIRS,
        "price,size\nUSD,mm\n" + PAIRS,
        "name,size\n" + "".join(f"n{i},{i}\n" for i in range(30)),
        "name,size\nAnn,absent\n" + "".join(f"n{i},{i}\n" for i in range(30)),
    ],
)
def test_two_columns_with_texts_in_their_first_rows_keep_their_header(rows):
    assert list(read(rows).frame) == rows.partition("\n")[0].split(",")
