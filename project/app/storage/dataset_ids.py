"""The ids of datasets that are made of another one."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import orjson


def sheet_id(workbook: str, sheet: str) -> str:
    """Return the id of the dataset that another sheet of a workbook becomes.

    Parameters
    ----------
    workbook : str
        The id of the dataset that keeps the file.
    sheet : str
    """
    return derived_id(workbook, {"sheet": sheet})


def reading_id(workbook: str, chosen: Mapping[str, str]) -> str:
    """Return the id of the dataset that a file becomes when it is read as somebody chose.

    Parameters
    ----------
    workbook : str
        The id of the dataset that keeps the file.
    chosen : mapping of str to str
    """
    return derived_id(workbook, {"reading": dict(chosen)})


def derived_id(source: str, change: Any) -> str:
    """Return the id of what is made of a dataset: as hard to guess, and the same for the same change.

    Parameters
    ----------
    source : str
        The id of the dataset.
    change : plain values
    """
    content = orjson.dumps([source, change], option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(content).hexdigest()[:20]
