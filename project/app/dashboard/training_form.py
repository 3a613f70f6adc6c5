"""The form of the Train page: the models, their evaluation, and the split of the rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from app import functions, wording
from app.functions.models.options import (
    Column,
    Columns,
    OneOf,
    Option,
    SeveralOf,
    TargetClass,
    Whole,
)
from app.functions.models.row_filters import RowFilters
from app.ui import components

from .changes import changes
from .option_controls import control_for, control_id
from .proposals import proposals
from .refusals import REFUSALS, TITLE, refusal
from .row_controls import known_filters, register_filters
from .state import View, choose, query_of, search_of
from .training_effort import effort_section, expected, register_effort
from .training_subject import (
    DECIDING,
    Subject,
    settings_of,
    subject_of,
    task_of,
)

__all__ = ["register_form", "task_of", "training_form"]


def training_form(services, view: View, query: Mapping[str, str]) -> list[Any]:
    """Return the sections of the form, filled from the URL.

    Parameters
    ----------
    services : Services
    view : View
        The table and the choices made about it.
    query : mapping of str to str
        The whole query; options that are not in it have their defaults.
    """
    dataset = services.datasets.get(view.dataset)
    choice = choose(view, dataset.profile)
    if not choice.target:
        return [_undecided(dataset, view)]
    whole_task = task_of(services, view, choice.target)
    names = [column.name for column in dataset.profile.columns]
    # Which rows are used says which task is left, and that says which metrics there are.
    subject = subject_of(services, view, _from_address(query, whole_task, names))
    held = _from_address(query, subject.task, names)
    return [
        html.Div(_subject(dataset, subject, view), id="train-subject"),
        effort_section(services, subject.profile, view, subject.task, held),
        _advanced(subject, held),
        html.P(
            _changes(services, view, subject, held, query.get("from")),
            id="train-changes",
            className="changes",
            role="status",
        ),
        dcc.Store(id="train-built", data=subject.built_for),
        html.Div(
            [
                html.Div(_count(subject), id="train-count", role="status"),
                html.Div(id="train-problem"),
            ]
        ),
        _start(subject, expected(services, subject.profile, view, subject.task, held)),
    ]


def _changes(services, view: View, subject: Subject, held, run: str | None) -> Any:
    if not run:
        return None
    try:
        settings = functions.models.settings.TrainingSettings.from_controls(
            subject.target, subject.task, subject.features, held
        )
    except ValueError:  # said where the training is asked for
        return None
    return changes(services, run, settings)


def _start(subject: Subject, time: str) -> html.Div:
    """Return the button that trains; on a phone it stays within the thumb's reach."""
    label = f"Train models for {wording.shortened(subject.target, 30)}"
    return html.Div(
        [
            dmc.Button(label, id="train-start", size="md"),
            html.Span(
                [
                    html.Span(time, id="train-expected", className="effort-time"),
                    html.Span("You can leave this page; training continues."),
                ],
                className="train-says",
            ),
        ],
        className="train-bar",
    )


def _advanced(subject: Subject, held: Mapping[str, Any]) -> html.Details:
    """Return all options, folded unless something is chosen that no effort stands for."""
    module = functions.models.efforts
    others = [o for o in _options() if o.key not in module.DECIDED]
    is_own = module.effort_of(held, subject.task) == module.OWN or any(
        held[o.key] not in (o.default_for(subject.task), subject.guess) for o in others
    )
    summary = html.Summary(
        [
            html.Strong("Advanced"),
            html.Span("models, checking, rows, weights", className="hint"),
        ]
    )
    form = html.Div(_form(subject, held), id="train-form")
    return html.Details([summary, form], id="train-advanced", open=is_own)


def _undecided(dataset, view: View) -> dmc.Paper:
    """Return what is shown instead of the form while it is not known what to predict."""
    back = dcc.Link("look at all columns", href="/" + view.search())
    missing = [
        "Models can be trained once it is: choose a column below, or ",
        back,
        ".",
    ]
    return components.section(
        wording.shortened(dataset.name, 60),
        components.message(missing, "Nothing to predict is chosen", "warning"),
        html.Div(
            proposals(dataset.profile.suggestions, view, "/train"), className="mt"
        ),
    )


