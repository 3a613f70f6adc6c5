"""'Own table or sample, then choose the columns': the one way in which reports take a table."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from app.storage import NotFound
from app.ui.components import message, table
from app.wording import listed, plural, shortened

from . import own_table_scripts as scripts
from .address import keep_in_address
from .csv import download_rows
from .tables import Tables

if TYPE_CHECKING:
    import pandas as pd

_FORMATS = "CSV, TSV, Excel, OpenDocument or Parquet, also packed by ZIP or gzip, at most {} MB."
_NEXT = "Choose your file again, or use the sample."


@dataclass(frozen=True)
class Column:
    """A column that a report asks for.

    Attributes
    ----------
    id : str
        Of its select.
    label : str
        Such as 'Column of the outcome'.
    said : str
        What it is called in a sentence, such as 'outcome'.
    sample : str or None
        Which column of the sample it is.
    address : str
        Its name in the page's address; by default the id.
    optional : bool
    """

    id: str
    label: str
    said: str
    sample: str | None = None
    address: str = ""
    optional: bool = False


class OwnTable:
    """A table of the reader's own, or a sample, and its columns.

    It takes files of the formats and sizes that the dashboard takes, reads them in a process of its own, and, on a
    server, a table that is already open there: ``?table=<id>``. What was guessed is confirmed by the reader before
    `read` returns anything.

    Parameters
    ----------
    app : dash.Dash
        Its layout must contain `form` and an `address()`.
    needs : str
        What the table must contain, such as 'One row per visitor, a column of the variant and one of the outcome.'
    sample : callable
        Returns the sample, a DataFrame.
    example : sequence of sequence of str
        The head and the first rows of a table as it should be.
    columns : sequence of Column
    guess : callable
        ``guess(table)`` returns the likely column of each, by the id of the select; None if there is none.
    offered : sequence of str
        The columns of the sample, which takes time to make.
    """

    def __init__(
        self,
        app: Dash,
        needs: str,
        sample: Callable[[], pd.DataFrame],
        example: Sequence[Sequence[str]],
        columns: Sequence[Column],
        guess: Callable[[pd.DataFrame], Mapping[str, str | None]],
        offered: Sequence[str],
    ):
        self.needs = needs
        self.columns = tuple(columns)
        self.tables = Tables(app)
        self._sample, self._example, self._guess = sample, example, guess
        self._offered = list(offered)
        _register_files(app, self.tables)
        _register_address(app, self.columns)
        self._register(app)

    # ---- What a report's callbacks use

    @property
    def inputs(self) -> list[tuple[str, str]]:
        """The id and property of the table, then of each column, for ``Input(*each)`` or ``State(*each)``."""
        return [
            ("own-table", "data"),
            *((column.id, "value") for column in self.columns),
        ]

    def read(self, data: Any, *names: Any) -> pd.DataFrame:
        """Return the chosen columns of the table, once the reader has confirmed them, or the sample.

        Parameters
        ----------
        data : object
            The data of ``own-table``, which comes unchecked from the browser; None stands for the sample.
        *names : object
            The chosen columns, unchecked too; those that are empty are left out. Without any, all columns come.

        Raises
        ------
        ValueError
            The table is not there, or its columns are not confirmed; the sentence says what to do.
        """
        try:
            if data is not None and not self._confirmed(data):
                raise ValueError(
                    "Check the columns of your table above and confirm them. The result is shown then."
                )
        except NotFound:
            raise ValueError(_gone(data)) from None
        return self.peek(data, *names)

    def peek(self, data: Any, *names: Any) -> pd.DataFrame:
        """Return what `read` does, even if the columns are not confirmed: for offering choices, never for a result.

        Raises
        ------
        ValueError
            The table is not there.
        """
        wanted = [name for name in names if isinstance(name, str) and name]
        if data is None:
            frame = self._sample()
            if not set(wanted) <= set(frame.columns):
                raise ValueError(
                    f"This link was made with another table: the sample has no column {_named(_first(wanted, frame))}. "
                    f"{_NEXT}"
                )
            return frame
        try:
            known = self.tables.columns(_id(data))
            kept = [name for name in dict.fromkeys(wanted) if name in known]
            return self.tables.read(_id(data), kept or known)
        except NotFound:
            raise ValueError(_gone(data)) from None

    def _confirmed(self, data: Any) -> bool:
        known = self.tables.columns(_id(data))
        return data.get("sure") is True and _fits(_columns(data), known)

    # ---- What the reader sees

    def form(self, **grid: Any) -> dmc.Stack:
        """Return what is needed with an example, the place for a file, and the selects of the columns."""
        selects = [
            dmc.Select(
                id=column.id,
                label=column.label,
                data=self._offered,
                value=column.sample,
                searchable=True,
                **_clearable(column),
            )
            for column in self.columns
        ]
        grid = {"cols": {"base": 1, "xs": 2, "md": 4}} | grid
        return dmc.Stack(
            [
                _needed(self.needs, self._example),
                _zone(self.tables),
                html.Div(id="own-says"),
                dmc.SimpleGrid(selects, **grid),
                html.Div(
                    [
                        html.Div(id="own-asks"),
                        dmc.Button("Yes, these are right", id="own-confirm"),
                    ],
                    id="own-question",
                    className="message message-warning",
                    hidden=True,
                ),
                dcc.Store(id="own-table"),
                dcc.Store(id="own-file"),
                dcc.Store(id="own-name"),
            ]
        )

    def _register(self, app: Dash) -> None:
        ids = [column.id for column in self.columns]

        @app.callback(
            [Output(each, "data") for each in ids],
            [Output(each, "value", allow_duplicate=True) for each in ids],
            Output("own-says", "children"),
            Output("own-name", "data"),
            Input("own-table", "data"),
            prevent_initial_call=True,
        )
        def offer(data):
            options, values, said, name = self._offer(data)
            return [*options, *values, said, name]

        @app.callback(
            Output("own-question", "hidden"),
            Output("own-asks", "children"),
            Input("own-table", "data"),
            [Input(each, "value") for each in ids],
        )
        def ask(data, *values):
            return self._ask(data, values)

        @app.callback(
            Output("own-example-file", "data"),
            Input("own-example", "n_clicks"),
            prevent_initial_call=True,
        )
        def save_example(clicks):
            return download_rows(self._example, "example") if clicks else None

        app.clientside_callback(
            scripts.CONFIRM % json.dumps(ids),
            Output("own-table", "data", allow_duplicate=True),
            Input("own-confirm", "n_clicks"),
            State("own-table", "data"),
            [State(each, "value") for each in ids],
            prevent_initial_call=True,
        )

    def _offer(self, data: Any) -> tuple[list, list, Any, str | None]:
        """Return the options and the value of each select, what is said of the table, and its name."""
        if data is None:
            values = [column.sample for column in self.columns]
            return [self._offered] * len(values), values, None, None
        given = _columns(data)
        try:
            known = self.tables.columns(_id(data))
            name = self.tables.name(_id(data))
            said = self._described(data, name)
        except NotFound:
            values = [given.get(column.id) for column in self.columns]
            options = [[value] if value else [] for value in values]
            sentence = message(_gone(data), "Your table is not here", "warning")
            return options, values, sentence, no_update
        if not _fits(given, known):
            given = self._guess(self.tables.glance(_id(data)))
        values = [given.get(column.id) for column in self.columns]
        return [known] * len(values), values, said, name

    def _described(self, data: dict[str, Any], name: str) -> html.Div:
        rows, columns = self.tables.size(_id(data))
        size = f"{plural(rows, 'row')}, {plural(columns, 'column')}."
        notes = " ".join([size, *self.tables.notes(_id(data))])
        return message(notes, shortened(name, 60), "good")

    def _ask(self, data: Any, values: Sequence[Any]) -> tuple[bool, Any]:
        """Return whether nothing is to be asked, and the question."""
        if not isinstance(data, dict):
            return True, None
        try:
            if self._confirmed(data):
                return True, None
        except NotFound:
            return True, None
        found = [
            f"{column.said} = {_named(value)}"
            for column, value in zip(self.columns, values)
            if isinstance(value, str) and value
        ]
        missing = [
            column.said
            for column, value in zip(self.columns, values)
            if not value and not column.optional
        ]
        if missing:
            start = f"These were guessed: {', '.join(found)}. " if found else ""
            return (
                False,
                f"{start}Choose the column of the {listed(missing)}, then confirm.",
            )
        return False, f"These were guessed: {', '.join(found)}. Right?"


def _needed(needs: str, example: Sequence[Sequence[str]]) -> html.Div:
    head, *rows = map(list, example)
    shown = table(head, rows, "An example of such a table", 240)
    save = dmc.Button(
        "Download this example (CSV)", id="own-example", variant="subtle", size="xs"
    )
    return html.Div(
        [
            dmc.Text([html.Strong("Your table needs: "), needs], size="sm", maw=760),
            shown,
            save,
            dcc.Download(id="own-example-file"),
        ],
        className="own-needs",
    )


def _zone(tables: Tables) -> html.Div:
    back = dmc.Button("Use the sample", id="own-forget", variant="subtle", size="xs")
    limit = _FORMATS.format(tables.max_bytes // 1024**2)
    kept = (
        f"It is kept for {plural(tables.days, 'day')}, and only who has this page's address can open it."
        if tables.hosted
        else "It is kept until this report ends."
    )
    status = html.Div(id="upload-status", role="status", **{"aria-live": "polite"})
    if tables.hosted:
        choose: Any = html.Button("choose a file", id="upload-button", type="button")
        put = html.P([html.Strong("Drop a table here"), " or ", choose])
    else:
        choose = dmc.Button("Choose a file, or drop it here", variant="default")
        put = dcc.Upload(choose, id="own-upload")
    return html.Div(
        [put, html.P(f"{limit} {kept}", className="hint"), status, back],
        id="upload",
        **{"data-max-bytes": str(tables.max_bytes)},
    )


def _register_files(app: Dash, tables: Tables) -> None:
    """Let a chosen file become the data of ``own-table``."""
    if tables.hosted:
        # The dashboard's own upload: in parts, with progress, through the server's API.
        app.config.external_scripts += ["/assets/address.js", "/assets/upload.js"]
        app.config.external_stylesheets.append("/assets/upload.css")
        app.clientside_callback(scripts.LISTEN, Input("upload", "id"))
    else:
        _register_files_alone(app, tables)
    app.clientside_callback(
        scripts.TAKE,
        Output("own-table", "data", allow_duplicate=True),
        Input("own-file", "data"),
        State("own-table", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        scripts.FORGET,
        Output("own-table", "data", allow_duplicate=True),
        Input("own-forget", "n_clicks"),
        prevent_initial_call=True,
    )


def _register_files_alone(app: Dash, tables: Tables) -> None:
    @app.callback(
        Output("own-file", "data"),
        Output("upload-status", "children"),
        Output("own-upload", "contents"),
        Input("own-upload", "contents"),
        State("own-upload", "filename"),
        prevent_initial_call=True,
    )
    def read(contents, name):
        if not contents:
            return no_update, no_update, no_update
        name = name[:100] if isinstance(name, str) and name else "The file"
        try:
            taken = tables.take(name, _decoded(contents))
        except ValueError as error:
            return no_update, message(str(error), "This file cannot be used"), None
        return {"table": taken, "file": name}, None, None


def _register_address(app: Dash, columns: Sequence[Column]) -> None:
    """Keep the table and its columns in the address."""
    names = {column.address or column.id: column.id for column in columns}
    keep_in_address(app, **names)
    app.clientside_callback(
        scripts.OPEN % json.dumps(names),
        Output("own-table", "data"),
        Input("kit-address", "search"),
    )
    app.clientside_callback(
        scripts.WRITE,
        Input("own-table", "data"),
        Input("own-name", "data"),
        prevent_initial_call=True,
    )


def _clearable(column: Column) -> dict[str, Any]:
    if not column.optional:
        return {}
    label = f"Choose no {column.said}"
    return {"clearable": True, "clearButtonProps": {"aria-label": label}}


def _id(data: Any) -> Any:
    return data.get("table") if isinstance(data, dict) else data


def _columns(data: Any) -> dict[str, str]:
    """Return the columns that came with a table, by the id of the select."""
    given = data.get("columns") if isinstance(data, dict) else None
    given = given if isinstance(given, dict) else {}
    return {k: v for k, v in given.items() if isinstance(v, str) and v}


def _fits(given: Mapping[str, str], known: Sequence[str]) -> bool:
    return bool(given) and all(name in known for name in given.values())


def _first(wanted: Sequence[str], frame: pd.DataFrame) -> str:
    return next(name for name in wanted if name not in frame.columns)


def _named(text: str) -> str:
    return f"'{shortened(text, 60)}'"


def _gone(data: Any) -> str:
    file = data.get("file") if isinstance(data, dict) else None
    named = _named(file) if isinstance(file, str) and file else "The table of this link"
    return f"{named} is not on this server, or no longer. {_NEXT}"


def _decoded(text: Any) -> bytes:
    """Return the bytes of base64, with or without the prefix of a data URL."""
    try:
        return base64.b64decode(text.rpartition(",")[2], validate=True)
    except (AttributeError, binascii.Error, ValueError):
        raise ValueError(
            "The file did not arrive completely. Choose it again."
        ) from None
