"""What a file is, told by its first bytes, never by its name."""

from __future__ import annotations

import re
from typing import BinaryIO

ADVICE = "Upload a table as CSV, TSV, Parquet or Excel."
HEAD_BYTES = 4096

READABLE = {
    b"\x1f\x8b": "gzip",
    b"PAR1": "parquet",
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "excel",
}
REFUSED = {
    b"%PDF": "a PDF document",
    b"\x89PNG": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"RIFF": "a picture, sound or film",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"\x28\xb5\x2f\xfd": "a zstandard archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
    b"PK\x05\x06": "an empty ZIP archive",
    b"SQLite format 3\x00": "an SQLite database",
    b"\x89HDF": "an HDF5 file",
    b"ARROW1": "an Arrow or Feather file",
    b"FEA1": "a Feather file",
    b"PARE": "an encrypted Parquet file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x80\x04\x95": "a Python pickle, which is never opened",
    b"\x80\x05\x95": "a Python pickle, which is never opened",
    b"{\\rtf": "an RTF document",
}
REFUSED_TEXT = (
    (re.compile(rb"<(!doctype html|html|head|body|table)\b", re.I), "an HTML page"),
    (re.compile(rb"<\?xml|<[a-z][\w:-]*[ >]", re.I), "an XML file"),
    (re.compile(rb'\{\s*("|\})|\[\s*[\[{"]'), "a JSON file"),
)


def kind_of(stream: BinaryIO, name: str) -> str:
    """Return what a file holds.

    Parameters
    ----------
    stream : binary stream
        Seekable; left at its start.
    name : str
        The user's name of the file, for the sentence.

    Returns
    -------
    {"gzip", "parquet", "zip", "excel", "text"}

    Raises
    ------
    ValueError
        The file is empty, or of a kind that holds no table.
    """
    stream.seek(0)
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head:
        raise ValueError(
            f"'{name}' is empty. Choose a file that holds a table with a header row."
        )
    for magic, kind in READABLE.items():
        if head.startswith(magic):
            return kind
    looks_like = _refused(head)
    if looks_like:
        raise ValueError(f"'{name}' looks like {looks_like}. {ADVICE}")
    return "text"


def too_large(name: str, max_bytes: int) -> ValueError:
    """Return what to raise for a file that is larger than the limit when it is unpacked.

    Parameters
    ----------
    name : str
        The user's name of the file.
    max_bytes : int
        The limit.

    Returns
    -------
    ValueError
    """
    return ValueError(
        f"'{name}' takes more than {max_bytes / 1024**2:,.4g} MB, unpacked. Leave out rows or columns."
    )


def _refused(head: bytes) -> str | None:
    for magic, description in REFUSED.items():
        if head.startswith(magic):
            return description
    if head[257:262] == b"ustar":
        return "a tar archive"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    for pattern, description in REFUSED_TEXT:
        if pattern.match(text):
            return description
    return None
