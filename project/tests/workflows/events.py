"""The events that start workflows: pushes, pull requests, the clock and people."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Any

REPOSITORY = "owner/dashboard"
SHA = "0123456789abcdef0123456789abcdef01234567"


_numbers = itertools.count(7)


@dataclass(frozen=True)
class Event:
    """One event, as workflows see it in the context ``github``."""

    name: str
    payload: dict[str, Any]
    ref: str = "refs/heads/main"
    # What strangers and Dependabot start gets no secrets.
    is_trusted: bool = True
    inputs: dict[str, str] = field(default_factory=dict)
    # Every run of a workflow has a number of its own.
    number: str = field(default_factory=lambda: str(next(_numbers)))

    @property
    def context(self) -> dict[str, Any]:
        """The context ``github``."""
        return {
            "event_name": self.name,
            "event": self.payload,
            "ref": self.ref,
            "sha": SHA,
            "repository": REPOSITORY,
            "run_number": self.number,
            "token": "ghs_token",
        }


def push(ref: str = "refs/heads/main", private: bool = False) -> Event:
    """A push."""
    return Event("push", _payload(private), ref)


def pull_request(action: str = "synchronize", number: int = 12) -> Event:
    """Something that happens to a pull request of a branch of the repository itself."""
    return _pull_request(action, number, REPOSITORY, is_trusted=True)


def fork_pull_request(action: str = "synchronize", number: int = 13) -> Event:
    """The same, of a stranger's copy of the repository."""
    return _pull_request(action, number, "stranger/dashboard", is_trusted=False)


def dependabot_pull_request(action: str = "opened", number: int = 14) -> Event:
    """The same, of a branch that Dependabot made in the repository."""
    return _pull_request(action, number, REPOSITORY, is_trusted=False)


def on_main(event: Event) -> Event:
    """The same for workflows that run on main, with all secrets, also for pull requests of strangers."""
    return replace(
        event, name="pull_request_target", ref="refs/heads/main", is_trusted=True
    )


def dispatch(**inputs: str) -> Event:
    """Somebody starts a workflow by hand."""
    return Event("workflow_dispatch", _payload(), inputs=inputs)


def schedule() -> Event:
    """The clock starts a workflow."""
    return Event("schedule", _payload())


def _pull_request(action: str, number: int, head: str, is_trusted: bool) -> Event:
    pull_request = {
        "head": {"ref": "$(touch hacked)", "sha": SHA, "repo": {"full_name": head}},
        "title": "A title; `touch hacked`",
    }
    payload = _payload(action=action, number=number, pull_request=pull_request)
    return Event("pull_request", payload, f"refs/pull/{number}/merge", is_trusted)


def _payload(private: bool = False, **more: Any) -> dict[str, Any]:
    return {"repository": {"private": private}, **more}