def _from_address(
    query: Mapping[str, str], task: str, names: Sequence[str]
) -> dict[str, Any]:
    held = {o.key: o.from_address(query.get(o.key), task) for o in _options()}
    for option in _options(RowFilters):
        known = known_filters(held[option.key], names)
        held[option.key] = [each.text for each in known]
    return held


def _form(subject: Subject, held: Mapping[str, Any]) -> dmc.Stack:
    return dmc.Stack(
        [
            *_sections(held, subject),
            dcc.Store(id="train-options", data=_for_script(subject)),
        ],
        gap="lg",
    )


def _count(subject: Subject) -> Any:
    if subject.problem:
        return components.message(
            subject.problem, "This cannot be trained yet", "warning"
        )
    return dmc.Text(subject.says, size="sm")


def _subject(dataset, subject: Subject, view: View) -> dmc.Paper:
    label = functions.tables.tasks.TASK_LABELS[subject.task].lower()
    sentence = [
        "Predict ",
        html.Strong(wording.shortened(subject.target)),
        f" ({label}) from {wording.plural(len(subject.features), 'column')} of "
        f"{wording.plural(dataset.profile.rows, 'row')}. ",
        dcc.Link("Change the target or columns", href="/" + view.search()),
    ]
    return components.section(
        wording.shortened(dataset.name, 60), dmc.Text(sentence, size="sm")
    )


# ---- From the options to the form


def _options(kind: type = Option) -> list[Any]:
    declared = functions.models.settings.OPTIONS.values()
    return [option for option in declared if isinstance(option, kind)]


def _sections(held: Mapping[str, Any], subject: Subject) -> Iterator[dmc.Paper]:
    options = _options()
    for title in dict.fromkeys(option.section for option in options):
        controls: dict[bool, dict[str, Any]] = {True: {}, False: {}}
        for option in options:
            if option.section == title:
                control = control_for(option, held[option.key], subject.task, subject)
                controls[subject.offers(option)][option.key] = control
        # The callbacks know every control, whatever the task.
        unseen = html.Div([*controls[False].values()], hidden=True)
        yield components.section(title, *_arranged(controls[True]), unseen)


def _arranged(controls: Mapping[str, Any]) -> list[Any]:
    """Put lists of choices first, then choices and what depends on them, then numbers."""
    lists, choices, numbers = [], {}, []
    for option in _options():
        control = controls.get(option.key)
        if control is None:
            continue
        if isinstance(option, (SeveralOf, RowFilters)):
            lists.append(control)
        elif isinstance(option, Column) and option.depends_on:
            parent = next(iter(option.depends_on))
            choices.setdefault(parent, []).append(control)
        elif isinstance(option, Columns):
            choices.setdefault(Columns, []).append(control)
        elif isinstance(option, Whole) and not option.depends_on:
            numbers.append(control)
        else:
            choices.setdefault(option.key, []).append(control)
    rows = [*lists]
    if lists and choices:
        rows.append(dmc.Divider(my="md"))
    if choices:
        cells = [html.Div(cell) for cell in choices.values()]
        rows.append(dmc.SimpleGrid(cells, cols={"base": 1, "sm": 2}, spacing="lg"))
    if numbers:
        margin = "md" if rows else 0
        rows.append(dmc.SimpleGrid(numbers, cols={"base": 1, "sm": 3}, mt=margin))
    return rows


def _for_script(subject: Subject) -> dict[str, Any]:
    """Return what the script knows of the options, in the order of its callbacks' arguments."""
    task = subject.task
    defaults = {option.key: option.default_for(task) for option in _options()}
    # What is guessed need not stand in the address.
    defaults |= {option.key: subject.guess for option in _options(TargetClass)}
    return {
        "keys": [option.key for option in _options()],
        "defaults": defaults,
        "choices": [
            {"key": option.key, "says": {c.key: c.help for c in option.choices(task)}}
            for option in _options(OneOf)
        ],
        "dependents": [option.depends_on for option in _dependents()],
        "columns": [
            {"on": on, "names": {key: _names(option, key, subject) for key in keys}}
            for option in _dependents(Column)
            for on, keys in option.depends_on.items()
        ],
    }


def _dependents(kind: type = Option) -> list[Any]:
    return [option for option in _options(kind) if option.depends_on]


