"""The script and the notebook of a run, as files."""

from __future__ import annotations

import platform

from ..export import Context
from .cells import as_notebook, as_script
from .repeat import repeat_cells


def script(context: Context) -> bytes:
    """Return the script that repeats one model of a training.

    Parameters
    ----------
    context : Context

    Returns
    -------
    bytes
    """
    return as_script(repeat_cells(context)).encode()


def notebook(context: Context) -> bytes:
    """Return the same as a Jupyter notebook.

    Parameters
    ----------
    context : Context

    Returns
    -------
    bytes
    """
    return as_notebook(repeat_cells(context), platform.python_version()).encode()
