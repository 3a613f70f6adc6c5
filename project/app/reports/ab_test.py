"""An experiment with two variants: planning, result, and a check of its data."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html

from app import statistics
from app.reports import kit

TITLE = "A/B test"
DESCRIPTION = "Is B better than A? By how much, how certain is that, and how many visitors does it take?"
TAGS = ("product", "experiment")
CARTESIAN = True

COUNTS = {"visitors-a": 4000, "conversions-a": 380, "visitors-b": 4050, "conversions-b": 450}  # fmt: skip
PLAN = {"baseline": 9.5, "improvement": 1, "power": 80, "traffic": 1000}
# Those of the sample, which takes time to generate.
COLUMNS = ["visitor", "variant", "converted", "spent"]
VARIANTS = ["A", "B"]
_ROWS = ("variant", "outcome", "variant-a", "variant-b")
# The inputs of a result, in the order of the arguments of `compare`.
_CHOSEN = [
    ("source", "value"),
    ("confidence", "value"),
    *((name, "value") for name in COUNTS),
    ("own-table", "data"),
    *((name, "value") for name in _ROWS),
]
_LABELS = {
    "visitors-a": "Visitors of A",
    "conversions-a": "Conversions of A",
    "visitors-b": "Visitors of B",
    "conversions-b": "Conversions of B",
    "baseline": "Conversion today in %",
    "improvement": "Difference worth finding, in points",
    "power": "Power in %",
    "traffic": "Visitors per day",
}
_GRID = {"base": 1, "xs": 2, "md": 4}
_COLORS = {"A": kit.SERIES[0], "B": kit.SERIES[1]}
_TINTS = {"A": "rgba(59,130,196,0.25)", "B": "rgba(217,115,13,0.25)"}


def open_table(table: Any) -> Any:
    """Return the uploaded table, or the sample."""
    frame = kit.uploaded_table(table)
    return statistics.outcomes.make_outcomes() if frame is None else frame


def compare(source, confidence, n_a, s_a, n_b, s_b, table, *columns) -> tuple[Any, Any]:
    """Return the comparison and notes on the data; the arguments come unchecked from the browser."""
    confidence = read_confidence(confidence)
    if source != "rows":
        counts = (n_a, s_a, n_b, s_b)
        return statistics.experiments.compare_counts(*counts, confidence), ()
    outcomes = statistics.outcomes.read_outcomes(open_table(table), *columns)
    compared = statistics.outcomes.compare_outcomes(outcomes, confidence)
    return compared, outcomes.notes


def read_confidence(percent: Any) -> float:
    """Return the confidence as a share; ValueError if it is not offered."""
    if percent not in ("90", "95", "99"):
        raise ValueError("Choose 90, 95 or 99 % as the confidence.")
    return int(percent) / 100


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    app.layout = kit.page(
        TITLE,
        "Plan an experiment before it starts, and evaluate it when it has ended.",
        kit.address(),
        kit.section("Data", _data_controls()),
        html.Div("The variants are being compared.", id="result"),
        kit.section(
            "Before the start",
            _plan_controls(),
            html.Div("The visitors are being computed.", id="plan"),
            hint="How many visitors it takes to detect the smallest difference worth finding, half for each variant.",
        ),
        kit.section(
            "Looking early",
            _number("looks", 10, "Looks at the result", maw=220, mb="md"),
            html.Div("The false alarms are being computed.", id="peeking"),
            hint="If you look every day and stop at the first significant result, chance will often fool you.",
        ),
    )
    kit.receive_upload(app, "own")
    names = ["source", "confidence", "share", *COUNTS, *_ROWS, *PLAN, "looks"]
    kit.keep_in_address(app, **{name.replace("-", "_"): name for name in names})
    _register_forms(app)
    _register_result(app)
    _register_plan(app)
    return app


def _number(name: str, value: float, label: str = "", **options: Any) -> Any:
    label = label or _LABELS[name]
    return dmc.NumberInput(id=name, label=label, value=value, debounce=300, **options)


def _data_controls() -> dmc.Stack:
    source = dmc.RadioGroup(
        dmc.Group(
            [
                dmc.Radio(label="Counts", value="counts"),
                dmc.Radio(label="Rows of a table", value="rows"),
            ]
        ),
        id="source",
        label="Enter",
        value="counts",
    )
    counts = [
        _number(name, value, thousandSeparator=",") for name, value in COUNTS.items()
    ]
    confidence = dmc.Select(
        id="confidence",
        label="Confidence in %",
        data=["90", "95", "99"],
        value="95",
        allowDeselect=False,
    )
    share = _number("share", 50, "Planned share of B in %")
    return dmc.Stack(
        [
            source,
            html.Div(dmc.SimpleGrid(counts, cols=_GRID), id="counts-form"),
            html.Div(_rows_form(), id="rows-form", hidden=True),
            dmc.SimpleGrid([confidence, share], cols=_GRID),
        ]
    )


def _rows_form() -> dmc.Stack:
    hint = (
        "The sample is an invented shop. Your own table needs one row per visitor, with a column for the variant and "
        "one for the outcome: 0 and 1, or a number."
    )
    labels = ("Column of the variant", "Column of the outcome", "A, the control", "B")
    offered = (COLUMNS, COLUMNS, VARIANTS, VARIANTS)
    values = ("variant", "converted", *VARIANTS)
    selects = [
        dmc.Select(id=name, label=label, data=data, value=value)
        for name, label, data, value in zip(_ROWS, labels, offered, values)
    ]
    return dmc.Stack([kit.upload("own", hint), dmc.SimpleGrid(selects, cols=_GRID)])


def _plan_controls() -> dmc.SimpleGrid:
    inputs = [_number(name, value) for name, value in PLAN.items()]
    return dmc.SimpleGrid(inputs, cols=_GRID, mb="md")


def _register_forms(app: Dash) -> None:
    app.clientside_callback(
        "(source) => [source === 'rows', source !== 'rows']",
        Output("counts-form", "hidden"),
        Output("rows-form", "hidden"),
        Input("source", "value"),
    )

    @app.callback(
        Output("variant", "data"),
        Output("outcome", "data"),
        Output("variant", "value", allow_duplicate=True),
        Output("outcome", "value", allow_duplicate=True),
        Input("own-table", "data"),
        prevent_initial_call=True,
    )
    def offer_columns(table):
        try:
            frame = open_table(table)
        except ValueError:
            return [], [], None, None
        names = list(frame.columns)
        guess = statistics.outcomes.guess_columns(frame)
        return names, names, guess["variant"], guess["outcome"]

    @app.callback(
        Output("variant-a", "data"),
        Output("variant-b", "data"),
        Output("variant-a", "value", allow_duplicate=True),
        Output("variant-b", "value", allow_duplicate=True),
        Input("own-table", "data"),
        Input("variant", "value"),
        State("variant-a", "value"),
        State("variant-b", "value"),
        prevent_initial_call=True,
    )
    def offer_variants(table, variant, a, b):
        try:
            names = statistics.outcomes.variant_names(open_table(table), variant)
        except ValueError:
            return [], [], None, None
        if a in names and b in names:
            return names, names, a, b
        return names, names, names[0], names[1]


def _register_result(app: Dash) -> None:
    @app.callback(
        Output("result", "children"),
        Input("share", "value"),
        [Input(*each) for each in _CHOSEN],
    )
    def draw(share, *chosen):
        try:
            compared, notes = compare(*chosen)
        except ValueError as error:
            return kit.message(str(error), level="note")
        says = statistics.verdicts
        split_message, as_planned = _split(compared, share)
        level = "good" if compared.winner and as_planned else "note"
        parts = [
            split_message,
            kit.message(says.verdict(compared), level=level),
            kit.message(says.belief(compared), level="note"),
            *(kit.message(note, level="note") for note in notes),
            _numbers(compared),
            kit.charts(_interval_chart(compared), _posterior_chart(compared)),
            kit.download_button("save-result"),
        ]
        return kit.section("Result", dmc.Stack(parts))

    @app.callback(
        Output("save-result-file", "data"),
        Input("save-result", "n_clicks"),
        [State(*each) for each in _CHOSEN],
        prevent_initial_call=True,
    )
    def save(clicks, *chosen):
        if not clicks:
            return None
        try:
            compared, _ = compare(*chosen)
        except ValueError:
            return None
        rows = statistics.experiments.as_table(compared)
        outcome = chosen[_CHOSEN.index(("outcome", "value"))]
        named = {"outcome": outcome} if chosen[0] == "rows" else {}
        return kit.download(rows, "ab-test", confidence=chosen[1], **named)


def _register_plan(app: Dash) -> None:
    @app.callback(
        Output("plan", "children"),
        Input("confidence", "value"),
        [Input(name, "value") for name in PLAN],
    )
    def plan(confidence, baseline, improvement, power, traffic):
        planning = statistics.planning
        try:
            alpha = 1 - read_confidence(confidence)
            baseline, improvement, power = map(_share, (baseline, improvement, power))
            needed = planning.sample_size(baseline, improvement, alpha, power)
            days = planning.days_needed(needed, traffic)
            curve = planning.size_curve(baseline, improvement, alpha, power)
        except ValueError as error:
            return kit.message(str(error), level="note")
        said = statistics.verdicts.plan(
            needed, days, baseline, improvement, power, alpha
        )
        return dmc.Stack([kit.message(said, level="note"), _size_chart(curve)])

    @app.callback(
        Output("peeking", "children"),
        Input("confidence", "value"),
        Input("looks", "value"),
    )
    def warn(confidence, looks):
        try:
            alpha = 1 - read_confidence(confidence)
            alarms = statistics.planning.false_alarms(looks, alpha)
            honest = statistics.planning.honest_alpha(looks, alpha)
        except ValueError as error:
            return kit.message(str(error), level="note")
        said = statistics.verdicts.peeking(len(alarms), alarms[-1], alpha, honest)
        level = "good" if len(alarms) == 1 else "warning"
        return dmc.Stack(
            [kit.message(said, level=level), _peeking_chart(alarms, alpha)]
        )


def _share(percent: Any) -> Any:
    """Return a percentage as a share; return anything else unchanged, to be refused later."""
    is_number = isinstance(percent, (int, float)) and not isinstance(percent, bool)
    return percent / 100 if is_number else percent


def _split(compared: Any, share: Any) -> tuple[html.Div, bool]:
    """Return the message on the split of the visitors, and whether it is as planned."""
    try:
        as_planned, said = statistics.verdicts.split(compared, _share(share))
    except ValueError as error:
        return kit.message(str(error), level="note"), False
    if as_planned:
        return kit.message(said, level="good"), True
    return kit.message(said, "The split is not as planned", "problem"), False


def _numbers(compared: Any) -> Any:
    says = statistics.verdicts
    lift = "–" if compared.lift is None else says.signed_percent(compared.lift)
    mean = "mean" if compared.kind == "mean" else "converts"
    return kit.stats(
        kit.stat(f"A {mean}", says.value_of(compared, compared.a.value)),
        kit.stat(f"B {mean}", says.value_of(compared, compared.b.value)),
        kit.stat("B minus A", says.points(compared, compared.difference)),
        kit.stat("Relative to A", lift),
        kit.stat("B is better", says.chance(compared.probability), "probability"),
    )


def _interval_chart(compared: Any) -> html.Figure:
    says, scale = statistics.verdicts, _scale(compared)
    variants = {"A": compared.a, "B": compared.b}
    ends = {
        name: f"{says.value_of(compared, one.low)} to {says.value_of(compared, one.high)}"
        for name, one in variants.items()
    }
    traces = [
        kit.intervals(
            [scale * one.value],
            [scale * one.low],
            [scale * one.high],
            [name],
            _COLORS[name],
            f"{name}: {says.value_of(compared, one.value)}, {ends[name]}",
        )
        for name, one in reversed(variants.items())
    ]
    said = "; ".join(f"{name} {text}" for name, text in ends.items())
    caption = (
        f"The {kit.percent(compared.confidence)} interval of each variant: {said}. Whether they differ is shown "
        f"by the interval of the difference, {says.points(compared, compared.low)} to "
        f"{says.points(compared, compared.high)}, not by whether these two overlap."
    )
    figure = kit.figure(
        traces,
        _axis_title(compared),
        xaxis=_axis(compared),
        yaxis={"type": "category", "range": [-0.6, 1.6]},
    )
    return kit.chart(figure, caption, "interval-chart", "Intervals", 260)


def _posterior_chart(compared: Any) -> html.Figure:
    curve = compared.posterior
    traces = [
        kit.line(
            *(_scale(compared) * curve["x"].to_numpy(), curve[name.lower()].to_numpy()),
            *(name, _COLORS[name]),
            hoverinfo="skip",
            fill="tozeroy",
            fillcolor=_TINTS[name],
        )
        for name in ("A", "B")
    ]
    prior = (
        "if all shares were equally likely before it, Beta(1, 1)"
        if compared.kind == "share"
        else "with an uninformative prior"
    )
    caption = (
        f"How likely each true value is after this experiment, {prior}. A value drawn from B is higher than one drawn "
        f"from A with a chance of {statistics.verdicts.chance(compared.probability)}."
    )
    figure = kit.figure(
        traces,
        _axis_title(compared),
        xaxis=_axis(compared),
        yaxis={"showticklabels": False},
        showlegend=True,
    )
    return kit.chart(figure, caption, "posterior-chart", "Posterior distributions", 260)


def _axis(compared: Any) -> dict[str, Any]:
    return kit.PERCENT if compared.kind == "share" else {}


def _scale(compared: Any) -> int:
    return 100 if compared.kind == "share" else 1


def _axis_title(compared: Any) -> str:
    return "share that converts" if compared.kind == "share" else "mean outcome"


def _size_chart(curve: Any) -> html.Figure:
    x = 100 * curve["improvement"].to_numpy()
    hover = "%{x} points: %{y} visitors for each variant"
    trace = kit.line(x, curve["needed"].to_numpy(), "needed", kit.SERIES[0], hover)
    figure = kit.figure(
        [trace],
        "difference worth finding, in points",
        "visitors for each variant",
        xaxis=kit.precise(x[-1], 3),
        yaxis={"rangemode": "tozero"},
    )
    first, last = curve.iloc[0], curve.iloc[-1]
    caption = (
        f"The smaller the difference, the more visitors it takes: {kit.number(first['needed'])} for "
        f"{kit.number(x[0])} points, {kit.number(last['needed'])} for {kit.number(x[-1])} points."
    )
    return kit.chart(figure, caption, "size-chart", height=260)


def _peeking_chart(alarms: Any, alpha: float) -> html.Figure:
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


if __name__ == "__main__":
    create_app().run()
