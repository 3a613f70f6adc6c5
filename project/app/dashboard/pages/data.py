"""The Data page: open a table, see what is in it, choose what to predict."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import dash_mantine_components as dmc
from dash import (
    ALL,
    ClientsideFunction,
    Dash,
    Input,
    Output,
    State,
    dcc,
    html,
    no_update,
)

from app import functions, wording
from app.ui import components

from .. import column_table as columns
from ..figures.target import target_caption, target_figure
from ..insights_list import insights_list, waiting_insights
from ..pair_look import pair_look, register_pair_look
from ..proposals import proposals
from ..reading_notes import reading_notes, register_reading_notes
from ..state import View, choose, query_of
from ..welcome import sample_cards, welcome

_INTRO = "See what each column contains, and choose the one to predict; the next step trains models for it."
_PROMISE = (
    "Drop a table and say which column to predict. You get models compared side by side, and one sentence on how good "
    "the best one is and how sure that is."
)
_FORMATS = (
    "CSV or other text, Excel (.xlsx, .xls, .xlsb), OpenDocument (.ods) or Parquet, also as .gz or .zip, up to {} MB. "
    "How it is read is said below, and can be changed."
)
_ROWS_WAITED_FOR = 12
_MAX_AT_ONCE = 60
# Enough rows to recognise a table.
_MAX_SHOWN = 30
_SUGGESTED = "This column is a guess. Choose what to predict."


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the page for the dataset in the URL; without one, a welcome and an example."""
    view = View.of(query)
    dataset = services.datasets.get(view.dataset)
    profile = dataset.profile
    is_opened = "dataset" in query
    return components.page(
        "Data",
        _INTRO if is_opened else _PROMISE,
        *([] if is_opened else _welcome(services, dataset)),
        _file(services, dataset, is_opened),
        components.section(
            "What to predict", html.Div(_target(services, view), id="target-panel")
        ),
        components.section(
            "What stands out", html.Div(waiting_insights(), id="insights")
        ),
        reading_notes(dataset),
        _columns(profile),
        pair_look(services, view, query),
        _first_rows(profile),
        dcc.Store(id="suggested-target", data=profile.sure_target),
        dcc.Store(id="insights-due"),
    )


def _welcome(services, dataset) -> list[Any]:
    limit = services.settings.max_upload_mb
    zone = _zone(
        services,
        html.P(
            [
                html.Strong("Drop a table here"),
                " or ",
                html.Button("choose a file", id="upload-button", type="button"),
            ]
        ),
        html.P(_FORMATS.format(limit), className="hint"),
    )
    example = html.P(
        ["Below: an example, ", html.Strong(dataset.name), "."], className="example"
    )
    return [welcome(zone), example]


def _zone(services, *children: Any) -> html.Div:
    status = html.Div(id="upload-status", role="status", **{"aria-live": "polite"})
    limit = str(services.settings.max_upload_bytes)
    return html.Div([*children, status], id="upload", **{"data-max-bytes": limit})


def _file(services, dataset, is_opened: bool) -> dmc.Paper:
    """Return which table is open, how large it is, and how to open another one."""
    name = dmc.Title(
        html.Span(
            wording.shortened(dataset.name, 60), title=dataset.name, id="dataset-name"
        ),
        order=2,
        size="h4",
    )
    head: list[Any] = [html.Div(name, className="mb")]
    if is_opened:
        replace = html.Button(
            "Replace",
            id="upload-button",
            type="button",
            title="Open another table; one that is dropped here is opened too",
        )
        samples = html.Details(
            [html.Summary("Open a sample"), sample_cards()], className="samples"
        )
        head = [
            _zone(services, html.Div([name, replace], className="file-line")),
            samples,
            dcc.Link(
                "Open this table in a report",
                href=f"/reports/?dataset={dataset.id}",
                className="to-reports",
            ),
        ]
    return dmc.Paper(
        [*head, _summary(dataset.profile)],
        withBorder=True,
        p={"base": "sm", "sm": "lg"},
        className="file" if is_opened else None,
    )


