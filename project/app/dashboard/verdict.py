"""What stands on top of Evaluate: how good the model is in one sentence, whether to trust it, and what to do next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import dcc, html

from app import functions
from app.storage.brought import is_brought
from app.ui import components

from .changes import change_link
from .state import search_of
from .trust import standing, trust_verdict

if TYPE_CHECKING:
    from app.functions.evaluation.summary import TrainingSummary
    from app.functions.evaluation.verdict import Context, Verdict
    from app.storage.runs import TrainingRun

_TITLES = {
    "good": "Much better than guessing",
    "fair": "Better than guessing, with many mistakes",
    "poor": "A little better than guessing",
    "none": "No better than guessing",
}
_IF_KNOWN = "Much better than guessing, if what was acknowledged does no harm"
_TROUBLED = "Do not rely on this yet"


_LEVELS = {
    "verdict-good": "good",
    "verdict-fair": "warning",
    "verdict-poor": "problem",
    "verdict-none": "problem",
}


def judge(
    services, training: TrainingRun, model: str
) -> tuple[Verdict, Context, tuple[list[Any], int]]:
    """Return the verdict on one model of a run, what it takes into account, and what the checks say.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        Done.
    model : str
    """
    open_, n_known = standing(services, training, model)
    context = _context(training, model, open_)
    judged = functions.evaluation.verdict.verdict(
        services.runs.model_result(training, model),
        context,
        baseline_result(services, training),
    )
    return judged, context, (open_, n_known)


def verdict_panel(services, training: TrainingRun, model: str) -> dmc.Paper:
    """Return the verdict on one model of a run.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        Done.
    model : str
    """
    judged, context, checked = judge(services, training, model)
    says = verdict_says(judged, context, checked)
    trust = html.Div(
        [
            html.Strong("Can I trust it?"),
            html.Div(trust_verdict(*checked)),
            dcc.Link("See the checks", href=_here(training, model, tab="trust")),
        ],
        className="verdict-trust",
    )
    again = change_link(services, training)
    step = html.Div(
        [
            html.Strong("What to do next"),
            html.Div(_step(judged, training, model, again)),
            html.Div(dcc.Link("Use this model", href=_use(training, model))),
            *([dcc.Link("Change and train again", href=again)] if again else []),
        ],
        className="verdict-trust",
    )
    return dmc.Paper(
        html.Div(
            [
                says,
                html.Div(
                    [model_select(training.summary, model), trust, step],
                    className="verdict-side",
                ),
            ],
            className="verdict",
        ),
        withBorder=True,
        p={"base": "sm", "sm": "lg"},
        className=frame_of(judged, checked),
    )


def verdict_says(
    judged: Verdict, context: Context, checked: tuple[list[Any], int]
) -> html.Div:
    """Return the sentences of a verdict; the arguments are what `judge` returned."""
    return html.Div(
        [
            dmc.Title(
                headline(judged, context, checked),
                order=2,
                size="h4",
            ),
            html.P(judged.says, className="verdict-says"),
            html.P(_more(judged), className="verdict-more"),
            html.Div(_judged(judged), className="hint"),
        ],
        className="verdict-text",
        **{"aria-live": "polite"},
    )


def verdict_in_short(services, training: TrainingRun, model: str) -> list[Any]:
    """Return what keeps anybody from relying on a model, for pages that use it; nothing where nothing does.

    Parameters
    ----------
    services : Services
    training : TrainingRun
        Done.
    model : str
    """
    if is_brought(training.run) and not training.summary.n_test:
        said = "No row that came with it has the target, so nobody can say here how good it is."
        return [components.message(said, "Nothing to judge this model by", "warning")]
    judged, context, checked = judge(services, training, model)
    level = _LEVELS[frame_of(judged, checked)]
    if level == "good":
        return []
    link = dcc.Link("How good is it?", href=_here(training, model))
    said = [judged.says, " ", link]
    return [components.message(said, headline(judged, context, checked), level)]


def model_select(summary: TrainingSummary, model: str) -> dmc.Select:
    """Return the control that chooses the model that the page shows."""
    options = [{"value": row.model, "label": row.label} for row in summary.trained]
    return dmc.Select(
        id="model",
        label="Model",
        data=options,
        value=model,
        allowDeselect=False,
    )


def _context(training: TrainingRun, model: str, open_: list[Any]) -> Context:
    settings, summary = training.settings, training.summary
    baseline = functions.models.catalogue.BASELINE
    labels = {row.model: row.label for row in summary.trained}
    paired = functions.evaluation.paired
    equal = paired.as_good_as_best(summary.leaderboard, settings.scoring)
    equal = [key for key in equal if key != baseline]
    exact = functions.evaluation.results.tied_models(
        list(summary.leaderboard), settings.scoring
    )
    tied = {*equal, *exact, summary.best}
    others = [key for key in labels if key in tied and key != model]
    behind = model not in tied
    return functions.evaluation.verdict.Context(
        target=settings.target,
        classes=summary.classes,
        signal=_signal(summary, model),
        problems=sum(f.level == "bad" for f in open_ if f.key != _SIGNAL),
        cautions=len(open_),
        is_baseline=model == baseline,
        best=labels[summary.best] if behind else "",
        ties=() if behind else tuple(labels[key] for key in others),
    )


_SIGNAL = "no_signal"


def _signal(summary: TrainingSummary, model: str) -> bool | None:
    """Return what the checks say of the signal; that there is some, they say of the best model alone."""
    levels = [f.level for f in summary.checks.run if f.key == _SIGNAL]
    if not levels:
        return None
    if "bad" in levels:
        return False
    return True if model == summary.best else None


def baseline_result(services, training: TrainingRun) -> Any:
    """Return the result of a regression's baseline; None if there is none."""
    key = functions.models.catalogue.BASELINE
    trained = [row.model for row in training.summary.trained]
    if training.settings.task != "regression" or key not in trained:
        return None
    return services.runs.model_result(training, key)


