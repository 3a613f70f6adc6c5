"""Prices of several stocks, their changes, and a forecast with a backtest."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from app import statistics
from app.reports import kit

TITLE = "Stock prices"
DESCRIPTION = "Prices and changes of several stocks, and a forecast tested against the last price."
TAGS = ("time series", "forecast")
NEEDS = "One row per date: a column of dates, and one column of prices per thing."
CARTESIAN = True

# Those of the sample, which takes time to read.
TICKERS = ["GOOG", "AAPL", "AMZN", "FB", "NFLX", "MSFT"]
CHOSEN = ["GOOG", "AAPL", "MSFT"]
HORIZON = 8
NEEDED = "one row per date, with a column of dates and one column of prices per thing."
EXAMPLE = (
    ("date", "gold", "silver"),
    ("2026-01-02", "61.20", "0.74"),
    ("2026-01-09", "61.85", "0.75"),
    ("2026-01-16", "61.40", "0.73"),
)


def open_prices(own: Any, table: Any, dates: Any) -> Any:
    """Return the prices of the reader's table, or those of the sample."""
    frame = own.read(table, *([dates] if table is None else []))
    return statistics.prices.tidy(frame, dates if isinstance(dates, str) else None)


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    own = kit.OwnTable(
        app,
        needs=NEEDED,
        sample=lambda: statistics.prices.stocks_table(),
        example=EXAMPLE,
        columns=[kit.Column("dates", "Column of the dates", "dates", "date")],
        guess=lambda frame: {"dates": statistics.prices.guess_dates(frame)},
        offered=["date"],
    )
    app.layout = kit.page(
        TITLE,
        "Compare how prices moved, and see whether a forecast from past prices beats simply using the last price.",
        kit.address(),
        kit.section("Data", _data_controls(own)),
        kit.section("Prices", html.Div("The prices are being drawn.", id="prices")),
        kit.section(
            "Forecast",
            _forecast_controls(),
            html.Div("The forecast is being made.", id="forecast"),
            hint="A linear model (ridge regression) of the last six changes and the time of the year and week.",
        ),
    )
    kit.keep_in_address(app, tickers="tickers", forecast="ticker", steps="horizon")
    _register_choices(app, own)
    _register_prices(app, own)
    _register_forecast(app, own)
    return app


def _data_controls(own: Any) -> dmc.Stack:
    tickers = dmc.MultiSelect(
        id="tickers",
        label="Tickers",
        data=TICKERS,
        value=CHOSEN,
        placeholder="Choose one or more",
        clearable=True,
        searchable=True,
        clearButtonProps={"aria-label": "Choose none"},
    )
    return dmc.Stack([own.form(), tickers, html.Div(id="notes")])


def _forecast_controls() -> dmc.SimpleGrid:
    ticker = dmc.Select(
        id="ticker", label="Forecast of", data=TICKERS, value=TICKERS[0]
    )
    horizon = dmc.NumberInput(
        id="horizon",
        label="Steps ahead",
        value=HORIZON,
        min=1,
        max=20,
        allowDecimal=False,
        debounce=300,
    )
    return dmc.SimpleGrid([ticker, horizon], cols={"base": 1, "sm": 2}, mb="md")


def _register_choices(app: Dash, own: Any) -> None:
    @app.callback(
        Output("tickers", "data"),
        Output("ticker", "data"),
        Output("tickers", "value", allow_duplicate=True),
        Output("ticker", "value", allow_duplicate=True),
        Output("notes", "children"),
        Input("own-table", "data"),
        Input("dates", "value"),
        State("tickers", "value"),
        State("ticker", "value"),
        prevent_initial_call=True,
    )
    def offer(table, dates, tickers, ticker):
        try:
            frame = own.peek(table, *([dates] if table is None else []))
        except ValueError:
            return [], [], no_update, no_update, None
        try:
            prices = statistics.prices.tidy(frame, dates)
        except ValueError as error:
            said = kit.message(str(error), level="note")
            return [], [], no_update, no_update, said
        names = list(prices.frame)
        wanted = tickers if isinstance(tickers, list) else []
        chosen = [name for name in names if name in wanted] or names[:3]
        said = kit.message(" ".join(prices.notes), level="note")
        return (
            names,
            names,
            chosen,
            ticker if ticker in names else names[0],
            said if prices.notes else None,
        )


