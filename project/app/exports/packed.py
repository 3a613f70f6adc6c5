"""Numbers as a browser reads them: arrays one after the other in one compressed text."""

from __future__ import annotations

import base64
import zlib
from typing import Any

import numpy as np

# What a typed array of JavaScript can hold, by the name that numpy gives it.
_TYPES = ("float64", "float32", "uint32", "uint16", "uint8", "int32")
# The largest of them must begin at a multiple of its size.
_ALIGNMENT = 8


def packed(content: Any) -> tuple[Any, str]:
    """Take the arrays out of nested plain values.

    Parameters
    ----------
    content : dict, list or plain value
        Whose arrays are of a type that JavaScript has.

    Returns
    -------
    plain : dict, list or plain value
        The same, with ``{"$": [type, first byte, length]}`` in the place of each array.
    text : str
        The bytes of all arrays, deflated, in base64.

    Raises
    ------
    ValueError
        An array is of another type.
    """
    parts: list[bytes] = []
    plain = _without_arrays(content, parts)
    return plain, base64.b64encode(zlib.compress(b"".join(parts), 6)).decode("ascii")


def _without_arrays(content: Any, parts: list[bytes]) -> Any:
    if isinstance(content, np.ndarray):
        return {"$": _placed(content, parts)}
    if isinstance(content, dict):
        return {key: _without_arrays(value, parts) for key, value in content.items()}
    if isinstance(content, (list, tuple)):
        return [_without_arrays(value, parts) for value in content]
    return content


def _placed(array: np.ndarray, parts: list[bytes]) -> list[Any]:
    if array.dtype.name not in _TYPES:
        raise ValueError(f"A browser has no array of {array.dtype.name}.")
    data = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<")).tobytes()
    first = sum(map(len, parts))
    parts.append(data + bytes(-len(data) % _ALIGNMENT))
    return [array.dtype.name, first, int(array.size)]
