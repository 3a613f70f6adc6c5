"""What somebody sees who has not opened a table yet: what there is to get, and tables to try it with."""

from __future__ import annotations

from urllib.parse import quote

import dash_mantine_components as dmc
from dash import dcc, html

from app import functions, wording
from app.storage.datasets import SAMPLE_PREFIX

# Their colours are clear on light and on dark: a picture cannot follow a theme that is chosen by hand.
_GREY, _BLUE, _ORANGE, _GREEN = "#80868f", "#3b82c4", "#d9730d", "#1f9d78"


def _bar(x: float, y: float, width: float, height: float, colour: str) -> str:
    return f"<rect x='{x}' y='{y}' width='{width}' height='{height}' rx='2' fill='{colour}'/>"


def _columns() -> str:
    head = "".join(_bar(8 + 38 * k, 8, 32, 8, _GREY) for k in range(3))
    heights = ((14, 30, 44, 26, 12), (44, 34, 24, 14, 8), (18, 0, 40, 0, 28))
    bars = "".join(
        _bar(8 + 38 * k + 6.4 * i, 74 - height, 5, height, colour)
        for k, colour in enumerate((_BLUE, _BLUE, _ORANGE))
        for i, height in enumerate(heights[k])
        if height
    )
    return head + bars


def _models() -> str:
    widths = (94, 86, 78, 40)
    colours = (_GREEN, _BLUE, _BLUE, _GREY)
    return "".join(
        _bar(14, 10 + 17 * k, width, 11, colours[k]) for k, width in enumerate(widths)
    )


def _certainty() -> str:
    parts = []
    for k, (low, at, high, colour) in enumerate(
        ((62, 84, 104, _GREEN), (52, 72, 92, _BLUE), (14, 30, 46, _GREY))
    ):
        y = 17 + 22 * k
        parts.append(
            f"<path d='M{low} {y}H{high}' stroke='{colour}' stroke-width='3' stroke-linecap='round'/>"
            f"<circle cx='{at}' cy='{y}' r='6' fill='{colour}'/>"
        )
    return "".join(parts)


_PROMISES = (
    (_columns(), "Your columns", "What each one holds, what stands out, what is wrong"),
    (
        _models(),
        "Models compared",
        "Trained side by side, and with guessing as the mark",
    ),
    (_certainty(), "How good, how sure", "Judged on rows that no model has seen"),
)


def welcome(zone: html.Div) -> html.Section:
    """Return the welcome: three pictures of what one gets, the zone to drop a table on, and the samples.

    Parameters
    ----------
    zone : html.Div
        Where a table is dropped.
    """
    pictures = [
        html.Li(
            [
                _picture(drawing),
                html.Div([html.Strong(title), html.Span(text)]),
            ]
        )
        for drawing, title, text in _PROMISES
    ]
    return html.Section(
        [
            html.Ul(pictures, className="promises"),
            zone,
            dmc.Title("Or open a sample", order=2, size="h5", mt="lg", mb="xs"),
            sample_cards(),
        ],
        className="welcome",
        **{"aria-label": "Open a table"},
    )


def _picture(drawing: str) -> html.Img:
    svg = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 122 82'>{drawing}</svg>"
    )
    return html.Img(
        src=f"data:image/svg+xml,{quote(svg)}", alt="", width=122, height=82
    )


def sample_cards() -> html.Ul:
    """Return the samples as cards: name, rows, and what each one predicts."""
    return html.Ul(
        [
            html.Li(
                dcc.Link(
                    [
                        html.Strong(sample.name),
                        html.Span(sample.description),
                        html.Span(
                            [
                                f"{wording.plural(sample.rows, 'row')} · predicts ",
                                html.B(sample.target),
                            ],
                            className="hint",
                        ),
                    ],
                    href=f"/?dataset={SAMPLE_PREFIX}{sample.key}",
                    className="sample-card",
                )
            )
            for sample in functions.tables.samples.SAMPLES.values()
        ],
        className="sample-cards",
    )
