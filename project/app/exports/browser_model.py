"""A fitted model as one HTML file that predicts in the browser: it needs no server, and no row leaves it."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline

from app import wording
from app.functions.tables import missing
from app.functions.tables.schema import TableSchema

from .one_file import as_script, filled, hash_of
from .packed import packed
from .portable_columns import NotPortable, columns_of
from .portable_models import model_of

__all__ = ["BrowserModelFacts", "NotPortable", "browser_model", "portable"]

# What a mail takes, with room for the text around it.
MAX_BYTES = 18_000_000
_SINGLE = (
    "It learned from texts alone, for which scikit-learn calculates in single precision: its predictions there may "
    "differ from those here in the seventh digit."
)
_FOLDER = Path(__file__).with_name("browser")
_SCRIPTS = ("arrays", "cells", "columns", "models", "csv", "scoring", "form", "table", "page")  # fmt: skip
_WORDING = Path(__file__).parents[1] / "assets" / "wording.js"


@dataclass(frozen=True)
class BrowserModelFacts:
    """What the file says of its model.

    Attributes
    ----------
    target, model, task : str
        `model` is its label.
    classes : sequence of str
        By code, of two the positive one last; empty for a regression.
    table : str
        The name of the table that it learned from.
    made : str
        When it was trained, as text.
    threshold : float
        From which probability on the positive class is predicted, until somebody moves it.
    facts : sequence of (str, str)
        Further labels and texts, such as scores and versions.
    notes : sequence of str
        Sentences that somebody should know before they use it.
    problems : sequence of str
        Sentences on why it should not be used, which stand above everything else.
    """

    target: str
    model: str
    task: str
    classes: Sequence[str] = ()
    table: str = ""
    made: str = ""
    threshold: float = 0.5
    facts: Sequence[tuple[str, str]] = ()
    notes: Sequence[str] = ()
    problems: Sequence[str] = ()


def browser_model(
    pipeline: Pipeline,
    schema: TableSchema,
    facts: BrowserModelFacts,
    max_bytes: int = MAX_BYTES,
) -> str:
    """Write a fitted pipeline as one HTML file that predicts without a server.

    Parameters
    ----------
    pipeline : Pipeline
        As `models.pipelines.make_pipeline` makes it, fitted.
    schema : TableSchema
        Of the columns that it takes.
    facts : BrowserModelFacts
    max_bytes : int
        The largest file.

    Returns
    -------
    str

    Raises
    ------
    NotPortable
        The model cannot be calculated by scripts, or the file would be too large; the sentence says so.
    """
    found = portable(pipeline, schema, facts)
    if _is_single(found["model"]):
        facts = replace(facts, notes=[*facts.notes, _SINGLE])
    parts = packed(found)
    size = len(_page(*parts, facts).encode())
    if size > max_bytes:
        raise NotPortable(
            f"This model would be a file of {wording.number(size / 1e6)} MB; at most "
            f"{wording.number(max_bytes / 1e6)} MB are made, so that it can be sent and opened. Take a smaller model: "
            "gradient boosting, or a forest of fewer rows."
        )
    said = ("Size of this file", f"{wording.number(size / 1e6, 2)} MB")
    return _page(*parts, replace(facts, facts=[*facts.facts, said]))


def portable(
    pipeline: Pipeline, schema: TableSchema, facts: BrowserModelFacts
) -> dict[str, Any]:
    """Return everything that a fitted pipeline needs to predict, as plain values and arrays.

    Parameters
    ----------
    pipeline : Pipeline
    schema : TableSchema
    facts : BrowserModelFacts

    Returns
    -------
    dict

    Raises
    ------
    NotPortable
        A step of the pipeline is none that the scripts know.
    """
    steps = [step for _, step in pipeline.steps]
    if len(steps) != 2 or not isinstance(steps[0], ColumnTransformer):
        raise NotPortable(
            "The scripts of this file know models of two steps only: columns, and a model after them."
        )
    known = list(map(str, getattr(pipeline, "classes_", ())))
    return {
        "target": facts.target,
        "task": facts.task,
        "classes": list(facts.classes),
        "threshold": facts.threshold,
        "columns": [asdict(column) for column in schema.columns],
        "spellings": {
            "always": missing.spellings(among_numbers=False),
            "among": missing.spellings(among_numbers=True),
        },
        "parts": columns_of(steps[0], [column.name for column in schema.columns]),
        "model": model_of(steps[1]),
        # A class that the fit has not seen has no probability.
        "order": [known.index(c) if c in known else -1 for c in facts.classes] or [0],
    }


def _is_single(model: dict[str, Any]) -> bool:
    inner = model.get("model")
    return model.get("single", False) or bool(inner) and _is_single(inner)


def _page(content: Any, text: str, facts: BrowserModelFacts) -> str:
    style, script = _style(), _script()
    policy = (
        f"default-src 'none'; script-src {hash_of(script)}; style-src {hash_of(style)}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    rows = "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in facts.facts
    )
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in facts.notes)
    problems = "".join(
        f'<p class="message problem">{html.escape(problem)}</p>'
        for problem in facts.problems
    )
    values = {
        "problems": problems,
        "policy": policy,
        "style": style,
        "script": script,
        "title": html.escape(f"Predict {wording.shortened(facts.target, 60)}"),
        "model": html.escape(facts.model),
        "table": html.escape(facts.table),
        "made": html.escape(facts.made),
        "facts": rows,
        "notes": f"<ul>{notes}</ul>" if notes else "<p>Nothing was noted.</p>",
        "content": as_script(content),
        "arrays": text,
    }
    return filled((_FOLDER / "page.html").read_text(encoding="utf-8"), values)


@cache
def _style() -> str:
    return (_FOLDER / "page.css").read_text(encoding="utf-8")


@cache
def _script() -> str:
    paths = [_WORDING, *(_FOLDER / f"{name}.js" for name in _SCRIPTS)]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)
