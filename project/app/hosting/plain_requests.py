"""What every request must be like, whatever its route: an address and a JSON that a browser could have sent."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from flask import Flask, abort, request
from flask.json.provider import DefaultJSONProvider

# No file system takes longer names.
_MAX_SEGMENT_BYTES = 255
# Figures, the deepest that pages send, have about a dozen levels.
_MAX_DEPTH = 50
# Larger numbers are sent by browsers with an exponent, so they arrive as floats.
_MAX_WHOLE = 10**21


def install(server: Flask) -> None:
    """Refuse addresses that no file or item can have, and JSON that no page sends; before all other hooks.

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
    """Flask's JSON; what cannot be a browser's is refused as if it were no JSON."""

    def loads(self, s: str | bytes, **kwargs: Any) -> Any:
        """Return the value of a request's body."""
        try:
            value = super().loads(s, **kwargs)
        except RecursionError:
            raise ValueError("The request is nested too deeply.") from None
        check_json(value)
        return value


def check_json(value: Any) -> None:
    """Check that a parsed JSON holds only what a browser's components send.

    Parameters
    ----------
    value : object
        A dict, list, text, number, bool or None.

    Raises
    ------
    ValueError
        It is nested too deeply, or has a number without a value or half of a character.
    """
    level: list[Any] = [value]
    for _ in range(_MAX_DEPTH):
        for one in level:
            _check_scalar(one)
        level = [inner for one in level for inner in _parts(one)]
        if not level:
            return
    raise ValueError("The request is nested too deeply.")


def _parts(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return (*value, *value.values())
    return value if isinstance(value, list) else ()


def _check_scalar(value: Any) -> None:
    if isinstance(value, str) and not _is_text(value):
        raise ValueError("A text has a character that cannot be written.")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError("A number has no value.")
    if isinstance(value, int) and abs(value) >= _MAX_WHOLE:
        raise ValueError("A number is too large.")


def _is_text(value: str) -> bool:
    """Tell whether a text can be stored and sent: without halves of characters (lone surrogates) and NUL."""
    if value.isascii():
        return "\0" not in value
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False
