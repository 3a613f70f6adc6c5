"""What every request must be like, whatever its route: an address and a JSON that a browser could have sent."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flask import Flask, abort, request
from flask.json.provider import DefaultJSONProvider

# No file system takes longer names.
_MAX_SEGMENT_BYTES = 255
# Figures, the deepest that pages send, have about a dozen levels.
_MAX_DEPTH = 50
# To a browser a larger number is infinite, which it sends as null.
_MAX_WHOLE = 10**308
_HALVES = re.compile("[\ud800-\udfff]")


def install(server: Flask) -> None:
    """Refuse addresses that no file or item can have, and JSON that no page sends.

    Parameters
    ----------
    server : Flask
    """
    server.json = _CheckedJson(server)

    @server.before_request
    def refuse_odd_addresses():
        if not is_plain_path(request.path):
            abort(404)


def is_plain_path(path: str) -> bool:
    """Tell whether every part of a path is short enough and without invisible control characters.

    Parameters
    ----------
    path : str
        Decoded.
    """
    short = all(len(part.encode()) <= _MAX_SEGMENT_BYTES for part in path.split("/"))
    return short and not any(ord(character) < 32 for character in path)


class _CheckedJson(DefaultJSONProvider):
    """Flask's JSON; what is nested too deeply is refused as if it were no JSON."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return the value of a request's body."""
        try:
            value = super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("The request is nested too deeply.") from None
        return checked(value)


def checked(value: Any) -> Any:
    """Return a parsed JSON that can be stored and sent on.

    Parameters
    ----------
    value : object
        A dict, list, text, number, bool or None.

    Returns
    -------
    object
        The same, but a half of a character (a lone surrogate) is a question mark.

    Raises
    ------
    ValueError
        It is nested too deeply, or has a number that no browser can hold.
    """
    level, is_whole = [value], True
    for _ in range(_MAX_DEPTH):
        if any(isinstance(one, int) and abs(one) >= _MAX_WHOLE for one in level):
            raise ValueError("A number is too large.")
        is_whole = is_whole and all(map(_is_whole, level))
        level = [inner for one in level for inner in _parts(one)]
        if not level:
            return value if is_whole else _mended(value)
    raise ValueError("The request is nested too deeply.")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()


def _is_whole(value: Any) -> bool:
    if not isinstance(value, str) or value.isascii():
        return True
    return not _HALVES.search(value)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _HALVES.sub("?", value)
    if isinstance(value, dict):
        return {_mended(name): _mended(one) for name, one in value.items()}
    return [_mended(one) for one in value] if isinstance(value, list) else value
