"""An image that is healthy, but whose scripts and style sheets are gone."""

from tests.cloud.sick.wrap import break_when

server = break_when(
    lambda path: path.startswith(("/assets/", "/_dash-component-suites/"))
)
