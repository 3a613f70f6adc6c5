"""Tables, uploads and runs, kept in one directory that several processes and instances may share."""

from .datasets import DatasetStore
from .files import NotFound
from .pace import PaceStore
from .runs import RunStore
from .uploads import UploadStore

__all__ = ["DatasetStore", "NotFound", "PaceStore", "RunStore", "UploadStore"]
