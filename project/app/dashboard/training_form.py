"""The form of the Train page: the models, their evaluation, and the split of the rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html, no_update

from app import functions, wording
from app.ui import components

from .state import View, choose, query_of, search_of, whole

# Component id, name in the URL, default; values that differ from the default are written to the URL.
_FIELDS = (
    ("train-models", "models"),
    ("train-scoring", "scoring"),
    ("train-folds", "folds"),
    ("train-holdout", "holdout"),
    ("train-seed", "seed"),
    ("train-split", "split"),
    ("train-by", "by"),
    ("train-search", "search"),
    ("train-seconds", "seconds"),
)


def training_form(services, view: View, query: Mapping[str, str]) -> list[Any]:
    """Return the sections of the form, filled from the URL.

    Parameters
    ----------
    services : Services
    view : View
        The table and the choices made about it.
    query : mapping of str to str
        The query; missing settings have their defaults.
    """
    dataset = services.datasets.get(view.dataset)
    choice = choose(view, dataset.profile)
    kind = task_of(services, view, choice.target)
    return [
        _subject(dataset, choice, kind, view),
        components.section("Models", *_models(query)),
        components.section("Evaluation", *_judging(query, kind, dataset)),
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
        dcc.Store(id="train-defaults", data=_defaults(kind)),
    ]


def task_of(services, view: View, target: str) -> str:
    """Return the task: the user's, if it is possible for the target, else the recognised one."""
    values = services.datasets.table(view.dataset, [target])[target]
    if view.task in functions.tables.tasks.possible_tasks(values):
        return view.task
    return functions.tables.tasks.recognise_task(values).kind


def _defaults(kind: str) -> dict[str, Any]:
    return {
        "models": list(functions.models.catalogue.preset_models("quick")),
        "thorough": list(functions.models.catalogue.preset_models("thorough")),
        "scoring": functions.evaluation.scoring.DEFAULT_METRIC[kind],
        "folds": 5,
        "holdout": 20,
        "seed": 0,
        "split": "random",
        "by": None,
        "search": "none",
        "seconds": 60,
    }


def _subject(dataset, choice, kind: str, view: View) -> dmc.Paper:
    label = functions.tables.tasks.TASK_LABELS[kind].lower()
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


def _models(query: Mapping[str, str]) -> list[Any]:
    specs = [
        spec
        for spec in functions.models.catalogue.MODELS.values()
        if spec.key != functions.models.catalogue.BASELINE
    ]
    known = {spec.key for spec in specs}
    chosen = [key for key in query.get("models", "").split(".") if key in known]
    search, searches = query.get("search"), functions.models.search.SEARCH_LABELS
    boxes = [
        dmc.Checkbox(
            value=spec.key, label=spec.label, description=_description(spec), mt="xs"
        )
        for spec in specs
    ]
    return [
        dmc.SegmentedControl(
            id="train-preset",
            data=[
                {"value": "quick", "label": "Quick"},
                {"value": "thorough", "label": "Thorough"},
                {"value": "own", "label": "My choice"},
            ],
            value="quick",
            mb="xs",
            **{"aria-label": "Which models"},
        ),
        dmc.CheckboxGroup(
            dmc.SimpleGrid(boxes, cols={"base": 1, "sm": 2}, verticalSpacing=4),
            id="train-models",
            value=chosen or list(functions.models.catalogue.preset_models("quick")),
        ),
        dmc.Divider(my="md"),
        dmc.Group(
            [
                dmc.Select(
                    id="train-search",
                    label="Hyperparameter search",
                    description="Tries several settings of each model on the training rows.",
                    data=_options(searches),
                    value=search if search in searches else "none",
                    allowDeselect=False,
                    w=300,
                ),
                _number(
                    "train-seconds",
                    "Time for the search",
                    "Seconds, for all models together.",
                    _whole(query, "seconds", 60),
                    5,
                    3600,
                ),
            ],
            align="flex-start",
        ),
    ]


def _description(spec) -> str:
    if spec.max_rows is None:
        return spec.description
    return f"{spec.description} Up to {wording.number(spec.max_rows)} training rows."


def _judging(query: Mapping[str, str], kind: str, dataset) -> list[Any]:
    metrics = functions.evaluation.scoring.metrics_for(kind)
    wanted = query.get("scoring")
    value = wanted if wanted in {m.key for m in metrics} else metrics[0].key
    return [
        dmc.SimpleGrid(
            [
                html.Div(
                    [
                        dmc.Select(
                            id="train-scoring",
                            label="Scoring metric",
                            data=[{"value": m.key, "label": m.label} for m in metrics],
                            value=value,
                            allowDeselect=False,
                        ),
                        dmc.Text(id="train-scoring-says", size="sm", c="dimmed", mt=4),
                        dcc.Store(
                            id="train-explanations",
                            data={m.key: m.explanation for m in metrics},
                        ),
                    ]
                ),
                _split(query, dataset),
            ],
            cols={"base": 1, "sm": 2},
            spacing="lg",
        ),
        dmc.SimpleGrid(
            [
                _number(
                    "train-folds",
                    "Folds",
                    "How often each model is fitted and evaluated.",
                    _whole(query, "folds", 5),
                    2,
                    functions.models.settings.MAX_FOLDS,
                ),
                _number(
                    "train-holdout",
                    "Held out, %",
                    "Rows that are used only to evaluate the finished models.",
                    _whole(query, "holdout", 20),
                    5,
                    50,
                ),
                _number(
                    "train-seed",
                    "Random seed",
                    "The same seed gives the same result.",
                    _whole(query, "seed", 0),
                    0,
                    2**31 - 1,
                ),
            ],
            cols={"base": 1, "sm": 3},
            mt="md",
        ),
    ]


