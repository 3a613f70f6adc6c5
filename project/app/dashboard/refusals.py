"""Why the server does not start what somebody asks for, although nothing is wrong with it: limits, and a full disk."""

from __future__ import annotations

import errno

from app.accounts.limits import TooMany
from app.storage.budget import NoRoom

REFUSALS = (TooMany, NoRoom, OSError)
_DISK = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO}
TITLE = "It was not started"


def refusal(error: Exception) -> str:
    """Return the sentence for one of `REFUSALS`.

    Parameters
    ----------
    error : TooMany, NoRoom or OSError
    """
    if not isinstance(error, OSError):
        return str(error)
    return (
        f"The server cannot write its files: {error.strerror or error}. Nothing was kept. "
        "Try again later, or tell the person who runs it."
    )


def is_refusal(error: Exception) -> bool:
    """Tell whether an error, wherever it was raised, says that the server has no room or that somebody has enough."""
    if isinstance(error, OSError):
        return error.errno in _DISK
    return isinstance(error, REFUSALS)
