"""An image that is healthy, but whose callbacks fail."""

from tests.cloud.sick.wrap import break_when

server = break_when(lambda path: path == "/_dash-update-component")
