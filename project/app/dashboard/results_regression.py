"""Results for a number: how far predictions are off, and where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dash import html

from app import functions, wording
from app.ui import components

from .figures import regression as figures

if TYPE_CHECKING:
    from app.functions.evaluation.regression import RegressionResult


def regression_results(
    result: RegressionResult, baseline: RegressionResult | None = None
) -> list[Any]:
    """Return numbers and charts for one model.

    Parameters
    ----------
    result : RegressionResult
    baseline : RegressionResult, optional
        Of the model that ignores the columns.
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
                *_band(result, baseline),
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


def _band(
    result: RegressionResult, baseline: RegressionResult | None
) -> list[html.Figure]:
    band_of = functions.evaluation.regression.band_of
    band, guess = band_of(result), baseline and band_of(baseline)
    if band is None:
        return []
    return [
        components.chart(
            figures.band_figure(band, guess),
            figures.band_caption(band, guess),
            "band",
            "How far off predictions are",
        )
    ]
