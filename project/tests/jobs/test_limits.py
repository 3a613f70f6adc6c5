"""What one visitor may take: runs, uploads and the disk, each refused with a sentence that says when to come back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.accounts import SERVER, Actor
from app.accounts.limits import TooMany, is_limited
from app.jobs.limits import Limits
from app.settings import Settings
from app.storage import UploadStore
from app.storage.budget import MB, Budget, NoRoom
from tests.jobs.conftest import Workshop, small_table

STRANGER = Actor(role="editor", address="203.0.113.5", opens_by_id=True)


@pytest.mark.parametrize(
    ("actor", "limited"),
    [
        (STRANGER, True),
        (replace(STRANGER, address="2001:db8::1"), True),
        (replace(STRANGER, address="127.0.0.1"), False),
        (replace(STRANGER, address="::1"), False),
        (replace(STRANGER, address=""), False),
        (replace(STRANGER, address="127.0.0.1", user="7"), True),
        (SERVER, False),
    ],
)
def test_limits_are_for_strangers_and_accounts_and_not_for_ones_own_machine(
    actor, limited
):
    assert is_limited(actor) is limited


def test_a_visitor_with_enough_runs_is_told_to_come_back_and_others_are_not(tmp_path):
    settings = Settings(visitor_runs=2)
    first = Workshop(tmp_path / "data", actor="203.0.113.5", settings=settings)
    other = Workshop(tmp_path / "data", actor="203.0.113.6", settings=settings)
    with first.occupied():
        runs = [first.train(small_table(40)) for _ in range(2)]
        with pytest.raises(TooMany, match="2 runs waiting or training") as refused:
            first.train(small_table(40))
        assert refused.value.seconds == 60
        assert len(list(first.runs.root.iterdir())) == 2
        theirs = other.train(small_table(40))
        first.runs.cancel(runs[0])
        first.wait_for_state(runs[0], "cancelled")
        runs.append(first.train(small_table(40)))
    other.jobs.close()
    first.started += [theirs]
    first.close()


def test_what_a_visitor_keeps_is_bounded_and_deleting_makes_room(tmp_path):
    settings = Settings(visitor_mb=3, disk_mb=100)
    budget = Budget(tmp_path, settings.disk_mb)
    limits, uploads = Limits(settings, budget), UploadStore(
        tmp_path / "uploads", MB * 9
    )
    for _ in range(2):
        limits.check_upload(STRANGER, MB)
        upload = uploads.create("a.csv", MB).id
        limits.charge("uploads", upload, STRANGER)
    with pytest.raises(TooMany, match="take 2 MB, and one visitor may keep 3 MB"):
        limits.check_upload(STRANGER, 2 * MB)
    limits.check_upload(replace(STRANGER, address="203.0.113.6"), 2 * MB)
    limits.check_upload(replace(STRANGER, address="127.0.0.1"), 9 * MB)
    uploads.remove(upload)
    limits.check_upload(STRANGER, 2 * MB)


def test_one_visitor_never_gets_more_than_half_of_the_disk(tmp_path):
    settings = Settings(visitor_mb=1000, disk_mb=10)
    limits = Limits(settings, Budget(tmp_path, settings.disk_mb))
    with pytest.raises(TooMany, match="may keep 5 MB"):
        limits.check_upload(STRANGER, 6 * MB)


def test_uploads_at_once_are_bounded_until_one_has_arrived(tmp_path):
    settings = Settings(visitor_uploads=1)
    limits = Limits(settings, Budget(tmp_path))
    uploads = UploadStore(tmp_path / "uploads", MB)
    limits.check_upload(STRANGER, 10)
    upload = uploads.create("a.csv", 10).id
    limits.charge("uploads", upload, STRANGER)
    with pytest.raises(TooMany, match="1 file, as many as one visitor"):
        limits.check_upload(STRANGER, 10)
    uploads.remove(upload)
    limits.check_upload(STRANGER, 10)


def test_a_full_disk_is_full_for_everybody(tmp_path):
    settings = Settings(disk_mb=10)
    limits = Limits(settings, Budget(tmp_path, settings.disk_mb))
    limits.check_upload(SERVER, 4 * MB)
    with pytest.raises(NoRoom, match="no room for more"):
        limits.check_upload(SERVER, 6 * MB)
