"""The options of a training on how its models predict: calibrated probabilities, and directions of columns."""

from __future__ import annotations

from .options import Choice, Columns, OneOf

_SECTION = "Models"
_CALIBRATIONS = (
    Choice("none", "None", "The probabilities are those of each model."),
    Choice(
        "sigmoid",
        "Sigmoid",
        "A smooth curve corrects them, so that they come true as often as they say. The folds show how.",
    ),
    Choice(
        "isotonic",
        "Isotonic",
        "As sigmoid, by steps of any height instead of a curve. For 1,000 rows or more.",
    ),
)
_CLASSES = ("binary", "multiclass")
# Trees for several classes cannot be told which way a column goes.
_ONE_OUTPUT = ("binary", "regression")

CALIBRATION = OneOf(
    key="calibration",
    label="Calibration of probabilities",
    plain="Make probabilities come true",
    section=_SECTION,
    default="none",
    choices=lambda task: _CALIBRATIONS,
    side_by_side=True,
    tasks=_CLASSES,
)
RISES = Columns(
    key="rises",
    label="Rises with",
    help="As one of these grows, models of trees predict the same or more, never less.",
    section=_SECTION,
    roles=("number",),
    tasks=_ONE_OUTPUT,
)
FALLS = Columns(
    key="falls",
    label="Falls with",
    help="As one of these grows, models of trees predict the same or less, never more.",
    section=_SECTION,
    roles=("number",),
    tasks=_ONE_OUTPUT,
)
