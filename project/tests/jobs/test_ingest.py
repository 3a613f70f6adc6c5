"""Reading an upload: a process that may fail in every way, and a sentence each time."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from app.jobs.ingest import outcome_of
from app.services import Services
from app.settings import Settings
from app.storage.uploads import PART_BYTES
from tests.servers import PROJECT
from tests.waiting import PATIENCE_SECONDS

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
    outcome = services.jobs.ingest("any")
    assert "more than 2 seconds" in outcome["error"] and outcome["again"]


def test_a_file_that_takes_too_much_processor_time_is_to_blame_itself(
    tmp_path, monkeypatch
):
    monkeypatch.setattr("app.jobs.launcher.CLOCK_FACTOR", PATIENCE_SECONDS)
    services = Services.below(tmp_path, Settings(ingest_seconds=1))
    slow = b"a,b,c\n" + b"1,2,text that differs\n" * 2_000_000
    upload = services.uploads.create("slow.csv", len(slow))
    for number in range(upload.n_parts):
        part = slow[number * PART_BYTES : (number + 1) * PART_BYTES]
        services.uploads.put(upload.id, number, part)
    outcome = services.jobs.ingest(upload.id)
    assert "processor time" in outcome["error"] and "again" not in outcome
    assert not list((tmp_path / "datasets").iterdir())


@pytest.mark.parametrize("signal", ["KILL", "TERM", "INT", "HUP"])
def test_a_reader_that_is_killed_says_to_try_again(
    services, tmp_path, monkeypatch, signal
):
    _instead_of_python(tmp_path, monkeypatch, f"kill -{signal} $$; sleep infinity")
    outcome = services.jobs.ingest("any")
    assert "Try again" in outcome["error"] and outcome["again"]


@pytest.mark.parametrize("signal", ["SEGV", "ABRT", "BUS", "FPE", "ILL"])
def test_a_file_that_makes_its_reader_fall_is_called_damaged(
    services, tmp_path, monkeypatch, signal
):
    _instead_of_python(tmp_path, monkeypatch, f"kill -{signal} $$; sleep infinity")
    outcome = services.jobs.ingest("any")
    assert "is damaged" in outcome["error"] and "again" not in outcome


def test_whatever_fails_on_a_damaged_file_is_no_mistake_of_the_server(capsys):
    def fails():
        raise KeyError("something within a library")

    assert "may be damaged" in outcome_of(fails)["error"]
    assert "something within a library" in capsys.readouterr().err


def test_a_full_disk_is_not_the_fault_of_the_file():
    def fails():
        raise OSError(28, "No space left on device")

    outcome = outcome_of(fails)
    assert outcome["again"] and "No space left on device" in outcome["error"]


def test_a_reader_does_not_know_the_secrets_of_the_server(
    services, tmp_path, monkeypatch
):
    monkeypatch.setenv("SECRET_KEY", "do not tell")
    monkeypatch.setenv("OIDC_CLIENT_SECRET", "do not tell")
    told = tmp_path / "told"
    _instead_of_python(tmp_path, monkeypatch, f"env > {told}; echo '{{}}'")
    services.jobs.ingest("any")
    assert "PATH=" in told.read_text() and "do not tell" not in told.read_text()


def test_a_reader_that_crashes_is_logged_and_shows_no_traceback(
    services, tmp_path, monkeypatch, caplog
):
    _instead_of_python(tmp_path, monkeypatch, "echo 'Traceback: detail' >&2; exit 1")
    error = services.jobs.ingest("any")["error"]
    assert "has been logged" in error
    assert "Traceback: detail" in caplog.text
    assert "Traceback" not in error


def test_a_damaged_file_always_becomes_a_table_or_a_sentence():
    command = [sys.executable, "-m", "tests.jobs.damaged", "250"]
    environ = os.environ | {"ARROW_DEFAULT_MEMORY_POOL": "system"}
    done = subprocess.run(command, cwd=PROJECT, env=environ, stdout=subprocess.PIPE)
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["unexpected"] == []
    assert min(found["counts"].values()) > 20, found["counts"]


_MEASURE = """
import json, resource, sys
from pathlib import Path
from app.jobs import Jobs
from app.settings import Settings
outcome = Jobs(Path(sys.argv[1]), Settings(max_upload_mb=int(sys.argv[2]))).ingest(sys.argv[3])
print(json.dumps([outcome, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


def _measured(services, upload: str) -> tuple[dict, int]:
    """Read an upload in a process without other children; return the outcome and the reader's peak in kB."""
    arguments = (services.jobs.data_dir, services.settings.max_upload_mb, upload)
    done = subprocess.run(
        [sys.executable, "-c", _MEASURE, *map(str, arguments)],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    return tuple(json.loads(done.stdout.splitlines()[-1]))


@pytest.mark.parametrize("size", [5 * 1024**2, 20 * 1024**2])
def test_a_file_of_a_kilobyte_is_read_in_little_memory(services, tmp_path, size):
    rows = pa.array([0] * 30, pa.int32())
    for kind in (pa.large_string(), pa.large_binary()):
        texts = pa.DictionaryArray.from_arrays(rows, pa.array(["x" * size], kind))
        path = tmp_path / "bomb.parquet"
        pq.write_table(pa.table({"a": texts, "b": range(30)}), path, compression="zstd")
        upload = _arrived(services, "a.parquet", path.read_bytes())
        outcome, peak_kb = _measured(services, upload)
        assert outcome["error"].endswith(".") and "again" not in outcome
        assert peak_kb < 1024**2
