"""A table is read otherwise: a new dataset, the old one as it was, and the way back."""

from __future__ import annotations

import io
import json
import os
import zipfile

import pandas as pd
import pytest

from app.accounts import Actor
from app.jobs import Jobs
from app.services import Services
from app.settings import Settings
from app.storage import DatasetStore, NotFound, belongings, shares
from tests.functions.tables.formats.test_excel import archive, workbook

CSV = b"city,size\n" + b"".join(
    b"%s,%s\n"
    % ([b"Rome", b"rome", b"n/a"][i % 3], b"NA" if i % 10 == 0 else b"%d" % i)
    for i in range(60)
)


@pytest.fixture
def services(tmp_path) -> Services:
    return Services.below(tmp_path, Settings(max_upload_mb=2))


def ingested(services: Services, name: str, content: bytes) -> str:
    upload = services.uploads.create(name, len(content))
    services.uploads.put(upload.id, 0, content)
    outcome = services.jobs.ingest(upload.id)
    services.uploads.remove(upload.id)
    return outcome["dataset"]


def offer(services: Services, dataset_id: str, label: str) -> str:
    """The number of an offer, as the page sends it."""
    offers = services.datasets.get(dataset_id).offers
    return str([each.label for _, each in offers].index(label))


def corrected(services: Services, dataset_id: str, label: str) -> str:
    number = offer(services, dataset_id, label)
    outcome = services.jobs.correct(dataset_id, "offer", number)
    assert set(outcome) == {"dataset"}, outcome
    return outcome["dataset"]


def test_a_correction_makes_a_new_table_and_its_undoing_leads_back(services):
    first = ingested(services, "cities.csv", CSV)
    before = services.datasets.table(first)
    apart = corrected(services, first, "Keep them apart")
    kept = corrected(services, apart, 'Keep "n/a" as a value')
    assert set(services.datasets.table(kept)["city"]) == {"Rome", "rome", "n/a"}
    dataset = services.datasets.get(kept)
    assert (dataset.name, dataset.source) == ("cities.csv", first)
    assert "city" not in dataset.missing
    assert dataset.missing["size"] == {"NA": 6}
    assert services.datasets.table(first).equals(before)
    # The first thing that can be undone is what was kept, then there is nothing left to undo.
    assert corrected(services, kept, "Undo") == apart
    assert corrected(services, apart, "Undo") == first


def test_the_same_correction_leads_to_the_same_table(services):
    first = ingested(services, "cities.csv", CSV)
    label = 'Keep "NA" as a value'
    second = corrected(services, first, label)
    assert corrected(services, first, label) == second
    assert services.datasets.table(second)["size"].dtype == "str"


@pytest.mark.parametrize("choice", ["-1", "99", "x", ""])
def test_an_offer_that_nobody_made_is_refused(services, choice):
    first = ingested(services, "cities.csv", CSV)
    assert services.jobs.correct(first, "offer", choice)["error"].endswith(".")


def test_a_table_that_is_gone_is_said(services):
    outcome = services.jobs.correct("0123456789abcdef0123", "offer", "0")
    assert "does not exist" in outcome["error"]


def test_what_is_derived_does_not_outlive_what_it_was_made_of(services, monkeypatch):
    first = ingested(services, "cities.csv", CSV)
    path = services.datasets.root / first / "dataset.json"
    os.utime(path, (0, 0))
    corrected(services, first, "Keep them apart")
    assert path.stat().st_mtime > 0


SALES = [["shop", "sales"], *(["a" if i % 2 else "b", i] for i in range(40))]
STAFF = [["name", "pay"], *(["Ada" if i % 2 else "ada", 100 + i] for i in range(40))]
NOTE = [["only a note"]]


def book() -> bytes:
    """A workbook whose sheets are S1 (hidden), S2 (shops), S3 (people) and S4 (no table)."""
    content = workbook(SALES, SALES, STAFF, NOTE)
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        members = {name: file.read(name).decode() for name in file.namelist()}
    hidden = members["xl/workbook.xml"].replace('name="S1"', 'name="S1" state="hidden"')
    return archive(members | {"xl/workbook.xml": hidden})


