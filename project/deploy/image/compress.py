"""Compresses what browsers load, ahead of time: FILE.br and FILE.gz beside each FILE below the folders named.

Such a file gets a date that stands for its content. Dash writes a file's date into its address, so the address changes
when the content does, and only then: a browser keeps it through a deployment that did not touch it.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import brotli

EXTENSIONS = {".css", ".js", ".mjs", ".svg"}
# Below this, the headers of the answer are larger than what is saved.
MIN_BYTES = 500
# A file that hardly shrinks is sent uncompressed.
MAX_SHARE = 0.95


def main(folders: list[Path]) -> None:
    """Compress all files that are worth it, on all processors, and print how much that saves."""
    files = sorted(
        (
            path
            for folder in folders
            for path in folder.rglob("*")
            if path.suffix in EXTENSIONS and path.is_file()
        ),
        key=lambda path: -path.stat().st_size,
    )
    with ProcessPoolExecutor() as pool:
        sizes = [sizes for sizes in pool.map(compress, files) if sizes]
    plain, small = (sum(column) for column in zip(*sizes))
    print(f"compress: {len(sizes)} files, {plain:,} B, as Brotli {small:,} B")


def compress(file: Path) -> tuple[int, int] | None:
    """Write a file's compressed siblings and give it its date.

    Parameters
    ----------
    file : pathlib.Path

    Returns
    -------
    tuple of int or None
        Its size and that of its Brotli sibling; None if compression is not worth it.
    """
    content = file.read_bytes()
    small = brotli.compress(content, quality=11)
    if len(content) < MIN_BYTES or len(small) > MAX_SHARE * len(content):
        return None
    # No name and no time in it, so that the same content gives the same bytes.
    zipped = gzip.compress(content, compresslevel=9, mtime=0)
    file.with_name(file.name + ".br").write_bytes(small)
    file.with_name(file.name + ".gz").write_bytes(zipped)
    # 31 bits: what every file system and archive can store.
    date = int.from_bytes(hashlib.sha256(content).digest()[:4], "big") >> 1
    os.utime(file, (date, date))
    return len(content), len(small)


if __name__ == "__main__":
    main([Path(folder) for folder in sys.argv[1:]])
