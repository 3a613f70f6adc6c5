"""The one choice that most trainings need: Quick or Thorough, each with the time that it is likely to take."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from app import functions, wording
from app.ui import components

from .option_controls import control_id
from .state import View, choose, query_of

_OWN_HELP = "What is chosen under Advanced."


def effort_section(
    services, profile, view: View, task: str, held: Mapping[str, Any]
) -> Any:
    """Return the choice between the efforts.

    Parameters
    ----------
    services : Services
    profile : TableProfile
    view : View
    task : {"binary", "multiclass", "regression"}
    held : mapping of str
        What the controls of the form hold, by the keys of their options.
    """
    module = functions.models.efforts
    cards, values = [], {}
    for effort in module.efforts():
        values[effort.key] = module.values_of(effort, task)
        wanted = {**held, **values[effort.key]}
        time = expected(services, profile, view, task, wanted)
        cards.append(_card(effort.key, effort.label, effort.help, time))
    cards.append(_card(module.OWN, "My choice", _OWN_HELP, ""))
    return components.section(
        "How much to try",
        dmc.RadioGroup(
            html.Div(cards, className="efforts"),
            id="train-effort",
            value=module.effort_of(held, task),
            **{"aria-label": "How much to try"},
        ),
        dcc.Store(id="train-efforts", data=values),
    )


def _card(key: str, label: str, says: str, time: str) -> dmc.RadioCard:
    words = [html.Strong(label)]
    if time:
        words.append(html.Span(time, className="effort-time"))
    return dmc.RadioCard(
        html.Span(
            [
                dmc.RadioIndicator(),
                html.Span(
                    [
                        html.Span(words, className="effort-head"),
                        html.Span(says, className="hint"),
                    ],
                ),
            ],
            className="effort",
        ),
        value=key,
        p="sm",
        **{"aria-label": ". ".join(filter(None, [label, time, says]))},
    )


def expected(services, profile, view: View, task: str, held: Mapping[str, Any]) -> str:
    """Return how long a training is likely to take, such as 'about 20 s'; empty where that cannot be said.

    Parameters
    ----------
    services : Services
    profile : TableProfile
    view : View
    task : {"binary", "multiclass", "regression"}
    held : mapping of str
        What the controls of the form hold, by the keys of their options.
    """
    durations = functions.models.durations
    deciding = (*functions.models.efforts.DECIDED, "holdout")
    choice = choose(view, profile)
    try:
        settings = functions.models.settings.TrainingSettings.from_controls(
            choice.target,
            task,
            choice.features,
            {key: held[key] for key in deciding if key in held},
        )
    except ValueError:
        return ""
    distinct = {column.name: column.distinct for column in profile.columns}
    seconds = durations.expected_seconds(
        settings,
        profile.rows,
        durations.width_of(choice.features, distinct),
        distinct.get(choice.target, 2),
        durations.pace_of(services.pace.ratios()),
    )
    return wording.roughly(seconds)


def register_effort(app: Dash, services) -> None:
    """Register the callbacks: an effort sets its options, and options that fit no effort are one's own choice."""
    options = {o.key: o for o in functions.models.settings.OPTIONS.values()}
    decided = [options[key] for key in functions.models.efforts.DECIDED]
    app.clientside_callback(
        ClientsideFunction("train", "effort"),
        Output("train-effort", "value"),
        *[Output(control_id(option), "value") for option in decided],
        Input("train-effort", "value"),
        *[Input(control_id(option), "value") for option in decided],
        State("train-efforts", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("train-expected", "children"),
        *[Input(control_id(option), "value") for option in decided],
        State(control_id(options["holdout"]), "value"),
        State("train-built", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def expect(*values):
        *values, holdout, built_for, search = values
        task = (built_for or {}).get("task")
        if task is None:  # the form is not there yet
            return no_update
        held = {option.key: value for option, value in zip(decided, values)}
        view = View.of(query_of(search))
        profile = services.datasets.get(view.dataset).profile
        held |= {"holdout": holdout}
        return expected(services, profile, view, task, held)