def _register_prices(app: Dash, own: Any) -> None:
    @app.callback(
        Output("prices", "children"),
        Input("tickers", "value"),
        Input("own-table", "data"),
        Input("dates", "value"),
    )
    def draw(tickers, table, dates):
        try:
            prices = open_prices(own, table, dates)
            frame = statistics.prices.choose(prices, tickers)
        except ValueError as error:
            return kit.message(str(error), level="note")
        return dmc.Stack(
            [
                kit.charts(price_chart(frame), change_chart(frame, prices)),
                summary_table(frame, prices),
                kit.download_button("save-prices"),
            ]
        )

    @app.callback(
        Output("save-prices-file", "data"),
        Input("save-prices", "n_clicks"),
        State("tickers", "value"),
        State("own-table", "data"),
        State("dates", "value"),
        prevent_initial_call=True,
    )
    def save(clicks, tickers, table, dates):
        if not clicks:
            return None
        try:
            frame = statistics.prices.choose(open_prices(own, table, dates), tickers)
        except ValueError:
            return None
        rows = statistics.prices.long_table(frame)
        return kit.download(rows, "prices", tickers=list(frame))


def _register_forecast(app: Dash, own: Any) -> None:
    @app.callback(
        Output("forecast", "children"),
        Input("ticker", "value"),
        Input("horizon", "value"),
        Input("own-table", "data"),
        Input("dates", "value"),
    )
    def draw(ticker, horizon, table, dates):
        try:
            prices = open_prices(own, table, dates)
            past, made = past_and_forecast(prices, ticker, horizon)
        except ValueError as error:
            return kit.message(str(error), level="note")
        return dmc.Stack(
            [
                verdict(made, prices),
                forecast_chart(past.dropna(), made),
                forecast_table(made),
                kit.download_button("save-forecast"),
            ]
        )

    @app.callback(
        Output("save-forecast-file", "data"),
        Input("save-forecast", "n_clicks"),
        State("ticker", "value"),
        State("horizon", "value"),
        State("own-table", "data"),
        State("dates", "value"),
        prevent_initial_call=True,
    )
    def save(clicks, ticker, horizon, table, dates):
        if not clicks:
            return None
        try:
            prices = open_prices(own, table, dates)
            _, made = past_and_forecast(prices, ticker, horizon)
        except ValueError:
            return None
        rows = statistics.forecasting.as_table(made)
        return kit.download(rows, "forecast", ticker=ticker, steps=horizon)


def past_and_forecast(prices: Any, ticker: Any, horizon: Any) -> tuple[Any, Any]:
    """Return the prices of one ticker and their forecast; ValueError says why there is none."""
    past = statistics.prices.choose(prices, [ticker])[ticker]
    return past, statistics.forecasting.forecast(past, horizon)


def price_chart(frame: Any) -> html.Figure:
    """Return the chart of prices, each indexed to 100 at its start."""
    index = statistics.prices.indexed(frame)
    ends = statistics.prices.summary(frame)["total"].sort_values(ascending=False)
    said = ", ".join(f"{name} {_signed(total)}" for name, total in ends.items())
    figure = kit.figure(
        _lines(index, _HOVER),
        y="price, 100 at the start",
        yaxis={"hoverformat": ",.1f"},
        showlegend=True,
    )
    caption = f"From {_day(frame.index[0])} to {_day(frame.index[-1])}: {said}."
    return kit.chart(figure, caption, "price-chart", "Indexed price")


def change_chart(frame: Any, prices: Any) -> html.Figure:
    """Return the chart of changes from each price to the next."""
    change = statistics.prices.changes(frame)
    spread = statistics.prices.summary(frame)["std"].sort_values()
    name, title = prices.step, f"{prices.step.capitalize()} change"
    caption = (
        f"The {name} change of {spread.index[-1]} varies most, with a standard deviation of "
        f"{kit.percent(spread.iloc[-1])}"
        + (
            f"; that of {spread.index[0]} least, with {kit.percent(spread.iloc[0])}."
            if len(spread) > 1
            else "."
        )
    )
    figure = kit.figure(
        _lines(100 * change, _HOVER),
        y=f"{name} change",
        yaxis=kit.PERCENT | {"hoverformat": "+,.1~f"},
        showlegend=True,
    )
    return kit.chart(figure, caption, "change-chart", title)


