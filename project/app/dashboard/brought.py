"""Models that were trained elsewhere: what the pages say of them, and their list in the Library."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from app import functions, wording
from app.storage import NotFound, brought
from app.storage.brought import Entry, is_brought
from app.storage.runs import TrainingRun
from app.ui import components

from .run_status import state_of
from .served import badges
from .state import search_of
from .subject import best_score


def about_brought(services, training: TrainingRun) -> list[Any]:
    """Return who made the model, as far as is known; nothing for a run that was trained here.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    """
    if not is_brought(training.run):
        return []
    known = services.runs.content(training.id)
    said = [
        "This model was brought: it was trained elsewhere, and nothing here changes it."
    ]
    if known.get("licence"):
        said.append(f"Its licence: {wording.shortened(str(known['licence']), 80)}.")
    if known.get("threshold") is not None:
        said.append(
            f"Whoever made it uses the threshold {wording.number(known['threshold'])}."
        )
    return [html.P(" ".join(said), className="caption", id="brought-about")]


def is_unjudged(services, training: TrainingRun) -> bool:
    """Tell whether a model was brought without rows to judge it by."""
    key = functions.models.brought.KEY
    kind = functions.evaluation.results.result_type(training.settings.task)
    return (
        is_brought(training.run)
        and services.runs.result(training.id, f"model-{key}", kind) is None
    )


def unjudged(training: TrainingRun) -> dmc.Paper:
    """Return what stands in place of the results of a model that nobody can judge here."""
    target = wording.quoted([training.settings.target])
    return components.empty(
        "Nothing to judge this model by",
        f"No row of the sample that came with it has {target}, so nobody can say here how good it is. "
        "New rows can be scored all the same.",
        "Use the model",
        "/score" + search_of({"run": training.id}),
    )


def brought_list(services) -> list[Any]:
    """Return the models of MODELS_DIR, those that cannot be used with the reason; nothing if there are none.

    Parameters
    ----------
    services : Services
    """
    if not services.settings.models_dir:
        return []
    lines = [
        line
        for entry in brought.index(services.jobs.data_dir)
        if (line := _line(services, entry)) is not None
    ]
    if not lines:
        return []
    return [
        components.section(
            "Models of this server",
            html.Ul(lines, className="library-runs"),
            hint="Trained elsewhere, and put here by whoever runs the server.",
        )
    ]


def _line(services, entry: Entry) -> html.Li | None:
    title: Any = wording.shortened(entry.title, 60)
    says, found = entry.problem, "Cannot be used"
    served: list[Any] = []
    if entry.run:
        try:
            training = services.runs.training(entry.run)
        except NotFound:  # not for the one who asks
            return None
        run = training.run
        if run.state == "done":
            title = dcc.Link(title, href="/evaluate" + search_of({"run": run.id}))
        says = (
            run.message
            or entry.description
            or f"Predicts {wording.shortened(training.settings.target, 40)}."
        )
        served = [html.Div(each) for each in badges(services, training, line=False)]
        found = _found(training) if run.state == "done" else state_of(run)
    return html.Li(
        [
            html.Div(
                [
                    html.Div(title, className="whole"),
                    dmc.Text(says, size="xs", c="dimmed", className="whole"),
                ],
                className="library-run",
            ),
            html.Span([found, *served], className="library-found"),
        ],
        title=entry.folder,
    )


def _found(training: TrainingRun) -> str:
    scored = training.summary.n_test > 0
    return best_score(training) if scored else "Not judged"
