"""The fake as tests use it: `Cloud`."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.cloud.fake.api import (
    Answer,
    ApiError,
    ApiServer,
    Call,
    Hook,
)
from tests.cloud.fake.artifacts import Artifacts
from tests.cloud.fake.registry import Registry
from tests.cloud.fake.resources import Revision
from tests.cloud.fake.rollout import Rollout
from tests.cloud.fake.run import Run

PROJECT_ID = "demo-proj"
APP_NAME = "dashboard"
REGION = "europe-west1"
_GCLOUD_SECONDS = 300


@dataclass(frozen=True)
class Done:
    """The result of a command."""

    code: int
    out: str
    err: str


class Cloud:
    """A project of Google Cloud that the real gcloud can talk to.

    Parameters
    ----------
    registry : Registry
    runner : ProcessRunner or ContainerRunner
    folder : pathlib.Path
        For what is mounted.
    config : pathlib.Path
        gcloud's own folder; sharing it makes gcloud start faster.
    """

    def __init__(self, registry: Registry, runner: Any, folder: Path, config: Path):
        self.registry, self.runner = registry, runner
        self.rollout = Rollout(PROJECT_ID, REGION, registry, runner, folder)
        self.artifacts = Artifacts(PROJECT_ID, registry)
        apis = {
            "artifactregistry.": self.artifacts.answer,
            "serviceusage.": _all_enabled,
            "run.": Run(self.rollout).answer,
        }
        self._server = ApiServer(apis)
        self.environ = _environ(self._server.port, config)

    def close(self) -> None:
        """Stop answering."""
        self._server.stop()
        self.rollout.close()

    def image(
        self,
        variant: str = "good",
        *tags: str,
        uploaded: datetime | None = None,
        **environ: str,
    ) -> str:
        """Push an image and return its digest.

        Parameters
        ----------
        variant : str
            One of `tests.cloud.fake.instances.VARIANTS`.
        *tags : str
        uploaded : datetime.datetime, optional
            In UTC; default: now.
        **environ : str
            What is set in the image itself: ``SICK_FILE="…"``.
        """
        digest = self.registry.add(APP_NAME, *tags, uploaded=uploaded)
        self.runner.prepare(digest, variant, **environ)
        return digest

    def gcloud(self, *arguments: str) -> Done:
        """Run the real gcloud."""
        done = subprocess.run(
            ["gcloud", *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=_GCLOUD_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return Done(done.returncode, done.stdout, done.stderr)

    @property
    def calls(self) -> list[Call]:
        """Every request so far, the oldest first."""
        return self._server.calls

    @property
    def services(self) -> list[str]:
        """The names of the services."""
        return list(self.rollout.services)

    def traffic(self, service: str = APP_NAME) -> dict[str, int]:
        """Return the percents of each revision that gets any."""
        return dict(self.rollout.services[service].round_robin.weights)

    def tags(self, service: str = APP_NAME) -> dict[str, str]:
        """Return the revision of each tag."""
        traffic = self.rollout.services[service].traffic
        return {t["tag"]: t["revisionName"] for t in traffic if "tag" in t}

    def revisions(self, service: str = APP_NAME) -> dict[str, Revision]:
        """Return the revisions by name, the oldest first."""
        revisions = self.rollout.revisions
        return {n: r for n, r in revisions.items() if r.service == service}

    def url(self, service: str = APP_NAME, tag: str = "") -> str:
        """Return the URL of a service, or of a tag."""
        return self.rollout.url(service, tag)

    def on(
        self,
        method: str,
        path: str,
        function: Callable[[Call], Answer | None],
        times: int = 1,
        after: int = 0,
    ) -> None:
        """Do something before a matching request is handled.

        Parameters
        ----------
        method : str
            ``"*"``: any.
        path : str
            A regular expression to search for, in the path without the query.
        function : callable
            It may return a status and a body to answer with instead.
        times : int
            For so many matching requests.
        after : int
            Let so many pass first.
        """
        hook = Hook(method, re.compile(path), function, after, times)
        self._server.hooks.append(hook)

    def fail(
        self,
        method: str,
        path: str,
        status: int,
        times: int = 1,
        after: int = 0,
        body: dict | str | None = None,
    ) -> None:
        """Let matching requests fail: see `on`.

        Parameters
        ----------
        status : int
            0 ends the connection without an answer.
        body : dict or str, optional
            A str is the message of a usual error.
        """
        if not isinstance(body, dict):
            body = ApiError(status, body or "The fake fails on demand.").body
        self.on(method, path, lambda _: (status, body), times, after)

    def stop_failing(self) -> None:
        """Undo all calls of `on`, `fail` and `disable`."""
        self._server.hooks.clear()

    def disable(self, api: str) -> None:
        """Let every call of an API say that the project has not enabled it: ``run`` or ``artifactregistry``."""
        title = {"run": "Cloud Run Admin API"}.get(api, "Artifact Registry API")
        path = {"run": "/namespaces/|/services"}.get(api, "/repositories/")
        self.fail("*", path, 403, 10**6, body=_disabled(f"{api}.googleapis.com", title))

    @contextlib.contextmanager
    def offline(self) -> Iterator[None]:
        """Refuse gcloud's connections for a while; the services themselves go on."""
        self._server.stop()
        try:
            yield
        finally:
            self._server.start()


def _all_enabled(call: Call) -> Answer:
    """Answer for Service Usage: each API is enabled."""
    return 200, {"name": call.path.removeprefix("/v1/"), "state": "ENABLED"}


def _disabled(service: str, title: str) -> dict:
    url = f"https://console.developers.google.com/apis/api/{service}/overview?project={PROJECT_ID}"
    message = (
        f"{title} has not been used in project {PROJECT_ID} before or it is disabled. Enable it by visiting {url} "
        "then retry. If you enabled this API recently, wait a few minutes for the action to propagate to our systems "
        "and retry."
    )
    info = {
        "@type": "type.googleapis.com/google.rpc.ErrorInfo",
        "reason": "SERVICE_DISABLED",
        "domain": "googleapis.com",
        "metadata": {
            "service": service,
            "serviceTitle": title,
            "consumer": f"projects/{PROJECT_ID}",
            "containerInfo": PROJECT_ID,
            "activationUrl": url,
        },
    }
    return ApiError(403, message, details=[info]).body


def _environ(port: int, config: Path) -> dict[str, str]:
    """Return the environment in which gcloud finds nothing but the fake."""
    foreign = ("CLOUDSDK_", "GCP_", "GITHUB_", "GOOGLE_")
    environ = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(foreign) and not name.lower().endswith("_proxy")
    }
    return {
        **environ,
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_RUN": "http://run.fake.test/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_ARTIFACTREGISTRY": "http://artifactregistry.fake.test/",
        "CLOUDSDK_API_ENDPOINT_OVERRIDES_SERVICEUSAGE": "http://serviceusage.fake.test/",
        "CLOUDSDK_PROXY_TYPE": "http",
        "CLOUDSDK_PROXY_ADDRESS": "127.0.0.1",
        "CLOUDSDK_PROXY_PORT": str(port),
        "CLOUDSDK_AUTH_DISABLE_CREDENTIALS": "true",
        "CLOUDSDK_CORE_SHOULD_PROMPT_TO_ENABLE_API": "false",
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "true",
        "CLOUDSDK_CORE_PROJECT": PROJECT_ID,
        "CLOUDSDK_CONFIG": str(config),
        "DOCKER_CONFIG": str(config / "docker"),
        "GCP_PROJECT_ID": PROJECT_ID,
        "GCP_APP_NAME": APP_NAME,
        "GCP_REGION": REGION,
    }
