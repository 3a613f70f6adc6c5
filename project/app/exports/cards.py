"""The model card: what a model is for, from what it learned, how good it is, and its limits.

M. Mitchell et al. (2019), "Model cards for model reporting", https://arxiv.org/abs/1810.03993, for its parts.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from app import functions, wording
from app.storage.card_fields import CardFields, kept
from app.storage.runs import TrainingRun

from .export import Context
from .verification import Verification, day_of, stamped

if TYPE_CHECKING:
    import numpy as np

LICENCE_UNKNOWN = "Not stated. Ask whoever trained it before you pass it on."
HEADINGS = {
    "intended_use": "Intended use",
    "not_for": "Not for",
    "people": "People concerned",
    "limits": "Known limits",
    "contact": "Contact",
    "licence": "Licence",
}
_UNWRITTEN = "Not filled in yet."
_LEVELS = {"good": "passed", "warning": "warning", "bad": "problem"}
_MOST_COLUMNS = 50
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")


@dataclass(frozen=True)
class CardScore:
    """One score of the holdout.

    Attributes
    ----------
    label, explanation : str
    value, low, high : float
        With its 95 % interval; NaN where there is none.
    no_interval : str
        Why.
    baseline : float
        The score of the baseline on the same rows; NaN if it is not known.
    """

    label: str
    explanation: str
    value: float
    low: float = math.nan
    high: float = math.nan
    no_interval: str = ""
    baseline: float = math.nan


@dataclass(frozen=True)
class Card:
    """All that a model card says.

    Attributes
    ----------
    title, model : str
    about : tuple of (str, str)
        What the model predicts, from what, and how it was trained: a few words and their value.
    columns : tuple of (str, str)
        Each column that it learned from, and its role.
    notes : tuple of str
        Sentences on the rows and the training.
    written : CardFields
        What people wrote.
    scores : tuple of CardScore
        The one that decided comes first.
    cross_validated : str
        That score on the folds.
    checks : tuple of Finding
        The worst first; empty if the run was not checked.
    limits : tuple of str
        Sentences that hold for every such model.
    versions : tuple of (str, str)
    verified : Verification or None
    """

    title: str
    model: str
    about: tuple[tuple[str, str], ...]
    columns: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]
    written: CardFields
    scores: tuple[CardScore, ...]
    cross_validated: str
    checks: tuple[Any, ...]
    limits: tuple[str, ...]
    versions: tuple[tuple[str, str], ...]
    verified: Verification | None = None


def card(
    training: TrainingRun,
    model: str,
    written: CardFields = CardFields(),
    verified: Verification | None = None,
    y: np.ndarray | None = None,
    output: np.ndarray | None = None,
    baseline: np.ndarray | None = None,
) -> Card:
    """Return the card of one model of a training.

    Parameters
    ----------
    training : TrainingRun
    model : str
        The key of a model that was trained.
    written : CardFields
        What people wrote into it.
    verified : Verification, optional
    y : ndarray of shape (n_test,), optional
        The target of the holdout: class codes or numbers.
    output, baseline : ndarray of shape (n_test, n_classes) or (n_test,), optional
        What the model and the baseline predict for it. Without them the card has the one score that decided.

    Returns
    -------
    Card
    """
    summary, settings = training.summary, training.settings
    row = next(each for each in summary.trained if each.model == model)
    table = training.run.dataset.name if training.run.dataset else ""
    checks = functions.checks.findings.LEVELS[::-1]
    found = sorted(
        summary.checks.of(model), key=lambda finding: checks.index(finding.level)
    )
    return Card(
        title=f"{row.label}: {settings.target}",
        model=row.label,
        about=tuple(_about(training, row, table)),
        columns=tuple(settings.roles.items()),
        notes=tuple(summary.notes),
        written=written,
        scores=tuple(_scores(training, row, y, output, baseline)),
        cross_validated=f"{wording.fixed(row.cv_mean)} ± {wording.fixed(row.cv_std)}",
        checks=tuple(found),
        limits=_limits(training, found),
        versions=tuple(sorted(summary.versions.items())),
        verified=verified,
    )


def card_of(context: Context) -> Card:
    """Return the card of a model with all of its scores, and what people wrote into it.

    Parameters
    ----------
    context : Context
        Whoever asks must be allowed to read the holdout.

    Returns
    -------
    Card
    """
    training, runs = context.training, context.runs
    holdout = runs.table(training.id, "holdout")
    outputs = [
        None if holdout is None else runs.table(training.id, f"output-{model}")
        for model in (context.model, functions.models.catalogue.BASELINE)
    ]
    output, baseline = (
        None if table is None else _array(table, training) for table in outputs
    )
    return card(
        training,
        context.model,
        kept(runs, training.id),
        stamped(runs, training.id, context.model),
        None if output is None else holdout["target"].to_numpy(),
        output,
        baseline,
    )


def _array(table: Any, training: TrainingRun) -> np.ndarray:
    return (
        table.to_numpy() if training.summary.classes else table["prediction"].to_numpy()
    )


def _about(training: TrainingRun, row: Any, table: str) -> Iterable[tuple[str, str]]:
    settings, summary = training.settings, training.summary
    yield "Predicts", settings.target
    if summary.classes:
        yield "Classes", wording.listed(summary.classes, 20)
    if settings.task == "binary":
        yield "Positive class", summary.classes[1]
    yield "Table", table or "unknown"
    yield (
        "Rows",
        f"{wording.number(summary.n_train)} to learn from, {wording.number(summary.n_test)} held out",
    )
    if training.run.finished:
        yield "Trained", day_of(training.run.finished)
    yield "Decided by", functions.evaluation.scoring.METRICS[settings.scoring].label
    usual = type(settings).from_dict(
        {"target": settings.target, "task": settings.task, "roles": settings.roles}
    )
    # What is said above, and which other models there were, is no setting of this one.
    said = {name: getattr(settings, name) for name in ("models", "scoring", "positive")}
    chosen = functions.models.differences.differences(replace(usual, **said), settings)
    yield "Settings", "; ".join(chosen) or "the defaults"
    if row.parameters:
        found = [
            f"{name.split('__')[-1]} = {value!r}"
            for name, value in row.parameters.items()
        ]
        yield "Found by the search", ", ".join(found)


def _scores(
    training: TrainingRun,
    row: Any,
    y: np.ndarray | None,
    output: np.ndarray | None,
    baseline: np.ndarray | None,
) -> Iterable[CardScore]:
    scoring, intervals = functions.evaluation.scoring, functions.evaluation.intervals
    decided = training.settings.scoring
    first = scoring.METRICS[decided]
    rows = {each.model: each for each in training.summary.trained}
    guess = rows.get(functions.models.catalogue.BASELINE)
    yield CardScore(
        first.label,
        first.explanation,
        row.holdout,
        row.holdout_low,
        row.holdout_high,
        row.no_interval,
        guess.holdout if guess else math.nan,
    )
    if y is None:
        return
    for metric in scoring.metrics_for(training.settings.task):
        if metric.key != decided:
            interval = intervals.score_interval(metric.key, y, output)
            of_guess = (
                math.nan if baseline is None else scoring.score(metric.key, y, baseline)
            )
            yield CardScore(
                metric.label,
                metric.explanation,
                scoring.score(metric.key, y, output),
                interval.low,
                interval.high,
                interval.reason,
                of_guess,
            )


def _limits(training: TrainingRun, found: list[Any]) -> tuple[str, ...]:
    ways = {
        "random": "The rows held out were drawn at random: the scores hold for rows like those of the table, and say "
        "nothing of later times, other places or other people.",
        "time": "The rows held out are the latest: the scores hold for the time right after the table ends, if nothing "
        "changes.",
        "group": "No group of the rows held out was learned from: the scores hold for new groups like those of the "
        "table.",
    }
    limits = [ways[training.settings.split]]
    if len(training.summary.trained) > 2:
        limits.append(
            "Several models were compared on the same folds; the holdout had no say in the choice."
        )
    problems = sum(finding.level == "bad" for finding in found)
    if problems:
        limits.append(
            f"{wording.plural(problems, 'check')} found a problem: read them before you rely on a score."
        )
    if not found:
        limits.append("Neither the data nor the model was checked.")
    limits.append("The model predicts; it does not say what causes what.")
    return tuple(limits)


def as_markdown(content: Card) -> str:
    """Return a card as Markdown.

    Parameters
    ----------
    content : Card

    Returns
    -------
    str
        What stands in the table or was typed by people cannot become a heading, a link or HTML.
    """
    written = content.written
    lines = [
        f"# Model card: {_plain(content.title)}",
        "",
        *_listed(content.about),
        "",
        *_parts(("intended_use", "not_for", "people"), written),
        "## Scores on the rows held out",
        "",
        "| score | value | 95 % interval | baseline |",
        "|---|---|---|---|",
        *map(_score, content.scores),
        "",
        f"In cross-validation: {content.cross_validated}.",
        "",
        *[f"- {each.label}: {each.explanation}" for each in content.scores],
        *sorted(
            {f"- {each.no_interval}" for each in content.scores if each.no_interval}
        ),
        "",
        "## Checks",
        "",
        *(map(_check, content.checks) if content.checks else ["None were made."]),
        "",
        "## Limits",
        "",
        *[f"- {limit}" for limit in content.limits],
        "",
        *_parts(("limits",), written),
        "## Data",
        "",
        *[f"- {_plain(note)}" for note in content.notes],
        *(["", "The columns and their roles:", ""] if content.columns else []),
        *_columns(content.columns),
        "",
        "## Reproducible",
        "",
        *_reproducible(content),
        "",
        *_parts(("contact",), written),
        "## Licence",
        "",
        _block(written.licence) or LICENCE_UNKNOWN,
        "",
    ]
    return "\n".join(lines)


def text_of(context: Context) -> str:
    """Return the card of a model as Markdown.

    Parameters
    ----------
    context : Context

    Returns
    -------
    str
    """
    return as_markdown(card_of(context))


def make(context: Context) -> bytes:
    """Return the card of a model as a Markdown file.

    Parameters
    ----------
    context : Context

    Returns
    -------
    bytes
    """
    context.say("Computing the scores and their intervals")
    return text_of(context).encode()


def _listed(pairs: Iterable[tuple[str, str]]) -> list[str]:
    return [f"- **{label}**: {_plain(value)}" for label, value in pairs]


def _parts(names: tuple[str, ...], written: CardFields) -> list[str]:
    lines = []
    for name in names:
        text = _block(getattr(written, name)) or f"*{_UNWRITTEN}*"
        lines += [f"## {HEADINGS[name]}", "", text, ""]
    return lines


def _score(each: CardScore) -> str:
    interval = "–"
    if math.isfinite(each.low):
        interval = f"{wording.fixed(each.low)} to {wording.fixed(each.high)}"
    cells = (
        each.label,
        wording.fixed(each.value),
        interval,
        wording.fixed(each.baseline),
    )
    return f"| {' | '.join(cells)} |"


def _check(finding: Any) -> str:
    said = " ".join(filter(None, (finding.finding, finding.advice)))
    level = _LEVELS[finding.level]
    return f"- **{_plain(finding.title)}** ({level}): {_plain(said)}"


def _columns(columns: tuple[tuple[str, str], ...]) -> list[str]:
    lines = [f"- {_plain(name)}: {role}" for name, role in columns[:_MOST_COLUMNS]]
    more = len(columns) - len(lines)
    return [*lines, *([f"- {wording.number(more)} more"] if more > 0 else [])]


def _reproducible(content: Card) -> list[str]:
    versions = ", ".join(f"{name} {number}" for name, number in content.versions)
    lines = [f"- Trained with {versions}."] if versions else []
    if content.verified is None:
        return [*lines, "- Its code has not been verified yet."]
    found = content.verified
    used = ", ".join(
        f"{name} {number}" for name, number in sorted(found.versions.items())
    )
    return [
        *lines,
        f"- {found.sentence}",
        f"- The table's SHA-256: `{found.table_sha256}`.",
        f"- Verified with {used}.",
    ]


def _block(text: str) -> str:
    """What somebody typed, as paragraphs."""
    return "\n\n".join(_plain(part) for part in text.split("\n") if part.strip())


def _plain(text: str) -> str:
    """A text on one line, in which nothing is markup."""
    # Not every reader of Markdown knows that a backslash takes a bracket its meaning.
    escaped = _SPECIAL.sub(r"\\\1", " ".join(str(text).split()))
    return escaped.replace("\\<", "&lt;").replace("\\>", "&gt;")
