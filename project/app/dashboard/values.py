"""What the stores of the pages hold: a callback gets this, or nothing, whatever a stranger may send."""

from __future__ import annotations

# Of those that a callback on the server reads. It looks into the mappings itself before it believes them.
VALUE_TYPES: dict[str, type] = {
    "columns-due.data": object,
    "compare-key.data": str,
    "correction.data": object,
    "insights-due.data": object,
    "library-act.data": object,
    "library-asked.data": object,
    "results-key.data": str,
    "route.data": str,
    "score-asked.data": dict,
    "score-shown.data": str,
    "search.data": str,
    "share-item.data": dict,
    "shown-model.data": str,
    "take-away-request.data": dict,
    "train-built.data": dict,
    "train-options.data": dict,
}
