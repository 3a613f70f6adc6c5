"""'Own table or sample, then choose the columns': alone, and with the tables of a server."""

from __future__ import annotations

import base64
import gzip

import pandas as pd
import pytest

from app.reports import kit
from app.reports.kit.tables import MAX_CELLS, Tables
from app.storage import DatasetStore, UploadStore

SAMPLE = pd.DataFrame({"day": [1, 2], "sold": [3, 4]})
OWN = pd.DataFrame({"when": [1, 2, 3], "amount": [4, 5, 6], "who": ["x", "y", "z"]})


def table_of(app) -> kit.OwnTable:
    return kit.OwnTable(
        app,
        needs="one row per day.",
        sample=lambda: SAMPLE,
        example=(("day", "sold"), ("1", "=3"), ("2", "4")),
        columns=[
            kit.Column("day", "Day", "day", "day"),
            kit.Column("sold", "Sold", "number sold", "sold"),
            kit.Column("shop", "Shop", "shop", optional=True),
        ],
        guess=lambda frame: {"day": frame.columns[0], "sold": frame.columns[1]},
        offered=list(SAMPLE),
    )


@pytest.fixture
def datasets(tmp_path) -> DatasetStore:
    return DatasetStore(tmp_path / "datasets")


@pytest.fixture
def own(tmp_path, datasets) -> kit.OwnTable:
    """The helper in a report that a server hosts."""
    app = kit.create(__name__)
    uploads = UploadStore(tmp_path / "uploads", 5 * 1024**2)
    app.server.extensions["tables"] = {"datasets": datasets, "uploads": uploads, "days": 7}  # fmt: skip
    return table_of(app)


def data(table: str, sure: bool = True, **columns: str) -> dict:
    return {"table": table, "file": "own.csv", "sure": sure, "columns": columns}


def test_without_a_table_it_is_the_sample(own):
    assert own.read(None, "day", "sold") is SAMPLE
    with pytest.raises(ValueError, match="no column 'nowhere'. Choose your file again"):
        own.read(None, "day", "nowhere")


def test_a_table_of_the_server_is_read_once_its_columns_are_confirmed(own, datasets):
    table = datasets.add(OWN, "own.csv")
    with pytest.raises(ValueError, match="confirm them"):
        own.read(data(table, sure=False, day="when"), "when")
    with pytest.raises(ValueError, match="confirm them"):
        own.read(data(table, day="a column that it has not"), "when")
    with pytest.raises(ValueError, match="confirm them"):
        own.read(data(table), "when")
    frame = own.read(data(table, day="when", sold="amount"), "when", "amount", None)
    assert list(frame) == ["when", "amount"]
    assert list(own.read(data(table, day="when"))) == list(OWN)
    assert list(own.peek(data(table, sure=False), "who")) == ["who"]


def test_what_was_guessed_is_asked_with_the_columns_that_are_chosen_now(own, datasets):
    table = datasets.add(OWN, "own.csv")
    options, values, said, name = own._offer(data(table, sure=False))
    assert options == [list(OWN)] * 3
    assert values == ["when", "amount", None] and name == "own.csv"
    hidden, asked = own._ask(data(table, sure=False), values)
    assert not hidden
    assert asked == "These were guessed: day = 'when', number sold = 'amount'. Right?"
    _, asked = own._ask(data(table, sure=False), ["when", None, None])
    assert "Choose the column of the number sold" in asked
    assert own._ask(data(table, day="when"), values)[0]
    assert own._ask(None, values)[0]


def test_the_columns_of_a_link_are_kept_where_the_table_has_them(own, datasets):
    table = datasets.add(OWN, "own.csv")
    _, values, *_ = own._offer(data(table, day="who", sold="amount"))
    assert values == ["who", "amount", None]
    _, values, *_ = own._offer(data(table, day="who", sold="nowhere"))
    assert values == ["when", "amount", None]


@pytest.mark.parametrize("table", ["0" * 20, "", None, 7, "../../etc"])
def test_a_table_that_is_gone_is_asked_for_by_its_name(own, table):
    gone = data(table, day="when")
    for read in (own.read, own.peek):
        with pytest.raises(ValueError, match="'own.csv' is not on this server"):
            read(gone, "when")
    assert "Choose your file again" in str(own._offer(gone)[2])
    _, values, *_ = own._offer(gone)
    assert values == ["when", None, None]
    assert own._ask(gone, values)[0]


def test_a_report_does_not_hold_more_than_it_may(own, datasets, monkeypatch):
    table = datasets.add(OWN, "own.csv")
    monkeypatch.setattr("app.reports.kit.tables.MAX_CELLS", 5)
    with pytest.raises(ValueError, match="more than a report can work on"):
        own.read(data(table, day="when"), "when", "amount")
    assert MAX_CELLS > 5


def test_columns_are_guessed_from_rows_of_the_whole_table(own, datasets, monkeypatch):
    monkeypatch.setattr("app.reports.kit.tables.GUESS_ROWS", 100)
    monkeypatch.setattr("app.functions.tables.serialization._BATCH_ROWS", 64)
    halves = pd.DataFrame({"arm": ["a"] * 500 + ["b"] * 500, "n": range(1000)})
    glance = own.tables.glance(datasets.add(halves, "own.csv"))
    assert len(glance) == 100 and list(glance["n"]) == list(range(0, 1000, 10))
    assert glance["arm"].nunique() == 2


def test_alone_a_file_is_read_in_a_process_with_bounds(monkeypatch):
    monkeypatch.setenv("MAX_UPLOAD_MB", "1")
    tables = Tables(kit.create(__name__))
    assert not tables.hosted
    packed = gzip.compress(OWN.to_csv(index=False, sep=";").encode())
    assert tables.columns(tables.take("own.csv.gz", packed)) == list(OWN)
    for name, content, sentence in (
        ("bad.csv", b"%PDF-1.7 nothing", "'bad.csv' looks like a PDF"),
        ("empty.csv", b"", "is empty"),
        ("large.csv", b"x" * 1024**2 + b"y", "at most 1 MB"),
    ):
        with pytest.raises(ValueError, match=sentence):
            tables.take(name, content)


def test_alone_a_chosen_file_becomes_the_table_or_gets_a_sentence():
    app = kit.create(__name__)
    own = table_of(app)
    app.layout = kit.page("Sales", "Intro.", kit.address(), own.form())
    client = app.server.test_client()
    client.get("/_dash-layout")

    def choose(contents):
        ids = [("own-file", "data"), ("upload-status", "children"), ("own-upload", "contents")]  # fmt: skip
        body = {
            "output": "..own-file.data...upload-status.children...own-upload.contents..",
            "outputs": [{"id": i, "property": p} for i, p in ids],
            "inputs": [{"id": "own-upload", "property": "contents", "value": contents}],
            "state": [{"id": "own-upload", "property": "filename", "value": "own.csv"}],
            "changedPropIds": ["own-upload.contents"],
        }
        return client.post("/_dash-update-component", json=body).json["response"]

    text = base64.b64encode(OWN.to_csv(index=False).encode()).decode()
    taken = choose(f"data:text/csv;base64,{text}")["own-file"]["data"]
    assert taken["file"] == "own.csv"
    assert own.tables.columns(taken["table"]) == list(OWN)
    refused = choose("data:text/csv;base64,!!!")
    assert "own-file" not in refused
    assert "did not arrive completely" in str(refused["upload-status"])
