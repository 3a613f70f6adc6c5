"""A funnel from events: how far users get, and how long it takes, by segment and over time."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from app import statistics
from app.reports import kit

TITLE = "Funnel"
DESCRIPTION = "How many users get from step to step, how long they take, by segment and over time."
TAGS = ("product", "conversion")
NEEDS = "One row per event: columns of the user, the step and the time, and if you like of a segment."
CARTESIAN = True

# Those of the sample, which takes time to generate.
COLUMNS = ["user", "step", "time", "device", "channel"]
STEPS = ["visit", "product", "cart", "checkout", "paid"]
NEEDED = "one row per event, with columns of the user, the step and the time; a column of a segment if you like."
EXAMPLE = (
    ("user", "step", "time", "device"),
    ("u001", "visit", "2026-03-01 14:30", "phone"),
    ("u001", "cart", "2026-03-01 14:42", "phone"),
    ("u002", "visit", "2026-03-02 09:05", "desktop"),
)
RULE = (
    "A user enters with an event of the first step. A later step counts with its first event at or after the moment at "
    "which the step before was reached. A user who comes more than once counts once, with the attempt that gets "
    "furthest. The time limit runs from the first step."
)
_SELECTS = (
    kit.Column("user-column", "User", "user", "user", "user"),
    kit.Column("step-column", "Step", "step", "step", "step"),
    kit.Column("time-column", "Time", "time", "time", "time"),
    kit.Column(
        "segment-column",
        "Segment (optional)",
        "segment",
        "device",
        "segment",
        optional=True,
    ),
)
_MAPPING = [column.id for column in _SELECTS]
# The inputs of a funnel, in the order of the arguments of `follow`.
_CHOSEN = [
    ("own-table", "data"),
    *((column, "value") for column in _MAPPING),
    ("steps", "value"),
    ("limit", "value"),
]
_FEW_TICKS = {"nticks": 5, "tickangle": 0}
_DOWNWARDS = {"autorange": "reversed", "type": "category"}
_TIME_TICKS = (1, 10, 60, 600, 3600, 6 * 3600, 86_400, 7 * 86_400, 30 * 86_400)


def follow(own, table, user, step, time, segment, steps, days) -> tuple[Any, Any]:
    """Return the events, and how far each user got; the arguments come unchecked from the browser."""
    frame = own.read(table, user, step, time, segment)
    events = statistics.events.read_events(frame, user, step, time, segment)
    journeys = statistics.funnels.follow_users(events.frame, steps, days or None)
    return events, journeys


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    own = kit.OwnTable(
        app,
        needs=NEEDED,
        sample=lambda: statistics.events.make_shop_events(),
        example=EXAMPLE,
        columns=_SELECTS,
        guess=guess,
        offered=COLUMNS,
    )
    app.layout = kit.page(
        TITLE,
        "See at which step users are lost, whether some segments get further than others, and whether conversion "
        "improves over time.",
        kit.address(),
        kit.section("Data", own.form()),
        kit.section("Funnel", _funnel_controls(), hint=RULE),
        html.Div("The funnel is being counted.", id="result"),
    )
    kit.keep_in_address(app, steps="steps", days="limit", period="period")
    _register_choices(app, own)
    _register_result(app, own)
    _register_downloads(app, own)
    return app


def guess(frame: Any) -> dict[str, str | None]:
    """Return the likely column of each select; none of a segment, which need not be."""
    guessed = statistics.events.guess_columns(frame)
    return {f"{part}-column": name for part, name in guessed.items()}


def _funnel_controls() -> dmc.Stack:
    steps = dmc.MultiSelect(
        id="steps",
        label="Steps, in the order of the funnel",
        data=STEPS,
        value=STEPS,
        placeholder="Choose at least two",
        searchable=True,
        clearable=True,
        clearButtonProps={"aria-label": "Choose no step"},
    )
    limit = dmc.NumberInput(
        id="limit",
        label="Days from first to last step",
        description="0 for no limit",
        value=7,
        min=0,
        debounce=300,
    )
    period = dmc.Select(
        id="period",
        label="Over time, by",
        description="When users entered",
        data=["week", "month"],
        value="week",
        allowDeselect=False,
    )
    return dmc.Stack(
        [steps, dmc.SimpleGrid([limit, period], cols={"base": 1, "xs": 2}, maw=560)]
    )


def _register_choices(app: Dash, own: Any) -> None:
    @app.callback(
        Output("steps", "data"),
        Output("steps", "value", allow_duplicate=True),
        Input("own-table", "data"),
        [Input(column, "value") for column in _MAPPING[:3]],
        State("steps", "value"),
        prevent_initial_call=True,
    )
    def offer_steps(table, user, step, time, chosen):
        try:
            frame = own.peek(table, user, step, time)
            events = statistics.events.read_events(frame, user, step, time)
        except ValueError:
            return [], no_update
        names = sorted(events.frame["step"].unique())
        chosen = chosen if isinstance(chosen, list) else []
        known = [name for name in chosen if name in names]
        if len(known) > 1:
            return names, known
        return names, statistics.events.guess_steps(events.frame)


def _register_result(app: Dash, own: Any) -> None:
    @app.callback(
        Output("result", "children"),
        Input("period", "value"),
        [Input(*each) for each in _CHOSEN],
    )
    def draw(period, *chosen):
        try:
            events, journeys = follow(own, *chosen)
            cohorts = statistics.funnels.by_cohort(journeys, period)
        except ValueError as error:
            return kit.message(str(error), level="note")
        segment = chosen[4]
        parts = [kit.message(note, level="note") for note in events.notes]
        parts.append(_overall(statistics.funnels.summarise(journeys), journeys))
        if segment:
            parts.append(_segments(statistics.funnels.by_segment(journeys), segment))
        parts.append(_over_time(cohorts, period))
        return dmc.Stack(parts, gap="lg")


def _register_downloads(app: Dash, own: Any) -> None:
    @app.callback(
        Output("save-funnel-file", "data"),
        Input("save-funnel", "n_clicks"),
        [State(*each) for each in _CHOSEN],
        prevent_initial_call=True,
    )
    def save_funnel(clicks, *chosen):
        return _saved(clicks, own, chosen, "funnel", statistics.funnels.by_segment)

    @app.callback(
        Output("save-cohorts-file", "data"),
        Input("save-cohorts", "n_clicks"),
        State("period", "value"),
        [State(*each) for each in _CHOSEN],
        prevent_initial_call=True,
    )
    def save_cohorts(clicks, period, *chosen):
        def rows(journeys):
            return statistics.funnels.by_cohort(journeys, period)

        return _saved(clicks, own, chosen, "cohorts", rows, period=period)


def _saved(
    clicks: Any, own: Any, chosen: Any, name: str, rows: Any, **more: Any
) -> Any:
    """Return the file; None if the button has just appeared, or the choice is invalid."""
    *_, segment, steps, days = chosen
    if not clicks:
        return None
    try:
        frame = rows(follow(own, *chosen)[1])
    except ValueError:
        return None
    named = {"segment": segment, "days": days, "steps": steps}
    return kit.download(frame, name, **more, **named)


def _overall(funnel: Any, journeys: Any) -> dmc.Paper:
    first, last = funnel.iloc[0], funnel.iloc[-1]
    numbers = kit.stats(
        kit.stat(f"Reached {_short(first['step'])}", kit.number(first["users"])),
        kit.stat(f"Reached {_short(last['step'])}", kit.number(last["users"])),
        kit.stat(
            "Conversion", kit.percent(last["of_first"]), f"95 %: {_interval(last)}"
        ),
        kit.stat("Median time", kit.span(statistics.funnels.total_time(journeys))),
    )
    height = 100 + 56 * len(funnel)
    users = (_users_figure(funnel), _users_caption(funnel), "users-chart", "Users")
    time = (_time_figure(funnel), _time_caption(funnel), "time-chart", "Time")
    charts = kit.charts(kit.chart(*users, height), kit.chart(*time, height))
    parts = [numbers, charts, _funnel_table(funnel), kit.download_button("save-funnel")]
    return kit.section("From step to step", dmc.Stack(parts))


def _users_figure(funnel: Any) -> dict[str, Any]:
    texts = [
        f"{kit.number(users)} · {kit.percent(share)}"
        for users, share in zip(funnel["users"], funnel["of_first"])
    ]
    names = kit.labels(list(funnel["step"]), 28)
    bars = kit.bars(
        funnel["users"].to_numpy(),
        names,
        hover="%{y}: %{text}",
        orientation="h",
        text=texts,
        textposition="none",
        width=0.45,
    )
    above = [f"{name} · {text}" for name, text in zip(names, texts)]
    return kit.figure(
        [bars],
        "users",
        xaxis=_FEW_TICKS | {"rangemode": "tozero"},
        **_named_above(names, above),
    )


def _named_above(names: list[str], texts: list[str]) -> dict[str, Any]:
    """Return the layout that writes the text of each row above it: whole, however narrow the screen."""
    at_left = {"x": 0, "xref": "paper", "xanchor": "left"}
    above = {"yshift": 24, "showarrow": False}
    notes = [
        {"text": text, "y": name, **at_left, **above}
        for name, text in zip(names, texts)
    ]
    return {
        "annotations": notes,
        "yaxis": _DOWNWARDS | {"showticklabels": False, "showgrid": False},
        "margin": {"l": 12, "r": 12, "t": 24, "b": 44},
    }


def _users_caption(funnel: Any) -> str:
    first, last = funnel.iloc[0], funnel.iloc[-1]
    lost = -funnel["users"].diff()
    worst = int(lost.idxmax())
    return (
        f"Of {kit.plural(int(first['users']), 'user')} who reached {_short(first['step'])}, "
        f"{kit.number(last['users'])} ({kit.percent(last['of_first'])}) reached {_short(last['step'])}. Most are lost "
        f"between {_short(funnel['step'][worst - 1])} and {_short(funnel['step'][worst])}: "
        f"{kit.number(lost[worst])}, so {kit.percent(funnel['of_previous'][worst])} continue."
    )


def _time_figure(funnel: Any) -> dict[str, Any]:
    waits = funnel.iloc[1:].dropna(subset="median")
    # The axis is logarithmic: zero seconds are drawn as one.
    q1, median, q3 = waits[["q1", "median", "q3"]].clip(lower=1).to_numpy().T
    texts = [
        f"median {kit.span(row.median)}, middle half {kit.span(row.q1)} to {kit.span(row.q3)}"
        for row in waits.itertuples()
    ]
    steps = kit.labels(list(waits["step"]), 28)
    marks = kit.intervals(
        *(median, q1, q3),
        names=steps,
        color=kit.SERIES[2],
        hover="%{y}: %{text}",
        text=texts,
    )
    names = [kit.span(tick) for tick in _TIME_TICKS]
    ticks = {"type": "log", "tickvals": list(_TIME_TICKS), "ticktext": names}
    return kit.figure(
        [marks], "since the previous step", xaxis=ticks, **_named_above(steps, steps)
    )


def _time_caption(funnel: Any) -> str:
    waits = funnel.iloc[1:].dropna(subset="median")
    if waits.empty:
        return "Nobody reached the second step, so there are no times."
    said = "; ".join(
        f"{_short(row.step)} {kit.span(row.median)} ({kit.span(row.q1)} to {kit.span(row.q3)})"
        for row in waits.itertuples()
    )
    return f"Median time since the previous step, with the range of the middle half: {said}."


def _funnel_table(funnel: Any) -> html.Div:
    head = ["Step", "Users", "Of the first", "95 % interval"]
    head += ["Of the previous step", "Median time", "Middle half"]
    rows = []
    for row in funnel.to_dict("records"):
        median, q1, q3 = (kit.span(row[name]) for name in ("median", "q1", "q3"))
        is_first = not rows
        texts = [
            kit.number(row["users"]),
            kit.percent(row["of_first"]),
            "–" if is_first else _interval(row),
            "–" if is_first else kit.percent(row["of_previous"]),
            median,
            "–" if median == "–" else f"{q1} to {q3}",
        ]
        rows.append([row["step"], *texts])
    return kit.number_table(head, rows, "The funnel, step by step", 720)


def _segments(funnels: Any, column: str) -> dmc.Paper:
    steps = list(dict.fromkeys(funnels["step"]))
    parts = list(funnels.groupby("segment", sort=False))
    names = kit.labels([name for name, _ in parts], 24)
    shown = kit.labels(steps, 24)
    traces = [
        kit.line(
            *(shown, 100 * part["of_first"].to_numpy(), name, color),
            "%{fullData.name}: %{y} reached %{x}",
            mode="lines+markers",
        )
        for name, color, (_, part) in zip(names, kit.SERIES, parts)
    ]
    figure = kit.figure(
        traces,
        y="share of those who enter",
        xaxis={"type": "category"},
        yaxis=kit.PERCENT | {"rangemode": "tozero"},
        showlegend=True,
    )
    rows = [
        [
            name,
            kit.number(part["users"].iloc[0]),
            *map(kit.percent, part["of_first"].iloc[1:]),
            _interval(part.iloc[-1]),
        ]
        for name, part in parts
    ]
    head = [column, "Users", *steps[1:], "95 % interval"]
    table = kit.number_table(head, rows, "Segments", 560)
    chart = kit.chart(figure, _segment_caption(funnels, steps[-1]), "segment-chart")
    title = f"By {kit.shortened(column)}"
    return kit.section(title, dmc.Stack([chart, table]))


def _segment_caption(funnels: Any, last_step: str) -> str:
    ends = funnels[funnels["step"] == last_step].sort_values("of_first")
    worst, best = ends.iloc[0], ends.iloc[-1]
    if len(ends) == 1:
        return f"All users are in one segment; {kit.percent(best['of_first'])} of them reach the last step."
    said = (
        f"{_short(best['segment'])} converts best with {kit.percent(best['of_first'])} ({_interval(best)}), "
        f"{_short(worst['segment'])} worst with {kit.percent(worst['of_first'])} ({_interval(worst)})"
    )
    if best["low"] <= worst["high"]:
        said += "; as these intervals overlap, the difference may be chance"
    return f"{said}."


def _over_time(cohorts: Any, period: str) -> dmc.Paper:
    x = cohorts["cohort"]
    share, low, high = (
        100 * cohorts[name].to_numpy() for name in ("share", "low", "high")
    )
    texts = [
        f"{kit.number(row.finished)} of {kit.number(row.users)}, {_interval(row._asdict())}"
        + ("" if row.complete else ", still incomplete")
        for row in cohorts.itertuples()
    ]
    symbols = ["circle" if done else "circle-open" for done in cohorts["complete"]]
    traces = [
        *kit.band(x, low, high, "59,130,196"),
        kit.line(
            *(x, share, "conversion", kit.SERIES[0]),
            f"{period} of %{{x|%Y-%m-%d}}: %{{y}}, %{{text}}",
            mode="lines+markers",
            marker={"symbol": symbols, "size": 8},
            text=texts,
        ),
    ]
    percents = kit.PERCENT | {"rangemode": "tozero"}
    figure = kit.figure(traces, f"{period} of the first step", yaxis=percents)
    chart = kit.chart(figure, _cohort_caption(cohorts, period), "cohort-chart")
    save = kit.download_button("save-cohorts")
    return kit.section("Over time", dmc.Stack([chart, save]))


def _cohort_caption(cohorts: Any, period: str) -> str:
    done = cohorts[cohorts["complete"]]
    n_open = len(cohorts) - len(done)
    said = f"Conversion by {period} of entry, with its 95 % interval."
    if len(done):
        first, last = done.iloc[0], done.iloc[-1]
        said += (
            f" In the {period} of {first['cohort']:%Y-%m-%d} it was {kit.percent(first['share'])} ({_interval(first)}),"
            f" in the last complete one, {last['cohort']:%Y-%m-%d}, {kit.percent(last['share'])} ({_interval(last)})."
        )
    if n_open:
        points = kit.plural(n_open, "hollow point")
        said += f" {points}: some users may still finish, so the share may still grow."
    return said


def _interval(row: Any) -> str:
    return f"{kit.percent(row['low'])} to {kit.percent(row['high'])}"


def _short(name: str) -> str:
    return f"'{kit.shortened(name, 30)}'"


if __name__ == "__main__":
    create_app().run()
