"""The table of columns on the Data page: contents, role, and whether each is used."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from app import functions, wording
from app.ui import components

from .state import Choice, View

PER_PAGE = 15
_HEAD = (
    "Use",
    "Column",
    "Role",
    "Missing",
    "Distinct",
    "Range or most frequent",
    "Distribution",
)


# What can be changed about how columns were read: by column, the number and the text of each offer.
Offers = Mapping[str, Sequence[tuple[int, str]]]


def column_table(
    profile,
    choice: Choice,
    page: int = 1,
    wanted: str = "",
    offers: Offers | None = None,
) -> Any:
    """Return one page of the table of columns.

    Parameters
    ----------
    profile : TableProfile
    choice : Choice
    page : int
        Counted from 1; a number that is too large shows the last page.
    wanted : str
        Only columns whose name contains this are shown.
    offers : mapping of str to sequence of (int, str), optional
        As `offers_by_column` returns them.
    """
    found = matching(profile, wanted)
    # The target comes first.
    found.sort(key=lambda i: profile.columns[i].name != choice.target)
    if not found:
        return dmc.Text(f"No column name contains '{wanted}'.", c="dimmed")
    page = max(1, min(page, n_pages(len(found))))
    shown = found[(page - 1) * PER_PAGE : page * PER_PAGE]
    offers = offers or {}
    rows = [_row(i, profile.columns[i], choice, profile.rows, offers) for i in shown]
    return components.table(list(_HEAD), rows, "The table's columns", min_width=880)


def matching(profile, wanted: str) -> list[int]:
    """Return the positions of the columns whose name contains a text; upper and lower case are alike."""
    needle = (wanted or "").strip().lower()
    return [i for i, c in enumerate(profile.columns) if needle in c.name.lower()]


def n_pages(n_columns: int) -> int:
    """Return the number of pages for a number of columns."""
    return max(1, math.ceil(n_columns / PER_PAGE))


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


def _row(i: int, column, choice: Choice, rows: int, offers: Offers) -> html.Tr:
    is_target = column.name == choice.target
    role = choice.roles[column.name]
    used = column.name in choice.features
    return html.Tr(
        [
            html.Td(_use(i, column, is_target, used, role)),
            html.Th(_name(column), scope="row"),
            html.Td([_role(i, column, role), _reading(i, column, offers)]),
            html.Td(_missing(column), className="number"),
            html.Td(wording.number(column.distinct), className="number"),
            html.Td(_values(column, rows)),
            html.Td(_histogram(column)),
        ],
        className="unused" if not used and not is_target else "",
    )


def _use(i: int, column, is_target: bool, used: bool, role: str) -> Any:
    if is_target:
        return html.Span("target", className="tag")
    usable = role in functions.tables.profiling.ROLES_FOR_TRAINING
    return dmc.Checkbox(
        id={"kind": "use", "column": i},
        checked=used,
        disabled=not usable,
        **{"aria-label": f"Use {column.name}"},
    )


def _name(column) -> Any:
    return html.Span(
        wording.shortened(column.name, 48), title=column.name, className="column-name"
    )


def _role(i: int, column, role: str) -> Any:
    labels = functions.tables.profiling.ROLE_LABELS
    possible = functions.tables.profiling.possible_roles(column)
    hint = dmc.Text(column.reason, size="xs", c="dimmed", maw=260)
    if len(possible) == 1:
        return html.Div([dmc.Text(labels[role], size="sm"), hint])
    select = dmc.Select(
        id={"kind": "role", "column": i, "inferred": column.role},
        data=[{"value": key, "label": labels[key]} for key in possible],
        value=role,
        allowDeselect=False,
        size="xs",
        w=150,
        label=f"Role of {column.name}",
        classNames={"label": "unseen"},
    )
    return html.Div([select, hint])


def _reading(i: int, column, offers: Offers) -> Any:
    """Return the control that has a column read otherwise, where that is possible."""
    if column.name not in offers:
        return None
    return dmc.Select(
        id={"kind": "reading", "column": i},
        data=[{"value": str(n), "label": label} for n, label in offers[column.name]],
        value=None,
        placeholder="Read otherwise…",
        size="xs",
        w=150,
        mt=4,
        label=f"Read {column.name} otherwise",
        classNames={"label": "unseen"},
        comboboxProps={"width": 300, "position": "bottom-start"},
    )


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


def _histogram(column) -> Any:
    counts = column.histogram
    if not counts or not max(counts):
        return dmc.Text("–", c="dimmed", size="sm")
    # One element with a mask: its colour follows the theme, and 25 rows stay small.
    highest = max(counts)
    width = 100 / len(counts)
    bars = "".join(
        f"<rect x='{k * width:.2f}' y='{30 - 29 * count / highest:.2f}' width='{width * 0.85:.2f}' "
        f"height='{29 * count / highest + 1:.2f}'/>"
        for k, count in enumerate(counts)
    )
    svg = (
        (
            "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 100 31' preserveAspectRatio='none'>"
            f"{bars}</svg>"
        )
        .replace("<", "%3C")
        .replace(">", "%3E")
        .replace("#", "%23")
    )
    mask = f'url("data:image/svg+xml,{svg}")'
    return html.Div(
        className="sparkbars",
        role="img",
        style={"maskImage": mask, "WebkitMaskImage": mask},
        **{"aria-label": _histogram_label(column)},
    )


def _histogram_label(column) -> str:
    if column.role in ("category", "ordered", "boolean") and column.top:
        return f"Bars: the most frequent value is {column.top[0][0]}, {wording.plural(column.top[0][1], 'row')}"
    share = max(column.histogram) / max(1, sum(column.histogram))
    return f"Histogram: the largest of {len(column.histogram)} bins holds {wording.percent(share)} of the rows"
