"""The models in memory: bounded, and the one that nobody has used for longest leaves first."""

from __future__ import annotations

import io
import threading
import zipfile

import pytest

from app.jobs.model_cache import ModelCache, TooLarge, unpacked_bytes


def packed(n_bytes: int) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("model", bytes(n_bytes))
    return buffer.getvalue()


class Shelf:
    """A cache, and what was loaded for it."""

    def __init__(self, max_bytes: int = 1000, max_models: int = 3):
        self.cache = ModelCache(max_bytes, max_models)
        self.loaded: list[str] = []

    def get(self, key: str, n_bytes: int = 100) -> str:
        def load(content: bytes) -> str:
            self.loaded.append(key)
            return key.upper()

        return self.cache.get(key, lambda: packed(n_bytes), load)


def test_a_model_is_loaded_once():
    shelf = Shelf()
    assert [shelf.get("a"), shelf.get("a")] == ["A", "A"]
    assert shelf.loaded == ["a"]


def test_the_one_that_was_used_least_recently_leaves_where_there_are_too_many():
    shelf = Shelf()
    for key in ("a", "b", "c", "a", "d", "a", "b"):
        shelf.get(key)
    assert shelf.loaded == ["a", "b", "c", "d", "b"]
    assert len(shelf.cache) == 3


def test_as_many_leave_as_the_next_one_needs_bytes():
    shelf = Shelf()
    for key in ("a", "b"):
        shelf.get(key, 400)
    shelf.get("c", 900)
    assert (len(shelf.cache), shelf.cache.n_bytes) == (1, 900)


def test_one_that_is_larger_than_all_may_be_is_refused_and_drives_out_none():
    shelf = Shelf()
    shelf.get("a")
    with pytest.raises(TooLarge):
        shelf.get("b", 1001)
    assert len(shelf.cache) == 1 and shelf.loaded == ["a"]


def test_one_that_cannot_be_loaded_is_not_kept():
    shelf = Shelf()

    def fail(content):
        raise ValueError("no model")

    with pytest.raises(ValueError):
        shelf.cache.get("a", lambda: packed(1), fail)
    assert shelf.get("a") == "A"


def test_many_who_ask_at_once_wait_for_one_load():
    shelf, begin = Shelf(), threading.Barrier(8)
    found = []

    def ask():
        begin.wait()
        found.append(shelf.get("a"))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == ["A"] * 8 and shelf.loaded == ["a"]


def test_bytes_are_those_of_the_unpacked_model():
    assert unpacked_bytes(packed(12_345)) == 12_345
