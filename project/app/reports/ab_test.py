"""An experiment with two or more variants: planning, result, and a check of its data."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, html, no_update

from app import statistics
from app.reports import _ab_test_views as views
from app.reports import kit

TITLE = "A/B test"
DESCRIPTION = "Is B better than A? By how much, how certain is that, and how many visitors does it take?"
TAGS = ("product", "experiment")
NEEDS = (
    "Four numbers, or one row per visitor: a column of the variant and one of the outcome (yes or no, or a "
    "number)."
)
CARTESIAN = True

LETTERS = "ABCD"
COUNTS = {"visitors-a": 4000, "conversions-a": 380, "visitors-b": 4050, "conversions-b": 450}  # fmt: skip
MORE_COUNTS = ("visitors-c", "conversions-c", "visitors-d", "conversions-d")
PLAN = {"baseline": 9.5, "improvement": 1, "power": 80, "traffic": 1000}
# Those of the sample, which takes time to generate.
COLUMNS = ["visitor", "variant", "converted", "spent"]
VARIANTS = ["A", "B"]
NEEDED = (
    "one row per visitor, with a column of the variant that was seen and a column of the outcome: yes or no, 1 or 0, "
    "or a number such as the amount spent."
)
EXAMPLE = (
    ("visitor", "variant", "converted"),
    ("v001", "control", "yes"),
    ("v002", "new", "no"),
    ("v003", "control", "no"),
)
# The inputs of a result, in the order of the arguments of `compare`.
_CHOSEN = [
    ("source", "value"),
    ("confidence", "value"),
    *((name, "value") for name in (*COUNTS, *MORE_COUNTS)),
    ("own-table", "data"),
    ("variant", "value"),
    ("outcome", "value"),
    ("variant-a", "value"),
    ("variant-b", "value"),
]
_LABELS = {
    "visitors": "Visitors of {}",
    "conversions": "Conversions of {}",
    "baseline": "Conversion today in %",
    "improvement": "Difference worth finding, in points",
    "power": "Chance to find it, in % (power)",
    "traffic": "Visitors per day, all variants",
}
_GRID = {"base": 1, "xs": 2, "md": 4}


def compare(own, source, confidence, *chosen) -> tuple[tuple, tuple[str, ...]]:
    """Return the comparisons and notes on the data; the arguments come unchecked from the browser."""
    confidence = read_confidence(confidence)
    *counts, table, variant, outcome, control, others = chosen
    if source != "rows":
        return _compare_counts(counts, confidence), ()
    frame = own.read(table, variant, outcome)
    read = statistics.outcomes.read_outcomes(frame, variant, outcome, control, others)
    names = tuple(kit.shortened_apart(_spoken(read.names, variant), 24))
    return (
        statistics.outcomes.compare_outcomes(read.named(names), confidence),
        read.notes,
    )


def _spoken(names: tuple[str, ...], variant: str) -> list[str]:
    """Return how variants are called in a sentence: a bare 0 or True says little."""
    bare = any(name.isdecimal() or name in ("True", "False") for name in names)
    return [f"{variant} {name}" if bare else name.strip() or "''" for name in names]


def _compare_counts(counts: list[Any], confidence: float) -> tuple:
    counts = [_entered(count) for count in counts]
    pairs = list(zip(LETTERS, counts[::2], counts[1::2]))
    # A and B are always there, the others where something was entered.
    used = [p for p in pairs if p[0] in "AB" or p[1:] != (None, None)]

    def one(position: int, n_comparisons: int) -> Any:
        (a, *of_a), (b, *of_b) = used[0], used[position]
        compared = statistics.experiments.compare_counts
        return compared(*of_a, *of_b, confidence, (a, b), n_comparisons)

    return statistics.several.against_control(one, len(used))


def _entered(count: Any) -> Any:
    """Return a count; an empty field of a further variant gets it from the address as a text."""
    if isinstance(count, str):
        return int(count) if count.isdecimal() and len(count) < 20 else count or None
    return count


def read_confidence(percent: Any) -> float:
    """Return the confidence as a share; ValueError if it is not offered."""
    if percent not in ("90", "95", "99"):
        raise ValueError("Choose 90, 95 or 99 % as the confidence.")
    return int(percent) / 100


def create_app(**dash_options) -> Dash:
    """Return the report."""
    app = kit.create(__name__, **dash_options)
    own = _own_table(app)
    app.layout = kit.page(
        TITLE,
        "Plan an experiment before it starts, and evaluate it when it has ended.",
        kit.address(),
        kit.section("Data", _data_controls(own)),
        html.Div("The variants are being compared.", id="result"),
        kit.section(
            "Before the start",
            _plan_controls(),
            html.Div("The visitors are being computed.", id="plan"),
            hint="How many visitors it takes to detect the smallest difference worth finding, with the planned split.",
        ),
        kit.section(
            "Looking early",
            _number("looks", 10, "Looks at the result", maw=220, mb="md"),
            html.Div("The false alarms are being computed.", id="peeking"),
            hint="If you look every day and stop at the first clear result, chance will often fool you.",
        ),
    )
    names = ["source", "confidence", "share", *COUNTS, *MORE_COUNTS, *PLAN]
    names += ["variant-a", "variant-b", "looks"]
    kit.keep_in_address(app, **{name.replace("-", "_"): name for name in names})
    _register_forms(app, own)
    _register_result(app, own)
    _register_plan(app)
    return app


def _own_table(app: Dash) -> Any:
    return kit.OwnTable(
        app,
        needs=NEEDED,
        sample=lambda: statistics.outcomes.make_outcomes(),
        example=EXAMPLE,
        columns=[
            kit.Column("variant", "Column of the variant", "variant", "variant"),
            kit.Column("outcome", "Column of the outcome", "outcome", "converted"),
        ],
        guess=lambda frame: statistics.outcomes.guess_columns(frame),
        offered=COLUMNS,
    )


def _number(name: str, value: float | None, label: str = "", **options: Any) -> Any:
    if not label:
        what, _, letter = name.partition("-")
        label = _LABELS[what].format(letter.upper())
    return dmc.NumberInput(id=name, label=label, value=value, debounce=300, **options)


def _data_controls(own: Any) -> dmc.Stack:
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
    confidence = dmc.Select(
        id="confidence",
        label="How sure to be in % (confidence)",
        data=["90", "95", "99"],
        value="95",
        allowDeselect=False,
    )
    share = dmc.TextInput(
        id="share",
        label="Planned split, the control first",
        placeholder="equal, or such as 80:20",
        value="",
        debounce=300,
    )
    return dmc.Stack(
        [
            source,
            html.Div(_counts_form(), id="counts-form"),
            html.Div(_rows_form(own), id="rows-form", hidden=True),
            dmc.SimpleGrid([confidence, share], cols=_GRID),
        ]
    )


def _counts_form() -> dmc.Stack:
    counts = [
        _number(name, value, thousandSeparator=",") for name, value in COUNTS.items()
    ]
    more = [_number(name, None, thousandSeparator=",") for name in MORE_COUNTS]
    return dmc.Stack(
        [
            dmc.SimpleGrid(counts, cols=_GRID),
            html.Details(
                [html.Summary("More variants"), dmc.SimpleGrid(more, cols=_GRID)],
                id="more",
            ),
        ]
    )


def _rows_form(own: Any) -> dmc.Stack:
    control = dmc.Select(
        id="variant-a", label="The control (A)", data=VARIANTS, value=VARIANTS[0]
    )
    others = dmc.MultiSelect(
        id="variant-b",
        label="Compared with it (B, …)",
        data=VARIANTS[1:],
        value=VARIANTS[1:],
    )
    return dmc.Stack(
        [own.form(), dmc.SimpleGrid([control, others], cols={"base": 1, "xs": 2})]
    )


def _plan_controls() -> dmc.SimpleGrid:
    inputs = [_number(name, value) for name, value in PLAN.items()]
    return dmc.SimpleGrid(inputs, cols=_GRID, mb="md")


def _register_forms(app: Dash, own: Any) -> None:
    app.clientside_callback(
        "(source) => [source === 'rows', source !== 'rows']",
        Output("counts-form", "hidden"),
        Output("rows-form", "hidden"),
        Input("source", "value"),
    )
    app.clientside_callback(
        "(...counts) => counts.some((count) => typeof count === 'number' || count) || window.dash_clientside.no_update",
        Output("more", "open"),
        [Input(name, "value") for name in MORE_COUNTS],
    )
    # A link to a table means its rows.
    app.clientside_callback(
        "(table) => table ? 'rows' : window.dash_clientside.no_update",
        Output("source", "value", allow_duplicate=True),
        Input("own-table", "data"),
        prevent_initial_call=True,
    )

    @app.callback(
        Output("variant-a", "data"),
        Output("variant-b", "data"),
        Output("variant-a", "value", allow_duplicate=True),
        Output("variant-b", "value", allow_duplicate=True),
        Input("own-table", "data"),
        Input("variant", "value"),
        Input("variant-a", "value"),
        State("variant-b", "value"),
        prevent_initial_call=True,
    )
    def offer_variants(table, variant, control, others):
        try:
            frame = own.peek(table, variant)
            names = statistics.outcomes.variant_names(frame, variant)
        except ValueError:
            return [], [], no_update, no_update
        control = control if control in names else names[0]
        rest = [name for name in names if name != control]
        others = others if isinstance(others, list) else []
        # The variant that has become the control leaves its place to the one that was it.
        kept = [name for name in rest if name in others and control not in others]
        return names, rest, control, kept or rest


def _register_result(app: Dash, own: Any) -> None:
    @app.callback(
        Output("result", "children"),
        Input("share", "value"),
        [Input(*each) for each in _CHOSEN],
    )
    def draw(share, *chosen):
        try:
            compared, notes = compare(own, *chosen)
        except ValueError as error:
            return kit.section("Result", kit.message(str(error), level="note"))
        split, as_planned = _split(compared, share)
        verdicts = _verdicts(compared, as_planned)
        parts = [
            *([*verdicts, split] if as_planned else [split, *verdicts]),
            *(kit.message(note, level="note") for note in notes),
            _words(compared[0]),
            _numbers(compared),
            kit.charts(views.interval_chart(compared), views.posterior_chart(compared)),
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
            compared, _ = compare(own, *chosen)
        except ValueError:
            return None
        rows = statistics.several.table_of(compared)
        outcome = chosen[_CHOSEN.index(("outcome", "value"))]
        named = {"outcome": outcome} if chosen[0] == "rows" else {}
        return kit.download(rows, "ab-test", confidence=chosen[1], **named)


def _verdicts(compared: Any, as_planned: bool) -> list[html.Div]:
    says = statistics.verdicts
    level = "good" if as_planned and any(one.winner for one in compared) else "note"
    if len(compared) == 1:
        verdict = kit.message(says.verdict(compared[0]), level=level)
        return [verdict, kit.message(says.belief(compared[0]), level="note")]
    return [kit.message(says.summary(compared), level=level)]


def _words(compared: Any) -> html.P:
    """Return the words of the sentences above that have an explanation."""
    terms = ["interval", "p-value", "confidence"]
    if compared.kind == "mean":
        terms.append("Welch's t-test")
    parts: list[Any] = ["What the words mean: "]
    for term in terms:
        parts += [kit.term(term), ", "]
    return html.P([*parts[:-1], "."], className="words")


def _numbers(compared: Any) -> Any:
    return views.numbers(compared[0]) if len(compared) == 1 else views.table(compared)


def _register_plan(app: Dash) -> None:
    @app.callback(
        Output("plan", "children"),
        Input("confidence", "value"),
        Input("share", "value"),
        [Input(name, "value") for name in PLAN],
    )
    def plan(confidence, split, baseline, improvement, power, traffic):
        planning, several = statistics.planning, statistics.several
        try:
            alpha = 1 - read_confidence(confidence)
            shares = several.read_split(split, several.n_parts(split))
            baseline, improvement, power = map(_share, (baseline, improvement, power))
            asked = (baseline, improvement, alpha, power, shares)
            sizes = planning.planned_sizes(*asked)
            days = planning.days_needed(sum(sizes.visitors), traffic)
            curve = planning.size_curve(*asked)
        except ValueError as error:
            return kit.message(str(error), level="note")
        said = statistics.verdicts.plan(sizes, days, power, alpha)
        return dmc.Stack([kit.message(said, level="note"), views.size_chart(curve)])

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
            [kit.message(said, level=level), views.peeking_chart(alarms, alpha)]
        )


def _share(percent: Any) -> Any:
    """Return a percentage as a share; return anything else unchanged, to be refused later."""
    is_number = isinstance(percent, (int, float)) and not isinstance(percent, bool)
    return percent / 100 if is_number else percent


def _split(compared: Any, share: Any) -> tuple[html.Div, bool]:
    """Return the message on the split of the visitors, and whether it is as planned."""
    variants = views.variants_of(compared)
    visitors = [variant.n for variant in variants.values()]
    try:
        shares = statistics.several.read_split(share, len(variants))
    except ValueError as error:
        return kit.message(str(error), level="note"), False
    as_planned, said = statistics.verdicts.split(list(variants), visitors, shares)
    if as_planned:
        return kit.message(said, level="good"), True
    return kit.message(said, "The split is not as planned", "problem"), False


if __name__ == "__main__":
    create_app().run()
