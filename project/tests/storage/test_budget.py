"""The disk: what is on it and what is announced, who has brought it, and what goes first when it is full."""

from __future__ import annotations

import os
import shutil
import time
from collections import namedtuple

import pytest

from app.storage import UploadStore, belongings
from app.storage.budget import MB, UPLOAD_DAYS, Budget, NoRoom

Disk = namedtuple("Disk", "total used free")


@pytest.fixture
def data_dir(tmp_path):
    for name in ("datasets", "runs", "uploads"):
        (tmp_path / name).mkdir()
    return tmp_path


def keep(data_dir, name: str, n_bytes: int, days_ago: float = 0.0) -> None:
    """Keep a table of so many bytes, written so long ago."""
    folder = data_dir / "datasets" / name
    folder.mkdir()
    moment = time.time() - days_ago * 86_400
    for file, content in (("table.parquet", bytes(n_bytes)), ("dataset.json", b"{}")):
        (folder / file).write_bytes(content)
        os.utime(folder / file, (moment, moment))


def names(data_dir) -> set[str]:
    return {path.name for path in (data_dir / "datasets").iterdir()}


def test_an_upload_counts_as_announced_before_its_parts_arrive(data_dir):
    budget = Budget(data_dir, 100)
    uploads = UploadStore(data_dir / "uploads", 100 * MB)
    upload = uploads.create("a.csv", 60 * MB)
    assert budget.used() == 60 * MB
    with pytest.raises(NoRoom):
        budget.require(41 * MB)
    uploads.remove(upload.id)
    budget.require(41 * MB)


def test_samples_go_first_the_oldest_before_the_others(data_dir):
    budget = Budget(data_dir, 10)
    keep(data_dir, "sample-new", 2 * MB, days_ago=1)
    keep(data_dir, "sample-old", 2 * MB, days_ago=2)
    keep(data_dir, "somebodys", 4 * MB, days_ago=3)
    budget.require(2 * MB - 100)
    assert names(data_dir) == {"sample-new", "sample-old", "somebodys"}
    budget.require(3 * MB)
    assert names(data_dir) == {"sample-new", "somebodys"}
    with pytest.raises(NoRoom, match="Delete tables and runs"):
        budget.require(7 * MB)
    assert names(data_dir) == {"sample-new", "somebodys"}, "it would not be enough"


def test_what_has_expired_or_was_deleted_goes_before_any_sample(data_dir):
    budget = Budget(data_dir, 10, days=30)
    keep(data_dir, "expired", 4 * MB, days_ago=31)
    keep(data_dir, "deleted", 3 * MB)
    keep(data_dir, "sample-new", MB)
    belongings.delete(data_dir / "datasets", "deleted", "table")
    aside = belongings.aside(data_dir / "datasets" / "deleted" / "dataset.json")
    os.utime(aside, (time.time() - 3600, time.time() - 3600))
    budget.require(8 * MB)
    assert names(data_dir) == {"sample-new"}


def test_the_sweep_says_what_it_did(data_dir, caplog):
    caplog.set_level("INFO")
    keep(data_dir, "expired", 4 * MB, days_ago=31)
    keep(data_dir, "kept", MB)
    Budget(data_dir, days=30).sweep()
    (fields,) = [r.fields for r in caplog.records if hasattr(r, "fields")]
    assert fields["datasets"] == 1 and fields["runs"] == 0
    assert (fields["freed_mb"], fields["used_mb"]) == (4.0, 1.0)
    assert UPLOAD_DAYS == 1


@pytest.mark.parametrize(
    ("disk", "has_room"),
    [
        (Disk(100 * MB, 90 * MB, 10 * MB), True),  # the first start, nearly full
        (Disk(100 * MB, 95 * MB, 5 * MB), False),
        (Disk(0, 0, 0), True),  # a bucket that says nothing
        (Disk(2**60, 0, 2**60), True),  # a bucket that says anything
    ],
)
def test_by_default_a_share_of_what_others_leave_free_may_be_taken(
    data_dir, monkeypatch, disk, has_room
):
    monkeypatch.setattr("app.storage.budget.shutil.disk_usage", lambda _: disk)
    budget = Budget(data_dir)
    if has_room:
        budget.require(8 * MB)
    else:
        with pytest.raises(NoRoom):
            budget.require(8 * MB)


def test_who_has_brought_what_is_known_without_their_address(data_dir):
    budget = Budget(data_dir)
    keep(data_dir, "mine", 2 * MB)
    keep(data_dir, "yours", MB)
    budget.charge("datasets", "mine", "address-203.0.113.5")
    budget.charge("datasets", "yours", "user-7")
    budget.charge("datasets", "yours", "address-203.0.113.5")  # known already
    budget.charge("datasets", "nothing", "user-7")
    assert 2 * MB <= budget.used_by("address-203.0.113.5") < 2 * MB + 1000
    assert MB <= budget.used_by("user-7") < MB + 1000
    kept = (data_dir / "datasets" / "mine" / "charged").read_text()
    assert "203" not in kept


def test_a_folder_that_was_removed_stops_nobody(data_dir):
    budget = Budget(data_dir)
    shutil.rmtree(data_dir)
    budget.sweep()
    budget.require(MB)
    assert budget.used() == 0


def test_what_is_settled_is_not_weighed_again(data_dir, monkeypatch):
    keep(data_dir, "old", MB, days_ago=1)
    budget = Budget(data_dir, 100)
    budget.require()
    weighed = []
    monkeypatch.setattr("app.storage.budget._weigh", weighed.append)
    keep(data_dir, "new", MB)
    budget.require()
    assert [folder.name for folder in weighed] == ["new"]
