"""The table of what can be taken away from a run, and what is asked of it.

To add something, write a module with its ``make(context)``, name it in ``app/exports/__init__.py``, and add an entry
here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from app import exports
from app.storage import RunStore, files
from app.storage.brought import is_brought
from app.storage.card_fields import CardFields, kept
from app.storage.runs import TrainingRun

from .export import Export
from .verification import stamped

_MAX_STEM = 60
# Of the records of runs that keep their columns' schema and the rows held out.
_WITH_ROWS = 2


def _needs_rows(training: TrainingRun, model: str) -> str:
    """What an older version has kept does not suffice for everything."""
    if training.run.schema >= _WITH_ROWS:
        return ""
    return "This run is from an older version, which did not keep what this needs. Train it again."


def _needs_training(training: TrainingRun, model: str) -> str:
    """Of a model that was trained elsewhere, nobody here knows how."""
    if is_brought(training.run):
        return "This model was trained elsewhere, so nothing here can repeat it."
    return _needs_rows(training, model)


EXPORTS: dict[str, Export] = {
    export.name: export
    for export in (
        Export(
            name="report",
            title="The report",
            description="One HTML file to send on: verdict, charts, threshold, checks, model card and the profile "
            "of the table, but none of its rows. It opens from a mail, offline, and prints.",
            ending="-report.html",
            mimetype="text/html",
            make=None,
            in_job=False,
        ),
        Export(
            name="browser-model",
            title="A model that needs no server",
            description="One HTML file to open or send: fill in a form or drop a CSV file on it, and the browser "
            "predicts, with reasons. No row leaves it.",
            ending="-model.html",
            mimetype="text/html",
            make=lambda context: exports.browser_file.make(context),
            unavailable=lambda training, model: exports.browser_file.unavailable(
                training, model
            ),
            action="file",
        ),
        Export(
            name="model",
            title="The model",
            description="A zip with the fitted model, a script that predicts a CSV file, the exact versions it needs "
            "and its card. It needs Python, and nothing of this server.",
            ending="-model.zip",
            mimetype="application/zip",
            make=lambda context: exports.model_zip.make(context),
            unavailable=_needs_rows,
            action="file",
            with_card=True,
        ),
        Export(
            name="card",
            title="The model card",
            description="What the model is for, how good it is, what the checks found and where it fails, as Markdown.",
            ending="-card.md",
            mimetype="text/markdown",
            make=lambda context: exports.cards.make(context),
            with_card=True,
        ),
        Export(
            name="contract",
            title="The data contract",
            description="What a new table must be like, as JSON Schema: columns, ranges, values. "
            "A pipeline checks its files by it before they are scored.",
            ending="-contract.json",
            mimetype="application/schema+json",
            make=lambda context: exports.contract_file.make(context),
            unavailable=_needs_rows,
            action="file",
            of_model=False,
        ),
        Export(
            name="script",
            title="The code, as a script",
            description="Repeats this run to the last digit, from the table to the scores: scikit-learn, and nothing "
            "of this server. It reads the table below.",
            ending="-run.py",
            mimetype="text/x-python",
            make=lambda context: exports.code.files.script(context),
            unavailable=_needs_training,
        ),
        Export(
            name="notebook",
            title="The code, as a notebook",
            description="The same for Jupyter.",
            ending="-run.ipynb",
            mimetype="application/x-ipynb+json",
            make=lambda context: exports.code.files.notebook(context),
            unavailable=_needs_training,
        ),
        Export(
            name="table",
            title="The table",
            description="The rows as the models were given them, typed, as a Parquet file: what the code reads.",
            ending=".parquet",
            mimetype="application/vnd.apache.parquet",
            make=lambda context: exports.table.path_of(context),
            action="file",
            in_job=False,
            of_model=False,
        ),
    )
}


def export_of(name: Any) -> Export:
    """Return what is called so; the name may come from a stranger.

    Raises
    ------
    ValueError
        There is nothing of this name.
    """
    known = EXPORTS.get(name) if isinstance(name, str) else None
    if known is None:
        raise ValueError("There is no such file. Choose one of those on the page.")
    return known


def check(training: TrainingRun, parameters: Mapping[str, Any]) -> None:
    """Refuse what cannot be made of a training.

    Parameters
    ----------
    training : TrainingRun
    parameters : mapping
        As `parameters_of` returns them; they may come from a stranger.

    Raises
    ------
    ValueError
        With a sentence.
    """
    export = export_of(parameters.get("name"))
    model = parameters.get("model")
    if model not in [row.model for row in training.summary.trained]:
        raise ValueError(
            "This run has not trained this model: choose one from its leaderboard."
        )
    reason = export.unavailable(training, model)
    if reason:
        raise ValueError(reason)


def parameters_of(
    export: Export, training: TrainingRun, model: str, runs: RunStore
) -> dict[str, str]:
    """Return what the job that prepares a file is asked for.

    Parameters
    ----------
    export : Export
    training : TrainingRun
    model : str
        Of no account where all models share one file.
    runs : RunStore
    """
    shared = None if export.of_model else training.summary.best
    asked = {"name": export.name, "model": shared or model}
    edition = edition_of(runs, training.id, asked["model"]) if export.with_card else ""
    return asked | ({"card": edition} if edition else {})


def edition_of(runs: RunStore, run_id: str, model: str) -> str:
    """Return a name for what stands in the card besides the run's own results; empty if nothing does.

    Parameters
    ----------
    runs : RunStore
    run_id, model : str
    """
    written, verified = kept(runs, run_id), stamped(runs, run_id, model)
    if written == CardFields() and verified is None:
        return ""
    return hashlib.sha256(repr((written, verified)).encode()).hexdigest()[:12]


def file_name(export: Export, training: TrainingRun, model: str) -> str:
    """Return what the file is called where it is downloaded: by the table, the model and what it is.

    Parameters
    ----------
    export : Export
    training : TrainingRun
    model : str

    Returns
    -------
    str
        Without folders, spaces and quotes; other alphabets stay.
    """
    table = PurePath(training.run.dataset.name).stem if training.run.dataset else ""
    plain = re.sub("_+", "_", files.plain_name(table))
    stem = plain[:_MAX_STEM].strip("_-") or "table"
    return "-".join([stem, *([model] if export.of_model else [])]) + export.ending
