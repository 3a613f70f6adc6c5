"""An image that is healthy, but whose page stays empty."""

from tests.cloud.sick.wrap import break_when

server = break_when(lambda path: path == "/_dash-layout")
