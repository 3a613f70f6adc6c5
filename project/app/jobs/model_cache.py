"""The models that are kept in memory: bounded by their number and their bytes; the least recently used one leaves."""

from __future__ import annotations

import io
import threading
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

Model = TypeVar("Model")


class TooLarge(Exception):
    """A model that takes more memory than all of them may."""


class ModelCache(Generic[Model]):
    """The models in memory.

    Parameters
    ----------
    max_bytes, max_models : int
    """

    def __init__(self, max_bytes: int, max_models: int):
        self.max_bytes, self.max_models = max_bytes, max_models
        self._kept: OrderedDict[Hashable, tuple[Model, int]] = OrderedDict()
        self._lock = threading.Lock()
        # One at a time: two that are loaded at once may together take more than there is room for.
        self._loading = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    @property
    def n_bytes(self) -> int:
        """How much the kept ones take."""
        with self._lock:
            return sum(size for _, size in self._kept.values())

    def get(
        self,
        key: Hashable,
        read: Callable[[], bytes],
        load: Callable[[bytes], Model],
    ) -> Model:
        """Return a model, loaded unless it is kept.

        Parameters
        ----------
        key : hashable
        read : callable
            Returns the model's file.
        load : callable
            Makes the model of it.

        Raises
        ------
        TooLarge
            It takes more than all of them may.
        """
        found = self._find(key)
        if found is not None:
            return found
        with self._loading:
            found = self._find(key)
            if found is not None:
                return found
            content = read()
            size = unpacked_bytes(content)
            if size > self.max_bytes:
                raise TooLarge
            self._make_room(size)
            model = load(content)
            with self._lock:
                self._kept[key] = (model, size)
            return model

    def _find(self, key: Hashable) -> Model | None:
        with self._lock:
            if key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key][0]

    def _make_room(self, size: int) -> None:
        with self._lock:
            taken = sum(each for _, each in self._kept.values())
            while self._kept and (
                taken + size > self.max_bytes or len(self._kept) >= self.max_models
            ):
                _, (_, freed) = self._kept.popitem(last=False)
                taken -= freed


def unpacked_bytes(content: bytes) -> int:
    """Return how many bytes a zip file holds: about what the model in it takes in memory.

    Parameters
    ----------
    content : bytes
    """
    with zipfile.ZipFile(io.BytesIO(content)) as stored:
        return sum(entry.file_size for entry in stored.infolist())
