"""Secrets that programs send: `Authorization: Bearer …`."""

from __future__ import annotations

import hmac

from flask import request

_SCHEME = "bearer "


def is_sent(token: str) -> bool:
    """Tell whether the current request has this token.

    Parameters
    ----------
    token : str
        Empty: no request has it.
    """
    header = request.headers.get("Authorization", "")
    sent = header[len(_SCHEME) :] if header.lower().startswith(_SCHEME) else ""
    return bool(token) and hmac.compare_digest(sent.encode(), token.encode())
