"""Requests to a city's 311 service, from a public API, or generated ones while it cannot be reached."""

from __future__ import annotations

from datetime import date
from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from app import statistics
from app.reports import kit

TITLE = "Service requests"
DESCRIPTION = (
    "What people request from a city's 311 service, where, and how long it takes."
)
TAGS = ("public data", "API", "time")
CARTESIAN = True
PATH = "/resource/vw6y-z8j6.json"
_NAMES = {"type": "category"}
_DOWNWARDS = _NAMES | {"autorange": "reversed"}
NOT_YET = "The numbers are being computed."


def questions(today: date) -> dict[str, str]:
    """Return the questions for the source, which counts by itself: it sends six small tables instead of its rows."""
    start = kit.soql_text(statistics.service_requests.first_day(today).isoformat())
    made, done = f"requested_datetime >= {start}", f"closed_date >= {start}"
    month = "date_trunc_ym(requested_datetime) as month"

    def ask(keys: str, select: str, where: str) -> str:
        return kit.question(
            PATH,
            select=f"{select}, count(*) as requests",
            where=where,
            group=keys,
            order=keys,
        )

    return {
        "types": ask("month, name", f"{month}, service_name as name", made),
        "neighbourhoods": ask(
            "month, name", f"{month}, analysis_neighborhood as name", made
        ),
        "sources": ask("month, name", f"{month}, source as name", made),
        "to_close": ask(
            "month, name, days",
            f"{month}, service_name as name, {_class_of_days()} as days",
            f"{made} and closed_date is not null",
        ),
        "opened": ask("day", "date_trunc_ymd(requested_datetime) as day", made),
        "closed": ask("day", "date_trunc_ymd(closed_date) as day", done),
    }


def _class_of_days() -> str:
    days = statistics.closing_times.DAYS
    steps = [
        f"date_diff_d(closed_date, requested_datetime) < {above}, {low}"
        for low, above in zip(days, days[1:])
    ]
    return f"case({', '.join(steps)}, true, {days[-1]})"


def latest(api: kit.Api) -> kit.Latest:
    """Return the requests to show: the newest that were fetched, or generated ones."""

    def read(tables, today):
        return statistics.service_requests.read_tables(tables, today)

    def sample(today):
        return read(statistics.service_request_sample.make_sample(today), today)

    return kit.Latest(api, questions, read, sample)


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    app.layout = layout
    kit.keep_in_address(app, first="first", last="last", neighbourhood="neighbourhood")
    data = latest(kit.Api.from_environ())
    _register_source(app, data)
    _register_charts(app, data)
    _register_downloads(app, data)
    return app


def layout() -> dmc.MantineProvider:
    """Return the page without data; callbacks fill it in."""
    return kit.page(
        TITLE,
        "What people ask a city's 311 service for, where, and how soon the requests are closed.",
        kit.address(),
        dcc.Store(id="version"),
        dcc.Interval(id="again", interval=1000, disabled=True),
        html.Div(NOT_YET, id="source", **{"aria-live": "polite"}),
        kit.section("Period", _period()),
        kit.section(
            "Overview",
            html.Div(NOT_YET, id="overview"),
            kit.download_button("counts"),
        ),
        kit.section(
            "Days to close",
            html.Div(NOT_YET, id="closing"),
            kit.download_button("days"),
            hint="Calendar days from a request to its close, for requests that were made in the period and are closed "
            "by now. A box holds the middle half, its line is the median, its whiskers reach from 10 % to 90 %.",
        ),
        kit.section(
            "One neighbourhood against the average",
            dmc.Select(
                id="neighbourhood",
                label="Neighbourhood",
                placeholder="The one with the most requests",
                clearable=True,
                searchable=True,
                maw=360,
                mb="md",
            ),
            html.Div(NOT_YET, id="place"),
            kit.download_button("neighbourhood-months"),
        ),
        kit.section(
            "Week by week",
            html.Div(NOT_YET, id="weeks"),
            kit.download_button("weekly"),
            hint="Weeks begin on Monday. A week that is only partly in the period is left out.",
        ),
        kit.section("About the data", _about()),
    )


