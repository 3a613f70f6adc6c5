"""Which image is fetched for the weekly scan."""

from __future__ import annotations

import pytest

from deploy import DeployError
from deploy.cloudrun import Revision
from deploy.fetch import serving


def revision(name: str) -> Revision:
    image = f"gcr.io/demo-proj/dashboard@sha256:{name}"
    return Revision(name, image, is_ready=True, generation=1, created="")


REVISIONS = [revision("old"), revision("new")]


def test_the_revision_that_most_visitors_meet_is_chosen():
    assert serving({"new": 10, "old": 90}, REVISIONS).name == "old"
    assert serving({"gone": 60, "new": 40}, REVISIONS).name == "new"


def test_without_traffic_nothing_serves():
    with pytest.raises(DeployError, match="No revision of the service gets traffic"):
        serving({}, REVISIONS)