def _summary(profile) -> dmc.SimpleGrid:
    return components.stats(
        components.stat("Rows", wording.number(profile.rows)),
        components.stat("Columns", wording.number(len(profile.columns))),
        components.stat(
            "Missing cells",
            wording.number(profile.missing_cells),
            f"{wording.percent(profile.missing_share)} of all",
        ),
        components.stat(
            "Duplicate rows",
            wording.number(profile.duplicate_rows),
            "equal to an earlier row",
        ),
    )


def _target(services, view: View) -> Any:
    dataset = services.datasets.get(view.dataset)
    choice = choose(view, dataset.profile)
    if not choice.target:
        return _undecided(dataset.profile, view)
    values = services.datasets.table(view.dataset, [choice.target])[choice.target]
    task = functions.tables.tasks.recognise_task(values)
    possible = functions.tables.tasks.possible_tasks(values)
    kind = view.task if view.task in possible else task.kind
    controls = dmc.Stack(
        [
            _target_select(dataset.profile, choice.target),
            _others(dataset.profile, choice.target, view),
            _task_control(task, possible, kind),
            _verdict(values, kind, choice, view),
        ]
    )
    return components.charts(controls, _distribution(values, kind, choice.target))


def _undecided(profile, view: View) -> dmc.Stack:
    missing = "Choose the column to predict; then the models can be trained."
    return dmc.Stack(
        [
            _target_select(profile, ""),
            proposals(profile.suggestions, view, "/"),
            components.message(missing, "Nothing to predict is chosen", "warning"),
        ],
        maw=620,
    )


def _others(profile, target: str, view: View) -> Any:
    others = functions.tables.targets.other_targets(profile.columns, target)
    return proposals(others, view, "/", "Or one of these:") if others else None


def _why_suggested(profile) -> str:
    if not profile.suggestions:  # of a version that gave no reasons
        return _SUGGESTED
    return profile.suggestions[0].reason


def _target_select(profile, target: str) -> dmc.Select:
    return dmc.Select(
        id="target",
        label="Column to predict",
        description=(
            _why_suggested(profile)
            if target and target == profile.sure_target
            else None
        ),
        data=[column.name for column in profile.columns],
        value=target or None,
        placeholder="Choose a column",
        searchable=True,
        allowDeselect=False,
        limit=200,
        size="lg",
        nothingFoundMessage="No such column",
    )


def _task_control(task, possible: tuple[str, ...], kind: str) -> html.Div:
    labels = functions.tables.tasks.TASK_LABELS
    options = [
        {"value": name, "label": labels[name]}
        for name in functions.tables.tasks.TASKS
        if name in possible or name == task.kind
    ]
    control = dmc.SegmentedControl(
        id={"kind": "task", "recognised": task.kind},
        data=options,
        value=kind,
        fullWidth=True,
        **{"aria-label": "Task"},
    )
    if len(options) == 1:
        control = dmc.Text(options[0]["label"])
    reason = (
        task.reason
        if kind == task.kind
        else f"Recognised as {labels[task.kind].lower()}: {task.reason} You chose another task."
    )
    return html.Div(
        [
            dmc.Text("Task", size="sm", fw=500, mb=4),
            control,
            dmc.Text(reason, size="sm", c="dimmed", mt=4, id="task-reason"),
        ]
    )


def _verdict(values, kind: str, choice, view: View) -> Any:
    try:
        usable = functions.models.rows.usable_rows(values, kind)
        if not choice.features:
            raise ValueError(
                "There is no column left to learn from: use one again, or change the role of an identifier."
            )
    except ValueError as error:
        return components.message(str(error), "This cannot be trained yet", "warning")
    count = wording.plural(len(choice.features), "column")
    link = components.button_link(
        f"Train models for {wording.shortened(choice.target, 40)}",
        "/train" + view.search(),
        id="to-train",
    )
    learns = dmc.Text(f"learns from {count}", size="sm", c="dimmed")
    notes = [dmc.Text(note, size="sm", c="dimmed") for note in usable.notes]
    return dmc.Stack([dmc.Group([link, learns], gap="sm"), *notes], gap="xs")


