"""Files that a run keeps for download: one a run, as large as need be."""

from __future__ import annotations

from pathlib import Path

from . import files

_NAME = "export"
_LOST = "This file was lost. Prepare it again."


class RunFiles:
    """The files of the runs below one directory.

    Parameters
    ----------
    root : pathlib.Path
        That of the `RunStore`.
    guard : callable, optional
        Asked before a run is opened; allows everything by default.
    """

    def __init__(self, root: Path, guard: files.Guard = files.allow_all):
        self._root = root
        self._guard = guard

    def write(self, run_id: str, content: bytes | Path) -> None:
        """Keep the file of a run: these bytes, or a copy of another file.

        Raises
        ------
        NotFound
            There is no such run, or no longer.
        """
        path = self._path(run_id, "work")
        if isinstance(content, Path):
            content = content.read_bytes()
        files.write_bytes(path, content)

    def path(self, run_id: str, action: str) -> Path:
        """Return where the file of a run lies.

        Raises
        ------
        NotFound
            There is no such run, or no longer, or it has no file, or the one who asks may not do this with the run.
        """
        path = self._path(run_id, action)
        if not path.is_file():
            raise files.NotFound(_LOST)
        return path

    def _path(self, run_id: str, action: str) -> Path:
        self._guard(run_id, action)
        return files.file_of(self._root, run_id, "run", "run.json").with_name(_NAME)
