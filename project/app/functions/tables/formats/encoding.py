"""Which encoding a text file has: Unicode where it says so or reads as such, else Windows-1252."""

from __future__ import annotations

import codecs
from typing import BinaryIO

CHUNK_BYTES = 1024 * 1024
SAMPLE_BYTES = 64 * 1024

# UTF-32 comes first, because its little-endian mark begins with that of UTF-16.
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
CONTROL_BYTES = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a\x1b"))
WINDOWS_1252_NOTE = (
    "The file is not UTF-8; it was read as Windows-1252. "
    "If letters with accents look wrong, save it as UTF-8."
)


def encoding_of(stream: BinaryIO, name: str) -> tuple[str, list[str]]:
    """Return the encoding in which the whole of a text file can be decoded.

    Parameters
    ----------
    stream : binary stream
        Seekable; left at its start.
    name : str
        The user's name of the file, for the sentence.

    Returns
    -------
    encoding : str
        A name that `codecs` knows.
    notes : list of str

    Raises
    ------
    ValueError
        The file is no text.
    """
    stream.seek(0)
    sample = stream.read(SAMPLE_BYTES)
    marked = _marked(sample)
    encoding = marked or _utf16_without_mark(sample) or "utf-8"
    if _decodes(stream, encoding):
        return encoding, []
    if marked:
        raise ValueError(
            f"'{name}' starts like {marked.upper().removesuffix('-SIG')} text, but cannot be decoded as such: "
            "it is damaged or cut short. Save it again as CSV in UTF-8."
        )
    if _is_windows_1252(stream, sample):
        return "cp1252", [WINDOWS_1252_NOTE]
    raise ValueError(
        f"'{name}' holds binary data, not text. "
        "Export the table as CSV in UTF-8, or upload it as Parquet or Excel."
    )


def _marked(sample: bytes) -> str | None:
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if sample.startswith(mark):
            return encoding
    return None


def _utf16_without_mark(sample: bytes) -> str | None:
    # Digits, delimiters and line ends have a zero as their upper byte, so that in UTF-16 the
    # zeros all lie at even or all at odd places, whatever the script of the words.
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if even + odd < len(sample) / 20:
        return None
    if even * 20 < odd:
        return "utf-16-le"
    if odd * 20 < even:
        return "utf-16-be"
    return None


def _decodes(stream: BinaryIO, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    try:
        while chunk := stream.read(CHUNK_BYTES):
            if "\0" in decoder.decode(chunk):
                return False
        decoder.decode(b"", final=True)
    except UnicodeError:
        return False
    finally:
        stream.seek(0)
    return True


def _is_windows_1252(stream: BinaryIO, sample: bytes) -> bool:
    controls = len(sample) - len(sample.translate(None, CONTROL_BYTES))
    return controls * 1000 <= len(sample) and _decodes(stream, "cp1252")
