"""The form of the Train page: the models, their evaluation, and the split of the rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import singledispatch
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from app import functions, wording
from app.ui import components

from .proposals import proposals
from .state import View, choose, query_of, search_of

# What a selection is called that is no preset.
_OWN = "My choice"

Option = functions.models.options.Option
Whole = functions.models.options.Whole
OneOf = functions.models.options.OneOf
SeveralOf = functions.models.options.SeveralOf
Column = functions.models.options.Column


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
    task = task_of(services, view, choice.target)
    return [
        _subject(dataset, choice, task, view),
        *_sections(query, task, dataset.profile),
        html.Div(id="train-problem"),
        dmc.Group(
            [
                dmc.Button("Train", id="train-start", size="md"),
                dmc.Text(
                    "You can leave this page; training continues.",
                    c="dimmed",
                    size="sm",
                ),
            ]
        ),
        dcc.Store(
            id="train-options", data=_for_script(task, dataset.profile, choice.roles)
        ),
    ]


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
        html.Div(proposals(dataset.profile, view, "/train"), className="mt"),
    )


def task_of(services, view: View, target: str) -> str:
    """Return the task: the user's, if it is possible for the target, else the recognised one."""
    values = services.datasets.table(view.dataset, [target])[target]
    if view.task in functions.tables.tasks.possible_tasks(values):
        return view.task
    return functions.tables.tasks.recognise_task(values).kind


def _subject(dataset, choice, task: str, view: View) -> dmc.Paper:
    label = functions.tables.tasks.TASK_LABELS[task].lower()
    sentence = [
        "Predict ",
        html.Strong(wording.shortened(choice.target)),
        f" ({label}) from {wording.plural(len(choice.features), 'column')} of "
        f"{wording.plural(dataset.profile.rows, 'row')}. ",
        dcc.Link("Change that", href="/" + view.search()),
    ]
    return components.section(
        wording.shortened(dataset.name, 60), dmc.Text(sentence, size="sm")
    )


# ---- From the options to the form


def _options(kind: type = Option) -> list[Any]:
    declared = functions.models.settings.OPTIONS.values()
    return [option for option in declared if isinstance(option, kind)]


def _id(option: Option, part: str = "") -> str:
    return f"train-{option.key}-{part}" if part else f"train-{option.key}"


def _sections(query: Mapping[str, str], task: str, profile) -> Iterator[dmc.Paper]:
    options = _options()
    for title in dict.fromkeys(option.section for option in options):
        controls = {
            option.key: _control(
                option, option.from_address(query.get(option.key), task), task, profile
            )
            for option in options
            if option.section == title
        }
        yield components.section(title, *_arranged(controls))


def _arranged(controls: Mapping[str, Any]) -> list[Any]:
    """Put lists of choices first, then choices and what depends on them, then numbers."""
    lists, choices, numbers = [], {}, []
    for option in _options():
        control = controls.get(option.key)
        if control is None:
            continue
        if isinstance(option, SeveralOf):
            lists.append(control)
        elif isinstance(option, Column) and option.depends_on:
            parent = next(iter(option.depends_on))
            choices.setdefault(parent, []).append(control)
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


@singledispatch
def _control(option: Option, value: Any, task: str, profile) -> Any:
    """Return what holds the value of an option on the page."""
    raise TypeError(f"The form has no control for a {type(option).__name__}.")


@_control.register
def _number(option: Whole, value: int, task: str, profile) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=_id(option),
        label=option.label,
        description=option.help,
        value=value,
        min=option.minimum,
        max=option.maximum,
        allowDecimal=False,
        w="100%",
        maw=300,
    )


@_control.register
def _choice(option: OneOf, value: str, task: str, profile) -> html.Div:
    data = [{"value": c.key, "label": c.label} for c in option.choices(task)]
    says = dmc.Text(id=_id(option, "says"), size="sm", c="dimmed", mt=4)
    if not option.side_by_side:
        select = dmc.Select(
            id=_id(option),
            label=option.label,
            description=option.help,
            data=data,
            value=value,
            allowDeselect=False,
        )
        return html.Div([select, says])
    label = dmc.Text(option.label, size="sm", fw=500, mb=4)
    control = dmc.SegmentedControl(
        id=_id(option),
        data=data,
        value=value,
        fullWidth=True,
        **{"aria-label": option.label},
    )
    return html.Div([label, control, says])


