"""Sentences on how a table was read, each with what a user can do about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from app import wording

from .column_readings import ColumnReading, notes_of
from .column_types import retype
from .columns import label_of
from .corrections import READINGS, ColumnCorrection, file_notes, without
from .results import ReadTable

MAX_SPELLINGS = 5
MAX_TEXT = 40


@dataclass(frozen=True)
class Offer:
    """What can be done about a remark.

    Attributes
    ----------
    label : str
        What the button says; it can be understood without the remark.
    correction : ColumnCorrection
        How the column is read then.
    hint : str
        What comes of it; empty where that is clear.
    """

    label: str
    correction: ColumnCorrection
    hint: str = ""


@dataclass(frozen=True)
class Remark:
    """One sentence on how a table was read.

    Attributes
    ----------
    sentence : str
    column : str
        What it is about; empty where it is about the file.
    offers : tuple of Offer
    """

    sentence: str
    column: str = ""
    offers: tuple[Offer, ...] = ()


@dataclass(frozen=True)
class _Column:
    """A column as it was read at first, and as it is read now."""

    name: str
    as_read: ColumnReading
    now: ColumnReading
    values: pd.Series
    texts: pd.Series | None
    correction: ColumnCorrection = ColumnCorrection()

    def remark(self, sentence: str, *offers: Offer | None) -> Remark:
        made = tuple(offer for offer in offers if offer) if self.has_texts else ()
        return Remark(sentence, self.name, made)

    @property
    def has_texts(self) -> bool:
        return self.texts is not None

    def changed(self, **changes) -> ColumnCorrection:
        return replace(self.correction, **changes)

    def note(self, **parts) -> str:
        """Return the sentence on one part of how it is read."""
        return notes_of({self.name: ColumnReading(self.now.kind, **parts)})[0]


def remarks_of(table: ReadTable) -> tuple[Remark, ...]:
    """Return what a user should know about how a table was read, what matters most first.

    Parameters
    ----------
    table : ReadTable
        As it was read at first.

    Returns
    -------
    tuple of Remark
    """
    columns = [
        _Column(name, reading, reading, table.frame[name], table.texts.get(name))
        for name, reading in table.columns.items()
        if reading.is_doubtful
    ]
    about_file = [Remark(note) for note in file_notes(table)]
    return (*about_file, *_sorted(columns))


def remarks_after(
    before: tuple[Remark, ...],
    as_read: ReadTable,
    now: ReadTable,
    corrections: Mapping[str, ColumnCorrection],
) -> tuple[Remark, ...]:
    """Return what a user should know after corrections: these come first, each with its undoing.

    Parameters
    ----------
    before : tuple of Remark
        Of `as_read`.
    as_read, now : ReadTable
        Before and after the corrections.
    corrections : mapping of str to ColumnCorrection
        By column.

    Returns
    -------
    tuple of Remark
    """
    columns = [
        _Column(
            name,
            as_read.columns[name],
            now.columns[name],
            now.frame[name],
            as_read.texts[name],
            correction,
        )
        for name, correction in corrections.items()
    ]
    undoings = [remark for column in columns for remark in _undoings(column)]
    others = [remark for remark in before if remark.column not in corrections]
    about_file = [remark for remark in others if not remark.column]
    about_columns = [remark for remark in others if remark.column]
    return (*undoings, *about_file, *_sorted(columns), *about_columns)


def _sorted(columns: list[_Column]) -> Iterator[Remark]:
    for say in (_unclear, _ambiguous, _misfits, _joined, _kept, _missing, _others):
        for column in columns:
            yield from say(column)


# ---- What was read


_CHOICES = {
    "either": ("number", "decimal comma", "decimal point"),
    "several units": ("number",),
    "leading zeros": ("number",),
    "both orders": ("date", "day first", "month first"),
    "several forms": ("date", "day first", "month first"),
}
_OPPOSITE = {
    "day first": "month first",
    "month first": "day first",
    "decimal point": "decimal comma",
    "decimal comma": "decimal point",
}
# What the other reading of an assumption is.
_OTHERWISE = {
    "day first": "month first",
    "month first": "day first",
    "decimal comma, as elsewhere": "decimal point",
    "decimal comma, by the delimiter": "decimal point",
    "thousands comma, as elsewhere": "decimal comma",
    "thousands comma, by the delimiter": "decimal comma",
    "thousands dot, as elsewhere": "decimal point",
    "thousands dot, by the delimiter": "decimal point",
    "decimal point, though alone": "decimal comma",
}


def _unclear(column: _Column) -> Iterator[Remark]:
    """Columns that stayed text, though many of their values are numbers or dates."""
    if column.now.kind != "text":
        return
    if column.now.misfits:
        sentence = column.note(
            misfits=column.now.misfits, looks_like=column.now.looks_like
        )
        kind = "date" if column.now.looks_like == "dates" else "number"
        yield column.remark(sentence, _typed(column, kind, column.now.misfits))
    for key in column.now.assumptions:
        if key in _CHOICES:
            kind, *ways = _CHOICES[key]
            offers = [_otherwise(column, kind, way) for way in ways]
            if not any(offers):
                offers = [_typed(column, kind)]
            yield column.remark(column.note(assumptions=(key,)), *offers)


def _ambiguous(column: _Column) -> Iterator[Remark]:
    for key in column.now.assumptions:
        if key in _OTHERWISE:
            way = _OTHERWISE[key]
            other = _otherwise(column, column.now.kind, way, column.values)
            yield column.remark(column.note(assumptions=(key,)), other, _text(column))


def _misfits(column: _Column) -> Iterator[Remark]:
    reading = column.now
    is_said = column.correction.type or column.correction.read
    if reading.kind in ("number", "date") and reading.misfits and not is_said:
        sentence = column.note(misfits=reading.misfits, looks_like=reading.looks_like)
        yield column.remark(sentence, _text(column))


def _joined(column: _Column) -> Iterator[Remark]:
    groups = column.now.joined.values()
    if not groups:
        return
    shown = "; ".join(_spelled(group) for group in list(groups)[:MAX_SPELLINGS])
    more = len(groups) - MAX_SPELLINGS
    sentence = (
        f'Labels of "{column.name}" that differ only by case, Unicode form or spaces were joined: {shown}'
        f"{f'; and {more:,} more' if more > 0 else ''}."
    )
    yield column.remark(
        sentence, Offer("Keep them apart", column.changed(apart=True), "")
    )


def _kept(column: _Column) -> Iterator[Remark]:
    for spelling, rows in column.now.kept.items():
        sentence = (
            f'"{_short(spelling)}" in {wording.plural(rows, "row")} of "{column.name}" was kept as a value, '
            "though it may mean that there is none."
        )
        gone = (*column.correction.missing, spelling)
        label = f'Take "{_short(spelling)}" as missing'
        yield column.remark(sentence, Offer(label, column.changed(missing=gone)))


def _missing(column: _Column) -> Iterator[Remark]:
    chosen = set(column.correction.missing)
    becomes_text = column.now.kind != "text"
    for spelling, rows in column.now.missing.items():
        if spelling in chosen:
            continue
        sentence = f'"{_short(spelling)}" was taken as missing in {wording.plural(rows, "row")} of "{column.name}".'
        offer = Offer(
            f'Keep "{_short(spelling)}" as a value',
            column.changed(keep=(*column.correction.keep, spelling)),
            "The column becomes text." if becomes_text else "",
        )
        can_be_kept = not (becomes_text and column.correction.type)
        yield column.remark(sentence, offer if can_be_kept else None)


def _others(column: _Column) -> Iterator[Remark]:
    reading = column.now
    if reading.unit and reading.unit != "%":
        yield column.remark(column.note(unit=reading.unit), _text(column))
    for key in reading.assumptions:
        if key not in _OTHERWISE and key not in _CHOICES:
            number = _typed(column, "number") if key == "digits" else None
            yield column.remark(column.note(assumptions=(key,)), number, _text(column))


# ---- What can be done


def _text(column: _Column) -> Offer:
    return Offer("Read as text", column.changed(type="text", read=""))


def _typed(
    column: _Column, kind: str, lost: Mapping[str, int] | None = None
) -> Offer | None:
    """Offer to read a column as numbers or dates; `lost` spares finding out what would become missing."""
    if not column.has_texts:
        return None
    if lost is None:
        try:
            _, lost = retype(column.texts, kind)
        except ValueError:
            return None
    correction = column.changed(type=kind, keep=(), missing=(), apart=False)
    return Offer(f"Read as {kind}s", correction, _would_be_lost(lost))


def _otherwise(
    column: _Column, kind: str, way: str, present: pd.Series | None = None
) -> Offer | None:
    """Offer one of two readings, by what it makes of a value; None where both are the same.

    `present` are the values by the other one, if the column is read so.
    """
    if not column.has_texts:
        return None
    found, lost = _read(column.texts, kind, way)
    if present is None:
        present, _ = _read(column.texts, kind, _OPPOSITE[way])
    row = _first_difference(found, present)
    if row is None:
        return None
    text, value = _short(column.texts.iloc[row]), label_of(found.iloc[row])
    changes = {"type": "" if kind == column.as_read.kind else kind, "read": way}
    correction = column.changed(**changes)
    return Offer(f'Read "{text}" as {value}', correction, _would_be_lost(lost))


def _read(texts: pd.Series, kind: str, way: str) -> tuple[pd.Series, dict[str, int]]:
    try:
        return retype(texts, kind, convention=READINGS[way])
    except ValueError:
        return pd.Series(None, index=texts.index, dtype="float64"), {}


def _first_difference(found: pd.Series, other: pd.Series) -> int | None:
    known = found.notna().to_numpy()
    if found.dtype.kind == other.dtype.kind or other.dtype.kind != "f":
        known = known & other.notna().to_numpy()
    differs = known & (found.to_numpy() != other.to_numpy())
    return int(differs.argmax()) if differs.any() else None


def _would_be_lost(lost: Mapping[str, int]) -> str:
    return _lost(lost, "would become")


def _lost(lost: Mapping[str, int], become: str) -> str:
    if not lost:
        return f"No cell {become} missing."
    cells = wording.plural(sum(lost.values()), "cell")
    return f"{cells} {become} missing: {_spelled(lost)}."


# ---- What was corrected


def _undoings(column: _Column) -> Iterator[Remark]:
    """Yield a remark on each thing that a user has changed."""
    correction, name = column.correction, column.name
    if correction.type or correction.read:
        yield column.remark(_retyped(column), _undo(column, "type", "read"))
    if correction.keep:
        texts = ", ".join(f'"{_short(spelling)}"' for spelling in correction.keep)
        was_text = column.as_read.kind == "text"
        so = "" if was_text else ", so the column is text"
        sentence = f'{texts} in "{name}" is kept as a value{so}, as you chose.'
        yield column.remark(sentence, _undo(column, "keep"))
    if correction.missing:
        texts = _spelled({s: column.now.missing.get(s, 0) for s in correction.missing})
        sentence = f'{texts} in "{name}" is taken as missing, as you chose.'
        yield column.remark(sentence, _undo(column, "missing"))
    if correction.apart:
        sentence = f'Labels of "{name}" that look alike are kept apart, as you chose.'
        yield column.remark(sentence, _undo(column, "apart"))


def _undo(column: _Column, *names: str) -> Offer:
    return Offer("Undo", without(column.correction, *names))


def _retyped(column: _Column) -> str:
    now = column.now
    if now.kind not in ("number", "date"):
        return f'"{column.name}" is text, as you chose.'
    such = ""
    if column.correction.read:
        other, _ = _read(column.texts, now.kind, _OPPOSITE[column.correction.read])
        row = _first_difference(column.values, other) or 0
        text, value = column.texts.iloc[row], column.values.iloc[row]
        such = f' ("{_short(text)}" as {label_of(value)})'
    return (
        f'"{column.name}" is read as {now.kind}s{such}, as you chose. '
        f"{_lost(now.misfits, 'became')}"
    )


def _spelled(counts: Mapping[str, int]) -> str:
    shown = sorted(counts, key=counts.get, reverse=True)[:MAX_SPELLINGS]
    texts = ", ".join(f'"{_short(text)}" ({counts[text]:,})' for text in shown)
    more = len(counts) - len(shown)
    return f"{texts} and {more:,} more" if more else texts


def _short(text: str) -> str:
    return wording.shortened(text, MAX_TEXT)
