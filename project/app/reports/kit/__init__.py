"""Components, figures and texts that all reports share; for use in notebooks too.

::

    from app.reports import kit

    app = kit.create(__name__, **dash_options)
    chart = kit.chart(figure, "Sales rose by 3 %.", "sales")
    app.layout = kit.page(TITLE, "What it is for.", kit.section("Sales", chart))
"""

from app.ui.components import chart, charts, message, section, stat, stats, table, term
from app.ui.figures import (
    PERCENT,
    bars,
    figure,
    histogram,
    in_percent,
    labels,
    line,
    precise,
    reference,
)
from app.ui.theme import MUTED, SERIES
from app.wording import (
    fixed,
    listed,
    number,
    percent,
    plural,
    points,
    quoted,
)
from app.wording import seconds as span
from app.wording import shortened, shortened_apart

from .address import address, keep_in_address
from .api import Answer, Api
from .app import create, page
from .bands import band, intervals
from .csv import download, download_button
from .latest import Latest, freshness
from .numbers import number_table
from .own_table import Column, OwnTable
from .soql import question, soql_text

__all__ = [
    "Answer",
    "Api",
    "Column",
    "Latest",
    "MUTED",
    "OwnTable",
    "PERCENT",
    "SERIES",
    "address",
    "band",
    "bars",
    "chart",
    "charts",
    "create",
    "download",
    "download_button",
    "figure",
    "fixed",
    "freshness",
    "histogram",
    "in_percent",
    "intervals",
    "keep_in_address",
    "labels",
    "line",
    "listed",
    "message",
    "number",
    "number_table",
    "page",
    "percent",
    "plural",
    "points",
    "precise",
    "question",
    "quoted",
    "reference",
    "section",
    "shortened",
    "shortened_apart",
    "soql_text",
    "span",
    "stat",
    "stats",
    "table",
    "term",
]
