"""Cloud Run's API, as `gcloud run` calls it."""

from __future__ import annotations

import copy
import re
import secrets
from typing import Any

from tests.cloud.fake.api import Answer, ApiError, Call
from tests.cloud.fake.resources import Revision, Service
from tests.cloud.fake.rollout import Rollout

_KNATIVE = re.compile(
    r"/apis/serving\.knative\.dev/v1/namespaces/(?P<project>[^/]+)/(?P<kind>services|revisions)(/(?P<name>[^/]+))?"
)
# What no test lets run: tests say what is there.
_OTHERS = re.compile(
    r"/apis/run\.googleapis\.com/v1/namespaces/(?P<project>[^/]+)/(?P<kind>jobs|executions|workerpools)"
)
_POLICY = re.compile(
    r"/v1/projects/[^/]+/locations/[^/]+/services/(?P<name>[^/]+):(?P<verb>\w+)"
)
# How long a change waits to be applied before it answers that it is in progress.
_PATIENCE = 0.3
_DEFAULT_PROBE = {
    "timeoutSeconds": 240,
    "periodSeconds": 240,
    "failureThreshold": 1,
}


class Run:
    """The routes of the API."""

    def __init__(self, rollout: Rollout):
        self.rollout = rollout

    def answer(self, call: Call) -> Answer:
        """Answer one call."""
        found = _KNATIVE.fullmatch(call.path)
        if found and found["project"] == self.rollout.project:
            one = "_one" if found["name"] else ""
            handler = getattr(self, f"_{call.method}_{found['kind']}{one}", None)
            if handler:
                return handler(call, found["name"])
        found = _OTHERS.fullmatch(call.path)
        if found and call.method == "GET":
            items = self.rollout.others.get(found["kind"], [])
            return 200, _list("Resource", items if self._is_here(call) else [])
        found = _POLICY.fullmatch(call.path)
        if found:
            return self._policy(call, found["name"], found["verb"])
        if call.path.endswith("/locations/-/services"):
            return self._GET_services(call, None)
        if call.path.endswith("/locations"):
            region = {"locationId": self.rollout.region}
            return 200, {"locations": [region]}
        raise ApiError(404, f"{call.method} {call.path} was not found.")

    def _GET_services(self, call: Call, _: None) -> Answer:
        is_here = self._is_here(call)
        services = self.rollout.services.values() if is_here else []
        items = [self._document(service) for service in services]
        return 200, _list("Service", items)

    def _GET_services_one(self, call: Call, name: str) -> Answer:
        with self.rollout.changed:
            return 200, self._document(self._service(call, name))

    def _POST_services(self, call: Call, _: None) -> Answer:
        name = call.body["metadata"]["name"]
        with self.rollout.changed:
            if name in self.rollout.services:
                raise ApiError(
                    409, f"Resource '{name}' already exists.", status="ALREADY_EXISTS"
                )
            service = Service(name)
            self._apply(service, call)
            return 200, self._document(service)

    def _PUT_services_one(self, call: Call, name: str) -> Answer:
        with self.rollout.changed:
            service = self._service(call, name)
            sent = call.body["metadata"].get("resourceVersion")
            if sent and sent != str(service.version):
                raise ApiError(
                    409,
                    f"Conflict for resource '{name}': version '{sent}' was specified but current version is "
                    f"'{service.version}'.",
                )
            self._apply(service, call)
            return 200, self._document(service)

    def _GET_revisions(self, call: Call, _: None) -> Answer:
        wanted = call.query.get("labelSelector", "")
        name, _, value = (part.strip() for part in wanted.partition("="))
        with self.rollout.changed:
            documents = [
                revision.document(self.rollout.project)
                for revision in self.rollout.revisions.values()
                if self._is_here(call)
            ]
            if self._is_here(call):
                documents += self.rollout.others.get("revisions", [])
        return 200, _list(
            "Revision",
            [
                d
                for d in documents
                if not name or d["metadata"]["labels"].get(name) == value
            ],
        )

    def _GET_revisions_one(self, call: Call, name: str) -> Answer:
        return 200, self._revision(call, name).document(self.rollout.project)

    def _DELETE_revisions_one(self, call: Call, name: str) -> Answer:
        with self.rollout.changed:
            revision = self._revision(call, name)
            service = self.rollout.services[revision.service]
            routed = {target["revisionName"] for target in service.traffic}
            routed |= {target.get("revisionName") for target in service.traffic_spec}
            if name in routed:
                raise ApiError(
                    400,
                    f"Revision '{name}' is serving traffic or has a tag: it cannot be deleted.",
                )
            if name == service.latest_created:
                raise ApiError(
                    400,
                    f"Revision '{name}' is the latest created one of its service: it cannot be deleted.",
                )
            self.rollout.forget(revision)
        return 200, {"apiVersion": "v1", "kind": "Status", "status": "Success"}

    def _policy(self, call: Call, name: str, verb: str) -> Answer:
        if verb == "testIamPermissions":
            return 200, {"permissions": call.body["permissions"]}
        service = self._service(call, name)
        if verb == "setIamPolicy":
            service.policy = {**call.body["policy"], "etag": secrets.token_hex(4)}
        return 200, service.policy

    def _apply(self, service: Service, call: Call) -> None:
        """Store the requested state, and begin to apply it."""
        sent = copy.deepcopy(call.body)
        template = _with_defaults(sent["spec"]["template"])
        traffic = sent["spec"].get("traffic") or [
            {"latestRevision": True, "percent": 100}
        ]
        self._check_traffic(traffic)
        revision = self._new_revision(service, template)
        if call.query.get("dryRun") == "all":
            return
        service.labels = sent["metadata"].get("labels", {})
        service.annotations = sent["metadata"].get("annotations", {})
        service.spec = {"template": template, "traffic": traffic}
        service.generation += 1
        service.version += 1
        self.rollout.services[service.name] = service
        self.rollout.begin(service, revision)
        self.rollout.changed.wait_for(
            lambda: service.ready.ready is not None, _PATIENCE
        )

    def _check_traffic(self, traffic: list[dict[str, Any]]) -> None:
        percent = sum(target.get("percent", 0) for target in traffic)
        if percent != 100:
            raise ApiError(
                400, f"Traffic target percent sums to {percent} and must sum to 100."
            )
        tags = [target["tag"] for target in traffic if target.get("tag")]
        if len(tags) != len(set(tags)):
            raise ApiError(400, "Each tag may be used once only.")

    def _new_revision(
        self, service: Service, template: dict[str, Any]
    ) -> Revision | None:
        if service.spec and template == service.spec["template"]:
            return None
        number = service.generation + 1
        name = template.get("metadata", {}).get("name")
        name = name or f"{service.name}-{number:05}-{secrets.token_hex(2)[:3]}"
        if name in self.rollout.revisions:
            raise ApiError(
                409,
                f"Revision named '{name}' with different configuration already exists.",
                status="ALREADY_EXISTS",
            )
        return Revision(name, service.name, copy.deepcopy(template), number)

    def _service(self, call: Call, name: str) -> Service:
        service = self.rollout.services.get(name)
        if not service or not self._is_here(call):
            raise ApiError(
                404, f"Resource '{name}' of kind 'SERVICE' in region does not exist."
            )
        return service

    def _revision(self, call: Call, name: str) -> Revision:
        revision = self.rollout.revisions.get(name)
        if not revision or not self._is_here(call):
            raise ApiError(404, f"Resource '{name}' of kind 'REVISION' does not exist.")
        return revision

    def _is_here(self, call: Call) -> bool:
        """Tell whether a call is for this region: its name stands before the host's."""
        region = call.host.partition("run.")[0].rstrip("-")
        return region in ("", self.rollout.region)

    def _document(self, service: Service) -> dict[str, Any]:
        rollout = self.rollout
        url = rollout.url(service.name)
        return service.document(rollout.project, rollout.region, url)


def _list(kind: str, items: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "apiVersion": "serving.knative.dev/v1",
        "kind": f"{kind}List",
        "metadata": {},
        "items": items,
    }


def _with_defaults(template: dict[str, Any]) -> dict[str, Any]:
    """Fill in what Cloud Run fills in."""
    spec = template["spec"]
    spec.setdefault("containerConcurrency", 80)
    spec.setdefault("timeoutSeconds", 300)
    container = spec["containers"][0]
    if not container.get("ports"):
        container["ports"] = [{"name": "http1", "containerPort": 8080}]
    limits = container.setdefault("resources", {}).setdefault("limits", {})
    limits.setdefault("cpu", "1000m")
    limits.setdefault("memory", "512Mi")
    port = container["ports"][0]["containerPort"]
    container.setdefault(
        "startupProbe", {**_DEFAULT_PROBE, "tcpSocket": {"port": port}}
    )
    return template
