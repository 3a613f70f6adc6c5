"""The distribution of the target."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from app import wording
from app.ui.figures import bars, figure, histogram, labels, precise

if TYPE_CHECKING:
    from app.functions.tables.tasks import TargetDistribution


def target_figure(distribution: TargetDistribution) -> dict[str, Any]:
    """Return the distribution of the target as bars."""
    counts = list(distribution.counts)
    if distribution.edges:
        trace = histogram(list(distribution.edges), counts)
        largest = max(map(abs, distribution.edges))
        return figure([trace], y="rows", xaxis=precise(largest))
    names = labels([str(label) for label in distribution.labels], 24)
    if distribution.other:
        names.append("all others")
        counts.append(distribution.other)
    trace = bars(names, counts, hover="%{x}: %{y} rows")
    # Otherwise plotly would take labels such as 0 and 1 for numbers.
    return figure([trace], y="rows", xaxis={"type": "category", "showgrid": False})


def target_caption(target: str, distribution: TargetDistribution) -> str:
    """Return the sentence below the figure; shares are of the rows with a value."""
    if not distribution.present:
        return f"'{target}' has no values."
    says = _numbers if distribution.edges else _classes
    sentence = says(target, distribution)
    if distribution.missing:
        rows = wording.plural(distribution.missing, "row has", "rows have")
        sentence += f" {rows} no value."
    return sentence


def _numbers(target: str, distribution: TargetDistribution) -> str:
    counts, edges = distribution.counts, distribution.edges
    low, high = wording.number(edges[0]), wording.number(edges[-1])
    if low == high:
        return f"All values of '{target}' are {low}."
    most = max(range(len(counts)), key=counts.__getitem__)
    share = wording.percent(counts[most] / distribution.present)
    start, end = wording.number(edges[most]), wording.number(edges[most + 1])
    # Digits that are the same would not say where the bar stands.
    where = f"around {start}" if start == end else f"between {start} and {end}"
    return f"'{target}' runs from {low} to {high}; the highest bar, with {share} of the rows, is {where}."


def _classes(target: str, distribution: TargetDistribution) -> str:
    counts = distribution.counts
    most = max(range(len(counts)), key=counts.__getitem__)
    least = min(range(len(counts)), key=counts.__getitem__)
    shares = [wording.percent(n / distribution.present) for n in counts]
    sentence = f"The most frequent value of '{target}' is {distribution.labels[most]} with {shares[most]} of the rows"
    if least != most:
        sentence += f", the least frequent shown is {distribution.labels[least]} with {shares[least]}"
    return f"{sentence}."
