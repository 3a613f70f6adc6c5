"""What browsers load from the image of production: little, compressed, and the small plotly.js where it is enough."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from urllib.parse import urlsplit

import brotli
import pytest
import requests

from tests.benchmarks import first_load
from tests.benchmarks.container import Container, running
from tests.browser.visitor import Visitor
from tests.waiting import PATIENCE_SECONDS

SMALL, FULL = "plotly-cartesian.", "/plotly."
# Whether the build could fetch it; without it every page loads the full one.
HAS_SMALL = """
import pathlib, plotly
print((pathlib.Path(plotly.__file__).parent / "package_data/plotly-cartesian.min.js").exists())
"""
OWN_REPORTS = (
    "ab_test",
    "from_notebook",
    "funnel",
    "regression",
    "service_requests",
    "stocks",
)
# Traces that only the full plotly.js has, as an analyst would write them.
FREE = '''"""All kinds of figures."""

from dash import Dash, dcc, html

TITLE = "All kinds"
DESCRIPTION = "With WebGL, in space, on a map."


def create_app(**dash_options) -> Dash:
    app = Dash(__name__, **dash_options)
    numbers = {"x": [1, 2, 3], "y": [2, 1, 3]}
    figures = {
        "gl": {"type": "scattergl", **numbers},
        "space": {"type": "scatter3d", **numbers, "z": [1, 2, 3]},
        "map": {"type": "scattergeo", "lon": [0, 10], "lat": [0, 10]},
        "polar": {"type": "scatterpolar", "r": [1, 2], "theta": [0, 90]},
    }
    app.layout = html.Div(
        [dcc.Graph(id=id, figure={"data": [trace]}) for id, trace in figures.items()],
        id="page",
    )
    return app
'''
DRAWN_TRACES = """
return [...document.querySelectorAll(".js-plotly-plot")]
    .flatMap((graph) => (graph._fullData || []).map((trace) => trace.type));
"""


@pytest.fixture(scope="module")
def has_small(prod) -> bool:
    return prod.python(HAS_SMALL) == "True"


@pytest.fixture
def visitor(prod, browser) -> Iterator[Visitor]:
    """A browser on the production image: its console must stay empty, and nobody else be asked."""
    visitor = Visitor(browser, prod.address)
    visitor.leave()
    yield visitor
    assert visitor.complaints() == []
    assert visitor.strangers() == []


@pytest.fixture(scope="module")
def analyst(prod_image, tmp_path_factory) -> Iterator[Container]:
    """The image of production with an analyst's report."""
    folder = tmp_path_factory.mktemp("reports")
    (folder / "free.py").write_text(FREE)
    folder.chmod(0o755)
    mount = ("--volume", f"{folder}:/reports:ro", "--env", "REPORTS_DIR=/reports")
    with running(prod_image, *mount) as container:
        yield container


def loaded(visitor: Visitor) -> list[str]:
    """The addresses of what the page that is open has loaded."""
    return visitor.driver.execute_script(
        "return performance.getEntriesByType('resource').map((entry) => entry.name);"
    )


def plotly(visitor: Visitor) -> set[str]:
    """Which plotly.js the page that is open has loaded."""
    return {
        kind
        for kind in (SMALL, FULL)
        for address in loaded(visitor)
        if kind in address and "package_data" in address
    }


def test_the_first_page_is_within_its_budget(prod):
    asked = first_load.load(prod.address)
    print(first_load.check_budget(asked))


def test_the_dashboard_draws_with_the_small_plotly(visitor, has_small):
    visitor.open("/")
    assert plotly(visitor) == {SMALL if has_small else FULL}
    assert "bar" in visitor.driver.execute_script(DRAWN_TRACES)


@pytest.mark.parametrize("report", OWN_REPORTS)
def test_every_report_draws_with_the_small_plotly(visitor, has_small, report):
    visitor.open(f"/reports/{report}/")
    visitor.until(lambda: visitor.driver.execute_script(DRAWN_TRACES), "its figures")
    assert plotly(visitor) == {SMALL if has_small else FULL}


def test_all_reports_are_tested(prod):
    listed = requests.get(
        f"{prod.address}/reports/catalogue.json", timeout=PATIENCE_SECONDS
    ).json()
    assert {report["name"] for report in listed} == set(OWN_REPORTS)
    assert not [report["problem"] for report in listed if report["problem"]]


def test_an_analysts_report_has_all_of_plotly(analyst, browser):
    visitor = Visitor(browser, analyst.address)
    visitor.open("/reports/free/")
    expected = {"scattergl", "scatter3d", "scattergeo", "scatterpolar"}
    visitor.until(
        lambda: set(browser.execute_script(DRAWN_TRACES)) == expected, "all figures"
    )
    assert plotly(visitor) == {FULL}


def test_every_file_of_the_page_was_compressed_ahead_of_time(prod, visitor):
    visitor.open("/")
    scripts = [a for a in loaded(visitor) if urlsplit(a).path.endswith((".js", ".css"))]
    assert len(scripts) > 15
    for address in scripts:
        plain = requests.get(address, headers={"Accept-Encoding": "identity"}).content
        for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
            answer = requests.get(
                address,
                headers={"Accept-Encoding": encoding},
                stream=True,
                timeout=PATIENCE_SECONDS,
            )
            assert answer.headers["Content-Encoding"] == encoding, address
            assert unpack(answer.raw.read(decode_content=False)) == plain


def test_a_browser_keeps_every_file_of_the_page(prod, visitor):
    visitor.open("/")
    asked_again = set()
    for address in loaded(visitor):
        path = urlsplit(address).path
        if path.endswith((".js", ".css")):
            headers = requests.get(address, timeout=PATIENCE_SECONDS).headers
            if "immutable" not in headers["Cache-Control"]:
                assert headers["Cache-Control"] == "no-cache" and headers["ETag"]
                asked_again.add(path.rpartition("/")[2])
    # Its address has no version.
    assert asked_again == {"async-graph.js"}
