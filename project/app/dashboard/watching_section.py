"""Scorings over time: how many rows, how many refused, and since when which columns differ from the training."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dash import html

from app import functions, wording
from app.jobs.watching import PREDICTIONS, changes_of
from app.storage import watching
from app.ui import components

if TYPE_CHECKING:
    from app.functions.scoring.reference import Reference
    from app.functions.scoring.sequential import ColumnChange
    from app.storage.watching import Scoring

_EMPTY = "Nothing scored yet"
_EMPTY_TEXT = (
    "Each scoring, here or by a program, leaves its time and how often each column had which values, and no rows. "
    "This then shows whether the input stays as it was in training."
)
_HINT = (
    "Each scoring leaves counts and no rows. However often one looks: if nothing ever changes, the chance that "
    "anything is called changed is at most 5 %."
)
_MOST_CELLS, _MOST_COLUMNS = 40, 12
_SHADES = (0.1, 0.25, 0.5)
_LEGEND = (
    "Each mark is a scoring, the latest on the right; the darker, the more it differs from training (population "
    "stability index from 0.1, 0.25 and 0.5); dashed are too few rows to tell."
)


def section(services, run_id: str) -> Any:
    """Return what is remembered of all scorings with the models of a training.

    Parameters
    ----------
    services : Services
    run_id : str
        Of the training.

    Raises
    ------
    NotFound
        There is no such training, or no longer.
    """
    kept = watching.scorings(services.runs, run_id)
    if not kept:
        return components.section(_EMPTY, html.P(_EMPTY_TEXT, className="hint"))
    kind = functions.scoring.reference.Reference
    reference = services.runs.result(run_id, "reference", kind)
    changes = changes_of(reference, kept) if reference else ()
    return components.section(
        "Over time",
        html.Div(_verdict(kept, changes), className="mb"),
        _numbers(kept),
        *_strips(kept, reference, changes),
        html.P(
            f"In /metrics this training is “{watching.mark_of(run_id)}”.",
            className="hint",
        ),
        hint=_HINT,
        className="watching",
    )


def _verdict(kept: Sequence[Scoring], changes: Sequence[ColumnChange]) -> Any:
    changed = [each for each in changes if each.is_noticeable]
    small = [each for each in changes if each.alarm >= 0 and not each.is_noticeable]
    more = [f"Changed for sure, but hardly: {_named(small)}."] if small else []
    if changed:
        since = min(each.since for each in changed)
        only = [each.name for each in changed] == [PREDICTIONS]
        what = "The predictions have" if only else "The input has"
        title = f"{what} changed since {moment(kept[since].time)}"
        said = [f"Not as in training any more: {_named(changed)}.", *more]
        said.append("If the rows are right, train again with newer ones.")
        return components.message(" ".join(said), title, "warning")
    said = [f"After {_scorings(kept)} there is no sure sign of a change.", *more]
    return components.message(" ".join(said), "As in training so far", "good")


def _named(changes: Sequence[ColumnChange]) -> str:
    strongest = sorted(changes, key=lambda each: -each.psi)
    return wording.listed([_name(each.name) for each in strongest], 5)


def _name(column: str) -> str:
    if column == PREDICTIONS:
        return "the predictions"
    return wording.quoted([column])


def _scorings(kept: Sequence[Scoring]) -> str:
    return wording.plural(sum(each.scorings for each in kept), "scoring")


def _numbers(kept: Sequence[Scoring]) -> Any:
    rows = sum(each.rows for each in kept)
    refused = sum(each.refused for each in kept)
    share = f"{wording.percent(refused / rows)} of all rows" if rows else ""
    return components.stats(
        components.stat("Scorings", wording.number(sum(s.scorings for s in kept))),
        components.stat("Rows", wording.number(rows)),
        components.stat(
            "Rows that could not be scored", wording.number(refused), share
        ),
        components.stat("Last scoring", moment(kept[-1].time)),
    )


def moment(seconds: float) -> str:
    """Write when something happened, to the minute.

    Parameters
    ----------
    seconds : float
        Since the epoch.
    """
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


def _strips(
    kept: Sequence[Scoring],
    reference: Reference | None,
    changes: Sequence[ColumnChange],
) -> list[Any]:
    parts = _joined(kept)
    strips = [_rows_strip(parts)]
    ranked = sorted(
        changes, key=lambda each: (not each.is_noticeable, each.alarm < 0, -each.psi)
    )
    training = _training_counts(reference, parts) if reference else {}
    strips += [
        _heat_strip(each, training[each.name], parts)
        for each in ranked[:_MOST_COLUMNS]
        if each.name in training
    ]
    hints = [html.P(_LEGEND, className="hint")]
    hidden = len(ranked) - _MOST_COLUMNS
    if hidden > 0:
        text = f"{wording.plural(hidden, 'further column')} that changed less are not shown."
        hints.append(html.P(text, className="hint"))
    return [html.Div(strips, className="watching-strips"), *hints]


def _joined(kept: Sequence[Scoring]) -> list[Scoring]:
    """Join neighbours until there are as few as can be drawn."""
    parts = list(kept)
    while len(parts) > _MOST_CELLS:
        pairs = zip(parts[::2], [*parts[1::2], None])
        parts = [one.plus(other) if other else one for one, other in pairs]
    return parts


def _training_counts(
    reference: Reference, parts: Sequence[Scoring]
) -> dict[str, tuple[int, ...]]:
    counts = {each.name: each.grouped_training() for each in reference.columns}
    model = next((each.model for each in reversed(parts) if each.predictions), "")
    if model in reference.predictions:
        counts[PREDICTIONS] = reference.predictions[model].grouped_training()
    return counts


def _rows_strip(parts: Sequence[Scoring]) -> html.Div:
    most = max(each.rows for each in parts) or 1
    cells = [
        html.Div(
            [
                html.Div(
                    className="watching-scored",
                    style=_height(each.rows - each.refused, most),
                ),
                html.Div(
                    className="watching-refused", style=_height(each.refused, most)
                ),
            ],
            title=f"{moment(each.time)}: {wording.plural(each.rows, 'row')}, {wording.number(each.refused)} refused",
        )
        for each in parts
    ]
    first, last = moment(parts[0].time), moment(parts[-1].time)
    says = f"Rows of {wording.plural(len(parts), 'mark')} from {first} to {last}; at most {wording.number(most)}"
    return _strip(
        "Rows", f"at most {wording.number(most)}", cells, says, "watching-rows"
    )


def _height(rows: int, most: int) -> dict[str, str]:
    return {"height": f"{round(100 * rows / most, 1)}%"}


def _heat_strip(
    change: ColumnChange, training: Sequence[int], parts: Sequence[Scoring]
) -> html.Div:
    sizes = [_size(change.name, training, each) for each in parts]
    cells = [
        html.Div(
            className=f"watching-heat-{_shade(size)}",
            title=f"{moment(each.time)}: {_said(size)}",
        )
        for each, size in zip(parts, sizes)
    ]
    name = "Predictions" if change.name == PREDICTIONS else change.name
    since = "as in training"
    if change.alarm >= 0:
        many = "changed" if change.is_noticeable else "hardly changed"
        since = f"{many}, index {wording.number(max(0.0, change.psi), 2)}"
    known = [size for size in sizes if size is not None]
    last = _said(known[-1]) if known else _said(None)
    says = f"{wording.shortened(name)}: {since}; the latest mark: {last}"
    return _strip(wording.shortened(name, 40), since, cells, says, "watching-heat")


def _size(name: str, training: Sequence[int], part: Scoring) -> float | None:
    """Return the stability index of one scoring, less what it is by chance; None of few rows, which tell nothing."""
    counts = part.predictions if name == PREDICTIONS else part.columns.get(name, ())
    fewest = functions.scoring.column_drift.MIN_ROWS
    if len(counts) != len(training) or min(sum(counts), sum(training)) < fewest:
        return None
    return functions.scoring.column_drift.index_beyond_chance(training, counts)


def _shade(size: float | None) -> str:
    return "none" if size is None else str(sum(size >= bound for bound in _SHADES))


def _said(size: float | None) -> str:
    return (
        "too few rows to tell"
        if size is None
        else f"index {wording.number(max(0.0, size), 2)}"
    )


def _strip(name: str, note: str, cells: list[Any], says: str, kind: str) -> html.Div:
    return html.Div(
        [
            html.Div(
                [html.Strong(name), html.Span(note, className="hint")],
                className="watching-name",
            ),
            html.Div(
                cells,
                className=f"watching-cells {kind}",
                role="img",
                **{"aria-label": says},
            ),
        ],
        className="watching-strip",
    )
