"""A challenger on new data beside the present model: the verdict in words, and as Markdown for a pull request."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from app import functions, wording
from app.accounts import SERVER
from app.dashboard.comparison import named, short, shown_score
from app.exports import cards
from app.exports.export import Context
from app.jobs import Jobs
from app.jobs.brought import bring_folder
from app.storage import brought
from app.storage.runs import TrainingRun

from . import saying
from .following import follow
from .session import Session

# The exit codes of a challenge that was decided.
CODES = {"better": 0, "luck": 3, "worse": 4, "unknown": 5}
_MOST_LINES = 200


@dataclass(frozen=True)
class Champion:
    """The present model.

    Attributes
    ----------
    training : TrainingRun
    model : str
    models : tuple of str
        Keys of the models that a challenger of the same kind would train.
    """

    training: TrainingRun
    model: str
    models: tuple[str, ...]


def champion_of(session: Session, named_as: str, model: str | None) -> Champion:
    """Return the present model: of a run, under a name, or in a folder.

    Parameters
    ----------
    session : Session
    named_as : str
    model : str or None
        The key of a model of the run; the one that serves, or the best, by default.

    Raises
    ------
    ValueError
        There is no such model; the sentence says so.
    """
    if Path(named_as).is_dir():
        training = _brought(session, Path(named_as))
    else:
        training, model = saying.named(session, named_as, model)
    key = saying.model_of(training, model)
    if not brought.is_brought(training.run):
        return Champion(training, key, training.settings.models)
    return Champion(training, key, _models(training))


def _brought(session: Session, folder: Path) -> TrainingRun:
    card = brought.read_card(folder)
    brought.sample_of(folder)
    services = session.services
    jobs = services.jobs
    if session.actor is not SERVER:
        # The folder is whoever runs the commands', not the user's for whom they are run.
        jobs = Jobs(jobs.data_dir, services.settings)
    run, _ = bring_folder(jobs, folder, card)
    follow(session, run, "Loading the model")
    return services.runs.training(run)


def _models(training: TrainingRun) -> tuple[str, ...]:
    """Return the models that the card of a brought one names, else the usual ones."""
    catalogue = functions.models.catalogue
    try:
        card = brought.read_card(Path(training.run.parameters["folder"]))
        wanted = card.training.get("models", ())
    except ValueError:  # the folder has gone since
        wanted = ()
    known = tuple(key for key in wanted if key in catalogue.MODELS)
    return known or catalogue.preset_models("quick")


def settings_of(champion: Champion, dataset: Any) -> Any:
    """Return the settings of a challenger: those of the present model.

    Parameters
    ----------
    champion : Champion
    dataset : Dataset
        The new table.

    Raises
    ------
    ValueError
        The table lacks a column, or has it in another type; the sentence says which.
    """
    training = champion.training
    settings = replace(training.settings, models=champion.models)
    if training.settings.task == "binary":
        settings = replace(settings, positive=training.summary.classes[1])
    columns = {column.name: column for column in dataset.profile.columns}
    functions.models.settings.check_settings(settings, list(columns))
    for name, role in settings.roles.items():
        if role not in functions.tables.profiling.possible_roles(columns[name]):
            raise ValueError(
                f"{wording.quoted([name])} was learned from as a {role}, but the new table has it as "
                f"{columns[name].dtype}: {columns[name].role}. Check how it is written."
            )
    return settings


def decide(session: Session, champion: Champion, challenger: TrainingRun) -> Any:
    """Judge a challenger beside the present model on the rows that the challenger held out.

    Parameters
    ----------
    session : Session
    champion : Champion
    challenger : TrainingRun
        Done.

    Returns
    -------
    Challenge

    Raises
    ------
    click.ClickException
        They cannot be compared; the sentence says why.
    """
    runs = session.services.runs
    made = session.services.jobs.derive(
        "challenge",
        challenger.id,
        model=challenger.summary.best,
        champion=champion.training.id,
        champion_model=champion.model,
    )
    run = follow(session, made, "Comparing")
    return runs.derived_result(run, functions.evaluation.challenge.Challenge)


def verdict(found: Any) -> str:
    """Return the verdict in a few words: 'better by 0.8 ± 1.1 points in accuracy: luck'."""
    decides = found.decides
    metric = functions.evaluation.scoring.METRICS[decides.metric]
    difference = decides.difference
    if difference.identical:
        return f"the same in {named(metric)}: both predict alike"
    word = "better" if difference.lead > 0 else "worse"
    by = short(metric, replace(difference, lead=abs(difference.lead)))
    if not difference.lead:
        return f"no better ({by}) in {named(metric)}: luck"
    ends = {
        "luck": "luck",
        "unknown": difference.reason.rstrip(".").lower() or "how sure is not known",
    }
    return f"{word} by {by} in {named(metric)}: {ends.get(found.verdict, 'more than luck')}"


def rows_said(found: Any, champion: Champion, challenger: TrainingRun) -> str:
    """Return on which rows both were judged."""
    how = {
        "random": "drawn at random",
        "time": f"the latest by {wording.quoted([challenger.settings.split_by or ''])}",
        "group": f"whole groups of {wording.quoted([challenger.settings.split_by or ''])}",
    }[challenger.settings.split]
    said = [
        f"Both are judged on the same {wording.plural(found.n_rows, 'row')} of "
        f"{wording.shortened(challenger.run.dataset.name, 60)}, {how}, which the challenger held out."
    ]
    if found.n_seen:
        said.append(
            f"{wording.plural(found.n_seen, 'more row was', 'more rows were')} left out: the present model had "
            "learned from the same."
        )
    if found.n_copies:
        said.append(
            f"{wording.plural(found.n_copies, 'more row was', 'more rows were')} left out: the challenger had learned "
            "from the same."
        )
    if found.n_refused:
        said.append(
            f"{wording.plural(found.n_refused, 'more row was', 'more rows were')} left out: the present model cannot "
            "score them."
        )
    if not found.seen_is_known:
        said.append(
            "Which rows the present model has learned from is not known: it may have seen some of these, and would "
            "look better than it is."
        )
    return " ".join(said)


def lines_of(found: Any, champion: Champion, challenger: TrainingRun) -> Iterator[str]:
    """Yield what a terminal shows of a challenge."""
    labels = _labels(champion, challenger)
    yield f"Challenger {labels[0]} beside the present {labels[1]}: {verdict(found)}."
    yield rows_said(found, champion, challenger)
    for each in found.scores:
        metric = functions.evaluation.scoring.METRICS[each.metric]
        both = [shown_score(metric, s.value) for s in (each.challenger, each.champion)]
        yield f"- {metric.label}: {both[0]}, present {both[1]}; {short(metric, each.difference)}"


def plain(found: Any, champion: Champion, challenger: TrainingRun) -> dict[str, Any]:
    """Return a challenge as plain values."""
    return {
        "verdict": found.verdict,
        "says": verdict(found),
        "challenger": {"run": challenger.id, "model": challenger.summary.best},
        "champion": {"run": champion.training.id, "model": champion.model},
        "rows": found.n_rows,
        "held_out": found.n_held_out,
        "seen_by_champion": found.n_seen if found.seen_is_known else None,
        "seen_by_challenger": found.n_copies,
        "refused_by_champion": found.n_refused,
        "scores": [
            {
                "metric": each.metric,
                "challenger": each.challenger.value,
                "champion": each.champion.value,
                "lead": each.difference.lead,
                "half_width": each.difference.half_width,
            }
            for each in found.scores
        ],
    }


# ---- Markdown


def markdown(
    session: Session, found: Any, champion: Champion, challenger: TrainingRun
) -> str:
    """Return a challenge as the text of a pull request."""
    labels = _labels(champion, challenger)
    before, after = champion.training.settings, challenger.settings
    changed = functions.models.differences.differences(
        replace(before, models=after.models), after
    )
    lines = [
        f"## A challenger for {_code(after.target)}: {verdict(found)}",
        "",
        rows_said(found, champion, challenger),
        "",
        f"| score | challenger ({labels[0]}) | present ({labels[1]}) | difference |",
        "|---|---|---|---|",
        *(_row(each) for each in found.scores),
        "",
        "In brackets and after ± is the 95 % interval. A difference below its interval may be turned around by the "
        "next rows.",
        "",
        "| | challenger | present |",
        "|---|---|---|",
        *_facts(champion, challenger),
        "",
        f"Settings: {_text('; '.join(changed)) if changed else 'as the present model has them'}.",
        "",
        *_card_difference(session, champion, challenger),
    ]
    return "\n".join(lines) + "\n"


def _row(each: Any) -> str:
    metric = functions.evaluation.scoring.METRICS[each.metric]
    cells = [metric.label]
    for one in (each.challenger, each.champion):
        cell = shown_score(metric, one.value)
        if one.low == one.low:
            ends = shown_score(metric, one.low), shown_score(metric, one.high)
            cell += f" ({ends[0]} to {ends[1]})"
        cells.append(cell)
    cells.append(short(metric, each.difference))
    return f"| {' | '.join(cells)} |"


def _facts(champion: Champion, challenger: TrainingRun) -> Iterator[str]:
    both = (challenger, champion.training)
    for name, values in (
        ("run", [_code(each.id) for each in both]),
        ("table", [_code(each.run.dataset.name) for each in both]),
        (
            "training rows",
            [
                wording.number(each.summary.n_train) if each.summary.n_train else "–"
                for each in both
            ],
        ),
        (
            "scikit-learn",
            [each.summary.versions.get("scikit-learn", "–") for each in both],
        ),
    ):
        yield f"| {name} | {' | '.join(values)} |"


def _card_difference(
    session: Session, champion: Champion, challenger: TrainingRun
) -> list[str]:
    texts = [
        _card(session, training, model)
        for training, model in (
            (champion.training, champion.model),
            (challenger, challenger.summary.best),
        )
    ]
    found = list(
        difflib.unified_diff(
            *(text.splitlines() for text in texts),
            "present/model-card.md",
            "challenger/model-card.md",
            n=1,
            lineterm="",
        )
    )
    if len(found) > _MOST_LINES:
        found = [*found[:_MOST_LINES], "…"]
    # A line of a card never begins with three backticks: there they are escaped.
    return [
        "<details><summary>What changes in the model card</summary>",
        "",
        "```diff",
        *found,
        "```",
        "",
        "</details>",
    ]


def _card(session: Session, training: TrainingRun, model: str) -> str:
    services = session.services
    return cards.text_of(Context(training, model, services.runs, services.datasets))


def _labels(champion: Champion, challenger: TrainingRun) -> tuple[str, str]:
    return tuple(
        wording.shortened(
            next(r.label for r in training.summary.trained if r.model == model), 60
        )
        for training, model in (
            (challenger, challenger.summary.best),
            (champion.training, champion.model),
        )
    )


def _code(text: str) -> str:
    """A text that somebody typed, in which nothing is markup."""
    plain = " ".join(text.replace("`", "'").replace("|", "/").split())
    return f"`{wording.shortened(plain, 80)}`"


def _text(text: str) -> str:
    return "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~@" else c for c in text)


def code_of(found: Any) -> int:
    """Return the exit code: 0 only if the challenger is better by more than luck."""
    return CODES[found.verdict]


def check_alone(given: dict[str, Any]) -> None:
    """Refuse options that the present model decides.

    Raises
    ------
    click.UsageError
        One was given.
    """
    for flag, value in given.items():
        if value:
            raise click.UsageError(
                f"{flag} is decided by the present model: leave it out with --challenge."
            )