def _distribution(values, kind: str, target: str) -> html.Figure:
    distribution = functions.tables.tasks.target_distribution(values, kind)
    return components.chart(
        target_figure(distribution),
        target_caption(wording.shortened(target), distribution),
        graph_id="target-distribution",
        height=260,
    )


def _first_rows(profile) -> dmc.Paper:
    names = [column.name for column in profile.columns]
    shown = list(range(min(len(names), _MAX_SHOWN)))
    target = names.index(profile.suggested_target)
    if target not in shown:
        shown[-1] = target
    hidden = len(names) - len(shown)
    hint = (
        f"{wording.plural(hidden, 'further column')} not shown." if hidden > 0 else ""
    )
    table = components.plain_table(
        [wording.shortened(names[k], 24) for k in shown],
        [[row[k] for k in shown] for row in profile.head],
        "The first rows",
        110 * len(shown),
    )
    return components.section("First rows", table, hint=hint)


def _columns(profile) -> dmc.Paper:
    rows = min(len(profile.columns), _ROWS_WAITED_FOR)
    waiting = html.Div(
        dmc.Skeleton(height=42 * rows + 90),
        id="columns-waiting",
        **{"aria-busy": "true"},
    )
    return components.section(
        "Columns",
        html.Div(id="columns-codes"),
        # Filled in once the chart above is drawn, which this many controls would delay.
        html.Div(waiting, id="columns-placeholder"),
        # The browser's own: assets/columns.js draws it.
        html.Div(id="columns-table"),
        dcc.Store(id="columns-due"),
        dcc.Store(id="columns-data"),
        hint="Roles are detected automatically. Change a role or leave a column out where that is wrong.",
    )


def register_callbacks(app: Dash, services) -> None:
    """Register the callbacks: controls write the URL, and the page is drawn from it."""
    register_reading_notes(app, services)
    register_pair_look(app, services)
    app.clientside_callback(
        ClientsideFunction("data", "search"),
        Output("go", "data", allow_duplicate=True),
        Input("target", "value"),
        Input({"kind": "task", "recognised": ALL}, "value"),
        State("url", "search"),
        State("url", "pathname"),
        State("default-dataset", "data"),
        State("suggested-target", "data"),
        prevent_initial_call=True,
    )

    app.clientside_callback(
        ClientsideFunction("data", "chartDrawn"),
        Output("columns-due", "data"),
        Input("columns-waiting", "id"),
    )

    app.clientside_callback(
        ClientsideFunction("columns", "draw"),
        Output("columns-placeholder", "children"),
        Input("columns-data", "data"),
        Input("search", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("columns-data", "data"),
        Output("columns-codes", "children"),
        Output("insights", "children"),
        Output("insights-due", "data"),
        Input("columns-due", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def fill(_, search):
        view = View.of(query_of(search))
        dataset = services.datasets.get(view.dataset)
        # Of a wide table they take longer than anybody should wait for its columns.
        is_wide = len(dataset.profile.columns) > _MAX_AT_ONCE
        return (
            columns.column_list(dataset),
            columns.codes_hint(dataset.profile, view),
            no_update if is_wide else insights_list(services, view),
            is_wide or no_update,
        )

    @app.callback(
        Output("target-panel", "children"),
        Output("columns-codes", "children", allow_duplicate=True),
        Input("search", "data"),
        prevent_initial_call=True,
    )
    def follow(search):
        view = View.of(query_of(search))
        profile = services.datasets.get(view.dataset).profile
        return _target(services, view), columns.codes_hint(profile, view)

    @app.callback(
        Output("insights", "children", allow_duplicate=True),
        Input("insights-due", "data"),
        Input("search", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )
    def stand_out(_, __, search):
        return insights_list(services, View.of(query_of(search)))
