"""The learning curve of a model: requested, computed in the background, then shown."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, ctx, dcc, html

from app import functions
from app.storage import NotFound
from app.storage.runs import ACTIVE
from app.ui import components

from .figures.learning import learning_caption, learning_figure
from .state import query_of

_POLL_MS = 1000


def learning_section(services, run: dict[str, Any], model: str) -> dmc.Paper:
    """Return the section with the learning curve of one model, or the button that requests it."""
    learning = _learning_run(services, run["id"], model)
    active = bool(learning) and learning["state"] in ACTIVE
    asked = bool(learning) and learning["state"] in (*ACTIVE, "done")
    return components.section(
        "Learning curve",
        html.Div(_content(learning, run), id="learning"),
        html.Div(
            dmc.Button(
                "Compute the learning curve", id="learning-start", variant="default"
            ),
            id="learning-start-box",
            hidden=asked,
        ),
        dcc.Interval(id="learning-poll", interval=_POLL_MS, disabled=not active),
        hint="Would more rows help? The model is trained on increasing numbers of rows.",
    )


def _learning_run(services, run_id: str, model: str) -> dict[str, Any] | None:
    link = services.runs.result(run_id, f"learning-{model}")
    if link is None:
        return None
    try:
        return services.runs.get(link["run"])
    except NotFound:
        return None


def _content(learning: dict[str, Any] | None, run: dict[str, Any]) -> Any:
    if learning is None:
        return None
    if learning["state"] in ACTIVE:
        progress = learning.get("progress") or {"done": 0, "total": 1, "doing": ""}
        says = learning.get("message") or progress["doing"] or "Starting…"
        share = 100 * progress["done"] / progress["total"]
        return dmc.Stack(
            [
                components.progress(share, "Progress of the learning curve"),
                dmc.Text(says, size="sm"),
            ]
        )
    if learning["state"] != "done":
        return components.message(learning["message"])
    metric = functions.evaluation.scoring.METRICS[run["settings"]["scoring"]]
    curve = learning["curve"]
    return components.chart(
        learning_figure(curve, metric.label),
        learning_caption(curve, metric),
        "learning-figure",
    )


def register_learning(app: Dash, services) -> None:
    """Start the curve and follow its progress."""

    @app.callback(
        Output("learning", "children"),
        Output("learning-start-box", "hidden"),
        Output("learning-poll", "disabled"),
        Input("learning-start", "n_clicks"),
        Input("learning-poll", "n_intervals"),
        State("url", "search"),
        State("shown-model", "data"),
        prevent_initial_call=True,
    )
    def follow(clicks, _, search, model):
        run = services.runs.get(query_of(search).get("run", ""))
        if ctx.triggered_id == "learning-start" and clicks:
            services.jobs.learn(run["id"], model)
        learning = _learning_run(services, run["id"], model)
        state = learning["state"] if learning else ""
        return _content(learning, run), state in (*ACTIVE, "done"), state not in ACTIVE
