"""Results for two classes: all of them depend on the threshold and the costs, in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from app import wording
from app.ui import components

from .figures import classification as figures
from .results_calibration import calibration_section, curve_before

if TYPE_CHECKING:
    from app.functions.evaluation.classification import BinaryResult, ThresholdCounts

# The numbers that the browser updates when the threshold moves.
NUMBERS = (
    ("accuracy", "Accuracy", "rows predicted correctly"),
    ("balanced", "Balanced accuracy", "mean of both recalls"),
    ("precision", "Precision", "alarms that are right"),
    ("recall", "Recall", "of the class, found"),
    ("specificity", "Specificity", "of the other class, left alone"),
    ("f1", "F1", "precision and recall in one"),
    ("cost", "Cost of errors", "on the rows held out"),
)
_GRAPHS = ("confusion", "roc", "precision-recall", "scores", "cost")


def binary_results(
    result: BinaryResult,
    classes: Sequence[str],
    query: Mapping[str, str],
    calibration: str = "none",
) -> list[Any]:
    """Return controls, numbers and charts for one model.

    Parameters
    ----------
    result : BinaryResult
    classes : sequence of str
        Negative, positive.
    query : mapping of str to str
        'threshold', 'alarm' and 'miss' set the controls.
    calibration : {"none", "sigmoid", "isotonic"}
    """
    negative, positive = wording.shortened_apart(classes, 30)
    data = {
        **_counts(result),
        # Runs of earlier versions have no such counts.
        "validated": _counts(result.validated) if result.validated else None,
        "classes": [negative, positive],
        "auc": result.roc.area if result.roc else None,
        "ap": result.precision_recall.area if result.precision_recall else None,
    }
    return [
        dcc.Store(id="threshold-data", data=data),
        components.section(
            "Threshold",
            _controls(query, positive),
            hint=f"A row counts as {positive} when its predicted probability reaches the threshold. "
            "Everything below changes with it.",
            id="threshold-section",
        ),
        components.section(
            "On the rows held out", _charts(result, [negative, positive])
        ),
        *calibration_section(result.recalibration, calibration),
        components.section(
            "Report per class", html.Div(_report(negative, positive), id="class-report")
        ),
    ]


def _counts(counts: BinaryResult | ThresholdCounts) -> dict[str, Any]:
    return {
        "tp": counts.true_positives,
        "fp": counts.false_positives,
        "positives": counts.true_positives[0],
        "negatives": counts.false_positives[0],
    }


def _controls(query: Mapping[str, str], positive: str) -> dmc.Stack:
    slider = html.Div(
        [
            dmc.Group(
                [
                    dmc.Text("Threshold", size="sm", fw=500),
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
    costs = dmc.Group(
        [
            _cost("cost-alarm", "Cost of a false alarm", query.get("alarm")),
            _cost("cost-miss", f"Cost of a missed {positive}", query.get("miss")),
            dmc.Button(
                "Cheapest threshold", id="threshold-cheapest", variant="default"
            ),
        ],
        align="flex-end",
    )
    numbers = dmc.SimpleGrid(
        [
            html.Div(
                [
                    dmc.Text(label, size="sm", c="dimmed"),
                    dmc.Text(
                        "–", id=f"at-{key}", size="xl", fw=650, className="number"
                    ),
                    dmc.Text(hint, size="xs", c="dimmed"),
                ]
            )
            for key, label, hint in NUMBERS
        ],
        cols={"base": 2, "sm": 4, "lg": 7},
    )
    return dmc.Stack([slider, costs, numbers], gap="lg")


def _cost(component_id: str, label: str, value: str | None) -> dmc.NumberInput:
    return dmc.NumberInput(
        id=component_id,
        label=label,
        value=_between(value, 1, 0, 1e9),
        min=0,
        max=1e9,
        thousandSeparator=",",
        w=190,
    )


def _between(value: str | None, default: float, low: float, high: float) -> float:
    try:
        number = float(value or default)
    except ValueError:
        return default
    return number if low <= number <= high else default


def _charts(result: BinaryResult, classes: Sequence[str]) -> Any:
    negative, positive = classes
    rows = result.n_positive + result.n_negative
    names = (negative, positive)
    parts = [
        components.chart(
            figures.confusion_figure([[0, 0], [0, 0]], classes),
            "",
            "confusion",
            "Confusion matrix",
        ),
        components.chart(
            figures.scores_figure(result.scores, names),
            "",
            "scores",
            "Predicted probabilities",
        ),
    ]
    share, before = result.n_positive / rows, curve_before(result.recalibration)
    parts += [
        components.chart(
            figures.roc_figure({positive: result.roc}),
            "",
            "roc",
            "ROC curve",
        ),
        components.chart(
            figures.precision_recall_figure(
                {positive: result.precision_recall},
                {positive: share},
            ),
            "",
            "precision-recall",
            "Precision and recall",
        ),
    ]
    parts += [
        components.chart(
            figures.calibration_figure(result.calibration, before),
            figures.calibration_caption(result, positive, before),
            "calibration",
            "Calibration",
        ),
        components.chart(figures.cost_figure(), "", "cost", "Cost by threshold"),
    ]
    return components.charts(*parts)


def _report(negative: str, positive: str) -> html.Div:
    head = [html.Th("Class", scope="col")] + [
        html.Th(name, className="number", scope="col")
        for name in ("Precision", "Recall", "F1", "Rows")
    ]
    rows = []
    for key, name in (("negative", negative), ("positive", positive)):
        cells = [
            html.Td(id=f"report-{key}-{number}", className="number")
            for number in ("precision", "recall", "f1", "rows")
        ]
        rows.append(html.Tr([html.Th(name, scope="row"), *cells]))
    return components.table(head, rows, "Report per class", min_width=420)


def register_binary(app: Dash) -> None:
    """Register the updates by threshold and costs, which need no server."""
    app.clientside_callback(
        ClientsideFunction("evaluate", "follow"),
        *[Output(graph, "figure") for graph in _GRAPHS],
        Input("threshold", "value"),
        Input("cost-alarm", "value"),
        Input("cost-miss", "value"),
        Input("threshold-data", "data"),
        *[State(graph, "figure") for graph in _GRAPHS],
    )
    app.clientside_callback(
        ClientsideFunction("evaluate", "cheapest"),
        Output("threshold", "value"),
        Input("threshold-cheapest", "n_clicks"),
        State("cost-alarm", "value"),
        State("cost-miss", "value"),
        State("threshold-data", "data"),
        prevent_initial_call=True,
    )
