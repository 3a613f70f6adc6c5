"""Uploads under way: parts in any order, from any process, and nothing that does not fit."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.storage import NotFound, UploadStore
from app.storage.uploads import PART_BYTES, Upload


@pytest.fixture
def store(tmp_path) -> UploadStore:
    return UploadStore(tmp_path, max_bytes=3 * PART_BYTES)


def _content(size: int) -> bytes:
    return (bytes(range(251)) * (size // 251 + 1))[:size]


def test_parts_in_any_order_make_the_file_again(store):
    content = _content(2 * PART_BYTES + 5)
    upload = store.create("a.csv", len(content))
    for number in (2, 0, 1):
        start = number * PART_BYTES
        upload = store.put(upload.id, number, content[start : start + PART_BYTES])
    assert upload.missing == ()
    whole = io.BytesIO()
    store.write_whole(upload.id, whole)
    assert whole.getvalue() == content


def test_another_process_sees_the_parts_that_arrived(store):
    upload = store.create("a.csv", PART_BYTES + 1)
    store.put(upload.id, 1, b"x")
    other = UploadStore(store.root, store.max_bytes)
    assert other.get(upload.id).missing == (0,)
    assert other.get(upload.id).name == "a.csv"


def test_what_a_newer_version_knows_of_an_upload_is_ignored(store):
    upload = store.create("t.csv", 3)
    path = store.root / upload.id / "upload.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"owner": "somebody"}))
    assert store.get(upload.id) == upload


def test_a_part_may_come_twice(store):
    upload = store.create("a.csv", 3)
    store.put(upload.id, 0, b"abc")
    assert store.put(upload.id, 0, b"abd").missing == ()
    whole = io.BytesIO()
    store.write_whole(upload.id, whole)
    assert whole.getvalue() == b"abd"


@pytest.mark.parametrize("size", [0, -5])
def test_an_empty_file_is_refused_with_its_name(store, size):
    with pytest.raises(ValueError, match="'a.csv' is empty"):
        store.create("a.csv", size)


def test_the_largest_file_is_taken_and_one_byte_more_is_refused(store):
    assert store.create("a.csv", store.max_bytes).n_parts == 3
    with pytest.raises(ValueError, match="at most 24 MB"):
        store.create("a.csv", store.max_bytes + 1)


@pytest.mark.parametrize(
    ("number", "content"), [(0, b"ab"), (0, b""), (1, b"abc"), (-1, b"abc")]
)
def test_a_part_that_does_not_fit_is_refused_and_not_kept(store, number, content):
    upload = store.create("a.csv", 3)
    with pytest.raises(ValueError, match="again"):
        store.put(upload.id, number, content)
    assert store.get(upload.id).missing == (0,)


def test_a_file_with_missing_parts_is_not_written(store):
    upload = store.create("a.csv", PART_BYTES + 1)
    store.put(upload.id, 1, b"x")
    with pytest.raises(ValueError, match="1 of 2 parts"):
        store.write_whole(upload.id, io.BytesIO())


def test_a_removed_upload_is_gone_and_removing_it_again_is_no_error(store):
    upload = store.create("a.csv", 3)
    store.put(upload.id, 0, b"abc")
    store.remove(upload.id)
    store.remove(upload.id)
    with pytest.raises(NotFound):
        store.get(upload.id)
    assert list(store.root.iterdir()) == []


@given(st.integers(1, 10**12))
def test_the_parts_of_any_file_add_up_to_it(size):
    upload = Upload("a", "a.csv", size, 0.0)
    last = upload.part_size(upload.n_parts - 1)
    assert 0 < last <= PART_BYTES
    assert (upload.n_parts - 1) * PART_BYTES + last == size
