"""What reports share, so that they look like one house: in a report, and in a notebook as well.

::

    from app.reports import kit

    app = kit.create(__name__, **dash_options)
    chart = kit.chart(figure, "Sales rose by 3 %.", "sales")
    app.layout = kit.page(TITLE, "What it is for.", kit.section("Sales", chart))
"""

from app.ui.components import chart, charts, message, section, stat, stats, table
from app.ui.figures import bars, figure, histogram, labels, line, reference
from app.ui.theme import MUTED, SERIES
from app.wording import fixed, number, percent, plural, shortened

from .address import address, keep_in_address
from .api import Answer, Api
from .app import create, page
from .bands import band, intervals
from .csv import download, download_button
from .latest import Latest, freshness
from .numbers import number_table, span
from .soql import question, soql_text
from .upload import receive_upload, upload, uploaded_table

__all__ = [
    "Answer",
    "Api",
    "Latest",
    "MUTED",
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
    "intervals",
    "keep_in_address",
    "labels",
    "line",
    "message",
    "number",
    "number_table",
    "page",
    "percent",
    "plural",
    "question",
    "receive_upload",
    "reference",
    "section",
    "shortened",
    "soql_text",
    "span",
    "stat",
    "stats",
    "table",
    "upload",
    "uploaded_table",
]
