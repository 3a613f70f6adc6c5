"""Services and revisions, and how Cloud Run represents them."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from tests.cloud.fake.instances import Instance
from tests.cloud.fake.load_balancer import RoundRobin

_WORDS = {True: "True", False: "False", None: "Unknown"}
LOGS = (
    "Logs for this revision might contain more information.\n\n"
    "Logs URL: https://console.cloud.google.com/logs/viewer?project={project}\n"
    "For more troubleshooting guidance, see https://cloud.google.com/run/docs/troubleshooting#container-failed-to-start"
)


def now() -> str:
    """Return the time as the API writes it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@dataclass
class State:
    """Whether something is ready, and if not, why; None while that is unknown."""

    ready: bool | None = None
    reason: str = ""
    message: str = ""

    def condition(self, type: str) -> dict[str, str]:
        """Return it as a condition of that type."""
        condition = {"type": type, "status": _WORDS[self.ready]}
        if self.ready is not True:
            condition |= {"reason": self.reason, "message": self.message}
        return {**condition, "lastTransitionTime": now()}


@dataclass
class Revision:
    """One revision; `instance` is None while it has neither traffic nor a tag."""

    name: str
    service: str
    template: dict[str, Any]
    generation: int
    created: str = field(default_factory=now)
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    state: State = field(default_factory=State)
    instance: Instance | None = None
    digest: str = ""

    @property
    def container(self) -> dict[str, Any]:
        """The one container of the template."""
        return self.template["spec"]["containers"][0]

    @property
    def environ(self) -> dict[str, str]:
        """The plain environment variables, for tests to look at."""
        env = self.container.get("env", [])
        return {entry["name"]: entry["value"] for entry in env if "value" in entry}

    @property
    def secrets(self) -> dict[str, str]:
        """``name:version`` of each environment variable that is a secret."""
        env = (entry for entry in self.container.get("env", []) if "valueFrom" in entry)
        references = {
            entry["name"]: entry["valueFrom"]["secretKeyRef"] for entry in env
        }
        return {
            name: f"{reference['name']}:{reference['key']}"
            for name, reference in references.items()
        }

    @property
    def volumes(self) -> dict[str, str]:
        """The bucket that is mounted at each path."""
        buckets = {
            volume["name"]: volume.get("csi", {})
            .get("volumeAttributes", {})
            .get("bucketName", "")
            for volume in self.template["spec"].get("volumes", [])
        }
        mounts = self.container.get("volumeMounts", [])
        return {mount["mountPath"]: buckets.get(mount["name"], "") for mount in mounts}

    def document(self, project: str) -> dict[str, Any]:
        """Return it as the API answers it."""
        metadata = copy.deepcopy(self.template.get("metadata", {}))
        metadata |= {
            "name": self.name,
            "namespace": project,
            "uid": self.uid,
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": self.created,
        }
        metadata["labels"] = {
            **metadata.get("labels", {}),
            "serving.knative.dev/service": self.service,
            "serving.knative.dev/configuration": self.service,
            "serving.knative.dev/configurationGeneration": str(self.generation),
        }
        return {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Revision",
            "metadata": metadata,
            "spec": copy.deepcopy(self.template["spec"]),
            "status": {
                "observedGeneration": 1,
                "conditions": [
                    self.state.condition(type)
                    for type in ("Ready", "ContainerHealthy", "ResourcesAvailable")
                ],
                "imageDigest": f"{self.container['image'].partition('@')[0]}@{self.digest}",
            },
        }


@dataclass
class Service:
    """One service: the requested state (`spec`), and the state in effect."""

    name: str
    labels: dict[str, str] = field(default_factory=dict)
    annotations: dict[str, str] = field(default_factory=dict)
    spec: dict[str, Any] = field(default_factory=dict)
    generation: int = 0
    version: int = 0
    created: str = field(default_factory=now)
    uid: str = field(default_factory=lambda: str(uuid.uuid4()))
    latest_created: str = ""
    latest_ready: str = ""
    traffic: list[dict[str, Any]] = field(default_factory=list)
    round_robin: RoundRobin = field(default_factory=lambda: RoundRobin({}))
    configuration: State = field(default_factory=State)
    routes: State = field(default_factory=State)
    ready: State = field(default_factory=State)
    policy: dict[str, Any] = field(
        default_factory=lambda: {"etag": "BwA=", "version": 1}
    )

    @property
    def traffic_spec(self) -> list[dict[str, Any]]:
        """The requested traffic."""
        return self.spec["traffic"]

    @property
    def is_public(self) -> bool:
        """Whether anybody can call it."""
        return any(
            binding["role"] == "roles/run.invoker" and "allUsers" in binding["members"]
            for binding in self.policy.get("bindings", [])
        )

    def document(self, project: str, region: str, url: str) -> dict[str, Any]:
        """Return it as the API answers it."""
        metadata = {
            "name": self.name,
            "namespace": project,
            "selfLink": f"/apis/serving.knative.dev/v1/namespaces/{project}/services/{self.name}",
            "uid": self.uid,
            "resourceVersion": str(self.version),
            "generation": self.generation,
            "creationTimestamp": self.created,
            "labels": {**self.labels, "cloud.googleapis.com/location": region},
            "annotations": self.annotations,
        }
        status = {
            "observedGeneration": self.generation,
            "conditions": [
                self.ready.condition("Ready"),
                self.configuration.condition("ConfigurationsReady"),
                self.routes.condition("RoutesReady"),
            ],
            "latestCreatedRevisionName": self.latest_created,
            "traffic": self.traffic,
            "url": url,
            "address": {"url": url},
        }
        if self.latest_ready:
            status["latestReadyRevisionName"] = self.latest_ready
        document = {
            "apiVersion": "serving.knative.dev/v1",
            "kind": "Service",
            "metadata": metadata,
            "spec": self.spec,
            "status": status,
        }
        return copy.deepcopy(document)
