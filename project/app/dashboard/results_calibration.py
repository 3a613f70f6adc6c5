"""What calibration has changed: the scores of the probabilities before and after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import dash_mantine_components as dmc
from dash import html

from app import wording
from app.ui import components

if TYPE_CHECKING:
    from app.functions.evaluation.classification import Calibration, Recalibration

_LABELS = {"sigmoid": "Sigmoid", "isotonic": "Isotonic"}


def calibration_section(
    recalibration: Recalibration | None, method: str
) -> list[dmc.Paper]:
    """Return the section with the scores before and after; none where nothing was calibrated.

    Parameters
    ----------
    recalibration : Recalibration or None
    method : {"none", "sigmoid", "isotonic"}
    """
    if recalibration is None:
        return []
    scores = (
        ("Brier score", recalibration.brier_before, recalibration.brier_after),
        ("Log loss", recalibration.log_loss_before, recalibration.log_loss_after),
    )
    head = [
        html.Th("Lower is better", scope="col"),
        *(
            html.Th(name, scope="col", className="number")
            for name in ("Before", "After")
        ),
    ]
    rows = [
        html.Tr(
            [
                html.Th(name, scope="row"),
                *(html.Td(wording.fixed(v), className="number") for v in values),
            ]
        )
        for name, *values in scores
    ]
    return [
        components.section(
            "Before and after calibration",
            components.table(head, rows, "Scores before and after calibration"),
            dmc.Text(_verdict(recalibration), size="sm", mt="sm"),
            hint=f"{_LABELS[method]} calibration learned on the folds how often the model's probabilities come true. "
            "These are its scores on the rows held out, which it has not seen.",
        )
    ]


def _verdict(scores: Recalibration) -> str:
    better = (
        scores.brier_after < scores.brier_before,
        scores.log_loss_after < scores.log_loss_before,
    )
    if all(better):
        return "Both scores are better: the calibrated probabilities can be taken more literally."
    if not any(better):
        return "Neither score is better: these probabilities did not need it. Train without calibration."
    return "One score is better, the other is not: calibration makes little difference here."


def curve_before(
    recalibration: Recalibration | None, code: int = 1
) -> Calibration | None:
    """Return the calibration curve of a class before it was calibrated, if it was."""
    return recalibration.curves_before.get(str(code)) if recalibration else None