def _period() -> dmc.SimpleGrid:
    first = dmc.Select(
        id="first", label="From", placeholder="The first month", clearable=True
    )
    last = dmc.Select(
        id="last", label="To", placeholder="The last month", clearable=True
    )
    return dmc.SimpleGrid([first, last], cols={"base": 1, "sm": 2}, spacing="md")


def _about() -> dmc.Text:
    return dmc.Text(
        "The source counts the requests of three calendar years: by month and type, by month and neighbourhood, by "
        "month and source, by month, type and days to close, by the day of the request and by the day of its close. "
        "Only these counts are fetched, no single request, address or photograph. They are kept on this server and "
        "are the same for every visitor. API_HOST says where they come from, API_MINUTES after how long they are "
        "fetched again. Days to close are exact up to two weeks; longer times are grouped.",
        size="sm",
        maw=760,
    )


def _register_source(app: Dash, data: kit.Latest) -> None:
    @app.callback(
        Output("source", "children"),
        Output("version", "data"),
        Output("again", "disabled"),
        Output("first", "data"),
        Output("last", "data"),
        Output("neighbourhood", "data"),
        Input("again", "n_intervals"),
        State("version", "data"),
    )
    def follow(_, shown):
        requests, answer = data.now()
        version = f"{answer.fetched or 'sample'} {requests.today}"
        said = kit.freshness(answer, left_out(requests))
        if version == shown:
            return said, no_update, not answer.busy, *[no_update] * 3
        months = [
            {"value": month, "label": f"{date.fromisoformat(month + '-01'):%B %Y}"}
            for month in statistics.service_requests.months(requests)
        ]
        places = statistics.service_requests.neighbourhoods(requests)
        return said, version, not answer.busy, months, months, places


def left_out(requests: Any) -> str:
    """Return a sentence on the rows that could not be read; empty if there are none."""
    if not requests.unreadable:
        return ""
    return f"{kit.plural(requests.unreadable, 'row was', 'rows were')} left out as unreadable."


def _register_charts(app: Dash, data: kit.Latest) -> None:
    @app.callback(
        Output("overview", "children"),
        Output("closing", "children"),
        Output("weeks", "children"),
        Input("version", "data"),
        Input("first", "value"),
        Input("last", "value"),
        prevent_initial_call=True,
    )
    def draw_period(_, first, last):
        try:
            requests = statistics.service_requests.within(data.now()[0], first, last)
        except ValueError as error:
            return (kit.message(str(error)),) * 3
        return overview(requests), closing(requests), weeks(requests)

    @app.callback(
        Output("place", "children"),
        Input("version", "data"),
        Input("first", "value"),
        Input("last", "value"),
        Input("neighbourhood", "value"),
        prevent_initial_call=True,
    )
    def draw_place(_, first, last, neighbourhood):
        try:
            requests = statistics.service_requests.within(data.now()[0], first, last)
            return place(requests, neighbourhood)
        except ValueError as error:
            return kit.message(str(error))


def overview(requests: Any) -> html.Div:
    """Return the totals and the requests by year, type, neighbourhood and source."""
    totals = statistics.service_requests.totals(requests)
    if not totals.requests:
        return kit.message("There are no requests in this period: choose another one.")
    share = totals.closed / totals.requests
    still_open = kit.number(totals.requests - totals.closed)
    stats = kit.stats(
        kit.stat("Requests", kit.number(totals.requests)),
        kit.stat("A day", kit.fixed(totals.per_day, 1)),
        kit.stat("Closed by now", kit.percent(share), f"{still_open} are open"),
        kit.stat("Median days to close", kit.number(totals.median_days)),
    )
    charts = kit.charts(
        _years(requests),
        _ranked(requests.types, "types", "By type", "type"),
        _ranked(
            requests.neighbourhoods,
            "neighbourhoods",
            "By neighbourhood",
            "neighbourhood",
        ),
        _ranked(requests.sources, "sources", "By source", "source"),
    )
    return html.Div([stats, html.Div(charts, style={"marginTop": 24})])


