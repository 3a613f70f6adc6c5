"""Components that pages and reports share."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import dcc, html

from .glossary import entries, explain

GRAPH_CONFIG = {
    "displayModeBar": "hover",
    "displaylogo": False,
    "showSendToCloud": False,
    "plotlyServerURL": "",
    "responsive": True,
    "modeBarButtonsToRemove": [
        "select2d",
        "lasso2d",
        "autoScale2d",
        "zoomIn2d",
        "zoomOut2d",
    ],
}


def page(title: str, intro: Any, *children: Any) -> html.Div:
    """Return a page: its heading, a sentence about its purpose, and its sections."""
    heading = dmc.Title(title, order=1, size="h2")
    lead = dmc.Text(intro, c="dimmed", mt=4, mb="lg", maw=760)
    return html.Div([heading, lead, dmc.Stack([*children], gap="lg")])


def section(title: str, *children: Any, hint: str = "", **props: Any) -> dmc.Paper:
    """Return a framed section of a page with its own heading."""
    head = [dmc.Title(title, order=2, size="h4")]
    if hint:
        head.append(dmc.Text(hint, c="dimmed", size="sm", maw=760))
    return dmc.Paper(
        [dmc.Stack(head, gap=2, mb="sm"), *children],
        withBorder=True,
        p={"base": "sm", "sm": "lg"},
        **props,
    )


def stat(label: str, value: str, hint: str = "") -> html.Div:
    """Return one number with its label."""
    parts = [
        dmc.Text(explained(label), size="sm", c="dimmed"),
        dmc.Text(value, size="xl", fw=650, className="number"),
    ]
    if hint:
        parts.append(dmc.Text(hint, size="xs", c="dimmed"))
    return html.Div(parts)


def stats(*parts: html.Div) -> dmc.SimpleGrid:
    """Return several `stat` side by side, two per row on a phone."""
    return dmc.SimpleGrid([*parts], cols={"base": 2, "sm": len(parts)}, spacing="md")


def chart(
    figure: dict[str, Any],
    caption: str,
    graph_id: str,
    title: str = "",
    height: int = 320,
) -> html.Figure:
    """Return a graph with one sentence below it that says what it shows, also to a screen reader.

    The id of the sentence is the graph's id with '-says' appended.
    """
    graph = dcc.Graph(
        id=graph_id, figure=figure, config=GRAPH_CONFIG, style={"height": height}
    )
    says = f"{graph_id}-says"
    return html.Figure(
        [
            *([dmc.Title(explained(title), order=3, size="h5")] if title else []),
            html.Div(graph, role="group", **{"aria-labelledby": says}),
            html.Figcaption(caption, id=says, className="caption"),
        ],
        className="chart",
    )


def charts(*parts: html.Figure) -> dmc.SimpleGrid:
    """Return charts two per row, on a phone one below the other."""
    return dmc.SimpleGrid(
        [*parts], cols={"base": 1, "md": 2}, spacing="xl", verticalSpacing="xl"
    )


def message(text: Any, title: str = "", level: str = "problem") -> html.Div:
    """Return a message that stands out.

    Parameters
    ----------
    text : component or str
    title : str
    level : {"problem", "warning", "note", "good"}
    """
    parts = [html.Strong(title)] if title else []
    return html.Div(
        [*parts, html.Div(text)],
        className=f"message message-{level}",
        role="alert" if level == "problem" else "note",
    )


def empty(title: str, text: Any, link: str, href: str) -> dmc.Paper:
    """Return the placeholder for a page without content yet, with a link to the next step."""
    return dmc.Paper(
        dmc.Stack(
            [
                dmc.Title(title, order=2, size="h4"),
                dmc.Text(text, c="dimmed", maw=560),
                button_link(link, href),
            ],
            align="flex-start",
        ),
        withBorder=True,
        p="xl",
    )


def button_link(text: str, href: str, **props: Any) -> dcc.Link:
    """Return a link that looks like a button and changes the page without a full reload."""
    kind = props.pop("kind", "filled")
    return dcc.Link(text, href=href, className=f"button button-{kind}", **props)


def table(
    head: list[Any],
    rows: list[Any],
    label: str,
    min_width: int = 500,
    body_id: str | None = None,
) -> html.Div:
    """Return a table that scrolls sideways on a narrow screen.

    Parameters
    ----------
    head : list of component or str
        Headings, or ``html.Th`` components.
    rows : list of list, or of html.Tr
    label : str
        What the table holds, for a screen reader.
    min_width : int
        Width in pixels below which it scrolls.
    body_id : str, optional
    """
    heads = [c if isinstance(c, html.Th) else html.Th(c, scope="col") for c in head]
    lines = [row if isinstance(row, html.Tr) else html.Tr(cells(row)) for row in rows]
    body = html.Tbody(lines, id=body_id) if body_id else html.Tbody(lines)
    return _scrolling(
        html.Table(
            [html.Thead(html.Tr(heads)), body],
            className="table",
            style={"minWidth": min_width},
        ),
        label,
    )


def plain_table(
    head: list[str], rows: list[list[str]], label: str, min_width: int
) -> html.Div:
    """Return a table of texts, one line each; it is a single component, not one per cell.

    Parameters
    ----------
    head : list of str
    rows : list of list of str
    label : str
        What the table holds, for a screen reader.
    min_width : int
        Width in pixels below which it scrolls.
    """
    texts = dmc.Table(
        data={"head": head, "body": rows}, className="table plain", miw=min_width
    )
    return _scrolling(texts, label)


def _scrolling(content: Any, label: str) -> html.Div:
    return html.Div(
        content,
        className="table-scroll",
        tabIndex=0,
        role="region",
        **{"aria-label": label},
    )


def cells(row: list[Any]) -> list[Any]:
    """Return the values as table cells."""
    return [c if isinstance(c, (html.Td, html.Th)) else html.Td(c) for c in row]


def progress(value: float, label: str) -> dmc.ProgressRoot:
    """Return a progress bar, `value` in percent."""
    section_ = dmc.ProgressSection(value=value, **{"aria-label": label})
    return dmc.ProgressRoot(section_, size="lg")


def term(name: str, said: str = "") -> dmc.Tooltip:
    """Return a word of the field with its explanation, for the pointer, the keyboard, a finger and a screen reader.

    Parameters
    ----------
    name : str
        A term of `docs/glossary.md`; upper and lower case are alike.
    said : str, optional
        How the sentence has it, such as 'folds'; by default as `name` is written.

    Raises
    ------
    KeyError
        The glossary does not have it.
    """
    text = explain(name).text
    word = html.Button(
        said or name,
        type="button",
        className="term",
        **{"aria-description": text},
    )
    return dmc.Tooltip(
        word,
        label=text,
        multiline=True,
        w=280,
        events={"hover": True, "focus": True, "touch": True},
        boxWrapperProps={"className": "term-box"},
    )


def explained(label: str) -> Any:
    """Return a label, with its explanation if it is a term of the glossary."""
    return term(label) if label.lower() in entries() else label
