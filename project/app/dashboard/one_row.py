"""One row, typed into a form, and what the model predicts for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, html, no_update

from app import functions, wording
from app.jobs.models import Refused, Unavailable
from app.storage.runs import TrainingRun
from app.ui import components

from .state import query_of

_MOST_FIELDS = 60
_MOST_LEVELS = 200
_TITLE = "One row"
_HINT = "Filled in with what is typical of the training table. An empty field counts as missing."
_WIDE = (
    "The model uses {n} columns, too many for a form. Score a table of one row instead."
)
_NOT_YOURS = (
    "The results are shared with you, but not predictions: ask whoever shared them."
)
_OLD = "This run was trained by a version that did not keep what its columns were like. Train again."


def one_row(services, training: TrainingRun) -> dmc.Paper:
    """Return the form, a field for each column that the models of a training use.

    Parameters
    ----------
    services : Services
    training : TrainingRun
    """
    if not services.permissions.may("score", "run", training.id):
        return components.section(_TITLE, html.P(_NOT_YOURS, className="hint"))
    schema = services.runs.schema(training.id)
    if schema is None:
        return components.section(_TITLE, components.message(_OLD, level="note"))
    if len(schema.columns) > _MOST_FIELDS:
        wide = _WIDE.format(n=wording.number(len(schema.columns)))
        return components.section(_TITLE, html.P(wide, className="hint"))
    fields = [_field(k, column) for k, column in enumerate(schema.columns)]
    return components.section(
        _TITLE,
        dmc.SimpleGrid(fields, cols={"base": 1, "sm": 2, "lg": 3}, spacing="sm"),
        dmc.Group(
            dmc.Button("Predict", id="row-predict", variant="default"), mt="md", mb="md"
        ),
        html.Div(id="row-says", role="status", **{"aria-live": "polite"}),
        hint=_HINT,
    )


def _field(position: int, column) -> Any:
    props: dict[str, Any] = {
        "id": {"kind": "row-value", "column": position},
        "label": wording.shortened(column.name),
    }
    if column.categories and len(column.categories) <= _MOST_LEVELS:
        levels = [{"value": each, "label": each} for each in column.categories]
        return dmc.Select(
            data=levels, value=column.typical, clearable=True, searchable=True, **props
        )
    return dmc.TextInput(value=_typical(column), placeholder=_expected(column), **props)


def _typical(column) -> str:
    return "" if column.typical is None else _written(column, column.typical)


def _written(column, value: Any) -> str:
    """Write a value as the training table does: what is in a field is read so."""
    text = functions.tables.columns.short_label_of(value)
    is_number = isinstance(value, float)
    comma = is_number and column.written == "decimal comma"
    return text.replace(".", ",") if comma else text


def _expected(column) -> str:
    if column.minimum is None or column.categories:
        return "missing"
    low, high = (_written(column, end) for end in (column.minimum, column.maximum))
    return f"{low} to {high}"


def register_one_row(app: Dash, services) -> None:
    """Predict what is in the form.

    Parameters
    ----------
    app : dash.Dash
    services : Services
    """

    @app.callback(
        Output("row-says", "children"),
        Input("row-predict", "n_clicks"),
        State({"kind": "row-value", "column": ALL}, "value"),
        State("score-model", "value"),
        State("score-threshold", "value"),
        State("search", "data"),
        prevent_initial_call=True,
    )
    def predict(clicks, values, model, threshold, search):
        if not clicks:
            return no_update
        run = query_of(search).get("run", "")
        services.permissions.guard("run")(run, "score")
        training = services.runs.training(run)
        if model not in [row.model for row in training.summary.trained]:
            model = training.summary.best
        row = _row(services.runs.schema(run), values)
        try:
            return _predicted(services, training, model, threshold, row)
        except (Refused, Unavailable) as error:
            return components.message(str(error), level="warning")


def _row(schema, values: Sequence[Any]) -> dict[str, Any]:
    columns = schema.columns if schema else ()
    return {
        column.name: value if value not in ("", None) else None
        for column, value in zip(columns, values)
    }


def _predicted(
    services, training: TrainingRun, model: str, threshold: Any, row: Mapping[str, Any]
) -> Any:
    is_binary = training.settings.task == "binary"
    is_known = isinstance(threshold, (int, float)) and 0 <= threshold <= 1
    asked = {"threshold": float(threshold)} if is_binary and is_known else {}
    answer = services.models.ask(
        "predict", training.id, rows=[row], model=model, **asked
    )
    if answer["failed"]:
        return components.message(
            answer["failed"][0]["reason"], "This row cannot be scored", "warning"
        )
    one = answer["predictions"][0]
    reasons = services.models.ask("explain", training.id, rows=[row], model=model)
    because = reasons["explanations"][0]["reasons"]
    parts = [
        html.P([html.Strong(_said(one)), _sureness(one)], className="scored-says"),
        *([_because(because)] if because else []),
        *([components.message(one["doubt"], level="warning")] if one["doubt"] else []),
    ]
    return dmc.Stack(parts, gap="sm")


def _said(one: Mapping[str, Any]) -> str:
    if "probability" in one:
        return f"{one['prediction']}: {wording.percent(one['probability'])}"
    return wording.number(one["prediction"], 4)


def _sureness(one: Mapping[str, Any]) -> str:
    if one.get("low") is not None:
        low, high = (wording.number(one[end], 4) for end in ("low", "high"))
        return f". In 9 of 10 cases the true value is between {low} and {high}."
    may_be = one.get("may_be")
    if may_be is None:
        return "."
    if not may_be:
        return ". It is unlike any class that the model knows."
    if len(may_be) == 1:
        return f". In 9 of 10 such cases the model can rule out all but {may_be[0]}."
    if len(may_be) == len(one["probabilities"]):
        return ", which is not sure: no class can be ruled out."
    return f", which is not sure: it may be {wording.listed(may_be, word='or')}."


def _because(reasons: Sequence[Mapping[str, Any]]) -> html.Div:
    says = "What moves it most, against the typical value of each column:"
    items = html.Ul(
        [html.Li(each["sentence"]) for each in reasons], className="misfits"
    )
    return html.Div([html.Div(says, className="hint"), items])