def _years(requests: Any) -> html.Figure:
    years = statistics.service_requests.by_year(requests)
    parts = ", ".join(
        f"{kit.number(count)} in {year}"
        for year, count in zip(years["year"], years["requests"])
    )
    running = f" {requests.today.year} is counted up to {_date(requests.today)}."
    is_running = years["year"].iloc[-1] == str(requests.today.year)
    figure = kit.figure(
        [kit.bars(years["year"], years["requests"], hover="%{x}: %{y} requests")],
        y="requests",
        xaxis=_NAMES,
    )
    caption = f"Requests made: {parts}.{running if is_running else ''}"
    return kit.chart(figure, caption, "years", "By year")


def _ranked(frame: Any, graph_id: str, title: str, what: str) -> html.Figure:
    ranked = statistics.service_requests.ranking(frame, 10)
    if ranked.empty:
        return kit.message(f"No request in this period has a {what}.", level="note")
    bars = kit.bars(
        ranked["requests"],
        kit.labels(list(ranked["name"]), 28),
        hover="%{y}: %{x} requests",
        orientation="h",
    )
    few = {"nticks": 4, "tickangle": 0}
    figure = kit.figure([bars], x="requests", xaxis=few, yaxis=_DOWNWARDS)
    top = ranked.iloc[0]
    caption = (
        f"The most frequent {what} is {top['name']}, with {kit.plural(top['requests'], 'request')} "
        f"({kit.percent(top['share'])})."
    )
    return kit.chart(figure, caption, graph_id, title)


def closing(requests: Any) -> html.Div:
    """Return how long it took to close requests, for all types together and for each."""
    spread = statistics.closing_times.spread(requests.to_close)
    if not spread["requests"].sum():
        return kit.message("No request of this period is closed yet.", level="note")
    within_a_week = spread["share"].iloc[:4].sum()
    bars = kit.bars(
        spread["days"], spread["share"] * 100, hover="%{x}: %{y} of those closed"
    )
    spread_chart = kit.chart(
        kit.figure([bars], y="of those closed", xaxis=_NAMES, yaxis=kit.PERCENT),
        f"Of {kit.plural(int(spread['requests'].sum()), 'closed request')}, "
        f"{kit.percent(spread['share'].iloc[0])} were closed on the same day and "
        f"{kit.percent(within_a_week)} within a week.",
        "spread",
        "All types",
    )
    return kit.charts(spread_chart, _boxes(requests))


def _boxes(requests: Any) -> html.Figure:
    types = statistics.closing_times.by_name(requests.to_close)
    box = {
        "type": "box",
        "orientation": "h",
        "y": kit.labels(list(types["name"]), 28),
        "lowerfence": types["p10"],
        "q1": types["p25"],
        "median": types["median"],
        "q3": types["p75"],
        "upperfence": types["p90"],
        "marker": {"color": kit.SERIES[0]},
        "line": {"width": 1.5},
    }
    slow = types.loc[types["median"].idxmax()]
    fast = types.loc[types["median"].idxmin()]
    caption = (
        f"Median days to close: {kit.number(fast['median'])} for {fast['name']}, "
        f"{kit.number(slow['median'])} for {slow['name']}; the {len(types)} types with the most closed requests."
    )
    figure = kit.figure([box], x="days to close", yaxis=_DOWNWARDS)
    return kit.chart(figure, caption, "boxes", "By type")


