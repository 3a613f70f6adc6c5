"""Labels that look alike are one label: same letters in another case, Unicode form or kind of space."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

# Texts whose values hardly repeat are names, codes or sentences: in them the case may matter.
MAX_LABELS = 200
MAX_SHARE_OF_ROWS = 0.5


def joined_labels(values: pa.Array, counts: np.ndarray) -> dict[str, dict[str, int]]:
    """Find labels that differ only by case, Unicode form or the kind of their spaces.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
        Distinct, without nulls.
    counts : ndarray of shape (n,)
        How many rows have each.

    Returns
    -------
    dict of str to dict of str to int
        The most frequent spelling of each label that has several, and all of its spellings with their rows.
    """
    fold_case = _may_be_labels(values, counts)
    if not fold_case and _are_plain(values):
        return {}
    spellings: dict[str, dict[str, int]] = {}
    for value, count in zip(values.to_pylist(), counts.tolist()):
        spellings.setdefault(_key(value, fold_case), {})[value] = count
    several = (group for group in spellings.values() if len(group) > 1)
    return {max(group, key=group.get): group for group in several}


def join(values: pa.Array, joined: dict[str, dict[str, int]]) -> pa.Array:
    """Replace the spellings of each label by its most frequent one.

    Parameters
    ----------
    values : pyarrow.Array of large_string, of length n
    joined : dict
        What `joined_labels` returned.

    Returns
    -------
    pyarrow.Array of large_string, of length n
    """
    chosen = {old: new for new, group in joined.items() for old in group}
    return pa.array(
        [chosen.get(value, value) for value in values.to_pylist()], pa.large_string()
    )


def known_labels(values: pd.Series, known: Sequence[str]) -> pd.Series:
    """Write labels as a table that is known spells them, where that is a single spelling.

    Parameters
    ----------
    values : Series of str, of shape (n_rows,)
    known : sequence of str
        The labels of that table.

    Returns
    -------
    Series of str, of shape (n_rows,)
        One that is known stays, and so does one that differs by more than case, Unicode form or spaces.
    """
    spellings: dict[str, list[str]] = {}
    for label in known:
        spellings.setdefault(_key(label, True), []).append(label)
    codes, levels = pd.factorize(values)
    seen, chosen = set(known), []
    for level in levels:
        alike = spellings.get(_key(level, True), ())
        chosen.append(alike[0] if level not in seen and len(alike) == 1 else level)
    written = pd.array([*chosen, None], dtype="str").take(codes)
    return pd.Series(written, index=values.index, name=values.name)


def _may_be_labels(values: pa.Array, counts: np.ndarray) -> bool:
    return len(values) <= min(2 * MAX_LABELS, MAX_SHARE_OF_ROWS * counts.sum())


def _are_plain(values: pa.Array) -> bool:
    """Tell, without a look at each, whether no text has a second form or an unusual space."""
    if pc.all(pc.string_is_ascii(values)).as_py():
        return True
    composed = pc.utf8_normalize(values, form="NFC")
    plain = pc.replace_substring_regex(composed, r"[\x{a0}\x{2007}\x{202f}]", " ")
    return bool(pc.all(pc.equal(plain, values)).as_py())


def _key(value: str, fold_case: bool) -> str:
    key = " ".join(unicodedata.normalize("NFC", value).split())
    return key.casefold() if fold_case else key
