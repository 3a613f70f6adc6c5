"""What can be taken away from a run: every file is listed, and how far it is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.dashboard.take_away import section
from app.exports import registry
from app.storage.run_files import RunFiles
from tests.dashboard.conftest import walk, words


@pytest.fixture
def slow(monkeypatch):
    """A file that a job prepares."""
    export = replace(registry.EXPORTS["table"], name="slow", in_job=True, title="Slow")
    monkeypatch.setitem(registry.EXPORTS, "slow", export)
    return export


def hrefs(component) -> list[str]:
    return [part.href for part in walk(component) if getattr(part, "href", None)]


def hidden(component) -> dict[str, bool]:
    return {
        part.id["kind"].removeprefix("take-away-"): part.hidden
        for part in walk(component)
        if getattr(part, "id", None)
        and isinstance(part.id, dict)
        and part.id["name"] == "slow"
        and hasattr(part, "hidden")
    }


def test_every_file_is_listed_with_its_sentence(shared, finished):
    training = shared.runs.training(finished("binary"))
    shown = section(shared, training, "linear")
    for export in registry.EXPORTS.values():
        assert export.title in words(shown) and export.description in words(shown)
    assert f"/runs/{training.id}/files/table?model=linear" in hrefs(shown)


def test_what_cannot_be_made_says_why_and_has_no_button(shared, finished, monkeypatch):
    sorry = replace(
        registry.EXPORTS["table"], unavailable=lambda training, model: f"Not {model}."
    )
    monkeypatch.setitem(registry.EXPORTS, "table", sorry)
    training = shared.runs.training(finished("binary"))
    shown = section(shared, training, "linear")
    assert "Not linear." in words(shown)
    assert not [href for href in hrefs(shown) if "/table" in href]


@pytest.mark.parametrize("state", [None, "failed", "cancelled", "done"])
def test_a_file_that_a_job_makes_shows_how_far_it_is(shared, finished, slow, state):
    training = shared.runs.training(finished("binary"))
    if state:
        asked = registry.parameters_of(slow, training, "linear")
        run = shared.runs.create(
            "export", parent=training.id, parameters=asked, state=state, message="Why."
        )
        shared.runs.link_derived("export", training.id, asked, run)
        RunFiles(shared.runs.root).write(run, b"x")
    shown = section(shared, training, "linear")
    link = f"/runs/{training.id}/files/slow?model=linear"
    assert (link in hrefs(shown)) == (state == "done")
    assert hidden(shown) == {"start-box": state == "done", "cancel-box": True}
    assert ("Why." in words(shown)) == (state in ("failed", "cancelled"))
