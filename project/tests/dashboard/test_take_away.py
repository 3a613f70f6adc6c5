"""What can be taken away from a run: every file is listed, and how far it is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from dash import Dash, _callback_context, no_update
from dash._utils import AttributeDict

from app.dashboard.card_form import SAVED
from app.dashboard.take_away import register_take_away, section
from app.exports import registry
from app.storage import NotFound
from app.storage.card_fields import CardFields, kept
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
        and part.id.get("name") == "slow"
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
        asked = registry.parameters_of(slow, training, "linear", shared.runs)
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


@pytest.fixture
def app(shared):
    """A page of its own with the callbacks, as the Use page registers them."""
    app = Dash(__name__)
    register_take_away(app, shared)
    return app


def call(app, name: str, triggered: str, *values):
    """Call a callback as Dash would."""
    (key,) = [key for key in app.callback_map if name in key]
    function = app.callback_map[key]["callback"].__wrapped__
    token = _callback_context.context_value.set(
        AttributeDict(triggered_inputs=[{"prop_id": triggered}])
    )
    try:
        return function(*values)
    finally:
        _callback_context.context_value.reset(token)


def test_what_is_written_into_the_card_is_kept_and_files_are_prepared_anew(
    app, shared, finished
):
    training = shared.runs.training(finished("binary"))
    card = registry.EXPORTS["card"]
    before = registry.parameters_of(card, training, "linear", shared.runs)
    ids = [{"name": "intended_use"}, {"name": "licence"}, {"name": "owner"}]
    request = {"run": training.id, "model": "linear"}
    odd = "<b>x</b>\x00\ud800 😀\nline"
    said, _ = call(
        app, "card-saved", "card-save.n_clicks", 1, [odd, None, 7], ids, request
    )
    assert said == SAVED
    written = kept(shared.runs, training.id)
    assert written == CardFields(intended_use="<b>x</b>? 😀\nline")
    after = registry.parameters_of(card, training, "linear", shared.runs)
    assert before == {"name": "card", "model": "linear"} and after["card"]
    values = {
        part.id["name"]: part.value
        for part in walk(section(shared, training, "linear"))
        if isinstance(getattr(part, "id", None), dict)
        and part.id.get("kind") == "card-field"
    }
    assert values["intended_use"] == written.intended_use
    said, _ = call(
        app, "card-saved", "card-save.n_clicks", 2, ["x" * 3000], ids[:1], request
    )
    assert "3,000 characters" in words(said)
    assert kept(shared.runs, training.id) == written


@pytest.mark.parametrize("request_", [None, 7, {}, {"run": 3, "model": "linear"}])
def test_what_makes_no_sense_is_refused(app, slow, shared, request_):
    key = '{"kind":"take-away-start","name":"slow"}.n_clicks'
    try:
        answer = call(app, "take-away-content", key, 1, None, None, request_)
    except NotFound:
        return
    assert answer == [no_update] * 5


def test_a_model_that_was_not_trained_is_not_prepared(app, slow, shared, finished):
    request = {"run": finished("binary"), "model": "../../run"}
    key = '{"kind":"take-away-start","name":"slow"}.n_clicks'
    said, button, *_ = call(app, "take-away-content", key, 1, None, None, request)
    assert "not trained this model" in words(said) and button == "Prepare"
