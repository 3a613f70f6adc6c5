"""Looking at an API until nobody fetches any more."""

from __future__ import annotations

import json

from app.reports import kit
from tests.conftest import wait_for

MINUTES = 180  # in seconds: a bound that no test reaches, however slow the machine
QUESTIONS = {"all": kit.question("/resource/x.json", order="id")}


def settled(api, questions=QUESTIONS, check=None):
    """Return the answer once nobody fetches any more."""

    def look():
        answer = api.look(questions, check)
        return None if answer.busy else answer

    return wait_for(look, MINUTES)


def ids(answer) -> list[str]:
    return [row["id"] for row in answer.tables["all"]]


def make_old(folder) -> None:
    """Let what was kept have expired."""
    for path in folder.glob("*.json"):
        kept = json.loads(path.read_text())
        kept["expires"] = "2020-01-01T00:00:00+00:00"
        path.write_text(json.dumps(kept))
