"""A linear regression on points whose noise is set by a slider."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html

from app import statistics
from app.reports import kit

TITLE = "Linear regression"
DESCRIPTION = "How noise hides the line from which 1,500 points were generated."
TAGS = ("demo", "regression")
CARTESIAN = True

STD, SEED = 10, 0


def create_data_points(std: float, seed: int = SEED) -> Any:
    """Return x and y of the points; see `statistics.regression_demo`."""
    return statistics.regression_demo.create_data_points(std, seed)


def create_lr_preds(data: Any) -> tuple[float, Any]:
    """Return R² and the line's predictions; see `statistics.regression_demo`."""
    return statistics.regression_demo.create_lr_preds(data)


def create_figure(data: Any, predictions: Any) -> dict[str, Any]:
    """Return the points, and the line through them."""
    x, y = data.astype("float32")
    points = {
        "type": "scatter",
        "mode": "markers",
        "x": x,
        "y": y,
        "name": "points",
        "marker": {"color": kit.SERIES[0], "size": 4, "opacity": 0.5},
        "hovertemplate": "x %{x}, y %{y}<extra></extra>",
    }
    ends = [0, -1]
    hover = "x %{x}, line %{y}"
    fit = kit.line(x[ends], predictions[ends], "line", kit.SERIES[1], hover)
    whole = {"hoverformat": ",.0f"}
    return kit.figure([points, fit], "x", "y", xaxis=whole, yaxis=whole)


def style_figure(figure: dict[str, Any], r_squared: float) -> dict[str, Any]:
    """Return the figure with R² as its title, a legend, and room for both."""
    more = {
        "title": {
            "text": f"R² = {kit.fixed(r_squared)}",
            "x": 0.5,
            "xanchor": "center",
        },
        "showlegend": True,
        "margin": {"l": 56, "r": 12, "t": 72, "b": 44},
    }
    return figure | {"layout": figure["layout"] | more}


def plot_regression(std: float, seed: int = SEED) -> dict[str, Any]:
    """Return the whole figure: the same (std, seed) gives the same figure; ValueError says what is wrong with them."""
    data = create_data_points(std, seed)
    r_squared, predictions = create_lr_preds(data)
    return style_figure(create_figure(data, predictions), r_squared)


def describe(std: float, seed: int = SEED) -> str:
    """Return the sentence below the figure."""
    data = create_data_points(std, seed)
    r_squared, predictions = create_lr_preds(data)
    slope = predictions[1] - predictions[0]
    start = round(float(predictions[0]), 1)
    sign = "−" if start < 0 else "+"
    return (
        f"Noise {kit.number(std)}: the line y = {kit.fixed(slope)} x {sign} {kit.fixed(abs(start), 1)} explains "
        f"{kit.percent(r_squared)} of the variance of y in {kit.plural(data.shape[1], 'point')}, which were "
        "generated from y = 2 x."
    )


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    app.layout = kit.page(
        TITLE,
        "Points are scattered around the line y = 2 x, more widely for larger x: y = x (1 + N(1, noise / 10)). "
        "Move the slider to see how much of the line remains visible.",
        kit.address(),
        kit.section("Noise", _controls()),
        kit.section(
            "The line through the points",
            html.Div(id="problem"),
            kit.chart(
                kit.figure([], "x", "y"),
                "The points are being drawn.",
                "regression_plot",
                height=440,
            ),
            kit.download_button("points"),
        ),
    )
    kit.keep_in_address(app, std="std_slider", seed="seed")
    _register(app)
    return app


def _controls() -> dmc.SimpleGrid:
    slider = dmc.Slider(
        id="std_slider",
        min=0,
        max=40,
        step=0.5,
        value=STD,
        marks=[{"value": v, "label": str(v)} for v in range(0, 41, 10)],
        thumbLabel="Noise: the standard deviation, times ten",
        mb="lg",
    )
    seed = dmc.NumberInput(
        id="seed",
        label="Seed",
        description="The same seed gives the same points.",
        value=SEED,
        min=0,
        max=2**32 - 1,
        allowDecimal=False,
        debounce=300,
        maw=240,
    )
    noise = html.Div([dmc.Text("Standard deviation × 10", size="sm", fw=500), slider])
    return dmc.SimpleGrid([noise, seed], cols={"base": 1, "sm": 2}, spacing="xl")


def _register(app: Dash) -> None:
    @app.callback(
        Output("regression_plot", "figure"),
        Output("regression_plot-says", "children"),
        Output("problem", "children"),
        Input("std_slider", "value"),
        Input("seed", "value"),
    )
    def draw(std, seed):
        try:
            return plot_regression(std, seed), describe(std, seed), None
        except ValueError as error:
            return kit.figure([], "x", "y"), "", kit.message(str(error))

    @app.callback(
        Output("points-file", "data"),
        Output("problem", "children", allow_duplicate=True),
        Input("points", "n_clicks"),
        State("std_slider", "value"),
        State("seed", "value"),
        prevent_initial_call=True,
    )
    def save(_, std, seed):
        try:
            table = statistics.regression_demo.points_table(std, seed)
        except ValueError as error:
            return None, kit.message(str(error))
        return kit.download(table, "regression", std=std, seed=seed), None


if __name__ == "__main__":
    create_app().run()
