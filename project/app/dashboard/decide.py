"""'Decide': from which probability on to act, by what errors cost or by how many rows one can act on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, html

from app import functions
from app.ui import components

from .figures import classification, decisions

if TYPE_CHECKING:
    from app.functions.evaluation.classification import BinaryResult

# The numbers that the browser updates when the threshold moves.
NUMBERS = (
    ("accuracy", "Accuracy", "rows predicted correctly"),
    ("balanced", "Balanced accuracy", "right in each class, averaged"),
    ("precision", "Precision", "alarms that are right"),
    ("recall", "Recall", "of the class, found"),
    ("specificity", "Specificity", "of the other class, left alone"),
    ("f1", "F1", "precision and recall in one"),
    ("cost", "Cost of errors", "on the rows held out"),
)
_MOST = 1e9


def decide_section(
    query: Mapping[str, str], positive: str, result: BinaryResult
) -> dmc.Paper:
    """Return the controls of the threshold, and what follows from it.

    Parameters
    ----------
    query : mapping of str to str
        'threshold', 'alarm', 'miss', 'capacity' and 'per' set the controls.
    positive : str
        The class that is looked for.
    result : BinaryResult
        On the rows held out.
    """
    rows = result.n_positive + result.n_negative
    ways = dmc.SimpleGrid(
        [_costs(query, positive), _capacity(query, rows)],
        cols={"base": 1, "md": 2},
        spacing="xl",
    )
    says = html.Div(
        [html.P(id="decide-finds"), html.P(id="decide-gains")],
        id="decide-says",
        className="decide",
        role="status",
    )
    return components.section(
        "Decide",
        dmc.Stack(
            [_slider(query), ways, says, _numbers(), _charts(result, positive)],
            gap="lg",
        ),
        hint=f"From which predicted probability on would you act, as on {positive}? Move the threshold, or have it "
        "set by what errors cost or by how many rows you can act on. All below changes with it.",
        id="threshold-section",
    )


def _slider(query: Mapping[str, str]) -> html.Div:
    return html.Div(
        [
            dmc.Group(
                [
                    dmc.Text(components.term("Threshold"), size="sm", fw=500),
                    dmc.Text(id="threshold-says", size="sm", className="number"),
                ],
                justify="space-between",
            ),
            dmc.Slider(
                id="threshold",
                min=0,
                max=1,
                step=0.001,
                precision=3,
                value=_between(query.get("threshold"), 0.5, 0, 1),
                updatemode="drag",
                label=None,
                marks=[{"value": v, "label": str(v)} for v in (0, 0.25, 0.5, 0.75, 1)],
                thumbLabel="Threshold",
                mb="lg",
            ),
        ],
        className="slider",
    )


def _costs(query: Mapping[str, str], positive: str) -> html.Div:
    inputs = [
        _amount(
            "cost-alarm",
            "Cost of a false alarm",
            _between(query.get("alarm"), 1, 0, _MOST),
        ),
        _amount(
            "cost-miss",
            f"Cost of a missed {positive}",
            _between(query.get("miss"), 1, 0, _MOST),
        ),
    ]
    button = dmc.Button(
        "Cheapest threshold", id="threshold-cheapest", variant="default"
    )
    return _way("What errors cost", inputs, button)


def _capacity(query: Mapping[str, str], rows: int) -> html.Div:
    inputs = [
        _amount(
            "capacity",
            "Rows you can act on",
            _between(query.get("capacity"), None, 0, _MOST),
        ),
        _amount(
            "capacity-per",
            "Out of how many",
            _between(query.get("per"), rows, 1, _MOST),
        ),
    ]
    button = dmc.Button("Fitting threshold", id="threshold-fitting", variant="default")
    return _way("What you have time for", inputs, button)


def _way(title: str, inputs: list[Any], button: dmc.Button) -> html.Div:
    return html.Div(
        [
            dmc.Text(title, size="sm", fw=600, mb=4),
            dmc.Group([*inputs, button], align="flex-end"),
        ]
    )


def _amount(component_id: str, label: str, value: float | None) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=component_id,
        label=label,
        value="" if value is None else value,
        min=0,
        max=_MOST,
        thousandSeparator=",",
        w=170,
    )


def _between(
    value: str | None, default: float | None, low: float, high: float
) -> float | None:
    try:
        number = float(value or "")
    except ValueError:
        return default
    return number if low <= number <= high else default


def _numbers() -> dmc.SimpleGrid:
    return dmc.SimpleGrid(
        [html.Div(_number(*number)) for number in NUMBERS],
        cols={"base": 2, "sm": 4, "lg": 7},
    )


def _number(key: str, label: str, hint: str) -> list[Any]:
    return [
        dmc.Text(components.explained(label), size="sm", c="dimmed"),
        dmc.Text("–", id=f"at-{key}", size="xl", fw=650, className="number"),
        dmc.Text(hint, size="xs", c="dimmed"),
    ]


def _charts(result: BinaryResult, positive: str) -> Any:
    curve = functions.evaluation.net_benefit.decision_curve(
        result.true_positives, result.false_positives
    )
    return components.charts(
        components.chart(
            classification.cost_figure(), "", "cost", "Cost by threshold", 260
        ),
        components.chart(
            decisions.decision_figure(curve),
            decisions.decision_caption(curve, positive),
            "decision",
            "Is it worth acting on?",
            260,
        ),
    )


def register_decide(app: Dash) -> None:
    """Register what sets the threshold, which needs no server."""
    app.clientside_callback(
        ClientsideFunction("evaluate", "cheapest"),
        Output("threshold", "value"),
        Input("threshold-cheapest", "n_clicks"),
        State("cost-alarm", "value"),
        State("cost-miss", "value"),
        State("threshold-data", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("decide", "fitting"),
        Output("threshold", "value", allow_duplicate=True),
        Input("threshold-fitting", "n_clicks"),
        State("capacity", "value"),
        State("capacity-per", "value"),
        State("threshold-data", "data"),
        prevent_initial_call=True,
    )
