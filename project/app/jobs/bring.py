"""A model that somebody brought: from its folder to a run with the pages of a training."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from app import functions
from app.storage import brought, files, records
from app.storage.brought import Card

from .contracts import keep_contract
from .job import Job
from .train import versions
from .training_reference import NAME as REFERENCE

# A folder is the operator's own; it is bounded by the memory of the machine.
_MAX_SAMPLE_BYTES = 2 * 1024**3


def bring(job: Job) -> Mapping[str, Any]:
    """Load the model of a folder, let it predict its sample, and keep what the pages show.

    Parameters
    ----------
    job : Job
        Of a run whose parameter 'folder' is the path.

    Returns
    -------
    mapping
        The last fields of the run's record.

    Raises
    ------
    ValueError
        The folder lacks something, or its model cannot be used; the sentence says what to do.
    """
    run = job.runs.get(job.run_id)
    folder = Path(run.parameters["folder"])
    job.progress.begin(3)
    job.progress.doing("Reading the sample")
    card = brought.read_card(folder)
    job.progress.advance()
    dataset = _keep_sample(job, folder, run.dataset.id, card)
    job.progress.doing("Loading the model")
    pipeline, made_with = load(folder)
    job.progress.advance()
    job.progress.doing("Predicting the sample")
    judged = judge(pipeline, job.datasets.table(dataset), card)
    _keep(job, folder, card, judged, dataset)
    keep_contract(job.runs, job.datasets, job.run_id)
    here = version("scikit-learn")
    found = functions.models.brought.findings(made_with, here, judged)
    job.progress.advance()
    key = functions.models.brought.KEY
    notes = [card.description, *judged.notes, *_made_elsewhere(made_with, here)]
    return {
        "notes": list(filter(None, notes)),
        "checks": functions.evaluation.summary.RunChecks(run=found),
        "best": key,
        "threshold": card.threshold,
        "licence": card.licence,
    }


def _made_elsewhere(made_with: str, here: str) -> list[str]:
    if made_with == here:
        return []
    return [
        f"The model was made with scikit-learn {made_with or 'of an unknown version'}; this server has {here}."
    ]


def load(folder: Path) -> tuple[Any, str]:
    """Return the model of a folder, and the version of scikit-learn that it was made with.

    Raises
    ------
    ValueError
        There is none, it names types that are not trusted, or it cannot be loaded.
    """
    persistence = functions.models.persistence
    try:
        content = (folder / brought.MODEL).read_bytes()
    except OSError:
        raise ValueError(
            f'There is no {brought.MODEL}. Write it with skops.io.dump(pipeline, "{brought.MODEL}").'
        ) from None
    unknown = persistence.untrusted_types(content)
    if unknown:
        raise ValueError(
            f"The model was not loaded, for it names types that are not trusted: {', '.join(unknown)}. "
            "Build it from scikit-learn's own estimators."
        )
    made_with = persistence.made_with(content)
    try:
        with warnings.catch_warnings():
            # That the versions differ is said in a sentence.
            warnings.simplefilter("ignore")
            return persistence.model_from_bytes(content), made_with
    except Exception as error:
        said = " ".join(str(error).split())[:200]
        raise ValueError(
            f"The model cannot be loaded: {said}. It was made with scikit-learn {made_with or 'of unknown version'}; "
            f"here is {version('scikit-learn')}."
        ) from None


def settings_of(card: Card, roles: Mapping[str, str]) -> dict[str, Any]:
    """Return the settings of the run of a model that somebody brought, as its record holds them.

    Parameters
    ----------
    card : Card
    roles : mapping of str to str
        Of the columns that the model takes.
    """
    module = functions.models.settings
    known = {
        **card.training,
        "target": card.target,
        "task": card.task,
        "roles": dict(roles),
        "positive": card.positive,
    }
    if card.metric:
        known["scoring"] = card.metric
    settings = module.TrainingSettings.from_dict(known)
    return records.plain(
        asdict(replace(settings, models=(functions.models.brought.KEY,)))
    )


def judge(pipeline: Any, sample: Any, card: Card) -> Any:
    """Let a model predict a sample; raises ValueError, with a sentence, where it cannot."""
    scoring = functions.evaluation.scoring
    keys = [metric.key for metric in scoring.metrics_for(card.task)]
    if card.metric and card.metric not in keys:
        raise ValueError(
            f"The metric in {brought.CARD} must be one of these: {', '.join(keys)}."
        )
    return functions.models.brought.judge(
        pipeline,
        sample,
        card.target,
        card.task,
        card.metric or keys[0],
        card.title,
        card.positive,
    )


def read_sample(folder: Path) -> Any:
    """Return the sample of a folder as it is read; raises ValueError, with a sentence, where there is none."""
    path = brought.sample_of(folder)
    with path.open("rb") as file:
        return functions.tables.reading.read_table(file, path.name, _MAX_SAMPLE_BYTES)


def _keep_sample(job: Job, folder: Path, dataset: str, card: Card) -> str:
    sample = read_sample(folder)
    return job.datasets.add_read(sample, card.title, dataset)


def _keep(job: Job, folder: Path, card: Card, judged: Any, dataset: str) -> None:
    module = functions.models.brought
    known = job.datasets.get(dataset)
    recognised = {column.name: column.role for column in known.profile.columns}
    roles = module.roles_of(judged.X, recognised)
    job.runs.write_result(job.run_id, "schema", _schema(folder, judged.X, roles, known))
    job.runs.write_table(job.run_id, "holdout", judged.holdout())
    if (folder / brought.SEEN).is_file():
        job.runs.write_table(job.run_id, "seen", _seen(folder))
    for key, one in judged.models.items():
        output = functions.models.fitting.output_table(one.output, judged.classes)
        job.runs.write_table(job.run_id, f"output-{key}", output)
        if one.result is not None:
            job.runs.write_result(job.run_id, f"model-{key}", one.result)
        content = functions.models.persistence.model_to_bytes(one.pipeline)
        job.runs.write_model(job.run_id, key, content)
    outputs = {key: one.output for key, one in judged.models.items()}
    reference = functions.scoring.reference.reference_of(
        judged.X, roles, outputs if len(judged.y) else {}, judged.classes
    )
    job.runs.write_result(job.run_id, REFERENCE, reference)
    job.progress.update(
        settings=settings_of(card, roles),
        classes=judged.classes,
        n_train=0,
        n_test=len(judged.y),
        versions=versions(),
        leaderboard=[one.row for one in judged.models.values()],
    )


def _seen(folder: Path) -> Any:
    try:
        content = (folder / brought.SEEN).read_bytes()
        seen = functions.tables.serialization.table_from_bytes(content)
        return functions.evaluation.challenge.table_of(seen["row"].to_numpy())
    except Exception:  # whatever is wrong with the file
        raise ValueError(
            f"{brought.SEEN} cannot be read. Leave it out: then nobody knows which rows the model has learned from."
        ) from None


def _schema(folder: Path, X: Any, roles: Mapping[str, str], known: Any) -> Any:
    """Return the schema that came with the model, else the one of its sample."""
    kind = functions.tables.schema.TableSchema
    path = folder / brought.SCHEMA
    if path.is_file():
        try:
            schema = records.read(kind, files.read_json(path))
        except ValueError:
            raise ValueError(
                f"{brought.SCHEMA} cannot be read. Leave it out: the sample tells the columns too."
            ) from None
        names = [column.name for column in schema.columns]
        if names == list(X.columns):
            return schema
    return kind.of(X, roles, known.missing, known.written)
