"""The HTML file of a run: its sections, the scripts that draw and calculate in it, and nothing from elsewhere."""

from __future__ import annotations

import base64
import gzip
from datetime import UTC, datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import orjson
import plotly

from app import wording
from app.exports.one_file import filled, hash_of, safe_json
from app.storage.runs import TrainingRun
from app.ui import components

from . import sections
from .static_html import Document

_FOLDER = Path(__file__).parent
_ASSETS = Path(__file__).parents[2] / "assets"
_STYLES = ("style.css", "evaluate.css")
_SCRIPTS = ("wording.js", "decide.js", "evaluate.js")
_PLOTLY = Path(plotly.__file__).parent / "package_data"


def document(services, training: TrainingRun, model: str | None = None) -> str:
    """Return a run as one HTML file that needs no server and asks for nothing.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    model : str, optional
        A model that it has trained; the best one by default.

    Returns
    -------
    str
        Its size does not grow with the rows of the table.
    """
    model = model or training.summary.best
    drawn = Document()
    body = drawn.html(_parts(services, training, model))
    if model and training.settings.task == "multiclass":
        drawn.data["classes"] = sections.charts_by_class(services, training, model)
    return _page(training, model, body, drawn)


def _parts(services, training: TrainingRun, model: str | None) -> list[Any]:
    if model is None:
        return [*sections.state_of(training), *sections.made_of(training)]
    return [
        *sections.state_of(training),
        *sections.verdict_of(services, training, model),
        *sections.board_of(training, model),
        *sections.results_of(services, training, model),
        *sections.trust_of(services, training, model),
        *sections.table_of(services, training),
        *sections.card_of(services, training, model),
        *sections.made_of(training),
    ]


def _page(training: TrainingRun, model: str | None, body: str, drawn: Document) -> str:
    script, drawing = _script(), _plotly()
    policy = (
        f"default-src 'none'; script-src {hash_of(script)} {_hash_of_plotly()}; style-src 'unsafe-inline'; "
        "img-src data: blob:; base-uri 'none'; form-action 'none'"
    )
    config = components.GRAPH_CONFIG
    content = {"figures": drawn.figures, "data": drawn.data, "config": config}
    values = {
        "policy": escape(policy, quote=False),
        "style": _style(),
        "title": escape(_title(training)),
        "lead": escape(_lead(training, model)),
        "body": body,
        "content": safe_json(
            orjson.dumps(
                content, option=orjson.OPT_SERIALIZE_NUMPY | orjson.OPT_NON_STR_KEYS
            ).decode()
        ),
        "plotly": drawing,
        "script": script,
    }
    return filled((_FOLDER / "document.html").read_text(encoding="utf-8"), values)


def _title(training: TrainingRun) -> str:
    table = wording.shortened(training.run.dataset.name, 60)
    return f"{wording.shortened(training.settings.target, 60)} of {table}"


def _lead(training: TrainingRun, model: str | None) -> str:
    rows = [row for row in training.summary.trained if row.model == model]
    when = training.run.finished or training.run.created
    day = datetime.fromtimestamp(when, UTC).date().isoformat()
    name = rows[0].label if rows else "A training"
    return f"{name}, {day}. This file holds everything it shows: it asks for nothing, and no server is behind it."


@cache
def _style() -> str:
    parts = [(_ASSETS / name).read_text(encoding="utf-8") for name in _STYLES]
    return "\n".join([*parts, (_FOLDER / "document.css").read_text(encoding="utf-8")])


@cache
def _script() -> str:
    first = (_FOLDER / "before.js").read_text(encoding="utf-8")
    parts = [(_ASSETS / name).read_text(encoding="utf-8") for name in _SCRIPTS]
    return "\n".join([first, *parts, (_FOLDER / "document.js").read_text(encoding="utf-8")])  # fmt: skip


def _source_of_plotly() -> str:
    # Only the image has the small one.
    small = _PLOTLY / "plotly-cartesian.min.js"
    path = small if small.is_file() else _PLOTLY / "plotly.min.js"
    return path.read_text(encoding="utf-8")


@cache
def _plotly() -> str:
    """The script that draws, a third of its size: it would be the larger part of the file."""
    packed = gzip.compress(_source_of_plotly().encode(), 9, mtime=0)
    return base64.b64encode(packed).decode("ascii")


@cache
def _hash_of_plotly() -> str:
    return hash_of(_source_of_plotly())
