"""The code that splits the rows as `functions.models.splitting.split_rows` does, for the split of one training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from app import functions

from ..sources import Name
from .cells import Cell, code, words
from .layout import quoted

if TYPE_CHECKING:
    import pandas as pd

    from app.functions.models.settings import TrainingSettings

_SPLITTING = "app.functions.models.splitting"


@dataclass(frozen=True)
class SplitCode:
    """The cells on the split, our own functions that they call, and their imports."""

    cells: tuple[Cell, ...]
    own: tuple[Name, ...]
    imports: tuple[str, ...]


def split_code(settings: TrainingSettings, by: pd.Series | None) -> SplitCode:
    """Return the code of a split.

    Parameters
    ----------
    settings : TrainingSettings
    by : Series or None
        The dates or groups, as the table has them.

    Returns
    -------
    SplitCode
        It defines `train`, `test` and `folds`, positions in `X` and `y`.
    """
    makers = {"random": _random, "time": _by_time, "group": _by_group}
    return makers[settings.split](settings, by)


def _random(settings: TrainingSettings, by: pd.Series | None) -> SplitCode:
    stratified = settings.task != "regression"
    kind = "StratifiedKFold" if stratified else "KFold"
    text = f"""
train, test = train_test_split(
    np.arange(len(y)),
    test_size={settings.test_size!r},
    stratify={'y' if stratified else None},
    random_state=SEED,
)
cv = {kind}({settings.n_splits}, shuffle=True, random_state=SEED)
folds = [(train[fit], train[check]) for fit, check in cv.split(train, y[train])]
"""
    said = "## The split\n\nThe holdout is drawn at random, and the rest divided into folds."
    if stratified:
        said += " Every part has the classes in the same shares."
    imports = (
        "from sklearn.model_selection import train_test_split",
        f"from sklearn.model_selection import {kind}",
    )
    return SplitCode((words(said), code(text)), (), imports)


def _by_time(settings: TrainingSettings, by: pd.Series | None) -> SplitCode:
    own = [Name(_SPLITTING, "_nearest")]
    column = f"data[{quoted(settings.split_by or '')}]"
    kind = functions.tables.columns.facts_of(by).kind
    if kind == "integer":
        own.append(Name("app.functions.tables.columns", "years_to_dates"))
        column = f"years_to_dates({column})"
    elif by.dt.tz is not None:
        column += ".dt.tz_convert(None)"
    folds, gap = settings.n_splits, settings.gap_days
    before = (
        f"np.searchsorted(dates, dates[begin] - np.timedelta64({gap}, 'D'), side='right')"
        if gap
        else "begin"
    )
    text = f"""
dates = {column}.to_numpy()
in_time = np.argsort(dates, kind="stable")
dates = dates[in_time]
# A part can only begin where a date does.
starts = np.flatnonzero(dates[1:] != dates[:-1]) + 1


def rows_before(begin):
    \"\"\"The rows that may be learned from, where those from `begin` on are predicted.\"\"\"
    return in_time[: int({before})]


n_folds = {folds}
n_test = math.ceil({settings.test_size!r} * len(dates))
holdout = _nearest(starts[n_folds:], len(dates) - n_test)
size = holdout // (n_folds + 1)
begins = []
for left in range(n_folds, 0, -1):
    possible = starts[starts < holdout][len(begins) :]
    possible = possible[possible > max(begins, default=0)]
    possible = possible[: len(possible) - left + 1]
    begins.append(_nearest(possible, holdout - left * size))
train, test = rows_before(holdout), in_time[holdout:]
folds = [
    (rows_before(begin), in_time[begin:end])
    for begin, end in zip(begins, [*begins[1:], holdout])
]
"""
    said = "## The split\n\nThe latest rows are the holdout; each fold learns from what came before it."
    if gap:
        said += f" The {gap} days before a tested part are left out."
    return SplitCode((words(said), code(text)), tuple(own), ("import math",))


def _by_group(settings: TrainingSettings, by: pd.Series | None) -> SplitCode:
    classes, folds = settings.task != "regression", settings.n_splits
    column = quoted(settings.split_by or "")
    stratified = (
        "stratified = np.bincount(y[train]).max() >= n_folds" if classes else ""
    )
    kind = "StratifiedGroupKFold if stratified else GroupKFold"
    text = f"""
groups = pd.factorize(data[{column}], use_na_sentinel=False)[0]
n_folds = {folds}
train, test = _draw_groups(y, groups, {classes}, n_folds, {settings.test_size!r}, SEED)
{stratified}
kind = {kind if classes else 'GroupKFold'}
cv = kind(n_folds, shuffle=True, random_state=SEED)
folds = list(cv.split(train, y[train], groups[train]))
if not all(len(check) for _, check in folds):
    # Stratified folds may be left without any group; folds of similar size cannot.
    cv = GroupKFold(n_folds, shuffle=True, random_state=SEED)
    folds = list(cv.split(train, groups=groups[train]))
folds = [(train[fit], train[check]) for fit, check in folds]
"""
    text = text.replace("\n\nkind", "\nkind")
    said = "## The split\n\nThe rows of one group are never in two parts."
    imports = ["from sklearn.model_selection import GroupKFold"]
    if classes:
        imports.append("from sklearn.model_selection import StratifiedGroupKFold")
    own = (Name(_SPLITTING, "_draw_groups"),)
    return SplitCode((words(said), code(text)), own, tuple(imports))
