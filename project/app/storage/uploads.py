"""Uploads under way: a file that arrives in parts, each at whichever instance."""

from __future__ import annotations

import shutil
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import BinaryIO

from . import files, records

PART_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class Upload:
    """A file that is on its way, and which of its parts are here.

    It is meant `to_learn` from, or only to be predicted.
    """

    id: str
    name: str
    size: int
    created: float
    parts: tuple[int, ...] = ()
    to_learn: bool = True

    @property
    def n_parts(self) -> int:
        """How many parts make the whole file."""
        return max(1, -(-self.size // PART_BYTES))

    def part_size(self, number: int) -> int:
        """The size in bytes of part `number`, counted from 0."""
        return min(PART_BYTES, self.size - number * PART_BYTES)

    @property
    def missing(self) -> tuple[int, ...]:
        """The parts that have not arrived."""
        return tuple(sorted(set(range(self.n_parts)) - set(self.parts)))


class UploadStore:
    """The uploads below one directory.

    Parameters
    ----------
    root : pathlib.Path
        Made if it does not exist.
    max_bytes : int
        The largest file that is taken.
    guard : callable, optional
        Asked before an upload is opened; allows everything by default.
    """

    def __init__(
        self, root: Path, max_bytes: int, guard: files.Guard = files.allow_all
    ):
        self.root = root
        self._guard = guard
        self.max_bytes = max_bytes
        root.mkdir(parents=True, exist_ok=True)

    def create(self, name: str, size: int, to_learn: bool = True) -> Upload:
        """Begin an upload.

        Raises
        ------
        ValueError
            The file is empty or too large.
        """
        if size <= 0:
            raise ValueError(
                f"'{name}' is empty. Choose a file that holds a table with a header row."
            )
        if size > self.max_bytes:
            raise ValueError(
                f"'{name}' has {size / 1024**2:,.0f} MB, but at most {self.max_bytes / 1024**2:,.0f} MB can be "
                "uploaded. Leave out rows or columns, or save it as Parquet, which is smaller."
            )
        upload = Upload(files.new_id(), name, size, time.time(), to_learn=to_learn)
        folder = self.root / upload.id
        record = asdict(upload)
        del record["parts"]
        # With the folder of all: somebody may have removed it while the server runs.
        folder.mkdir(parents=True)
        with files.or_removed(folder):
            files.write_json(folder / "upload.json", record)
        return upload

    def get(self, upload_id: str) -> Upload:
        """Return an upload and the parts that have arrived.

        Raises
        ------
        NotFound
            There is no such upload, or no longer.
        """
        record = self._record(upload_id)
        arrived = record.parent.glob("part-*")
        parts = tuple(sorted(int(part.name.removeprefix("part-")) for part in arrived))
        return records.read(Upload, files.read_json(record) | {"parts": parts})

    def put(self, upload_id: str, number: int, content: bytes) -> Upload:
        """Keep one part; the same part may come again.

        Raises
        ------
        NotFound
            There is no such upload, or no longer.
        ValueError
            The upload has no part of that number or of that size.
        """
        upload = self.get(upload_id)
        if not 0 <= number < upload.n_parts:
            raise ValueError(f"This upload has no part {number}. Start it again.")
        if len(content) != upload.part_size(number):
            raise ValueError(
                f"Part {number} has {len(content)} bytes instead of {upload.part_size(number)}. Send it again."
            )
        files.write_bytes(self.root / upload_id / _part(number), content)
        return self.get(upload_id)

    def write_whole(self, upload_id: str, target: BinaryIO) -> None:
        """Write the parts one after the other to `target`.

        Raises
        ------
        NotFound
            There is no such upload, or no longer.
        ValueError
            Parts are missing.
        """
        upload = self.get(upload_id)
        if upload.missing:
            raise ValueError(
                f"{len(upload.missing)} of {upload.n_parts} parts have not arrived. Send them first."
            )
        for number in upload.parts:
            with open(self.root / upload_id / _part(number), "rb") as part:
                shutil.copyfileobj(part, target)

    def count_try(self, upload_id: str) -> int:
        """Note that a file was read in vain through no fault of its own, and return how often it was.

        Raises
        ------
        NotFound
            There is no such upload, or no longer.
        """
        path = self._record(upload_id).with_name("tries")
        n_tries = int(path.read_text()) + 1 if path.exists() else 1
        files.write_bytes(path, str(n_tries).encode())
        return n_tries

    def remove(self, upload_id: str) -> None:
        """Forget an upload and its parts; one that does not exist is no error."""
        try:
            folder = self._record(upload_id).parent
        except files.NotFound:
            return
        # A part that is still arriving may put a file where one has just been deleted.
        shutil.rmtree(folder, ignore_errors=True)

    def _record(self, upload_id: str) -> Path:
        self._guard(upload_id, "work")
        return files.file_of(self.root, upload_id, "upload", "upload.json")


def _part(number: int) -> str:
    return f"part-{number:05d}"
