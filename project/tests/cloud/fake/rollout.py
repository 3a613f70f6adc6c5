"""How a service reaches its requested state: revisions are started and probed, then traffic moves."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.cloud.fake.instances import ContainerSpec
from tests.cloud.fake.load_balancer import Frontend, RoundRobin, Target
from tests.cloud.fake.resources import LOGS, Revision, Service, State

_EXITED = (
    "The user-provided container failed to start and listen on the port defined provided by the "
    "PORT={port} environment variable within the allocated timeout. This can happen when the container port is "
    "misconfigured or if the timeout is too short. The health check timeout can be extended. "
)
_PROBED = "The user-provided container failed the configured startup probe checks. "


class Rollout:
    """All services and revisions of one region.

    Parameters
    ----------
    project, region : str
    registry : Registry
    runner : ProcessRunner or ContainerRunner
    folder : pathlib.Path
        For the buckets that are mounted.
    """

    def __init__(
        self, project: str, region: str, registry: Any, runner: Any, folder: Path
    ):
        self.project, self.region = project, region
        self.registry, self.runner, self.folder = registry, runner, folder
        self.services: dict[str, Service] = {}
        # Documents of jobs, their executions, worker pools and their revisions, by kind.
        self.others: dict[str, list[dict]] = {}
        self.revisions: dict[str, Revision] = {}
        # The value of each secret of Secret Manager.
        self.secrets: dict[str, str] = {}
        # How many times faster than the startup probe says an instance is given up.
        self.speed = 1.0
        # Whether a service stays 'not ready' until its latest revision is, whatever its traffic.
        self.stays_unready = False
        # Requests that each revision has had, by its name and the tag, or "", of the URL.
        self.served: Counter[tuple[str, str]] = Counter()
        self.changed = threading.Condition(threading.RLock())
        self._frontends: dict[tuple[str, str], Frontend] = {}

    def url(self, service: str, tag: str = "") -> str:
        """Return the URL of a service or tag, which never changes."""
        with self.changed:
            if (service, tag) not in self._frontends:
                self._frontends[service, tag] = Frontend(
                    lambda: self._choose(service, tag)
                )
            return self._frontends[service, tag].url

    def close(self) -> None:
        """Stop answering, and stop the instances that no other test shares."""
        for frontend in self._frontends.values():
            frontend.close()
        for revision in list(self.revisions.values()):
            _stop(revision)

    def begin(self, service: Service, revision: Revision | None) -> None:
        """Make a service what its `spec` says, with a new revision or without."""
        service.routes = service.ready = State(None, "", "Routing traffic.")
        if not revision:
            self.settle(service)
            return
        self.revisions[revision.name] = revision
        service.latest_created = revision.name
        revision.state = State(None, "Deploying", "Deploying revision.")
        service.configuration = revision.state
        threading.Thread(
            target=self._deploy, args=(service, revision), daemon=True
        ).start()

    def settle(self, service: Service) -> None:
        """Move the traffic if all that shall get some can take it."""
        with self.changed:
            targets = [
                self._resolved(service, target) for target in service.traffic_spec
            ]
            service.routes = self._routes(targets)
            if service.routes.ready:
                idle = self._without_instance(targets)
                if idle:
                    service.routes = State(None, "", "Starting instances.")
                    threading.Thread(
                        target=self._wake, args=(service, idle), daemon=True
                    ).start()
                else:
                    self._route(service, targets)
            service.ready = self._ready(service)
            self.changed.notify_all()

    def remove(self, service: Service) -> None:
        """Delete a service with its revisions."""
        self.services.pop(service.name, None)
        for revision in list(self.revisions.values()):
            if revision.service == service.name:
                self.forget(revision)

    def forget(self, revision: Revision) -> None:
        """Delete a revision."""
        self.revisions.pop(revision.name, None)
        _stop(revision)

    def _deploy(self, service: Service, revision: Revision) -> None:
        state = self._started(revision)
        with self.changed:
            revision.state = state
            if self.services.get(service.name) is not service:
                _stop(revision)
                return
            latest = service.latest_created == revision.name
            if latest:
                service.configuration = state
            if state.ready and latest:
                service.latest_ready = revision.name
        self.settle(service)

    def _wake(self, service: Service, idle: list[Revision]) -> None:
        for revision in idle:
            state = self._started(revision)
            if not state.ready:
                with self.changed:
                    service.routes = service.ready = state
                    self.changed.notify_all()
                return
        self.settle(service)

    def _started(self, revision: Revision) -> State:
        """Start an instance of a revision, and return how that went."""
        container = revision.container
        image = container["image"]
        revision.digest = self._digest(image)
        if not revision.digest:
            return _failed(revision, "ContainerMissing", f"Image '{image}' not found.")
        missing = [
            name
            for name in (entry.partition(":")[0] for entry in revision.secrets.values())
            if name not in self.secrets
        ]
        if missing:
            secret = f"projects/{self.project}/secrets/{missing[0]}/versions/latest"
            return _failed(
                revision, "SecretsAccessCheckFailed", f"Secret {secret} was not found"
            )
        instance = self.runner.start(self._container_spec(revision))
        problem = instance.wait_until_started(
            container.get("startupProbe", {}), self.speed
        )
        if not problem:
            revision.instance = instance
            return State(True)
        instance.stop()
        port = container["ports"][0]["containerPort"]
        said = _EXITED.format(port=port) if problem == "exited" else _PROBED
        said += LOGS.format(project=self.project)
        return _failed(revision, "HealthCheckContainerError", said)

    def _container_spec(self, revision: Revision) -> ContainerSpec:
        container = revision.container
        environ = dict(revision.environ)
        for name, reference in revision.secrets.items():
            environ[name] = self.secrets[reference.partition(":")[0]]
        mounts = {}
        for path, bucket in revision.volumes.items():
            mounts[path] = self.folder / (bucket or "memory")
            mounts[path].mkdir(parents=True, exist_ok=True)
        image = f"{container['image'].partition('@')[0]}@{revision.digest}"
        return ContainerSpec(
            image, environ, container["ports"][0]["containerPort"], mounts
        )

    def _digest(self, image: str) -> str:
        name, _, digest = image.partition("@")
        path = name.split("/")
        # HOST/PROJECT/PACKAGE, but LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/PACKAGE.
        package = "/".join(path[3 if path[0].endswith("-docker.pkg.dev") else 2 :])
        package, _, tag = package.partition(":")
        return self.registry.resolve(package, digest or tag or "latest") or ""

    def _resolved(self, service: Service, target: Mapping) -> dict[str, Any]:
        target = {name: value for name, value in target.items() if value != ""}
        if target.get("latestRevision"):
            created = self.revisions.get(service.latest_created)
            # While the newest one starts, traffic waits for it; if it fails, the one before keeps serving.
            waits = created and created.state.ready is None
            latest = service.latest_created if waits else service.latest_ready
            target["revisionName"] = latest or service.latest_created
        if "tag" in target:
            target["url"] = self.url(service.name, target["tag"])
        return target

    def _routes(self, targets: list[dict[str, Any]]) -> State:
        for target in targets:
            revision = self.revisions.get(target["revisionName"])
            if not revision:
                missing = target["revisionName"]
                return State(
                    False, "RevisionMissing", f"Revision '{missing}' is not found."
                )
            if not revision.state.ready:
                return revision.state
        return State(True)

    def _without_instance(self, targets: list[dict[str, Any]]) -> list[Revision]:
        names = dict.fromkeys(target["revisionName"] for target in targets)
        revisions = [self.revisions[name] for name in names]
        return [
            revision
            for revision in revisions
            if not revision.instance or not revision.instance.is_running()
        ]

    def _route(self, service: Service, targets: list[dict[str, Any]]) -> None:
        service.traffic = targets
        weights: Counter[str] = Counter()
        for target in targets:
            weights[target["revisionName"]] += target.get("percent", 0)
        if weights != Counter(service.round_robin.weights):
            service.round_robin = RoundRobin(weights)
        for revision in self.revisions.values():
            if revision.service == service.name and revision.name not in weights:
                if revision.state.ready:
                    _stop(revision)

    def _ready(self, service: Service) -> State:
        newest = self.revisions.get(service.latest_created)
        if newest and newest.state.ready is None:
            return newest.state
        just_made = newest and newest.generation == service.generation
        if service.configuration.ready is False and (just_made or self.stays_unready):
            return service.configuration
        return service.routes

    def _choose(self, name: str, tag: str) -> Target:
        with self.changed:
            service = self.services.get(name)
            if not service:
                return 404
            if tag:
                tagged = (t for t in service.traffic if t.get("tag") == tag)
                revision = next((t["revisionName"] for t in tagged), None)
            else:
                revision = service.round_robin.next()
            if not revision:
                return 404
            if not service.is_public:
                return 403
            instance = self.revisions[revision].instance
            if not instance:
                return 503
            self.served[revision, tag] += 1
            return revision, instance.address


def _failed(revision: Revision, reason: str, message: str) -> State:
    begin = f"Revision '{revision.name}' is not ready and cannot serve traffic. "
    return State(False, reason, begin + message)


def _stop(revision: Revision) -> None:
    instance, revision.instance = revision.instance, None
    if instance:
        instance.stop()
