"""A release that the next rollback would skip is none."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from deploy import DeployError, release


def test_a_release_that_cannot_be_marked_fails(monkeypatch):
    def refuse(*_):
        raise DeployError("The registry does not answer.")

    monkeypatch.setattr(release.Registry, "tag_as_released", refuse)
    monkeypatch.setattr(release, "retry", lambda work: work())
    cloud = SimpleNamespace(config=None, gcloud=None)
    build = SimpleNamespace(suffix="g0123456-1")
    with pytest.raises(DeployError, match="next rollback would skip it"):
        release.mark_as_released(cloud, "sha256:0", build)
