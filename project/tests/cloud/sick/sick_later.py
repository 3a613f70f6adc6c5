"""An image that is well until its first page was asked SICK_AFTER times, and fails from then on."""

import itertools
import os

from tests.cloud.sick.wrap import break_when

_asked = itertools.count()
_after = int(os.environ["SICK_AFTER"])

server = break_when(lambda path: path == "/" and next(_asked) >= _after)
