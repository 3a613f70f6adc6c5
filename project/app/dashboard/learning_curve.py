"""The learning curve of a model, computed on request."""

from __future__ import annotations

from typing import Any

from app import functions
from app.storage.runs import Run, TrainingRun
from app.ui import components

from .figures.learning import learning_caption, learning_figure
from .on_demand import OnDemand


def _draw(services, training: TrainingRun, run: Run) -> Any:
    kind = functions.evaluation.learning_curves.LearningCurve
    curve = services.runs.derived_result(run, kind)
    metric = functions.evaluation.scoring.METRICS[training.settings.scoring]
    return components.chart(
        learning_figure(curve, metric),
        learning_caption(curve, metric),
        "learning-figure",
    )


LEARNING_CURVE = OnDemand(
    kind="learning",
    title="Learning curve",
    hint="Would more rows help? The model is trained on increasing numbers of rows.",
    ask="Compute the learning curve",
    draw=_draw,
)
