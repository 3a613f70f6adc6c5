"""Whether it pays to act on a model, as a chart: the decision curve."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from app import wording
from app.ui.figures import figure, line, precise
from app.ui.theme import MUTED, NEGATIVE, POSITIVE

if TYPE_CHECKING:
    from app.functions.evaluation.net_benefit import DecisionCurve


def decision_figure(curve: DecisionCurve) -> dict[str, Any]:
    """Return the net benefit by threshold: of the model, of acting on all rows, and of acting on none."""
    lines = (
        ("the model", curve.model, POSITIVE, {}),
        ("all rows", curve.all_rows, NEGATIVE, {"dash": "dash"}),
        ("no row", np.zeros_like(curve.threshold), MUTED, {"dash": "dot"}),
    )
    x = [round(float(t), 3) for t in curve.threshold]
    traces = []
    for name, benefit, color, dash in lines:
        y = [round(float(v), 5) for v in benefit]
        trace = line(x, y, f"acting on {name}", color, "threshold %{x}: %{y}")
        trace["line"] = trace["line"] | dash
        traces.append(trace)
    room = 0.12 * curve.share
    return figure(
        traces,
        "threshold",
        "net benefit a row",
        showlegend=True,
        xaxis={"range": [0, 1]} | precise(1),
        # Further down the lines only say that it does not pay.
        yaxis={"range": [-room, curve.share + room]} | precise(curve.share),
    )


def decision_caption(curve: DecisionCurve, positive: str) -> str:
    """Return the sentence below the decision curve: where it pays to act on the model."""
    if not curve.useful:
        return (
            "At no threshold does acting on the model gain more, beyond luck, than acting on all rows or on none. "
            "More rows held out would say more."
        )
    low, high = (wording.fixed(threshold, 2) for threshold in curve.useful)
    return (
        f"Between thresholds of {low} and {high}, acting on the rows that the model "
        f"names gains more, beyond luck, than acting on all rows or on none. Net benefit counts each {positive} that "
        "is found as 1, and a false alarm as the threshold says: at 0.2, as a quarter."
    )
