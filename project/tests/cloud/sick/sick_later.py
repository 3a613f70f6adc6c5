"""An image that is well until the file SICK_FILE is there: a test decides when."""

import os

from tests.cloud.sick.wrap import break_when

_file = os.environ["SICK_FILE"]

server = break_when(lambda path: path == "/" and os.path.exists(_file))