@_control.register
def _several(option: SeveralOf, value: list[str], task: str, profile) -> html.Div:
    boxes = [
        dmc.Checkbox(value=c.key, label=c.label, description=c.help, mt="xs")
        for c in option.offered(task)
    ]
    presets = option.presets()
    names = [*presets, _OWN]
    return html.Div(
        [
            dmc.SegmentedControl(
                id=_id(option, "preset"),
                data=names,
                value=names[0],
                mb="xs",
                **{"aria-label": option.label},
            ),
            dmc.CheckboxGroup(
                dmc.SimpleGrid(boxes, cols={"base": 1, "sm": 2}, verticalSpacing=4),
                id=_id(option),
                value=value,
            ),
            dcc.Store(id=_id(option, "presets"), data={**presets, _OWN: None}),
        ]
    )


@_control.register
def _column(option: Column, value: str | None, task: str, profile) -> html.Div:
    names = [column.name for column in profile.columns]
    select = dmc.Select(
        id=_id(option),
        label=option.label,
        description=option.help,
        data=names,
        value=value if value in names else None,
        searchable=True,
        clearable=not option.required,
        limit=200,
        placeholder="Choose a column",
    )
    return html.Div(select, id=_id(option, "box"), hidden=bool(option.depends_on))


def _for_script(task: str, profile, roles: Mapping[str, str]) -> dict[str, Any]:
    """Return what the script knows of the options, in the order of its callbacks' arguments."""
    return {
        "keys": [option.key for option in _options()],
        "defaults": {option.key: option.default_for(task) for option in _options()},
        "choices": [
            {"key": option.key, "says": {c.key: c.help for c in option.choices(task)}}
            for option in _options(OneOf)
        ],
        "dependents": [option.depends_on for option in _dependents()],
        "columns": [
            {
                "on": on,
                "names": {key: _names(option, key, profile, roles) for key in keys},
            }
            for option in _dependents(Column)
            for on, keys in option.depends_on.items()
        ],
    }


def _dependents(kind: type = Option) -> list[Any]:
    return [option for option in _options(kind) if option.depends_on]


def _names(option: Column, choice: str, profile, roles: Mapping[str, str]) -> list[str]:
    # A year is a date where it has that role.
    dtype = option.dtypes.get(choice)
    return [c.name for c in profile.columns if dtype in (None, c.dtype, roles[c.name])]


# ---- Callbacks


def register_form(app: Dash, services) -> None:
    """Register the callbacks of the form: hints, URL, and the start of the training."""
    for option in _options(SeveralOf):
        app.clientside_callback(
            ClientsideFunction("train", "preset"),
            Output(_id(option), "value"),
            Output(_id(option, "preset"), "value"),
            Input(_id(option, "preset"), "value"),
            Input(_id(option), "value"),
            State(_id(option, "presets"), "data"),
        )
    app.clientside_callback(
        ClientsideFunction("train", "explain"),
        *[Output(_id(option, "says"), "children") for option in _options(OneOf)],
        *[_switch(option) for option in _dependents()],
        *[Output(_id(option), "data") for option in _dependents(Column)],
        *[Input(_id(option), "value") for option in _options(OneOf)],
        State("train-options", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("train", "remember"),
        *[Input(_id(option), "value") for option in _options()],
        State("train-options", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("go", "data", allow_duplicate=True),
        Output("train-problem", "children"),
        Input("train-start", "n_clicks"),
        State("url", "search"),
        *[State(_id(option), "value") for option in _options()],
        running=[(Output("train-start", "loading"), True, False)],
        prevent_initial_call=True,
    )
    def start(clicks, search, *values):
        if not clicks:
            return no_update, no_update
        view = View.of(query_of(search))
        dataset = services.datasets.get(view.dataset)
        held = {option.key: value for option, value in zip(_options(), values)}
        try:
            settings = _settings(services, view, dataset.profile, held)
        except ValueError as error:
            problem = components.message(str(error), "This cannot be trained yet")
            return no_update, problem
        run = services.jobs.start(
            "training",
            dataset={"id": dataset.id, "name": dataset.name},
            settings=asdict(settings),
        )
        return search_of({"run": run}), None


def _switch(option: Option) -> Output:
    """What is set while an option that depends on another does not matter."""
    if isinstance(option, Column):
        return Output(_id(option, "box"), "hidden")
    return Output(_id(option), "disabled")


def _settings(services, view: View, profile, held: Mapping[str, Any]):
    """Return the settings of the form; ValueError says why they cannot be used."""
    choice = choose(view, profile)
    if not choice.target:
        raise ValueError("Nothing to predict is chosen. Choose a column first.")
    task = task_of(services, view, choice.target)
    settings = functions.models.settings.TrainingSettings.from_controls(
        choice.target, task, choice.features, held
    )
    functions.models.settings.check_settings(
        settings, [column.name for column in profile.columns]
    )
    values = services.datasets.table(view.dataset, [choice.target])[choice.target]
    functions.tables.tasks.check_target(
        values, task, settings.n_splits, settings.test_size
    )
    return settings
