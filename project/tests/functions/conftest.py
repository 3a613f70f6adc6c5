"""What the tests of pure functions share."""

from __future__ import annotations

import pytest
from threadpoolctl import threadpool_limits


@pytest.fixture(autouse=True, scope="session")
def _one_thread():
    """Tables of tests are small: threads would wait for one another longer than they work."""
    with threadpool_limits(1):
        yield
