"""What one HTML file that asks for nothing else is put together from."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from typing import Any


def filled(template: str, values: Mapping[str, str]) -> str:
    """Return a template with a value in the place of each ``{{name}}``.

    Parameters
    ----------
    template : str
    values : mapping of str to str
        Of HTML, escaped where it has to be. What looks like a place in a value is none.

    Returns
    -------
    str
    """
    before, *parts = template.split("{{")
    pieces = [before]
    for part in parts:
        name, _, after = part.partition("}}")
        pieces += [values[name], after]
    return "".join(pieces)


def as_script(content: Any) -> str:
    """Return plain values as JSON for a script element, which no text in them can end.

    Parameters
    ----------
    content : dict, list or plain value

    Returns
    -------
    str
    """
    return safe_json(json.dumps(content, ensure_ascii=False, allow_nan=False))


def safe_json(text: str) -> str:
    """Return JSON with the letters escaped that mean something in HTML, or end a line in old scripts."""
    for letter in "<>&\u2028\u2029":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def hash_of(content: str) -> str:
    """Return the source of a content security policy that allows this script or style alone.

    Parameters
    ----------
    content : str
        What stands in the element.

    Returns
    -------
    str
    """
    digest = hashlib.sha256(content.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"
