"""What holds the value of a training option on the page: one control for each kind of option."""

from __future__ import annotations

from functools import singledispatch
from typing import Any

import dash_mantine_components as dmc
from dash import html

from app import wording
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

from .row_controls import filters_control, positive_control


def control_id(option: Option, part: str = "") -> str:
    """Return the id of an option's control, or of a part of it."""
    return f"train-{option.key}-{part}" if part else f"train-{option.key}"


@singledispatch
def control_for(option: Option, value: Any, task: str, subject) -> Any:
    """Return what holds the value of an option on the page."""
    raise TypeError(f"The form has no control for a {type(option).__name__}.")


@control_for.register
def _number(option: Whole, value: int, task: str, subject) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=control_id(option),
        label=option.shown_label,
        description=option.help,
        value=value,
        min=option.minimum,
        max=option.maximum,
        allowDecimal=False,
        w="100%",
        maw=300,
    )


@control_for.register
def _choice(option: OneOf, value: str, task: str, subject) -> html.Div:
    data = [{"value": c.key, "label": c.label} for c in option.choices(task)]
    says = dmc.Text(id=control_id(option, "says"), size="sm", c="dimmed", mt=4)
    if not option.side_by_side:
        select = dmc.Select(
            id=control_id(option),
            label=option.shown_label,
            description=option.help,
            data=data,
            value=value,
            allowDeselect=False,
        )
        return html.Div([select, says])
    label = dmc.Text(option.shown_label, size="sm", fw=500, mb=4)
    control = dmc.SegmentedControl(
        id=control_id(option),
        data=data,
        value=value,
        fullWidth=True,
        **{"aria-label": option.shown_label},
    )
    return html.Div([label, control, says])


@control_for.register
def _several(option: SeveralOf, value: list[str], task: str, subject) -> html.Div:
    boxes = [
        dmc.Checkbox(value=c.key, label=c.label, description=c.help, mt="xs")
        for c in option.offered(task)
    ]
    return html.Div(
        dmc.CheckboxGroup(
            dmc.SimpleGrid(boxes, cols={"base": 1, "sm": 2}, verticalSpacing=4),
            id=control_id(option),
            value=value,
            **{"aria-label": option.shown_label},
        )
    )


@control_for.register
def _column(option: Column, value: str | None, task: str, subject) -> html.Div:
    names = [column.name for column in subject.columns]
    select = dmc.Select(
        id=control_id(option),
        label=option.shown_label,
        description=option.help,
        data=names,
        value=value if value in names else None,
        searchable=True,
        clearable=not option.required,
        limit=200,
        placeholder="Choose a column",
        mt="xs" if option.depends_on else 0,
    )
    return html.Div(
        select, id=control_id(option, "box"), hidden=bool(option.depends_on)
    )


@control_for.register
def _columns(option: Columns, value: list[str], task: str, subject) -> dmc.MultiSelect:
    names = option.offered(subject.features)
    keys, labels = option.to_control(names), wording.shortened_apart(names, 60)
    return dmc.MultiSelect(
        id=control_id(option),
        label=option.shown_label,
        description=option.help,
        data=[{"value": k, "label": label} for k, label in zip(keys, labels)],
        value=[key for key in value if key in keys],
        searchable=True,
        clearable=True,
        limit=200,
        placeholder="Choose columns",
        nothingFoundMessage="No such column",
        mb="xs",
    )


@control_for.register
def _filters(option: RowFilters, value: list[str], task: str, subject) -> html.Div:
    return filters_control(control_id(option), option, value, subject)


@control_for.register
def _target_class(option: TargetClass, value: str | None, task: str, subject) -> Any:
    return positive_control(control_id(option), option, value, subject)
