"""What stores are made of: names that cannot escape, writes without halves, and what expires."""

from __future__ import annotations

import os
import shutil
import threading

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage import DatasetStore, NotFound, RunStore, UploadStore, files

DAY = 86_400


def test_ids_differ_and_are_names_that_are_taken():
    ids = {files.new_id() for _ in range(200)}
    assert len(ids) == 200
    assert all(len(name) == 20 and name.isalnum() for name in ids)


@given(st.text(max_size=80))
def test_whatever_the_name_no_file_outside_the_folder_is_found(tmp_path_factory, name):
    root = tmp_path_factory.getbasetemp() / "root"
    root.mkdir(exist_ok=True)
    (root.parent / "record.json").write_text("secret")
    with pytest.raises(NotFound, match="does not exist"):
        files.file_of(root, name, "table", "record.json")


@pytest.mark.parametrize(
    "name", ["..", ".", "a/../..", "/etc", "A", "a\n", "", "a" * 65]
)
def test_a_name_that_is_none_of_ours_is_not_found(tmp_path, name):
    (tmp_path / "record.json").write_text("{}")
    with pytest.raises(NotFound):
        files.file_of(tmp_path, name, "table", "record.json")


def test_a_reader_never_sees_half_of_what_is_written(tmp_path):
    path = tmp_path / "record.json"
    contents = [bytes([letter]) * 300_000 for letter in b"ab"]
    files.write_bytes(path, contents[0])
    done = threading.Event()

    def write():
        for turn in range(60):
            files.write_bytes(path, contents[turn % 2])
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    while not done.is_set():
        assert path.read_bytes() in contents
    writer.join()
    assert [file.name for file in tmp_path.iterdir()] == ["record.json"]


@given(
    st.dictionaries(
        st.text(max_size=5), st.none() | st.integers(-(2**53), 2**53) | st.text()
    )
)
def test_what_is_written_as_json_is_read_again(tmp_path_factory, value):
    path = tmp_path_factory.getbasetemp() / "value.json"
    files.write_json(path, value)
    assert files.read_json(path) == value


def test_an_array_is_kept_however_it_lies_in_memory(tmp_path):
    counts = np.arange(6).reshape(2, 3).T
    files.write_json(tmp_path / "a.json", {"counts": counts})
    assert files.read_json(tmp_path / "a.json") == {"counts": [[0, 3], [1, 4], [2, 5]]}


def test_what_is_no_json_is_refused(tmp_path):
    with pytest.raises(TypeError, match="complex"):
        files.write_json(tmp_path / "a.json", {"number": 1j})
    assert not list(tmp_path.iterdir())


def _folder(root, name: str, days_ago: float, now: float):
    folder = root / name
    folder.mkdir()
    (folder / "record.json").write_text("{}")
    moment = now - days_ago * DAY
    os.utime(folder / "record.json", (moment, moment))
    return folder


def test_only_folders_without_recent_files_are_deleted(tmp_path):
    now = 1_800_000_000
    _folder(tmp_path, "old", 31, now)
    kept = _folder(tmp_path, "new", 29, now)
    (tmp_path / "a-file").write_text("not an item")
    assert files.delete_older_than(tmp_path, 30, now) == 1
    assert kept.exists()
    assert not (tmp_path / "old").exists()


def test_one_recent_file_keeps_the_whole_folder(tmp_path):
    now = 1_800_000_000
    folder = _folder(tmp_path, "run", 90, now)
    (folder / "heartbeat").write_text("")
    os.utime(folder / "heartbeat", (now, now))
    # Of a bucket that is mounted as a directory, folders have no time of their own.
    os.utime(folder, (0, 0))
    assert files.delete_older_than(tmp_path, 30, now) == 0


def test_what_is_read_while_it_is_deleted_is_there_or_not_found(tmp_path):
    store = DatasetStore(tmp_path / "datasets")
    frame = pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    ids = [store.add(frame, "A table") for _ in range(30)]
    other: list[Exception] = []

    def read():
        for item in ids:
            for look in (store.get, store.table, lambda each: store.thinned(each, 1)):
                try:
                    look(item)
                except NotFound:
                    continue
                except Exception as error:
                    other.append(error)

    readers = [threading.Thread(target=read) for _ in range(3)]
    for reader in readers:
        reader.start()
    for item in reversed(ids):
        shutil.rmtree(store.root / item)
    for reader in readers:
        reader.join()
    assert other == []
    assert list(store.root.iterdir()) == [], "reading brings nothing back"


def test_a_folder_that_could_not_be_filled_is_removed_unless_somebody_else_filled_it(
    tmp_path,
):
    for name, there in (("mine", False), ("theirs", True)):
        folder = tmp_path / name
        folder.mkdir()
        with pytest.raises(OSError), files.or_removed(folder, unless="record"):
            if there:
                (folder / "record").touch()
            raise OSError("disk full")
        assert folder.exists() is there


@pytest.mark.parametrize(
    "make",
    [
        lambda root: RunStore(root).create("training"),
        lambda root: UploadStore(root, 100).create("a.csv", 10),
        lambda root: DatasetStore(root).add(pd.DataFrame({"a": [1]}), "A table"),
    ],
)
def test_a_full_disk_leaves_nothing_behind(tmp_path, monkeypatch, make):
    root = tmp_path / "store"

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch, pytest.raises(OSError, match="No space"):
        patch.setattr("app.storage.files.write_bytes", full)
        make(root)
    assert list(root.iterdir()) == []


def test_folders_that_were_removed_while_the_server_runs_are_made_again(tmp_path):
    stores = {
        "runs": RunStore(tmp_path / "data" / "runs"),
        "uploads": UploadStore(tmp_path / "data" / "uploads", 100),
        "datasets": DatasetStore(tmp_path / "data" / "datasets"),
    }
    shutil.rmtree(tmp_path / "data")
    stores["runs"].create("training")
    stores["uploads"].create("a.csv", 10)
    stores["datasets"].add(pd.DataFrame({"a": [1]}), "A table")
    assert all(len(list(store.root.iterdir())) == 1 for store in stores.values())
