"""The columns on the Data page: what the browser needs to list them, and codes that may be categories."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dash import html

from app import functions, wording
from app.ui import components

from .state import View

# Of a drawing of the distribution.
_HEIGHT = 29

# What can be changed about how columns were read: by column, the number and the text of each offer.
Offers = Mapping[str, Sequence[tuple[int, str]]]


def column_list(dataset) -> dict[str, Any]:
    """Return what `assets/columns.js` lists: the choices about the columns are in the address and no part of it.

    Parameters
    ----------
    dataset : Dataset

    Returns
    -------
    dict
        Of texts as they are shown, and of numbers to sort by.
    """
    profiling, profile = functions.tables.profiling, dataset.profile
    offers = offers_by_column(dataset)
    return {
        "dataset": dataset.id,
        "suggested": profile.sure_target,
        "labels": {role: profiling.ROLE_LABELS[role] for role in profiling.ROLES},
        "usable": list(profiling.ROLES_FOR_TRAINING),
        "columns": [
            _column(column, profile.rows, offers.get(column.name, ()))
            for column in profile.columns
        ],
    }


def _column(column, rows: int, offers: Sequence[tuple[int, str]]) -> dict[str, Any]:
    return {
        "name": column.name,
        "role": column.role,
        "roles": functions.tables.profiling.possible_roles(column),
        "reason": column.reason,
        "missing": column.missing,
        "missingText": _missing(column),
        "distinct": column.distinct,
        "distinctText": wording.number(column.distinct),
        "values": _values(column, rows),
        "bars": _bars(column),
        "barsLabel": _histogram_label(column),
        "offers": list(offers),
    }


def offers_by_column(dataset) -> Offers:
    """Return what can be changed about how each column of a dataset was read.

    Parameters
    ----------
    dataset : Dataset
    """
    offers: dict[str, list[tuple[int, str]]] = {}
    for number, (column, offer) in enumerate(dataset.offers):
        label = f"{offer.label}. {offer.hint}" if offer.hint else offer.label
        offers.setdefault(column, []).append((number, label))
    return offers


def codes_hint(profile, view: View) -> Any:
    """Return the offer to take whole numbers that look like codes as categories, all at once, or to undo that.

    Parameters
    ----------
    profile : TableProfile
    view : View
    """
    codes = {i: c.name for i, c in enumerate(profile.columns) if c.may_be_codes}
    open_ = [
        i for i in codes if view.columns.get(i) is None and codes[i] != view.target
    ]
    done = [i for i in codes if view.columns.get(i) == "category"]
    if not open_ and not done:
        return None
    chosen = open_ or done
    names = wording.quoted([codes[i] for i in chosen], 5)
    if open_:
        them = wording.plural(len(open_), "column")
        sentence = (
            f"Whole numbers that look like codes are taken as quantities: {names}. "
        )
        label, role = f"Treat {them} as categories", "category"
    else:
        sentence = f"Codes are taken as categories: {names}. "
        label, role = "Treat them as numbers again", None
    href = "/" + view.with_roles({i: role for i in chosen}).search()
    link = components.button_link(label, href, kind="light", id="codes-as-categories")
    return html.Div([sentence, link], className="remark mb")


def _missing(column) -> str:
    if not column.missing:
        return "0"
    return f"{wording.number(column.missing)} ({wording.percent(column.missing_share)})"


def _values(column, rows: int) -> str:
    if column.top:
        shown = [
            f"{wording.shortened(value, 24)} ({wording.percent(count / rows)})"
            for value, count in column.top[:3]
        ]
        return ", ".join(shown)
    if isinstance(column.minimum, str):
        return f"{column.minimum[:10]} to {column.maximum[:10]}"
    if column.minimum is None:
        return "–"
    if column.are_years:
        return f"{column.minimum:.0f} to {column.maximum:.0f}"
    return f"{wording.number(column.minimum)} to {wording.number(column.maximum)}"


def _bars(column) -> list[int]:
    """Return the heights of the bars in pixels; none where there is nothing to draw."""
    highest = max(column.histogram, default=0)
    if not highest:
        return []
    return [round(_HEIGHT * count / highest) + 1 for count in column.histogram]


def _histogram_label(column) -> str:
    if not column.histogram:
        return ""
    if column.role in ("category", "ordered", "boolean") and column.top:
        value, count = column.top[0]
        return (
            f"Bars: the most frequent value is {value}, {wording.plural(count, 'row')}"
        )
    share = max(column.histogram) / max(1, sum(column.histogram))
    return f"Histogram: the largest of {len(column.histogram)} bins holds {wording.percent(share)} of the rows"
