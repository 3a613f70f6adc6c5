"""Every command of gcloud that releases, rollbacks, previews and pruning can call is one that gcloud knows."""

from __future__ import annotations

import shlex

import pytest

from deploy import skopeo
from deploy.cloudrun import CloudRun, for_everybody, for_preview
from deploy.config import Config
from deploy.gcloud import Gcloud
from deploy.prune import in_use
from deploy.registry import Registry
from tests.deploy.lint import has_gcloud, lint, needs_gcloud

DIGEST = "sha256:" + "0" * 64
SERVICE = {"metadata": {"labels": {"cloud.googleapis.com/location": "europe-west1"}}}
FULL = Config(
    "demo-proj",
    "dashboard",
    service_account="run@demo-proj.iam.gserviceaccount.com",
    preview_account="preview@demo-proj.iam.gserviceaccount.com",
    secrets="RELOAD_TOKEN=reload:latest,API_TOKEN=api",
    settings="RETENTION_DAYS=7\nFRAME_ANCESTORS='self' https://a.org",
    data_bucket="tables",
)


class Recording(Gcloud):
    """Runs nothing and remembers every command."""

    def __init__(self):
        super().__init__()
        self.commands: list[str] = []

    def run(self, *arguments, stdin=None):
        """Remember a change."""
        self.commands.append(shlex.join(["gcloud", *arguments, "--quiet"]))
        return ""

    def read(self, *arguments):
        """Remember a question; there is one service and nothing else."""
        self.run(*arguments, "--format=json")
        return [SERVICE] if arguments[:3] == ("run", "services", "list") else []


def call_everything(config: Config, monkeypatch) -> list[str]:
    gcloud = Recording()
    cloud, registry = CloudRun(config, gcloud), Registry(config, gcloud)
    image = f"{config.image}@{DIGEST}"
    everybody, preview = for_everybody(config), for_preview(config)
    cloud.deploy(image, "g0123456-1", *everybody, "--allow-unauthenticated")
    cloud.deploy(image, "g0123456-1", *everybody, "--no-traffic", "--tag=c-0123456-1")
    cloud.deploy(image, "pr-7-1", *preview, "--no-traffic", "--tag=pr-7")
    cloud.find()
    cloud.revisions()
    cloud.shift({"dashboard-a": 70, "dashboard-b": 30})
    cloud.remove_tag("pr-7")
    cloud.change_traffic({"dashboard-a": 100}, "c-0123456-1", "pr-7")
    cloud.delete_revision("dashboard-pr-7-1")
    in_use(config, gcloud)
    registry.images()
    registry.tag_as_released(DIGEST, "g0123456-1")
    registry.untag_as_released("g0123456-1")
    registry.delete(DIGEST)
    gcloud.read("run", "services", "describe", "dashboard", *config.on_this_service)
    monkeypatch.setattr(skopeo, "_call", lambda _: None)
    skopeo.copy(config, "oci-archive:image.tar", f"docker://{config.image}:x", gcloud)
    return gcloud.commands


@pytest.mark.skipif(not has_gcloud(), reason=needs_gcloud)
@pytest.mark.parametrize(
    "config", [Config("demo-proj", "dashboard"), FULL], ids=["bare", "full"]
)
def test_gcloud_knows_every_command(config, monkeypatch):
    commands = call_everything(config, monkeypatch)
    assert len(commands) > 12
    assert lint(commands) == []
