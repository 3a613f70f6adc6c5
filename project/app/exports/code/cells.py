"""The parts of a script and of a notebook: words and code."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cell:
    """Words in Markdown, or code.

    Attributes
    ----------
    text : str
    is_code : bool
    """

    text: str
    is_code: bool = False


def words(text: str) -> Cell:
    """Return a cell of words."""
    return Cell(text.strip())


def code(text: str) -> Cell:
    """Return a cell of code."""
    return Cell(text.strip("\n"), True)


def as_script(cells: Sequence[Cell]) -> str:
    """Return cells as a script; editors show its parts as those of a notebook.

    Parameters
    ----------
    cells : sequence of Cell
        The first one has words: they become the docstring.

    Returns
    -------
    str
    """
    first = cells[0].text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    parts = [f'"""{first.removeprefix("# ")}\n"""']
    for cell in cells[1:]:
        if cell.is_code:
            parts.append(f"# %%\n{cell.text}")
        else:
            lines = (f"# {line}".rstrip() for line in cell.text.split("\n"))
            parts.append("\n".join(["# %% [markdown]", *lines]))
    return "\n\n".join(parts) + "\n"


def as_notebook(cells: Sequence[Cell], python: str) -> str:
    """Return cells as a Jupyter notebook that has not been executed.

    Parameters
    ----------
    cells : sequence of Cell
    python : str
        The version of Python.

    Returns
    -------
    str
        JSON of nbformat 4.5.

    References
    ----------
    https://nbformat.readthedocs.io/en/latest/format_description.html
    """
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    content = {
        "cells": [_as_json(cell, number) for number, cell in enumerate(cells)],
        "metadata": {
            "kernelspec": kernel,
            "language_info": {"name": "python", "version": python},
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def _as_json(cell: Cell, number: int) -> dict:
    shared = {"id": f"cell-{number}", "metadata": {}}
    source = cell.text.splitlines(keepends=True)
    if cell.is_code:
        more = {"cell_type": "code", "execution_count": None, "outputs": []}
    else:
        more = {"cell_type": "markdown"}
    return {**shared, **more, "source": source}
