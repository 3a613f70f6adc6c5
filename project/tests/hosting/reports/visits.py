"""Requests to hosted reports."""

from __future__ import annotations

import http.client
import re
from urllib.parse import urlsplit

from tests.conftest import PATIENCE_SECONDS, wait_for
from tests.reports.samples import question

TOKEN = "a-secret"
CALLBACK = "_dash-update-component"


def ask(live, name: str, n_clicks: int = 1) -> tuple[int, str]:
    """Return the status and the text of a report's callback."""
    status, _, content = live.request(
        "POST", f"/reports/{name}/{CALLBACK}", question(n_clicks)
    )
    return status, content.decode()


def title(live, name: str) -> str:
    """Return the title of a report's page, or the status."""
    status, _, content = live.request("GET", f"/reports/{name}/")
    found = re.search(r"<title>(.*?)</title>", content.decode())
    return found[1] if status == 200 else str(status)


def by_every_worker(live, name: str, expected: str) -> None:
    """Wait until many consecutive requests, which reach every worker, get the same answer."""
    wait_for(
        lambda: {title(live, name) for _ in range(12)} == {expected},
        what=f"{name} to be {expected} in every worker",
    )


def raw(live, path: str, method: str = "GET") -> tuple[int, str]:
    """Request an address as it is written, without normalising it."""
    host = urlsplit(live.url).netloc
    connection = http.client.HTTPConnection(host, timeout=PATIENCE_SECONDS)
    connection.putrequest(method, path, skip_accept_encoding=True)
    connection.endheaders()
    answer = connection.getresponse()
    content = answer.read().decode(errors="replace")
    connection.close()
    return answer.status, content


def problem_of(live, name: str) -> str | None:
    _, catalogue = live.json("GET", "/reports/catalogue.json")
    (entry,) = [entry for entry in catalogue if entry["name"] == name]
    return entry["problem"]


def fresh(client, path: str):
    """Repeat a request until the report is found."""
    return wait_for(lambda: (r := client.get(path)).status_code != 404 and r, what=path)
