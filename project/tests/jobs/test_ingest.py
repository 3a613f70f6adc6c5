"""Reading an upload: a process that may fail in every way, and a sentence each time."""

from __future__ import annotations

import os
import stat
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.services import Services
from app.settings import Settings

CSV = b"age,name\n" + b"".join(b"%d,person %d\n" % (i % 90, i) for i in range(300))


@pytest.fixture
def services(tmp_path) -> Services:
    return Services.below(tmp_path, Settings(max_upload_mb=2))


def _arrived(services: Services, name: str, content: bytes) -> str:
    upload = services.uploads.create(name, len(content))
    services.uploads.put(upload.id, 0, content)
    return upload.id


def _instead_of_python(tmp_path, monkeypatch, script: str) -> None:
    """Let a shell script run where the job expects Python."""
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(fake.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", os.fspath(fake))


def test_an_upload_becomes_a_dataset_of_the_same_id(services):
    upload_id = _arrived(services, "people.csv", CSV)
    outcome = services.jobs.ingest(upload_id)
    assert outcome == {"dataset": upload_id, "notes": outcome["notes"]}
    dataset = services.datasets.get(upload_id)
    assert (dataset.name, dataset.profile.rows) == ("people.csv", 300)
    assert list(dataset.notes) == outcome["notes"]


def test_a_file_that_holds_no_table_gives_the_readers_sentence(services):
    upload_id = _arrived(services, "a.parquet", b"PAR1 but not really")
    assert services.jobs.ingest(upload_id)["error"].endswith(".")


def test_an_upload_that_is_gone_gives_a_sentence(services):
    assert "does not exist" in services.jobs.ingest("nothing")["error"]


def test_a_table_beyond_the_bound_on_memory_gives_a_sentence(services, tmp_path):
    path = tmp_path / "bomb.parquet"
    zeros = pa.table({f"column {i}": pa.array([0] * 1_000_000) for i in range(4)})
    with pq.ParquetWriter(path, zeros.schema, compression="zstd") as writer:
        for _ in range(60):
            writer.write_table(zeros)
    content = path.read_bytes()
    assert len(content) < services.settings.max_upload_bytes
    error = services.jobs.ingest(_arrived(services, "bomb.parquet", content))["error"]
    assert error.endswith(".")
    assert "mistake" not in error


def test_a_reader_that_never_ends_is_stopped(tmp_path, monkeypatch):
    services = Services.below(tmp_path, Settings(ingest_seconds=1))
    _instead_of_python(tmp_path, monkeypatch, "exec sleep infinity")
    assert "more than 1 seconds" in services.jobs.ingest("any")["error"]


def test_a_reader_that_is_killed_says_what_may_have_happened(
    services, tmp_path, monkeypatch
):
    _instead_of_python(tmp_path, monkeypatch, "kill -9 $$")
    assert "out of memory" in services.jobs.ingest("any")["error"]


def test_a_reader_that_crashes_is_logged_and_shows_no_traceback(
    services, tmp_path, monkeypatch, caplog
):
    _instead_of_python(tmp_path, monkeypatch, "echo 'Traceback: detail' >&2; exit 1")
    error = services.jobs.ingest("any")["error"]
    assert "has been logged" in error
    assert "Traceback: detail" in caplog.text
    assert "Traceback" not in error
