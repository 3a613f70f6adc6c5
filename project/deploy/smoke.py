"""Requests from an address what a browser would request, and reports wrong answers."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPException

from deploy import DeployError
from deploy.arguments import seconds

# An instance may have to start first; meanwhile the platform holds the request.
_TIMEOUT = 30
_SCRIPT = re.compile(r'<script[^>]* src="(?P<path>/_dash-component-suites/[^"]+)"')
# The values that a browser has when it opens the first page; all others are null.
_OPENED = {"url.pathname": "/", "url.search": ""}


class SmokeError(DeployError):
    """An address does not answer as the dashboard does."""


@dataclass(frozen=True)
class Answer:
    """The answer to one request."""

    url: str
    content_type: str
    body: bytes

    def json(self):
        """Return the body as JSON.

        Raises
        ------
        SmokeError
            It is not JSON.
        """
        try:
            return json.loads(self.body)
        except ValueError:
            raise SmokeError(
                f"{self.url} answers {self.body[:80]!r}, which is not JSON."
            ) from None


def check(address: str) -> None:
    """Ask `address` for a page, its layout, a callback, a static file and whether it is ready.

    Parameters
    ----------
    address : str
        ``https://…``, without a slash at its end.

    Raises
    ------
    SmokeError
        The first wrong answer.
    """
    ready = fetch(f"{address}/health/ready").json()
    _must(ready.get("status") == "ready", f"{address}/health/ready says {ready}.")

    index = fetch(f"{address}/").body.decode(errors="replace")
    _must(
        "_dash-config" in index, f"{address}/ answers 200, but not with the dashboard."
    )

    layout = fetch(f"{address}/_dash-layout").json()
    _must("props" in layout, f"{address}/_dash-layout holds no layout.")

    _check_page(address)

    script = _SCRIPT.search(index)
    _must(script is not None, f"{address}/ names no script of Dash.")
    file = fetch(address + script["path"].replace("&amp;", "&"))
    _must(
        "javascript" in file.content_type and len(file.body) > 1000,
        f"{file.url} is not a script: {file.content_type}, {len(file.body)} bytes.",
    )


def _check_page(address: str) -> None:
    """Run the callback that fills the first page: it reads a table, so it needs storage and pandas."""
    callbacks = fetch(f"{address}/_dash-dependencies").json()
    page = next((one for one in callbacks if "page.children" in one["output"]), None)
    _must(page is not None, f"{address}/_dash-dependencies has no page to fill.")
    body = {
        "output": page["output"],
        "outputs": [
            {"id": id, "property": name}
            for id, name in re.findall(r"([\w-]+)\.([\w-]+)(?=\.\.)", page["output"])
        ],
        "inputs": [_with_value(one) for one in page["inputs"]],
        "state": [_with_value(one) for one in page["state"]],
        "changedPropIds": [_name(page["inputs"][0])],
    }
    answer = fetch(f"{address}/_dash-update-component", body).json()
    filled = answer.get("response", {}).get("page", {}).get("children")
    _must(filled, f"{address}/_dash-update-component answers 200, but fills no page.")


def _with_value(one: dict) -> dict:
    return {**one, "value": _OPENED.get(_name(one))}


def _name(one: dict) -> str:
    return f"{one['id']}.{one['property']}"


def _must(holds, sentence: str) -> None:
    if not holds:
        raise SmokeError(sentence)


def fetch(url: str, body: dict | None = None) -> Answer:
    """Send a GET, or `body` as a POST.

    Raises
    ------
    SmokeError
        There is no answer, or its status is not 200.
    """
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json", "User-Agent": "smoke-test"},
    )
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # nosec B310
            return Answer(url, answer.headers.get("Content-Type", ""), answer.read())
    except urllib.error.HTTPError as error:
        raise SmokeError(f"{url} answers {error.code}.{_why(error)}") from None
    except (OSError, HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise SmokeError(f"{url} does not answer: {reason}.") from None


def _why(error: urllib.error.HTTPError) -> str:
    if error.code == 403:
        return (
            " The service is not public. An owner of the project has to run once: "
            "gcloud run services add-iam-policy-binding SERVICE --member=allUsers --role=roles/run.invoker"
        )
    return ""


def is_healthy(address: str) -> bool:
    """Tell whether `address` is healthy at the first or second attempt."""
    try:
        _check_twice(address, time.sleep)
    except SmokeError:
        return False
    return True


def wait_until_healthy(
    address: str, seconds: float, sleep: Callable[[float], None] = time.sleep
) -> None:
    """Check `address` until it is healthy: a new address takes a moment to work.

    Parameters
    ----------
    address : str
    seconds : float
        How long it may take.
    sleep : callable
        Called with the seconds between two attempts.

    Raises
    ------
    SmokeError
        It is not healthy after that time; the last failure.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return check(address)
        except SmokeError:
            if time.monotonic() >= deadline:
                raise
        sleep(1)


def watch(
    addresses: list[str], seconds: float, sleep: Callable[[float], None] = time.sleep
) -> int:
    """Check the addresses repeatedly; one failure may be the network's, two in a row are the service's.

    Parameters
    ----------
    addresses : list of str
    seconds : float
        How long; each is checked at least once.
    sleep : callable
        Called with the seconds between two rounds.

    Returns
    -------
    int
        How many rounds there were.

    Raises
    ------
    SmokeError
        An address failed twice in a row.
    """
    deadline = time.monotonic() + seconds
    rounds = 0
    while True:
        for address in addresses:
            _check_twice(address, sleep)
        rounds += 1
        if time.monotonic() >= deadline:
            return rounds
        sleep(2)


def _check_twice(address: str, sleep: Callable[[float], None]) -> None:
    try:
        check(address)
    except SmokeError:
        sleep(1)
        check(address)


def add_arguments(parser) -> None:
    """Add the arguments of the command to `parser`."""
    parser.add_argument("url", help="the address of a dashboard")
    parser.add_argument(
        "--within",
        type=seconds,
        default=0,
        metavar="SECONDS",
        help="how long it may take to be healthy (0)",
    )


def run(arguments) -> None:
    """Check one address."""
    if not arguments.url.startswith(("http://", "https://")):
        raise DeployError(f"{arguments.url!r} must begin with http:// or https://.")
    wait_until_healthy(arguments.url.rstrip("/"), arguments.within)
    print(f"{arguments.url} is healthy.")
