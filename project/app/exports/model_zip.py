"""A fitted model as a zip that works without this project: the model, a script that predicts, exact requirements."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
import skops.io

from app import functions, wording
from app.storage import records
from app.storage.runs import TrainingRun

from . import cards, contract_file
from .export import Context, threshold_of
from .sources import Name, source_of
from .versions import requirements

MODULE = "dashboard_model"
PACKAGES = ("scikit-learn", "skops", "pandas")
_TEMPLATE = Path(__file__).with_name("templates") / "predict.py"
_SCHEMA = "schema.json"
_OURS = "app."
_NO_TYPES = "TRUSTED: list[str] = []"
# Zip knows no earlier date, and the same model gives the same bytes.
_DATE = (1980, 1, 1, 0, 0, 0)
_OLD = "This run is from a version that kept no schema of its columns. Train it again."


def make(context: Context) -> bytes:
    """Return the zip.

    Parameters
    ----------
    context : Context

    Returns
    -------
    bytes

    Raises
    ------
    NotFound
        The model is gone.
    ValueError
        The run keeps no schema, or its model has types that are not ours.
    """
    training, model = context.training, context.model
    schema = context.runs.schema(training.id)
    if schema is None:
        raise ValueError(_OLD)
    spellings = functions.tables.missing.spellings
    context.say("Loading the model")
    pipeline = functions.models.persistence.model_from_bytes(
        context.runs.model(training.id, model)
    )
    context.say("Rewriting it without this project")
    content, module, trusted = without_project(pipeline)
    about = {
        "classes": training.summary.classes,
        "target": training.settings.target,
        "task": training.settings.task,
        "threshold": threshold_of(context),
        "columns": schema.columns,
        "missing": {
            "always": spellings(among_numbers=False),
            "among numbers": spellings(among_numbers=True),
        },
    }
    files: dict[str, str | bytes] = {
        "model.skops": content,
        "predict.py": predict_script(trusted),
        _SCHEMA: orjson.dumps(records.plain(about), option=orjson.OPT_INDENT_2),
        "requirements.txt": requirements(PACKAGES),
        "model-card.md": cards.text_of(context),
        "contract.json": contract_file.make(context),
    }
    if module:
        files[f"{MODULE}.py"] = module
    files["README.md"] = _readme(training, model, files)
    return zipped(files)


def without_project(pipeline: Any) -> tuple[bytes, str, list[str]]:
    """Return a fitted pipeline as a skops file that names no module of this project.

    Parameters
    ----------
    pipeline : Pipeline

    Returns
    -------
    (content, module, trusted) : tuple of bytes, str and list of str
        The file, the source of the module that has our few classes (empty if it needs none), and the types that
        skops is to be told to trust.
    """
    stored = skops.io.dumps(pipeline, compression=zipfile.ZIP_DEFLATED, compresslevel=1)
    named: set[Name] = set()

    def moved(node: dict[str, Any]) -> dict[str, Any]:
        if not str(node.get("__module__", "")).startswith(_OURS):
            return node
        named.add(Name(node["__module__"], node["__class__"]))
        return node | {"__module__": MODULE}

    content = _with_schema(stored, moved)
    untrusted = skops.io.get_untrusted_types(data=stored)
    trusted = sorted(
        f"{MODULE}.{name.rpartition('.')[2]}" if name.startswith(_OURS) else name
        for name in untrusted
    )
    if not named:
        return content, "", trusted
    source = source_of(sorted(named, key=lambda name: (name.module, name.name)))
    head = '"""The classes of the model that scikit-learn does not have."""\n\nfrom __future__ import annotations\n\n'
    return content, head + source.text, trusted


def _with_schema(stored: bytes, change: Callable[[dict], dict]) -> bytes:
    """Return a skops file with every object of its schema changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(stored)) as before:
        changed = json.loads(before.read(_SCHEMA), object_hook=change)
        text = json.dumps(changed)
        if f'"{_OURS}' in text:
            raise ValueError(
                "The model has a part that cannot be taken away from here."
            )
        with zipfile.ZipFile(
            buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1
        ) as after:
            for name in before.namelist():
                after.writestr(name, text if name == _SCHEMA else before.read(name))
    return buffer.getvalue()


def predict_script(trusted: list[str]) -> str:
    """Return the script that predicts, with the types that its model may have."""
    text = _TEMPLATE.read_text(encoding="utf-8")
    lines = [f"    {json.dumps(name)},\n" for name in trusted]
    named = f"TRUSTED: list[str] = [\n{''.join(lines)}]" if lines else _NO_TYPES
    return text.replace(_NO_TYPES, named)


def zipped(files: dict[str, str | bytes]) -> bytes:
    """Return a zip of files by name; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, _DATE)
            entry.external_attr = 0o644 << 16
            # What skops has compressed already does not shrink.
            entry.compress_type = (
                zipfile.ZIP_STORED if name.endswith(".skops") else zipfile.ZIP_DEFLATED
            )
            archive.writestr(entry, content)
    return buffer.getvalue()


_SAYS = {
    "model.skops": "the fitted model, a scikit-learn pipeline in the format of [skops](https://skops.readthedocs.io).",
    "predict.py": "reads the table, types its columns as the model learned them, and adds the predictions. It says "
    "what it could not read; `--help` lists its options.",
    f"{MODULE}.py": "the few classes of the model that scikit-learn does not have.",
    _SCHEMA: "the columns, their types and what counts as missing.",
    "contract.json": "what a new table must be like, as JSON Schema: its columns, ranges and values.",
    "requirements.txt": "the exact versions with which the predictions are the same to the last digit, on the same "
    "kind of processor.",
    "model-card.md": "what it is for, how good it is, and its limits.",
}


def _readme(training: TrainingRun, model: str, files: Iterable[str]) -> str:
    row = next(row for row in training.summary.trained if row.model == model)
    target = " ".join(wording.shortened(training.settings.target, 80).split())
    listed = "\n".join(f"- `{name}`: {_SAYS[name]}" for name in _SAYS if name in files)
    return f"""# {row.label}: {target}

Predicts the column '{target}' for the rows of a CSV file:

```
python -m venv venv
venv/bin/pip install -r requirements.txt
venv/bin/python predict.py new.csv > out.csv
```

{listed}
"""
