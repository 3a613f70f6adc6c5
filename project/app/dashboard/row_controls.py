"""Controls for rows and target: the filters, with an editor for one more, and the positive class."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html, no_update

from app import functions, wording
from app.ui import components

from .state import View, query_of

# Numbers with more distinct values are filtered by a range.
_FEW_NUMBERS = 20


def filters_control(control_id: str, option: Any, value: list[str], subject) -> Any:
    """Return the control.

    Parameters
    ----------
    control_id : str
        Of the list of chosen filters; the parts of the editor begin with it.
    option : RowFilters
    value : list of str
        The text of each filter; one by a column that the table does not have is left out.
    subject : Subject
    """
    names = [column.name for column in subject.columns]
    filters = known_filters(value, names)
    chosen = dmc.MultiSelect(
        id=control_id,
        data=_choices(filters),
        value=[each.text for each in filters],
        mb="sm",
        **{"aria-label": "Filters that are used"},
    )
    return html.Div(
        [
            dmc.Text(option.label, size="sm", fw=500),
            dmc.Text(option.help, size="xs", c="dimmed", mb=4),
            html.Div(chosen, id=f"{control_id}-chosen", hidden=not filters),
            dmc.Select(
                id=f"{control_id}-column",
                data=names,
                searchable=True,
                clearable=True,
                limit=200,
                placeholder="Add a filter by a column",
                maw=420,
                **{"aria-label": "Column of a new filter"},
            ),
            html.Div(_editor(control_id), id=f"{control_id}-editor", hidden=True),
        ]
    )


def positive_control(control_id: str, option: Any, value: str | None, subject) -> Any:
    """Return the control for the positive class, and why the one that is guessed is.

    Parameters
    ----------
    control_id : str
    option : TargetClass
    value : str or None
        None, or a class that the target does not have, for the guess.
    subject : Subject
    """
    names = sorted(subject.classes)
    labels = dict(zip(names, wording.shortened_apart(names, 60)))
    select = dmc.Select(
        id=control_id,
        label=option.shown_label,
        description=option.help,
        data=[{"value": name, "label": labels[name]} for name in names],
        value=value if value in names else subject.guess,
        allowDeselect=False,
    )
    says = ""
    if subject.guess:
        says = f"'{labels[subject.guess]}' is the guess: {subject.reason}."
    explained = dmc.Text(says, id=f"{control_id}-says", size="sm", c="dimmed", mt=4)
    return html.Div([select, explained])


def _editor(control_id: str) -> dmc.Stack:
    ways = [
        {"value": "keep", "label": "Use only"},
        {"value": "leave_out", "label": "Leave out"},
    ]
    return dmc.Stack(
        [
            dmc.SegmentedControl(
                id=f"{control_id}-keep",
                data=ways,
                value="keep",
                **{"aria-label": "What the filter does"},
            ),
            html.Div(
                dmc.MultiSelect(
                    id=f"{control_id}-values",
                    label="Values",
                    data=[],
                    value=[],
                    searchable=True,
                    limit=100,
                    nothingFoundMessage="No such value",
                    # Below, the open list would cover the button.
                    comboboxProps={"position": "top"},
                ),
                id=f"{control_id}-values-box",
                style={"width": "100%"},
            ),
            html.Div(
                dmc.Group(
                    [
                        dmc.TextInput(
                            id=f"{control_id}-{end}", label=end.title(), value="", w=160
                        )
                        for end in ("from", "to")
                    ]
                ),
                id=f"{control_id}-range-box",
            ),
            dmc.Checkbox(
                id=f"{control_id}-missing",
                label="Also use rows without a value",
                checked=False,
            ),
            dmc.Button(
                "Add filter", id=f"{control_id}-add", variant="default", size="sm"
            ),
            html.Div(id=f"{control_id}-problem", role="alert"),
        ],
        gap="xs",
        mt="sm",
        maw=420,
        align="flex-start",
    )


def known_filters(value: Iterable[str], names: Sequence[str]) -> list[Any]:
    """Return the filters by columns that the table has."""
    filters = map(functions.models.row_filters.RowFilter.parse, value)
    return [each for each in filters if each.column in names]


def _choices(filters: list[Any]) -> list[dict[str, str]]:
    return [{"value": each.text, "label": each.sentence} for each in filters]


def register_filters(app: Dash, services, control_id: str) -> None:
    """Register the callbacks of the control."""

    def part(name: str) -> str:
        return f"{control_id}-{name}"

    app.clientside_callback(
        ClientsideFunction("train", "isEmpty"),
        Output(part("chosen"), "hidden"),
        Input(control_id, "value"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output(part("editor"), "hidden"),
        Output(part("values-box"), "hidden"),
        Output(part("range-box"), "hidden"),
        Output(part("values"), "data"),
        Output(part("values"), "value"),
        Output(part("from"), "value"),
        Output(part("to"), "value"),
        Output(part("from"), "placeholder"),
        Output(part("to"), "placeholder"),
        Output(part("missing"), "checked"),
        Output(part("missing"), "display"),
        Output(part("problem"), "children"),
        Input(part("column"), "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def edit(name, search):
        return _edited(services, View.of(query_of(search)), name)

    @app.callback(
        Output(control_id, "data"),
        Output(control_id, "value"),
        Output(part("column"), "value"),
        Output(part("problem"), "children", allow_duplicate=True),
        Input(part("add"), "n_clicks"),
        State(part("column"), "value"),
        State(part("keep"), "value"),
        State(part("values"), "value"),
        State(part("from"), "value"),
        State(part("to"), "value"),
        State(part("missing"), "checked"),
        State(control_id, "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def add(clicks, name, way, values, low, high, missing, chosen, search):
        if not clicks:
            return (no_update,) * 4
        view = View.of(query_of(search))
        try:
            new = _new_filter(name, way, values, low, high, missing)
            filters = _added(services, view, new, chosen or [])
        except ValueError as error:
            problem = components.message(str(error), level="warning")
            return no_update, no_update, no_update, problem
        return _choices(filters), [each.text for each in filters], None, None


def _edited(services, view: View, name: Any) -> tuple[Any, ...]:
    """Return what the editor shows for a column, in the order of its outputs; nothing for none."""
    profile = services.datasets.get(view.dataset).profile
    known = {column.name: column for column in profile.columns}
    if not isinstance(name, str) or name not in known:
        return True, True, True, [], [], "", "", "", "", False, None, None
    column = known[name]
    by_range = _is_by_range(column)
    return (
        False,
        by_range,
        not by_range,
        [] if by_range else _values(services, view, name),
        [],
        "",
        "",
        _end(column.minimum) if by_range else "",
        _end(column.maximum) if by_range else "",
        False,
        None if column.missing else "none",
        None,
    )


def _added(services, view: View, new: Any, chosen: list[str]) -> list[Any]:
    """Return the filters with a new one; a ValueError says why it does not fit its column."""
    profile = services.datasets.get(view.dataset).profile
    names = [column.name for column in profile.columns]
    filters = _with(known_filters(chosen, names), new)
    if new.column in names:
        column = services.datasets.table(view.dataset, [new.column])
        functions.models.rows.passes(column[new.column], new)
    return filters


def _new_filter(name, way, values, low, high, missing) -> Any:
    if not isinstance(name, str):
        raise ValueError("Choose a column first.")
    content = {
        "column": name,
        "values": values or [],
        "minimum": str(low or "").strip(),
        "maximum": str(high or "").strip(),
        "leave_out": way == "leave_out",
        "missing": missing,
    }
    try:
        return functions.models.row_filters.RowFilter.of(content)
    except ValueError as error:
        raise ValueError(f"The filter {error}") from None


def _with(filters: list[Any], new: Any) -> list[Any]:
    most = functions.models.row_filters.MAX_FILTERS
    if len(filters) >= most:
        raise ValueError(f"There are {most} filters already: remove one first.")
    return list(dict.fromkeys([*filters, new]))


def _is_by_range(column) -> bool:
    if column.dtype == "date":
        return True
    return column.dtype in ("integer", "decimal") and column.distinct > _FEW_NUMBERS


def _values(services, view: View, name: str) -> list[dict[str, str]]:
    column = services.datasets.table(view.dataset, [name])[name]
    return [
        {
            "value": value,
            "label": f"{wording.shortened(value)} ({wording.number(rows)})",
        }
        for value, rows in functions.models.rows.value_choices(column)
    ]


def _end(value: float | str | None) -> str:
    """Return one end of a column's values as somebody would type it."""
    return "" if value is None else functions.tables.columns.short_label_of(value)
