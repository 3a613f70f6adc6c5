"""Numbers and charts of the report on experiments."""

from __future__ import annotations

from typing import Any

from dash import html

from app import statistics
from app.reports import kit

_TINTS = ("59,130,196", "217,115,13", "31,157,120", "182,92,154")


def variants_of(compared: Any) -> dict[str, Any]:
    """Return the variants by name, the control first."""
    first = compared[0]
    others = {one.names[1]: one.b for one in compared}
    return {first.names[0]: first.a} | others


def numbers(compared: Any) -> Any:
    says = statistics.verdicts
    a, b = compared.names
    mean = "mean" if compared.kind == "mean" else "converts"
    return kit.stats(
        kit.stat(f"{a} {mean}", says.value_of(compared, compared.a.value)),
        kit.stat(f"{b} {mean}", says.value_of(compared, compared.b.value)),
        kit.stat(f"{b} minus {a}", says.points(compared, compared.difference)),
        kit.stat(f"Relative to {a}", _lift(compared), _lift_interval(compared)),
        kit.stat(f"{b} is better", says.chance(compared.probability), "probability"),
    )


def _lift(compared: Any) -> str:
    lift = compared.lift
    return "–" if lift is None else statistics.verdicts.signed_percent(lift)


def _lift_interval(compared: Any) -> str:
    if compared.lift_low is None:
        return ""
    signed = statistics.verdicts.signed_percent
    return f"{signed(compared.lift_low)} to {signed(compared.lift_high)}"


def table(compared: Any) -> html.Div:
    says, first = statistics.verdicts, compared[0]
    control = first.names[0]
    head = ["Variant", "Visitors", "Converts" if first.kind == "share" else "Mean"]
    head += [f"Minus {control}", "Interval", "Relative", "Interval of that"]
    head += ["p-value", "Is better"]
    rows = [
        [control, kit.number(first.a.n), says.value_of(first, first.a.value)]
        + ["–"] * 6
    ]
    for one in compared:
        low, high = says.points(one, one.low), says.points(one, one.high)
        rows.append(
            [
                one.names[1],
                kit.number(one.b.n),
                says.value_of(one, one.b.value),
                says.points(one, one.difference),
                f"{low} to {high}",
                _lift(one),
                _lift_interval(one) or "–",
                says.p_value(one).removeprefix("p = ").removeprefix("p "),
                says.chance(one.probability),
            ]
        )
    return kit.number_table(head, rows, "The variants and the control", 860)


def interval_chart(compared: Any) -> html.Figure:
    says, first = statistics.verdicts, compared[0]
    scale = _scale(first)
    variants = variants_of(compared)
    ends = {
        name: f"{says.value_of(first, one.low)} to {says.value_of(first, one.high)}"
        for name, one in variants.items()
    }
    names = dict(zip(variants, kit.labels(list(variants), 24)))
    traces = [
        kit.intervals(
            [scale * one.value],
            [scale * one.low],
            [scale * one.high],
            [names[name]],
            color,
            f"{names[name]}: {says.value_of(first, one.value)}, {ends[name]}",
        )
        for (name, one), color in zip(variants.items(), _colors(len(variants)))
    ]
    said = "; ".join(f"{name} {text}" for name, text in ends.items())
    caption = f"The {kit.percent(first.confidence)} interval of each variant: {said}."
    if len(compared) == 1:
        caption += (
            f" Whether they differ is shown by the interval of the difference, {says.points(first, first.low)} to "
            f"{says.points(first, first.high)}, not by whether these two overlap."
        )
    figure = kit.figure(
        traces[::-1],
        _axis_title(first),
        xaxis=_axis(first),
        yaxis={"type": "category", "range": [-0.6, len(traces) - 0.4]},
    )
    height = 180 + 40 * len(traces)
    title = "Where each true value likely is (intervals)"
    return kit.chart(figure, caption, "interval-chart", title, height)


def posterior_chart(compared: Any) -> html.Figure:
    first = compared[0]
    control, *others = kit.labels(list(variants_of(compared)), 24)
    curves = [(control, first.posterior["x"], first.posterior["a"])]
    curves += [
        (name, one.posterior["x"], one.posterior["b"])
        for name, one in zip(others, compared)
    ]
    traces = [
        kit.line(
            *(_scale(first) * x.to_numpy(), density.to_numpy(), name, color),
            hoverinfo="skip",
            fill="tozeroy",
            fillcolor=f"rgba({tint},0.25)" if tint else "rgba(0,0,0,0)",
        )
        for (name, x, density), color, tint in zip(
            curves, _colors(len(curves)), [*_TINTS, *[""] * len(curves)]
        )
    ]
    prior = (
        "if all shares were equally likely before it, Beta(1, 1)"
        if first.kind == "share"
        else "with an uninformative prior"
    )
    caption = f"How likely each true value is after this experiment, {prior}."
    if len(compared) == 1:
        a, b = first.names
        caption += (
            f" A value drawn from {b} is higher than one drawn from {a} with a chance of "
            f"{statistics.verdicts.chance(first.probability)}."
        )
    figure = kit.figure(
        traces,
        _axis_title(first),
        xaxis=_axis(first),
        yaxis={"showticklabels": False},
        showlegend=True,
    )
    height = 180 + 40 * len(traces)
    title = "How likely each value is (posterior)"
    return kit.chart(figure, caption, "posterior-chart", title, height)


def _colors(n: int) -> list[str]:
    return [kit.SERIES[position % len(kit.SERIES)] for position in range(n)]


def _axis(compared: Any) -> dict[str, Any]:
    return kit.PERCENT if compared.kind == "share" else {}


def _scale(compared: Any) -> int:
    return 100 if compared.kind == "share" else 1


def _axis_title(compared: Any) -> str:
    return "share that converts" if compared.kind == "share" else "mean outcome"


def size_chart(curve: Any) -> html.Figure:
    x = 100 * curve["improvement"].to_numpy()
    hover = "%{x} points: %{y} visitors"
    trace = kit.line(x, curve["needed"].to_numpy(), "needed", kit.SERIES[0], hover)
    figure = kit.figure(
        [trace],
        "difference worth finding, in points",
        "visitors in all",
        xaxis=kit.precise(x[-1], 3),
        yaxis={"rangemode": "tozero"},
    )
    first, last = curve.iloc[0], curve.iloc[-1]
    caption = (
        f"The smaller the difference, the more visitors it takes in all: {kit.number(first['needed'])} for "
        f"{kit.number(x[0])} points, {kit.number(last['needed'])} for {kit.number(x[-1])} points."
    )
    return kit.chart(figure, caption, "size-chart", height=260)


def peeking_chart(alarms: Any, alpha: float) -> html.Figure:
    looks = list(range(1, len(alarms) + 1))
    hover = "%{x} looks: %{y} false alarms"
    mode = {"mode": "lines+markers"}
    traces = [
        kit.line(looks, 100 * alarms, "false alarms", kit.SERIES[1], hover, **mode),
        kit.reference([1, len(alarms)], [100 * alpha, 100 * alpha], "planned"),
    ]
    percents = kit.PERCENT | {"rangemode": "tozero"}
    whole = {"dtick": max(1, round(len(alarms) / 10))}
    figure = kit.figure(traces, "looks", "false alarms", xaxis=whole, yaxis=percents)
    caption = (
        f"Chance of a false alarm by the number of looks: {kit.percent(alarms[0])} with one, "
        f"{kit.percent(alarms[-1])} with {len(alarms)}. The dashed line is the planned level."
    )
    return kit.chart(figure, caption, "peeking-chart", height=260)
