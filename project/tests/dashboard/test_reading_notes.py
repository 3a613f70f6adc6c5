"""What the browser asks to be read otherwise is checked before anything is read."""

from __future__ import annotations

import io
import json

import pytest

from app import functions
from app.storage import files

CSV = "state,size,price\n" + "".join(
    f"{['CA', 'n/a', 'NY'][k % 3]},{k},{k * 37 % 101}\n" for k in range(60)
)


@pytest.fixture
def dataset(shared) -> str:
    table = functions.tables.reading.read_table(
        io.BytesIO(CSV.encode()), "a.csv", 10**6
    )
    return shared.datasets.add_read(table, "a.csv", files.new_id())


@pytest.fixture
def ask(shared_server):
    """Ask for a table to be read otherwise, as the page does; return what comes back."""
    client = shared_server.test_client()

    def send(search: str, asked) -> str:
        body = {
            "inputs": [{"id": "correction", "property": "data", "value": asked}],
            "state": [{"id": "url", "property": "search", "value": search}],
            "changedPropIds": ["correction.data"],
        }
        callbacks = client.get("/_dash-dependencies").get_json()
        (found,) = [
            each
            for each in callbacks
            if each["inputs"] == [{"id": "correction", "property": "data"}]
        ]
        body["output"] = found["output"]
        body["outputs"] = [
            {"id": part.rpartition(".")[0], "property": part.rpartition(".")[2]}
            for part in found["output"].strip(".").split("...")
        ]
        answer = client.post("/_dash-update-component", json=body)
        return "" if answer.status_code == 204 else answer.get_data(as_text=True)

    return send


HOSTILE = [
    None,
    7,
    [],
    "offer",
    {},
    {"kind": "offer"},
    {"kind": "offer", "choice": "99"},
    {"kind": "offer", "choice": "-1"},
    {"kind": "offer", "choice": 0},
    {"kind": "offer", "choice": "0; rm"},
    {"kind": "offer", "choice": "９"},
    {"kind": "offer", "choice": "9" * 5000},
    {"kind": "sheet", "choice": "../../etc/passwd"},
    {"kind": "sheet", "choice": ""},
    {"kind": ["sheet"], "choice": "0"},
    {"kind": "upload", "choice": "0"},
]


@pytest.mark.parametrize("asked", HOSTILE)
def test_what_is_not_offered_starts_nothing(ask, dataset, shared, monkeypatch, asked):
    monkeypatch.setattr(shared.jobs, "correct", pytest.fail)
    assert json.loads(ask(f"?dataset={dataset}", asked))["response"] == {}


def test_an_offer_leads_to_another_table_and_keeps_what_was_chosen(ask, dataset):
    search = f"?dataset={dataset}&target=price&columns=0:identifier.1:out"
    said = json.loads(ask(search, {"kind": "offer", "choice": "0"}))
    (address,) = [part["data"] for key, part in said["response"].items() if "go" in key]
    assert dataset not in address
    # What was chosen for the column that is another one now is forgotten.
    assert address.endswith("&target=price&columns=1%3Aout")


def test_a_refusal_is_shown_and_the_address_stays(ask, dataset, shared, monkeypatch):
    refusal = {"error": "Other tables are being read."}
    monkeypatch.setattr(shared.jobs, "correct", lambda *_: refusal)
    said = ask(f"?dataset={dataset}", {"kind": "offer", "choice": "0"})
    assert "Other tables are being read." in said and "?dataset=" not in said