def test_another_sheet_is_read_and_the_first_one_again(services):
    first = ingested(services, "book.xlsx", book())
    dataset = services.datasets.get(first)
    assert (dataset.sheet, dataset.sheets[-1]) == ("S2", "S1")
    staff = services.jobs.correct(first, "sheet", "S3")["dataset"]
    assert list(services.datasets.table(staff).columns) == ["name", "pay"]
    assert services.datasets.get(staff).sheets == dataset.sheets
    # Its columns can be corrected, and another sheet be read after that.
    apart = corrected(services, staff, "Keep them apart")
    assert services.datasets.get(apart).sheet == "S3"
    assert services.jobs.correct(apart, "sheet", "S2") == {"dataset": first}
    hidden = services.jobs.correct(apart, "sheet", "S1")["dataset"]
    assert services.jobs.correct(first, "sheet", "S1") == {"dataset": hidden}


@pytest.mark.parametrize("sheet", ["S4", "None", "", "../S2"])
def test_a_sheet_without_a_table_is_refused_and_nothing_is_kept(services, sheet):
    first = ingested(services, "book.xlsx", book())
    assert services.jobs.correct(first, "sheet", sheet)["error"].endswith(".")
    assert [path.name for path in services.datasets.root.iterdir()] == [first]


def test_a_file_of_one_sheet_is_not_kept(services):
    first = ingested(services, "one.xlsx", workbook(SALES))
    assert services.datasets.get(first).sheets == ()
    assert not services.datasets.file(first).exists()
    with pytest.raises(NotFound):
        services.datasets.file("nothing")


def test_a_text_file_is_read_as_somebody_chose_and_again_as_it_was(services):
    content = "größe;preis\n" + "".join(f"{k};{k}.125\n" for k in range(1, 40))
    first = ingested(services, "a.csv", content.encode("cp1252"))
    dataset = services.datasets.get(first)
    assert dataset.how["delimiter"] == ";" and dataset.workbook == first

    def read(**chosen: str) -> dict:
        return services.jobs.correct(first, "reading", json.dumps(chosen))

    second = read(decimal=",", encoding="")["dataset"]
    assert services.datasets.table(second)["preis"].max() == 39125
    assert services.datasets.get(second).chosen["decimal"] == ","
    assert read(decimal=",") == {"dataset": second}
    assert services.jobs.correct(second, "reading", "{}") == {"dataset": first}
    assert "cannot be read in this encoding" in read(encoding="utf-8")["error"]
    western = read(encoding="cp1252")["dataset"]
    assert list(services.datasets.table(western).columns) == ["größe", "preis"]
    assert read(encoding="../x")["error"].endswith(".")
    for nonsense in ("[", "[]", "3", '{"header": 3}'):
        outcome = services.jobs.correct(first, "reading", nonsense)
        assert outcome["error"].endswith("."), outcome


def test_a_table_whose_file_is_no_text_cannot_be_read_otherwise(services):
    first = ingested(services, "book.xlsx", book())
    outcome = services.jobs.correct(first, "reading", "{}")
    assert outcome["error"].endswith("Upload it again.")


@pytest.mark.parametrize("kind", ["sheet", "reading"])
def test_a_share_of_one_table_does_not_open_the_rest_of_its_file(tmp_path, kind):
    me, you = Actor(role="editor", user="1"), Actor(role="editor", user="2")
    asking = [you]
    jobs = Jobs(tmp_path, Settings(), lambda: asking[0])
    datasets = DatasetStore(tmp_path / "datasets")
    table = datasets.add(pd.DataFrame({"x": [1, 2]}), "book.xlsx")
    belongings.claim(datasets.root, table, me.owner)
    shares.add(datasets.root, table, shares.Share("s", you.owner, "rows", 1.0))
    with pytest.raises(NotFound):
        jobs.correct(table, kind, "Salaries")
    asking[0] = me
    assert "error" in jobs.correct(table, kind, "Salaries")