def summary_table(frame: Any, prices: Any) -> html.Div:
    """Return a row of numbers for each ticker."""
    name = prices.step
    head = ["Ticker", "First", "Last", "Total", f"Mean {name}", "Std", "Worst", "Best"]
    rows = [
        [
            html.Th(ticker, scope="row"),
            *(_cell(kit.number(row[key])) for key in ("first", "last")),
            *(
                _cell(_signed(row[key]) if key != "std" else kit.percent(row[key]))
                for key in ("total", "mean", "std", "worst", "best")
            ),
        ]
        for ticker, row in statistics.prices.summary(frame).iterrows()
    ]
    return kit.table(_heads(head), rows, "Prices and changes by ticker", 640)


def verdict(made: Any, prices: Any) -> html.Div:
    """Return the message whether the forecast beat the last price in the past, with both errors."""
    test = made.backtest
    n_origins, horizon = test.actual.shape
    errors = (
        f"made {kit.plural(n_origins, 'time')} in the past for the next {kit.plural(horizon, prices.unit)}, it was "
        f"off by {kit.percent(test.error, 2)} on average, the naive one by {kit.percent(test.naive_error, 2)}."
    )
    if test.beats_naive:
        text = (
            f"The forecast beats the naive one, that the price stays the same: {errors} The test periods overlap, so "
            "a small lead may be chance."
        )
        return kit.message(text, level="good")
    text = (
        f"The forecast does not beat the naive one, that the price stays the same: {errors} Use the last price "
        "instead."
    )
    return kit.message(text, level="warning")


def forecast_chart(past: Any, made: Any) -> html.Figure:
    """Return the latest prices, the forecast with its interval, and the naive forecast."""
    shown = past.iloc[-max(60, 4 * len(made.dates)) :]
    start, last = shown.index[-1], float(shown.iloc[-1])
    dates = [start, *made.dates]
    low, high, price = ([last, *part] for part in (made.low, made.high, made.price))
    color, band = kit.SERIES[1], "rgba(217,115,13,0.18)"
    traces = [
        kit.line(dates, low, "low", color, showlegend=False, hoverinfo="skip")
        | {"line": {"width": 0}},
        kit.line(dates, high, "80 % interval", color, hoverinfo="skip")
        | {"line": {"width": 0}, "fill": "tonexty", "fillcolor": band},
        kit.line(shown.index, shown.to_numpy(), "price", kit.SERIES[0], _HOVER),
        kit.reference([start, made.dates[-1]], [last, last], "naive"),
        kit.line(dates, price, "forecast", color, _HOVER),
    ]
    caption = (
        f"The price of {past.name} on {_day(made.dates[-1])} is forecast as {kit.number(made.price[-1])}, between "
        f"{kit.number(made.low[-1])} and {kit.number(made.high[-1])} in the 80 % interval, which is based on the "
        f"errors of past forecasts; the last price is {kit.number(last)}."
    )
    largest = max(*shown, *high)
    figure = kit.figure(traces, y="price", showlegend=True, yaxis=kit.precise(largest))
    return kit.chart(figure, caption, "forecast-chart", height=380)


def forecast_table(made: Any) -> html.Div:
    """Return a row for each step ahead: the forecast, its interval, and both errors of the past."""
    head = ["Date", "Forecast", "Low", "High", "Past error", "Naive error"]
    rows = [
        [
            html.Th(_day(row["date"]), scope="row", style={"whiteSpace": "nowrap"}),
            *(_cell(kit.number(row[key], 4)) for key in ("forecast", "low", "high")),
            *(_cell(kit.percent(row[key], 2)) for key in ("error", "naive_error")),
        ]
        for row in statistics.forecasting.as_table(made).to_dict("records")
    ]
    return kit.table(_heads(head), rows, "The forecast by date", 520)


_HOVER = "%{y} on %{x|%Y-%m-%d}"


def _lines(frame: Any, hover: str) -> list[dict[str, Any]]:
    return [
        kit.line(
            frame.index,
            frame[name].to_numpy(),
            name,
            kit.SERIES[position % len(kit.SERIES)],
            f"{name} {hover}",
        )
        for position, name in enumerate(frame)
    ]


def _heads(names: list[str]) -> list[html.Th]:
    first, *rest = names
    heads = [html.Th(name, scope="col", className="number") for name in rest]
    return [html.Th(first, scope="col"), *heads]


def _cell(text: str) -> html.Td:
    return html.Td(text, className="number")


def _signed(share: float) -> str:
    return kit.percent(share, signed=True)


def _day(date: Any) -> str:
    return f"{date:%Y-%m-%d}"


if __name__ == "__main__":
    create_app().run()
