"""What was deleted can be brought back for a while, and then is gone for good."""

from __future__ import annotations

import json
import time

from app.storage import belongings


def make(root, item: str = "abc", **content):
    (root / item).mkdir()
    (root / item / "run.json").write_text(json.dumps(content))
    return root / item


def test_whoever_makes_the_same_owns_it_too(tmp_path):
    make(tmp_path)
    belongings.claim(tmp_path, "abc", "")
    assert belongings.owners(tmp_path, "abc") == set()
    for owner in ("me", "you", "me"):
        belongings.claim(tmp_path, "abc", owner)
    assert belongings.owners(tmp_path, "abc") == {"me", "you"}
    assert belongings.release(tmp_path, "abc", "me")
    assert belongings.owners(tmp_path, "abc") == {"you"}
    assert not belongings.release(tmp_path, "abc", "you")
    assert belongings.owners(tmp_path, "abc") == {"you"}


def test_an_owner_that_an_older_version_noted_is_read(tmp_path):
    (make(tmp_path) / "owner").write_text("me")
    assert belongings.owners(tmp_path, "abc") == {"me"}
    assert belongings.owners(tmp_path, "../abc") == set()


def test_what_is_deleted_can_be_brought_back(tmp_path):
    folder = make(tmp_path)
    belongings.delete(tmp_path, "abc", "run")
    assert not (folder / "run.json").exists()
    belongings.delete(tmp_path, "abc", "run")  # again, by another tab
    assert belongings.restore(tmp_path, "abc", "run")
    assert (folder / "run.json").is_file()
    assert belongings.sweep(tmp_path, time.time() + 10_000) == 0


def test_after_a_while_it_is_gone_for_good(tmp_path):
    folder, kept = make(tmp_path), make(tmp_path, "kept")
    belongings.delete(tmp_path, "abc", "run")
    assert belongings.sweep(tmp_path) == 0
    assert belongings.sweep(tmp_path, time.time() + 10_000) == 1
    assert not folder.exists() and kept.is_dir()
    assert not belongings.restore(tmp_path, "abc", "run")


def test_a_deleted_run_leaves_nothing_of_what_was_derived_of_it(tmp_path):
    export = make(tmp_path, "export", parent="abc")
    (export / "model.zip").write_bytes(b"the model")
    derived = [make(tmp_path), export, make(tmp_path, "verified", parent="export")]
    others = [make(tmp_path, "other"), make(tmp_path, "learning", parent="other")]
    (make(tmp_path, "damaged") / "run.json").write_text("[")
    belongings.delete(tmp_path, "abc", "run")
    belongings.delete(tmp_path, "export", "run")
    belongings.sweep(tmp_path)
    assert all(folder.is_dir() for folder in derived)
    assert belongings.restore(tmp_path, "abc", "run")
    assert belongings.restore(tmp_path, "export", "run")
    assert belongings.sweep(tmp_path, time.time() + 10_000) == 0
    belongings.delete(tmp_path, "abc", "run")
    assert belongings.sweep(tmp_path, time.time() + 10_000) == 3
    assert not any(folder.exists() for folder in derived)
    assert all(folder.is_dir() for folder in others)


def test_what_was_made_again_after_it_was_deleted_stays(tmp_path):
    folder = make(tmp_path)
    belongings.delete(tmp_path, "abc", "run")
    (folder / "run.json").write_text("{}")
    assert belongings.sweep(tmp_path, time.time() + 10_000) == 0
    assert belongings.sweep(tmp_path, time.time() + 10_000) == 0
    assert [path.name for path in folder.iterdir()] == ["run.json"]
