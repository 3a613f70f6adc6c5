"""Results for several classes: each against the rest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from app import wording
from app.ui import components

from .figures import classification as figures
from .results_calibration import calibration_section, curve_before
from .state import whole

if TYPE_CHECKING:
    from app.functions.evaluation.classification import (
        ClassReport,
        MulticlassResult,
        OneAgainstRest,
    )


def multiclass_results(
    result: MulticlassResult,
    classes: Sequence[str],
    query: Mapping[str, str],
    calibration: str = "none",
) -> list[Any]:
    """Return charts and the report for one model.

    Parameters
    ----------
    result : MulticlassResult
    classes : sequence of str
    query : mapping of str to str
        'class' is the position of the class whose calibration and scores are shown.
    calibration : {"none", "sigmoid", "isotonic"}
    """
    curves = {int(k): curve for k, curve in result.curves.items()}
    sections = [
        components.section(
            "On the rows held out",
            components.charts(
                components.chart(
                    figures.confusion_figure(result.confusion, classes),
                    _confusion_caption(result.confusion, classes),
                    "confusion",
                    "Confusion matrix",
                    height=max(320, min(720, 26 * len(classes))),
                ),
                *_curve_charts(curves, classes),
            ),
        )
    ]
    if curves:
        sections.append(one_class(result, curves, classes, query))
    sections += calibration_section(result.recalibration, calibration)
    sections.append(
        components.section("Report per class", _report(result.report, classes))
    )
    return sections


def _curve_charts(
    curves: dict[int, OneAgainstRest], classes: Sequence[str]
) -> list[html.Figure]:
    if not curves:
        return []
    roc = {classes[k]: curve.roc for k, curve in curves.items()}
    precision = {classes[k]: curve.precision_recall for k, curve in curves.items()}
    shares = {
        classes[k]: c.n_positive / (c.n_positive + c.n_negative)
        for k, c in curves.items()
    }
    return [
        components.chart(
            figures.roc_figure(roc),
            _area_caption("ROC AUC against the rest", roc),
            "roc",
            "ROC curves",
        ),
        components.chart(
            figures.precision_recall_figure(precision, shares),
            _area_caption("Average precision", precision),
            "precision-recall",
            "Precision and recall",
        ),
    ]


def _area_caption(label: str, curves: dict[str, Any]) -> str:
    best = max(curves, key=lambda name: curves[name].area)
    worst = min(curves, key=lambda name: curves[name].area)
    shown = (
        f" Shown are the {len(curves)} most frequent classes."
        if len(curves) >= 12
        else ""
    )
    if wording.fixed(curves[best].area) == wording.fixed(curves[worst].area):
        return f"{label} is {wording.fixed(curves[best].area)} for every class.{shown}"
    return (
        f"{label} is highest for {best} ({wording.fixed(curves[best].area)}) and lowest for {worst} "
        f"({wording.fixed(curves[worst].area)}).{shown}"
    )


def _confusion_caption(counts: Sequence[Sequence[int]], classes: Sequence[str]) -> str:
    total = sum(map(sum, counts))
    right = sum(counts[k][k] for k in range(len(classes)))
    errors = [
        (counts[i][j], i, j)
        for i in range(len(classes))
        for j in range(len(classes))
        if i != j
    ]
    most, i, j = max(errors)
    sentence = (
        f"{wording.number(right)} of {wording.plural(total, 'row')} ({wording.percent(right / total)}) are predicted "
        "correctly"
    )
    if most:
        sentence += (
            f"; the most frequent error takes {classes[i]} for {classes[j]} "
            f"({wording.plural(most, 'row')})"
        )
    return sentence + "."


def one_class(
    result: MulticlassResult,
    curves: dict[int, OneAgainstRest],
    classes: Sequence[str],
    query: Mapping[str, str],
) -> dmc.Paper:
    """Return the charts of the class in the query against all others."""
    wanted = whole(query.get("class", ""))
    k = wanted if wanted in curves else min(curves)
    curve, name = curves[k], wording.shortened(classes[k], 30)
    names, before = ("all others", name), curve_before(result.recalibration, k)
    select = dmc.Select(
        id="class",
        label="Class",
        data=[{"value": str(i), "label": classes[i]} for i in curves],
        value=str(k),
        allowDeselect=False,
        w=260,
        mb="md",
    )
    return components.section(
        "One class against the rest",
        select,
        components.charts(
            components.chart(
                figures.scores_figure(curve.scores, names),
                figures.scores_caption(curve.scores, names),
                "scores",
                "Predicted probabilities",
            ),
            components.chart(
                figures.calibration_figure(curve.calibration, before),
                figures.calibration_caption(curve, name, before),
                "calibration",
                "Calibration",
            ),
        ),
    )


def _report(report: ClassReport, classes: Sequence[str]) -> html.Div:
    scores = (report.precision, report.recall, report.f1)
    numeric = {"className": "number", "scope": "col"}
    head = [html.Th("Class", scope="col")] + [
        html.Th(components.explained(name), **numeric)
        for name in ("Precision", "Recall", "F1", "Rows")
    ]
    rows = []
    for k, name in enumerate(classes):
        values = [
            *(wording.fixed(values[k]) for values in scores),
            wording.number(report.rows[k]),
        ]
        cells = [html.Td(value, className="number") for value in values]
        label = html.Th(wording.shortened(name, 48), title=name, scope="row")
        rows.append(html.Tr([label, *cells]))
    return components.table(head, rows, "Report per class", min_width=420)