def place(requests: Any, neighbourhood: Any) -> html.Figure:
    """Return a neighbourhood's requests by month and the average of all; ValueError if there is no such one."""
    names = statistics.service_requests.neighbourhoods(requests)
    if not names:
        return kit.message("No request in this period has a neighbourhood.")
    name = neighbourhood or names[0]
    months = statistics.service_requests.against_average(requests, name)
    own, average = months["requests"].sum(), months["average"].sum()
    lines = [
        kit.line(
            months["month"],
            months["requests"],
            name,
            kit.SERIES[0],
            "%{x}: %{y} requests",
            mode="lines+markers",
        ),
        kit.line(
            months["month"],
            months["average"],
            "average of all",
            kit.SERIES[1],
            "%{x}: %{y} on average",
        ),
    ]
    axes = {"xaxis": {"type": "date"}, "yaxis": {"hoverformat": ",.1~f"}}
    figure = kit.figure(lines, y="requests a month", showlegend=True, **axes)
    caption = (
        f"{name} made {kit.plural(own, 'request')} from {months['month'].iloc[0]} to {months['month'].iloc[-1]}, "
        f"{kit.fixed(own / average if average else None, 2)} times the average of "
        f"{kit.plural(len(names), 'neighbourhood')} ({kit.number(average)}); "
        f"by the number of requests it ranks {names.index(name) + 1}."
    )
    return kit.chart(figure, caption, "place-months")


def _date(day: Any) -> str:
    return f"{day.day} {day:%B %Y}"


def weeks(requests: Any) -> html.Div:
    """Return the new and closed requests of each week, and their difference."""
    weekly = statistics.service_requests.weekly(requests)
    if weekly.empty:
        return kit.message(
            "There is no whole week in this period: choose a longer one.", level="note"
        )
    lines = [
        kit.line(
            weekly["week"],
            weekly[name],
            name,
            color,
            f"week of %{{x}}: %{{y}} {name}",
        )
        for name, color in (("new", kit.SERIES[0]), ("closed", kit.SERIES[2]))
    ]
    net = kit.bars(weekly["week"], weekly["net"], kit.SERIES[1], "week of %{x}: %{y}")
    last, sums = weekly.iloc[-1], weekly[["new", "closed", "net"]].sum()
    both = kit.chart(
        kit.figure(lines, y="requests a week", showlegend=True),
        f"In the week of {_date(last['week'])}, {kit.plural(last['new'], 'request')} came in and "
        f"{kit.number(last['closed'])} were closed; in all "
        f"{kit.plural(len(weekly), 'week')}, {kit.number(sums['new'])} and {kit.number(sums['closed'])}.",
        "weekly-both",
        "New and closed",
    )
    grew = "grew" if sums["net"] >= 0 else "shrank"
    more = kit.chart(
        kit.figure([net], y="new minus closed", yaxis={"hoverformat": "+,"}),
        f"The number of open requests {grew} by {kit.number(abs(sums['net']))}; it grew in "
        f"{kit.number((weekly['net'] > 0).sum())} of {kit.plural(len(weekly), 'week')}.",
        "weekly-net",
        "Net",
    )
    return kit.charts(both, more)


def _register_downloads(app: Dash, data: kit.Latest) -> None:
    def offer(button: str, table) -> None:
        @app.callback(
            Output(f"{button}-file", "data"),
            Input(button, "n_clicks"),
            State("first", "value"),
            State("last", "value"),
            State("neighbourhood", "value"),
            prevent_initial_call=True,
        )
        def save(_, first, last, neighbourhood):
            try:
                requests, answer = data.now()
                requests = statistics.service_requests.within(requests, first, last)
                frame, more = table(requests, neighbourhood)
            except ValueError:  # the page shows the sentence instead of the chart
                return None
            kind = {} if answer.tables else {"data": "sample"}
            period = {"from": requests.first, "to": requests.last}
            return kit.download(frame, button, **period, **more, **kind)

    def chosen(requests, neighbourhood):
        name = neighbourhood or statistics.service_requests.neighbourhoods(requests)[0]
        return statistics.service_requests.against_average(requests, name), {"of": name}

    offer(
        "counts", lambda requests, _: (statistics.service_requests.counts(requests), {})
    )
    offer(
        "days",
        lambda requests, _: (statistics.closing_times.by_name(requests.to_close), {}),
    )
    offer("neighbourhood-months", chosen)
    offer(
        "weekly", lambda requests, _: (statistics.service_requests.weekly(requests), {})
    )


if __name__ == "__main__":
    create_app().run()
