"""The distribution of the target."""

from __future__ import annotations

from typing import Any

from app import wording
from app.ui.figures import bars, figure, histogram, labels, precise


def target_figure(distribution: dict[str, Any]) -> dict[str, Any]:
    """Return the distribution of the target as bars.

    Parameters
    ----------
    distribution : dict
        What ``functions.tables.tasks.target_distribution`` returns.
    """
    counts = list(distribution["counts"])
    if distribution["kind"] == "numbers":
        trace = histogram(list(distribution["edges"]), counts)
        largest = max(map(abs, distribution["edges"]), default=0)
        return figure([trace], y="rows", xaxis=precise(largest))
    names = labels([str(label) for label in distribution["labels"]], 24)
    if distribution.get("other"):
        names.append("all others")
        counts.append(distribution["other"])
    trace = bars(names, counts, hover="%{x}: %{y} rows")
    # Otherwise plotly would take labels such as 0 and 1 for numbers.
    return figure([trace], y="rows", xaxis={"type": "category"})


def target_caption(target: str, distribution: dict[str, Any]) -> str:
    """Return the sentence below the figure."""
    counts = list(distribution["counts"])
    total = sum(counts) + int(distribution.get("other") or 0)
    if not total:
        return f"'{target}' has no values."
    if distribution["kind"] == "numbers":
        edges = distribution["edges"]
        most = max(range(len(counts)), key=counts.__getitem__)
        return (
            f"'{target}' runs from {wording.number(edges[0])} to {wording.number(edges[-1])}; most rows "
            f"({wording.percent(counts[most] / total)}) lie between {wording.number(edges[most])} and "
            f"{wording.number(edges[most + 1])}."
        )
    most = max(range(len(counts)), key=counts.__getitem__)
    least = min(range(len(counts)), key=counts.__getitem__)
    sentence = (
        f"The most frequent value of '{target}' is {distribution['labels'][most]} with "
        f"{wording.percent(counts[most] / total)} of the rows"
    )
    if least != most:
        sentence += (
            f", the least frequent shown is {distribution['labels'][least]} with "
            f"{wording.percent(counts[least] / total)}"
        )
    return sentence + "."
