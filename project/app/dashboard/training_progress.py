"""A run while it is trained: its progress, the leaderboard as it fills, cancel and start again."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from app import functions, wording
from app.storage.brought import is_brought
from app.storage.runs import TrainingRun
from app.ui import components

from .changes import change_link, changes
from .leaderboard import leaderboard, leaderboard_caption, training_notes
from .refusals import REFUSALS, TITLE, refusal
from .run_status import run_bar, state_of
from .served import badges
from .state import query_of, search_of

_POLL_MS = 1000


def training_progress(services, run_id: str) -> list[Any]:
    """Return the view of a run; while it is active, it is refreshed every second.

    Raises
    ------
    NotFound
        The run does not exist, or no longer.
    """
    training = services.runs.training(run_id)
    active = training.run.active
    change = change_link(services, training)
    return [
        html.Div(_progress(training, services), id="run-progress"),
        dmc.Group(
            [
                html.Div(
                    dmc.Button("Cancel", id="run-cancel", variant="default"),
                    id="run-cancel-box",
                    hidden=not active,
                ),
                html.Div(
                    dmc.Group(
                        [
                            *(
                                [_way("Change and train again", change)]
                                if change
                                else []
                            ),
                            dmc.Button(
                                "Train again unchanged",
                                id="run-again",
                                variant="default",
                            ),
                        ],
                        gap="sm",
                        className="ways",
                    ),
                    id="run-again-box",
                    hidden=active or is_brought(training.run),
                ),
            ]
        ),
        html.Div(id="run-problem", role="alert"),
        dcc.Interval(id="run-poll", interval=_POLL_MS, disabled=not active),
    ]


def _way(label: str, href: str) -> dcc.Link:
    return components.button_link(label, href, kind="light")


def _progress(training: TrainingRun, services) -> dmc.Stack:
    return dmc.Stack([_status(training, services), _results(training)], gap="lg")


def _status(training: TrainingRun, services) -> dmc.Paper:
    run = training.run
    state = run.state
    parts: list[Any] = [_subject(training), *badges(services, training)]
    changed = changes(services, run.changed_from, training.settings)
    if changed:
        parts.append(html.P(changed, className="changes"))
    if run.active:
        parts += run_bar(run)
    elif state == "done":
        spent = wording.seconds(run.finished - run.started)
        link = components.button_link(
            "See the results", "/evaluate" + search_of({"run": run.id})
        )
        parts.append(
            dmc.Group([link, dmc.Text(f"took {spent}", c="dimmed", size="sm")])
        )
    else:
        level = "problem" if state == "failed" else "warning"
        parts.append(components.message(run.message, level=level))
        if training.summary.best:
            results = "/evaluate" + search_of({"run": run.id})
            link = components.button_link("Open what was finished", results)
            parts.append(html.Div(link))
    return components.section(state_of(run), dmc.Stack(parts, gap="sm"))


def _subject(training: TrainingRun) -> dmc.Text:
    settings = training.settings
    return dmc.Text(
        [
            "Predicts ",
            html.Strong(wording.shortened(settings.target)),
            f" of {wording.shortened(training.run.dataset.name, 60)}",
            # Which columns a model takes that somebody brought, is known once it is loaded.
            (
                f" from {wording.plural(len(settings.roles), 'column')}."
                if settings.roles
                else "."
            ),
        ],
        size="sm",
    )


def _results(training: TrainingRun) -> Any:
    notes = training_notes(training)
    if not training.summary.leaderboard:
        return html.Div(notes)
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    table = components.section(
        "Leaderboard",
        leaderboard(training),
        html.P(leaderboard_caption(training), className="caption"),
        hint=f"{metric.label}: {metric.explanation}",
    )
    return dmc.Stack([*notes, table])


def register_progress(app: Dash, services) -> None:
    """Poll the run's record, cancel it, start it again."""

    @app.callback(
        Output("run-progress", "children"),
        Output("run-poll", "disabled"),
        Output("run-cancel-box", "hidden"),
        Output("run-again-box", "hidden"),
        Input("run-poll", "n_intervals"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def poll(_, search):
        training = services.runs.training(query_of(search).get("run", ""))
        active = training.run.active
        fixed = active or is_brought(training.run)
        return _progress(training, services), not active, not active, fixed

    @app.callback(
        Output("run-cancel", "disabled"),
        Output("run-cancel", "children"),
        Input("run-cancel", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def cancel(clicks, search):
        if not clicks:
            return no_update, no_update
        services.runs.cancel(query_of(search).get("run", ""))
        return True, "Cancelling…"

    @app.callback(
        Output("go", "data", allow_duplicate=True),
        Output("run-problem", "children"),
        Input("run-again", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def start_again(clicks, search):
        if not clicks:
            return no_update, no_update
        try:
            run = services.jobs.start_again(query_of(search).get("run", ""))
        except REFUSALS as error:
            return no_update, components.message(refusal(error), TITLE)
        return search_of({"run": run}), None
