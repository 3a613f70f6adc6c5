"""What the tests of pure functions share."""

from __future__ import annotations

import pytest
from hypothesis import settings
from threadpoolctl import threadpool_limits

# A machine that does something else meanwhile is no defect of the example at hand.
settings.register_profile("functions", deadline=None)
settings.load_profile("functions")


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Tables of tests are small: threads would wait for one another longer than they work."""
    with threadpool_limits(1):
        yield
