"""Which measurements separate three kinds of wine: a report made from notebooks/wine.ipynb."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html

from app import functions, statistics
from app.reports import kit

TITLE = "What tells wines apart"
DESCRIPTION = "178 wines of three cultivars, 13 measurements: an example of a report made from a notebook."
TAGS = ("from a notebook", "classification")
CARTESIAN = True

GROUP = "cultivar"
FIRST = "flavanoids"


def load_table() -> Any:
    """Return the wines: 13 measurements and the cultivar."""
    return functions.tables.samples.load_wine()


def shares_figure(shares: Any) -> dict[str, Any]:
    """Return a bar for each measurement: the share of its variance that lies between the cultivars."""
    shares = shares.iloc[::-1]
    bars = kit.bars(100 * shares.to_numpy(), list(shares.index), hover="%{y}: %{x}")
    return kit.figure(
        [bars | {"orientation": "h"}],
        x="share of variance",
        xaxis=kit.PERCENT | {"range": [0, 100]},
    )


def describe_shares(shares: Any) -> str:
    """Return a sentence on what the bars show."""
    return (
        f"{_capital(shares.index[0])} tells the cultivars apart best: {kit.percent(shares.iloc[0])} of its variance "
        f"lies between them. Of {shares.index[-1]} it is {kit.percent(shares.iloc[-1])}."
    )


def spread_figure(table: Any, measurement: str) -> dict[str, Any]:
    """Return a box for each cultivar, with a point for each wine."""
    boxes = [
        {
            "type": "box",
            "name": name,
            "y": rows[measurement].to_numpy(),
            "boxpoints": "all",
            "jitter": 0.5,
            "pointpos": 0,
            "marker": {"color": kit.SERIES[position], "size": 4, "opacity": 0.6},
        }
        for position, (name, rows) in enumerate(table.groupby(GROUP))
    ]
    return kit.figure(boxes, x=GROUP, y=measurement)


def describe_spread(summary: Any, measurement: str) -> str:
    """Return a sentence on what the boxes show."""
    means = [
        f"{kit.number(mean)} in the {name}" for name, mean in summary["mean"].items()
    ]
    return f"The mean of {measurement} is {kit.listed(means)} cultivar."


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    app.layout = layout
    kit.keep_in_address(app, measurement="measurement")
    _register(app)
    return app


def layout() -> Any:
    """Return the page."""
    table = load_table()
    shares = statistics.group_differences.explained_shares(table, GROUP)
    choice = dmc.Select(
        id="measurement",
        label="Measurement",
        data=list(shares.index),
        value=FIRST,
        allowDeselect=False,
        searchable=True,
        maw=360,
        mb="md",
    )
    return kit.page(
        TITLE,
        "Wines of three cultivars from one region, and 13 chemical measurements of each. This report was made from "
        "the notebook notebooks/wine.ipynb, which has the same numbers and figures.",
        kit.address(),
        kit.section(
            "All measurements",
            kit.chart(
                shares_figure(shares), describe_shares(shares), "shares", height=420
            ),
        ),
        kit.section(
            "One measurement",
            choice,
            html.Div("The wines are being drawn.", id="one"),
            kit.download_button("save"),
        ),
    )


def _register(app: Dash) -> None:
    @app.callback(Output("one", "children"), Input("measurement", "value"))
    def draw(measurement):
        table = load_table()
        try:
            summary = _summary(table, measurement)
        except ValueError as error:
            return kit.message(f"{error} Choose one from the list.")
        return dmc.Stack(
            [
                kit.chart(
                    spread_figure(table, measurement),
                    describe_spread(summary, measurement),
                    "spread",
                ),
                _summary_table(summary),
            ],
            mb="md",
        )

    @app.callback(
        Output("save-file", "data"),
        Input("save", "n_clicks"),
        State("measurement", "value"),
        prevent_initial_call=True,
    )
    def save(_, measurement):
        try:
            summary = _summary(load_table(), measurement)
        except ValueError:
            return None
        return kit.download(summary.reset_index(), "wine", measurement=measurement)


def _summary(table: Any, measurement: Any) -> Any:
    return statistics.group_differences.group_summary(table, measurement, GROUP)


def _summary_table(summary: Any) -> html.Div:
    heads = [html.Th(name, scope="col", className="number") for name in summary]
    rows = [
        [
            html.Th(name, scope="row"),
            *(html.Td(kit.number(value), className="number") for value in row),
        ]
        for name, row in zip(summary.index, summary.to_numpy())
    ]
    label = "The measurement by cultivar"
    return kit.table([html.Th(GROUP, scope="col"), *heads], rows, label, 420)


def _capital(name: str) -> str:
    return name[:1].upper() + name[1:]


if __name__ == "__main__":
    create_app().run()
