"""Results for two classes: all of them depend on the threshold and the costs, in the browser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ClientsideFunction, Dash, Input, Output, State, dcc, html

from app import wording
from app.ui import components

from .decide import decide_section, register_decide
from .figures import classification as figures
from .results_calibration import calibration_section, curve_before

if TYPE_CHECKING:
    from app.functions.evaluation.classification import BinaryResult, ThresholdCounts

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
        decide_section(query, positive, result),
        components.section(
            "On the rows held out", _charts(result, [negative, positive])
        ),
        *calibration_section(result.recalibration, calibration),
    ]


def _counts(counts: BinaryResult | ThresholdCounts) -> dict[str, Any]:
    return {
        "tp": counts.true_positives,
        "fp": counts.false_positives,
        "positives": counts.true_positives[0],
        "negatives": counts.false_positives[0],
    }


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
        html.Div(
            [
                dmc.Title("Report per class", order=3, size="h5"),
                html.Div(_report(negative, positive), id="class-report"),
            ]
        ),
    ]
    return components.charts(*parts)


def _report(negative: str, positive: str) -> html.Div:
    head = [html.Th("Class", scope="col")] + [
        html.Th(components.explained(name), className="number", scope="col")
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
        Input("capacity", "value"),
        Input("capacity-per", "value"),
        Input("threshold-data", "data"),
        *[State(graph, "figure") for graph in _GRAPHS],
    )
    register_decide(app)
