"""A run while it is trained: its progress, the leaderboard as it fills, cancel and start again."""

from __future__ import annotations

import time
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from app import functions, wording
from app.storage.runs import ACTIVE
from app.ui import components

from .leaderboard import leaderboard, leaderboard_caption
from .state import query_of, search_of

_POLL_MS = 1000
_TITLES = {
    "queued": "Waiting in the queue",
    "running": "Training",
    "done": "Trained",
    "failed": "Training failed",
    "cancelled": "Cancelled",
    "interrupted": "Interrupted",
}


def training_progress(services, run_id: str) -> list[Any]:
    """Return the view of a run; while it is active, it is refreshed every second.

    Raises
    ------
    NotFound
        The run does not exist, or no longer.
    """
    run = services.runs.get(run_id)
    active = run["state"] in ACTIVE
    return [
        html.Div(_progress(run), id="run-progress"),
        dmc.Group(
            [
                html.Div(
                    dmc.Button("Cancel", id="run-cancel", variant="default"),
                    id="run-cancel-box",
                    hidden=not active,
                ),
                html.Div(
                    dmc.Button("Start again", id="run-again", variant="default"),
                    id="run-again-box",
                    hidden=active,
                ),
            ]
        ),
        dcc.Interval(id="run-poll", interval=_POLL_MS, disabled=not active),
    ]


def _progress(run: dict[str, Any]) -> dmc.Stack:
    return dmc.Stack([_status(run), _results(run)], gap="lg")


def _status(run: dict[str, Any]) -> dmc.Paper:
    state = run["state"]
    parts: list[Any] = [_subject(run)]
    if state in ACTIVE:
        parts += _bar(run)
    elif state == "done":
        spent = wording.seconds(run["finished"] - run["started"])
        link = components.button_link(
            "See the results", "/evaluate" + search_of({"run": run["id"]})
        )
        parts.append(
            dmc.Group([link, dmc.Text(f"took {spent}", c="dimmed", size="sm")])
        )
    else:
        level = "problem" if state == "failed" else "warning"
        parts.append(components.message(run.get("message", ""), level=level))
    return components.section(_TITLES[state], dmc.Stack(parts, gap="sm"))


def _subject(run: dict[str, Any]) -> dmc.Text:
    settings = run["settings"]
    return dmc.Text(
        [
            "Predicts ",
            html.Strong(wording.shortened(settings["target"])),
            f" of {wording.shortened(run['dataset']['name'], 60)} from "
            f"{wording.plural(len(settings['roles']), 'column')}.",
        ],
        size="sm",
    )


def _bar(run: dict[str, Any]) -> list[Any]:
    progress = run.get("progress")
    if run["state"] == "queued" or not progress:
        says = run.get("message") or "Starting…"
        return [components.progress(0, "Progress"), dmc.Text(says, size="sm")]
    done, total = progress["done"], progress["total"]
    elapsed = time.time() - run["started"]
    times = f"{wording.seconds(elapsed)} so far"
    if done:
        remaining = elapsed / done * (total - done)
        times += f", about {wording.seconds(max(1, remaining))} to go"
    return [
        components.progress(100 * done / total, f"Progress: step {done} of {total}"),
        dmc.Group(
            [
                dmc.Text(progress["doing"] or "Starting…", size="sm"),
                dmc.Text(times, size="sm", c="dimmed", className="number"),
            ],
            justify="space-between",
        ),
    ]


def _results(run: dict[str, Any]) -> Any:
    notes = [components.message(n, level="note") for n in run.get("notes", [])]
    if not run.get("leaderboard"):
        return html.Div(notes)
    metric = functions.evaluation.scoring.METRICS[run["settings"]["scoring"]]
    table = components.section(
        "Leaderboard",
        leaderboard(run),
        html.P(leaderboard_caption(run), className="caption"),
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
        run = services.runs.get(query_of(search).get("run", ""))
        active = run["state"] in ACTIVE
        return _progress(run), not active, not active, active

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
        Input("run-again", "n_clicks"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def start_again(clicks, search):
        if not clicks:
            return no_update
        run = services.jobs.start_again(query_of(search).get("run", ""))
        return search_of({"run": run})