def _split(query: Mapping[str, str], dataset) -> html.Div:
    value = query.get("split", "random")
    labels = functions.models.splitting.SPLIT_LABELS
    dates = [c.name for c in dataset.profile.columns if c.dtype == "date"]
    names = [c.name for c in dataset.profile.columns]
    return html.Div(
        [
            dmc.Text("Split of the rows", size="sm", fw=500, mb=4),
            dmc.SegmentedControl(
                id="train-split",
                data=_options(labels),
                value=value if value in labels else "random",
                fullWidth=True,
                **{"aria-label": "Split of the rows"},
            ),
            dmc.Text(id="train-split-says", size="sm", c="dimmed", mt=4),
            html.Div(
                dmc.Select(
                    id="train-by",
                    label="Column to order or group by",
                    data=names,
                    value=query.get("by"),
                    searchable=True,
                    limit=200,
                    placeholder="Choose a column",
                ),
                id="train-by-box",
                hidden=True,
            ),
            dcc.Store(id="train-columns", data={"time": dates, "group": names}),
        ]
    )


def _options(labels: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"value": key, "label": label} for key, label in labels.items()]


def _number(
    component_id: str, label: str, description: str, value: int, low: int, high: int
) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=component_id,
        label=label,
        description=description,
        value=value,
        min=low,
        max=high,
        allowDecimal=False,
        w="100%",
        maw=300,
    )


def _whole(query: Mapping[str, str], name: str, default: int) -> int:
    value = whole(query.get(name, ""))
    return default if value is None else value


def register_form(app: Dash, services) -> None:
    """Register the callbacks of the form: hints, URL, and the start of the training."""
    app.clientside_callback(
        ClientsideFunction("train", "preset"),
        Output("train-models", "value"),
        Output("train-preset", "value"),
        Input("train-preset", "value"),
        Input("train-models", "value"),
        State("train-defaults", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("train", "explain"),
        Output("train-scoring-says", "children"),
        Output("train-split-says", "children"),
        Output("train-by-box", "hidden"),
        Output("train-by", "data"),
        Output("train-seconds", "disabled"),
        Input("train-scoring", "value"),
        Input("train-split", "value"),
        Input("train-search", "value"),
        State("train-explanations", "data"),
        State("train-columns", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("train", "remember"),
        *[Input(component_id, "value") for component_id, _ in _FIELDS],
        State("train-defaults", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("go", "data", allow_duplicate=True),
        Output("train-problem", "children"),
        Input("train-start", "n_clicks"),
        State("url", "search"),
        *[State(component_id, "value") for component_id, _ in _FIELDS],
        running=[(Output("train-start", "loading"), True, False)],
        prevent_initial_call=True,
    )
    def start(clicks, search, *values):
        if not clicks:
            return no_update, no_update
        view = View.of(query_of(search))
        dataset = services.datasets.get(view.dataset)
        try:
            settings = _settings(services, view, dataset, *values)
        except ValueError as error:
            problem = components.message(str(error), "This cannot be trained yet")
            return no_update, problem
        run = services.jobs.train(dataset.id, dataset.name, asdict(settings))
        return search_of({"run": run}), None


def _settings(
    services,
    view: View,
    dataset,
    models,
    scoring,
    folds,
    holdout,
    seed,
    split,
    by,
    search,
    seconds,
):
    """Return the settings of the form; ValueError says why they cannot be used."""
    _require_numbers(
        {"Folds": folds, "Held out": holdout, "Random seed": seed, "Time": seconds}
    )
    choice = choose(view, dataset.profile)
    values = services.datasets.table(view.dataset, [choice.target])[choice.target]
    settings = functions.models.settings.TrainingSettings(
        target=choice.target,
        task=task_of(services, view, choice.target),
        roles=choice.features,
        models=tuple(models or ()),
        scoring=scoring,
        n_splits=int(folds),
        test_size=holdout / 100,
        random_state=int(seed),
        split=split,
        split_by=by if split != "random" else None,
        search=search,
        search_seconds=int(seconds),
    )
    columns = [column.name for column in dataset.profile.columns]
    functions.models.settings.check_settings(settings, columns)
    functions.tables.tasks.check_target(
        values, settings.task, settings.n_splits, settings.test_size
    )
    return settings


def _require_numbers(fields: Mapping[str, Any]) -> None:
    for label, value in fields.items():
        if not isinstance(value, (int, float)):
            raise ValueError(f"'{label}' is empty: type a number.")
