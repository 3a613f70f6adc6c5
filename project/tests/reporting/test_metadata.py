"""The metadata of a report, and sentences about its problems."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.reporting.metadata import MAX_BYTES
from app.reporting.registry import read_entry
from tests.reporting.report_sources import broken, good, write


def test_a_report_is_described_by_its_file_without_running_it(tmp_path):
    entry = read_entry(write(tmp_path, "sales", broken("raise SystemExit")))
    assert (entry.name, entry.title, entry.description) == (
        "sales",
        "Sales",
        "What was sold.",
    )
    assert (entry.tags, entry.problem, entry.picture) == (("shop",), None, None)


def test_a_title_may_be_annotated(tmp_path):
    source = good().replace('TITLE = "Sales"', 'TITLE: str = "Sales"')
    assert read_entry(write(tmp_path, "x", source)).problem is None


def test_a_picture_that_comes_later_is_found(tmp_path):
    entry = read_entry(write(tmp_path, "x", good()))
    (tmp_path / "x.assets").mkdir()
    (tmp_path / "x.assets" / "picture.png").touch()
    assert entry.picture == "picture.png"


@pytest.mark.parametrize(
    "source, words",
    [
        ("TITLE = 'a'\nDESCRIPTION = 'b'", "no function create_app"),
        (good().replace("**dash_options", ""), "does not take the server's options"),
        (
            good().replace("def create", "async def create"),
            "write 'def', without 'async'",
        ),
        (good().replace("TITLE", "NAME"), "no TITLE"),
        (good().replace('"Sales"', "42"), "no TITLE"),
        (good().replace('"Sales"', '" "'), "no TITLE"),
        (good().replace('"Sales"', '"a" + "b"'), "no TITLE"),
        (good().replace('"Sales"', "{[]: 1}"), "no TITLE"),
        (good().replace("DESCRIPTION", "ABOUT"), "no DESCRIPTION"),
        (good().replace('"Sales"', '"<b>Sales</b>"'), "TITLE holds HTML"),
        (good() + "def", "not valid Python (line 8)"),
        (b"\xff\xfe\x00bad", "not valid Python"),
        (b"TITLE = 'caf\xe9'", "not valid Python"),
        (b"a\x00b", "not valid Python"),
        ("", "no function create_app"),
        ("(" * 5000, "not valid Python"),
        ("-" * 50_000 + "1", "not valid Python"),
        (
            good() + "import dash\n@dash.callback()\ndef f(): ...",
            "dash.callback (line 9)",
        ),
        (good() + "from dash import callback as c", "dash.callback (line 8)"),
        (good() + "import dash\ndash.register_page('x')", "a report is one page"),
        (b"#" * (MAX_BYTES + 1), "larger than 2 MB"),
    ],
    ids=lambda value: str(value)[-30:],
)
def test_what_is_wrong_with_a_file_is_a_sentence(tmp_path, source, words):
    entry = read_entry(write(tmp_path, "x", source))
    assert words in entry.problem
    assert entry.problem.endswith(".")


@pytest.mark.parametrize("name", ["my report", "2023", "a-b", "a.b"])
def test_a_name_that_cannot_be_part_of_an_address_is_a_problem(tmp_path, name):
    path = write(tmp_path, name, good())
    assert "cannot be part of an address" in read_entry(path).problem


@given(st.binary(max_size=200))
def test_whatever_is_in_a_file_it_is_described(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("any") / "x.py"
    path.write_bytes(content)
    assert read_entry(path).problem