def _more(judged: Verdict) -> str:
    return " ".join(filter(None, [judged.against, judged.caution]))


def headline(judged: Verdict, context: Context, checked: tuple[list[Any], int]) -> str:
    """Return the few words above a verdict, from what `judge` returns."""
    if context.problems and judged.level != "none":
        return _TROUBLED
    if judged.level == "good" and checked[1]:
        return _IF_KNOWN
    return _TITLES[judged.level]


def frame_of(judged: Verdict, checked: tuple[list[Any], int]) -> str:
    """Return the class of the frame: nothing is green while something is open or was only acknowledged."""
    doubtful = bool(checked[0]) or checked[1] > 0
    return f"verdict-{'fair' if judged.level == 'good' and doubtful else judged.level}"


def _judged(judged: Verdict) -> list[Any]:
    before, held_out, after = judged.judged.partition("held out")
    said = [before, components.term("Holdout", held_out), after]
    said = said if held_out else [before]
    ranges = " to " in judged.says
    return [
        *said,
        *(
            [
                " In brackets is the ",
                components.term("Interval", "range"),
                " in which the true number lies in 95 of 100 cases.",
            ]
            if ranges
            else []
        ),
    ]


def _use(training: TrainingRun, model: str) -> str:
    return "/score" + search_of({"run": training.id, "model": model})


def _here(training: TrainingRun, model: str, **changes: str) -> str:
    query = {"run": training.id}
    if model != training.summary.best:
        query["model"] = model
    return "/evaluate" + search_of(query | changes)


def _step(judged: Verdict, training: TrainingRun, model: str, again: str) -> Any:
    table = {"dataset": training.run.dataset.id, "target": training.settings.target}
    if judged.next_step == "threshold":
        return html.Button(
            "Choose another threshold",
            id={"kind": "to-section", "section": "threshold-section"},
            type="button",
            className="button button-light",
        )
    best = {row.model: row.label for row in training.summary.trained}
    step = judged.next_step
    if is_brought(training.run) and step in ("columns", "again", "curve"):
        step = "checks"
    text, href = {
        "checks": (
            "See what the checks found",
            _here(training, model, tab="trust"),
        ),
        "best": (
            f"Show the best model: {best[training.summary.best]}",
            _here(training, training.summary.best),
        ),
        "columns": ("Choose other columns in Data", "/" + search_of(table)),
        "again": (
            "Train again with other settings",
            again or "/train" + search_of(table),
        ),
        "curve": (
            "See whether more rows would help",
            _here(training, model, tab="trust"),
        ),
    }[step]
    return components.button_link(text, href, kind="light")
