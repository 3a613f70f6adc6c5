"""An image that is healthy, but whose first page fails."""

from tests.cloud.sick.wrap import break_when

server = break_when(lambda path: path == "/")
