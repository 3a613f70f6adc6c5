"""A scored table as a file: what is downloaded is opened and compared with what was stored."""

from __future__ import annotations

import io

import pandas as pd
import pytest

from app.functions.scoring.results import ScoringResult
from app.jobs.score import SCORED
from app.storage import belongings

JSON = {"Accept": "application/json"}
TABLE = pd.DataFrame(
    {
        "name": ["=1+1", 'say "hi"', "Zürich\n8000"],
        "when": pd.to_datetime(
            ["2024-01-02", None, "2024-03-01 10:30"], format="ISO8601"
        ),
        "old": pd.to_datetime(["1800-01-02", "1999-12-31", None]),
        "size": [1.5, None, -3.0],
        "n": [1, 2, 3],
        "prediction": ["yes", None, "no"],
        "probability of yes": [0.9, None, 0.1],
    }
)


@pytest.fixture
def scoring(services) -> str:
    """A scoring of three rows, as if it were done."""
    run = services.runs.create(
        "score", state="done", dataset={"id": "x", "name": "../a new\r\n täble.csv"}
    )
    with services.runs.writing_table(run, SCORED) as writer:
        for position in range(len(TABLE)):
            writer.write(TABLE.iloc[[position]])
    services.runs.write_result(run, "result", ScoringResult("linear", 3, 2))
    return run


def test_csv_has_every_row_with_dates_as_people_write_them(client, scoring):
    answer = client.get(f"/scorings/{scoring}/scored.csv")
    assert answer.status_code == 200 and answer.data.startswith(b"\xef\xbb\xbf")
    read = pd.read_csv(io.BytesIO(answer.data), encoding="utf-8-sig")
    assert list(read) == list(TABLE)
    assert read["name"].tolist() == TABLE["name"].tolist()
    assert read["when"].fillna("").tolist() == ["2024-01-02", "", "2024-03-01T10:30:00"]
    assert read["size"].fillna(0).tolist() == [1.5, 0, -3]
    assert read["probability of yes"].fillna(-1).tolist() == [0.9, -1, 0.1]
    name = answer.headers["Content-Disposition"]
    assert "-scored.csv" in name and not set(name) & set("\r\n/\\")


def test_parquet_is_what_was_stored(client, scoring):
    answer = client.get(f"/scorings/{scoring}/scored.parquet")
    read = pd.read_parquet(io.BytesIO(answer.data))
    pd.testing.assert_frame_equal(read, TABLE, check_dtype=False)


def test_excel_has_texts_as_texts_and_dates_as_dates(client, scoring):
    for _ in range(2):  # the second time it is there already
        answer = client.get(f"/scorings/{scoring}/scored.xlsx")
        assert answer.status_code == 200
        read = pd.read_excel(io.BytesIO(answer.data), engine="calamine")
        assert list(read) == list(TABLE)
        assert read["name"].tolist() == TABLE["name"].tolist()
        assert read["when"][0] == pd.Timestamp("2024-01-02")
        assert str(read["old"][0]) == "1800-01-02"
        assert read["prediction"].fillna("").tolist() == ["yes", "", "no"]


def test_a_table_too_long_for_a_workbook_is_a_sentence(client, services, scoring):
    services.runs.write_result(scoring, "result", ScoringResult("linear", 10**6, 2))
    answer = client.get(f"/scorings/{scoring}/scored.xlsx", headers=JSON)
    assert answer.status_code == 413
    assert "Download it as CSV" in answer.get_json()["error"]


@pytest.mark.parametrize("ending", ["csv", "xlsx", "parquet"])
def test_what_is_not_there_is_not_found(client, services, scoring, ending):
    for name in ("0" * 20, "..", "x" * 300):
        answer = client.get(f"/scorings/{name}/scored.{ending}", headers=JSON)
        assert answer.status_code == 404
    training = services.runs.create("training", state="done")
    answer = client.get(f"/scorings/{training}/scored.{ending}", headers=JSON)
    assert answer.status_code == 404
    belongings.delete(services.runs.root, scoring, "run")
    answer = client.get(f"/scorings/{scoring}/scored.{ending}", headers=JSON)
    assert answer.status_code == 404
