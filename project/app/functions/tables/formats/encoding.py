"""Which encoding a text file has: Unicode where it says so or reads as such, else the likeliest older one."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import BinaryIO

from charset_normalizer import from_bytes

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
WINDOWS_1252 = "cp1252"
# The older encodings of scripts that are not Latin, by the names that people know.
OTHER_SCRIPTS = {
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "euc_kr": "EUC-KR (Korean)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp866": "DOS 866 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp874": "Windows-874 (Thai)",
}
# In Latin script letters with accents stand between plain ones; other scripts have one beside the other.
_NEIGHBOURS = re.compile(rb"[\x80-\xff]{2,}")
_MIN_SHARE_OF_NEIGHBOURS = 0.3
_IDEOGRAPH = re.compile(r"[\u4e00-\u9fff]")
_SMALL_KANA = re.compile(r"[\uff61-\uff9f]")
_KANA = re.compile(r"[\u3040-\u30ff]")
_MAX_SHARE_OF_NULS = 0.001


@dataclass(frozen=True)
class Encoding:
    """How the bytes of a text file become characters.

    Attributes
    ----------
    name : str
        A name that `codecs` knows; the whole file can be decoded.
    n_nuls : int
        How many NUL characters, which no text has, are to be left out.
    notes : tuple of str
    """

    name: str
    n_nuls: int
    notes: tuple[str, ...] = ()


def encoding_of(stream: BinaryIO, name: str) -> Encoding:
    """Return the encoding in which the whole of a text file can be decoded.

    Parameters
    ----------
    stream : binary stream
        Seekable; left at its start.
    name : str
        The user's name of the file, for the sentence.

    Returns
    -------
    Encoding

    Raises
    ------
    ValueError
        The file is no text.
    """
    stream.seek(0)
    sample = stream.read(SAMPLE_BYTES)
    marked = _marked(sample)
    encoding = marked or _utf16_without_mark(sample) or "utf-8"
    n_nuls = _count_nuls(stream, encoding)
    if n_nuls is not None:
        return Encoding(encoding, n_nuls, _nul_notes(n_nuls))
    if marked:
        raise ValueError(
            f"'{name}' starts like {marked.upper().removesuffix('-SIG')} text, but cannot be decoded as such: "
            "it is damaged or cut short. Save it again as CSV in UTF-8."
        )
    found = _older_encoding(stream, sample) if _has_few_controls(sample) else None
    if found:
        return found
    raise ValueError(
        f"'{name}' holds binary data, not text. "
        "Export the table as CSV in UTF-8, or upload it as Parquet or Excel."
    )


def chosen_encoding(stream: BinaryIO, name: str, encoding: str) -> Encoding:
    """Return an encoding that somebody chose, if the whole file can be decoded with it.

    Parameters
    ----------
    stream : binary stream
        Seekable; left at its start.
    name : str
        The user's name of the file, for the sentence.
    encoding : str
        A name that `codecs` knows.

    Returns
    -------
    Encoding

    Raises
    ------
    ValueError
        It cannot.
    """
    stream.seek(0)
    if encoding == "utf-8" and stream.read(3) == codecs.BOM_UTF8:
        encoding = "utf-8-sig"
    n_nuls = _count_nuls(stream, encoding)
    if n_nuls is None:
        raise ValueError(
            f"'{name}' cannot be read in this encoding: some of its bytes are no letters there. Choose another one."
        )
    return Encoding(encoding, n_nuls, _nul_notes(n_nuls))


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


def _count_nuls(stream: BinaryIO, encoding: str) -> int | None:
    """Return how many NUL characters the file holds, or None if it is no text in this encoding."""
    decoder = codecs.getincrementaldecoder(encoding)()
    stream.seek(0)
    n_nuls, n_characters = 0, 0
    try:
        while chunk := stream.read(CHUNK_BYTES):
            text = decoder.decode(chunk)
            n_nuls += text.count("\0")
            n_characters += len(text)
        decoder.decode(b"", final=True)
    except UnicodeError:
        return None
    finally:
        stream.seek(0)
    few = n_nuls <= max(1, _MAX_SHARE_OF_NULS * n_characters)
    return n_nuls if few and n_nuls < n_characters else None


def _nul_notes(n_nuls: int) -> tuple[str, ...]:
    if not n_nuls:
        return ()
    if n_nuls == 1:
        return ("1 NUL byte was left out. The file may be damaged where it stood.",)
    return (
        f"{n_nuls:,} NUL bytes were left out. The file may be damaged where they stood.",
    )


def _has_few_controls(sample: bytes) -> bool:
    controls = len(sample) - len(sample.translate(None, CONTROL_BYTES))
    return controls * 1000 <= len(sample)


def _older_encoding(stream: BinaryIO, sample: bytes) -> Encoding | None:
    for encoding in (_other_script(sample), WINDOWS_1252):
        n_nuls = _count_nuls(stream, encoding) if encoding else None
        if n_nuls is not None:
            shown = OTHER_SCRIPTS.get(encoding, "Windows-1252")
            note = (
                f"The file is not UTF-8; it was read as {shown}. "
                "If letters look wrong, save it as UTF-8."
            )
            return Encoding(encoding, n_nuls, (note, *_nul_notes(n_nuls)))
    return None


def _other_script(sample: bytes) -> str | None:
    n_high = sum(byte > 127 for byte in sample)
    n_neighbours = sum(map(len, _NEIGHBOURS.findall(sample)))
    if n_neighbours < _MIN_SHARE_OF_NEIGHBOURS * n_high:
        return None
    # A sample may end within a character.
    whole_lines = sample[: sample.rfind(b"\n") + 1] or sample
    likely = from_bytes(whole_lines, cp_isolation=list(OTHER_SCRIPTS))
    encodings = [match.encoding for match in likely]
    plausible = (name for name in encodings if _is_plausible(whole_lines, name))
    return next(plausible, "gb18030" if encodings else None)


def _is_plausible(sample: bytes, encoding: str) -> bool:
    """Tell whether a text has the letters of its language: the same bytes are words in several of East Asia."""
    text = sample.decode(encoding, "replace")
    if encoding == "euc_kr":
        return not _IDEOGRAPH.search(text)
    if encoding == "cp932":
        # Every byte above 160 is a small kana of old terminals, which Cyrillic words are full of.
        return len(_SMALL_KANA.findall(text)) * 5 <= sum(c > "\x7f" for c in text)
    return encoding != "euc_jp" or bool(_KANA.search(text))