def _names(option: Column, choice: str, subject: Subject) -> list[str]:
    # A year is a date where it has that role.
    return [
        c.name
        for c in subject.columns
        if option.fits(c.dtype, choice) or option.fits(subject.roles[c.name], choice)
    ]


# ---- Callbacks


def register_form(app: Dash, services) -> None:
    """Register the callbacks of the form: hints, URL, and the start of the training."""
    register_effort(app, services)
    for option in _options(RowFilters):
        register_filters(app, services, control_id(option))
    app.clientside_callback(
        ClientsideFunction("train", "explain"),
        *[Output(control_id(option, "says"), "children") for option in _options(OneOf)],
        *[_switch(option) for option in _dependents()],
        *[Output(control_id(option), "data") for option in _dependents(Column)],
        *[Input(control_id(option), "value") for option in _options(OneOf)],
        State("train-options", "data"),
    )

    @app.callback(
        Output("train-count", "children"),
        Output("train-subject", "children"),
        Output("train-form", "children"),
        Output("train-built", "data"),
        *[_deciding(option) for option in _options()],
        State("url", "search"),
        State("train-built", "data"),
        State("train-options", "data"),
        prevent_initial_call=True,
    )
    def count(*values):
        *values, search, built_for, options = values
        view, held = View.of(query_of(search)), _held(values)
        subject = subject_of(services, view, held)
        if subject.problem or subject.built_for == built_for:
            return _count(subject), no_update, no_update, no_update
        held = _refitted(held, subject, options["defaults"])
        dataset = services.datasets.get(view.dataset)
        about = _subject(dataset, subject, view)
        return _count(subject), about, _form(subject, held), subject.built_for

    @app.callback(
        Output("train-changes", "children"),
        *[Input(control_id(option), "value") for option in _options()],
        State("url", "search"),
        prevent_initial_call=True,
    )
    def compare(*values):
        *values, search = values
        query = query_of(search)
        if "from" not in query:
            return no_update
        view, held = View.of(query), _held(values)
        subject = subject_of(services, view, held)
        return _changes(services, view, subject, held, query["from"])

    app.clientside_callback(
        ClientsideFunction("train", "remember"),
        *[Input(control_id(option), "value") for option in _options()],
        # A form that is built anew tells of none of its controls.
        Input("train-built", "data"),
        State("train-options", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("go", "data", allow_duplicate=True),
        Output("train-problem", "children"),
        Input("train-start", "n_clicks"),
        State("url", "search"),
        *[State(control_id(option), "value") for option in _options()],
        running=[(Output("train-start", "loading"), True, False)],
        prevent_initial_call=True,
    )
    def start(clicks, search, *values):
        if not clicks:
            return no_update, no_update
        view = View.of(query_of(search))
        dataset = services.datasets.get(view.dataset)
        try:
            settings = settings_of(services, view, _held(values))
        except ValueError as error:
            problem = components.message(str(error), "This cannot be trained yet")
            return no_update, problem
        earlier = query_of(search).get("from")
        try:
            run = services.jobs.start(
                "training",
                dataset={"id": dataset.id, "name": dataset.name},
                settings=asdict(settings),
                **({"changed_from": earlier} if earlier else {}),
            )
        except REFUSALS as error:
            return no_update, components.message(refusal(error), TITLE)
        return search_of({"run": run}), None


def _switch(option: Option) -> Output:
    """What is set while an option that depends on another does not matter."""
    if isinstance(option, Column):
        return Output(control_id(option, "box"), "hidden")
    return Output(control_id(option), "disabled")


def _deciding(option: Option) -> Input | State:
    kind = Input if option.key in DECIDING else State
    return kind(control_id(option), "value")


def _held(values: Iterable[Any]) -> dict[str, Any]:
    return {option.key: value for option, value in zip(_options(), values)}


def _refitted(
    held: Mapping[str, Any], subject: Subject, defaults: Mapping[str, Any]
) -> dict[str, Any]:
    """Return what the controls hold once the task or the classes have changed."""
    fitting = {}
    for option in _options():
        value, task = held[option.key], subject.task
        try:
            option.check(value, task)
        except ValueError:
            value = option.default_for(task)
        if value == defaults.get(option.key):
            value = option.default_for(task)
        fitting[option.key] = value
    return fitting
