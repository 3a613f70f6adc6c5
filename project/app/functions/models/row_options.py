"""The options of a training on its rows and target: which rows are used, what they weigh, and the positive class."""

from __future__ import annotations

from .options import Choice, Column, OneOf, TargetClass, Whole
from .row_filters import RowFilters

_SECTION = "Rows and target"
_DUPLICATES = (
    Choice("keep", "Keep", "Each row counts, also those that are equal to another."),
    Choice(
        "leave_out",
        "Leave out",
        "Of rows with the same target and the same values in every column used, the first is used.",
    ),
)
_RARE_CLASSES = (
    Choice(
        "leave_out",
        "Leave out",
        "Rows of a class that is too rare to be learned and tested are not used.",
    ),
    Choice(
        "join", "Join", "Classes that are too rare become one, which is called Other."
    ),
    Choice("keep", "Keep", "A class that is too rare is a reason not to train."),
)
_UNWEIGHTED = Choice("none", "None", "Each row counts the same in the fit.")
_BALANCED = Choice(
    "balanced",
    "Balanced",
    "Each class counts the same in the fit, so that rare ones are found; their probabilities are then too high. "
    "Scores are not weighted.",
)
_BY_COLUMN = Choice(
    "column",
    "A column",
    "A row counts as much in the fit as a column says. Scores are not weighted.",
)


def _weightings(task: str) -> tuple[Choice, ...]:
    balanced = () if task == "regression" else (_BALANCED,)
    return (_UNWEIGHTED, *balanced, _BY_COLUMN)


FILTERS = RowFilters(
    key="rows",
    label="Filters",
    help="Only rows that pass each filter are used.",
    section=_SECTION,
)
DUPLICATES = OneOf(
    key="duplicates",
    label="Repeated rows",
    section=_SECTION,
    default="keep",
    choices=lambda task: _DUPLICATES,
    side_by_side=True,
)
WEIGHTING = OneOf(
    key="weighting",
    label="Weights",
    section=_SECTION,
    default="none",
    choices=_weightings,
    side_by_side=True,
)
WEIGHT_COLUMN = Column(
    key="weigh",
    label="Column of weights",
    help="Above 0 in every row; it is not learned from.",
    section=_SECTION,
    depends_on={"weighting": ("column",)},
    required=True,
    dtypes={"column": ("integer", "decimal")},
)
RARE_CLASSES = OneOf(
    key="rare",
    label="Rare classes",
    section=_SECTION,
    default="leave_out",
    choices=lambda task: _RARE_CLASSES,
    side_by_side=True,
    tasks=("multiclass",),
)
FEWEST_ROWS = Whole(
    key="fewest",
    label="Fewest rows of a class",
    help="0: as few as the folds and the holdout allow.",
    section=_SECTION,
    default=0,
    minimum=0,
    maximum=1_000_000,
    depends_on={"rare": ("leave_out", "join")},
    tasks=("multiclass",),
)
POSITIVE = TargetClass(
    key="positive",
    label="Positive class",
    plain="The event that is looked for",
    help="What precision, recall and the threshold are about.",
    section=_SECTION,
    tasks=("binary",),
)
