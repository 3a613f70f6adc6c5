"""Results for a number: how far predictions are off, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import functions, wording
from app.ui import components

from .figures import regression as figures

if TYPE_CHECKING:
    from app.functions.evaluation.regression import RegressionResult


def regression_results(result: RegressionResult) -> list[Any]:
    """Return numbers and charts for one model.

    Parameters
    ----------
    result : RegressionResult
    """
    says = figures.regression_captions(result)
    numbers = [
        components.stat(metric.label, wording.number(result.metrics[metric.key]))
        for metric in functions.evaluation.scoring.metrics_for("regression")
    ]
    return [
        components.section(
            "On the rows held out",
            components.stats(*numbers),
            mb=0,
        ),
        components.section(
            "Errors",
            components.charts(
                components.chart(
                    figures.predicted_figure(result),
                    says["predicted"],
                    "predicted",
                    "Predicted against actual",
                ),
                components.chart(
                    figures.residual_figure(result),
                    says["residual"],
                    "residuals",
                    "Residuals against predicted",
                ),
                components.chart(
                    figures.residual_histogram_figure(result),
                    says["histogram"],
                    "residual-histogram",
                    "Distribution of the residuals",
                ),
                components.chart(
                    figures.quantile_figure(result),
                    says["quantile"],
                    "quantiles",
                    "Error by quantile of the target",
                ),
            ),
        ),
    ]
