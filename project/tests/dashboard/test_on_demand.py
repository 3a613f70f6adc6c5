"""Results on demand: what the browser sends is checked, and every state of a run is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from app.dashboard.learning_curve import LEARNING_CURVE
from app.dashboard.on_demand import on_demand
from app.functions.evaluation.learning_curves import LearningCurve
from tests.dashboard.conftest import walk, words

PARTS = ("content", "start", "start-box", "cancel-box", "poll")


def component_id(part: str) -> dict[str, str]:
    return {"kind": f"on-demand-{part}", "job": "learning"}


@pytest.fixture
def press(shared_server):
    """Press the button through HTTP: ``press(run, {"model": "linear"})``; return the answer as text."""
    client = shared_server.test_client()
    callback = next(
        each
        for each in client.get("/_dash-dependencies").get_json()
        if "on-demand-start" in json.dumps(each["inputs"])
    )

    def send(run: Any, parameters: Any, clicks: int | None = 1) -> str:
        values = {"n_clicks": clicks, "n_intervals": 0}
        request = {"run": run, "parameters": parameters}
        outputs = [
            part.rsplit(".", 1)[1] for part in callback["output"][2:-2].split("...")
        ]
        body = {
            "output": callback["output"],
            "outputs": [
                {"id": component_id(part), "property": name}
                for part, name in zip(PARTS, outputs)
            ],
            "inputs": [
                {
                    "id": component_id(json.loads(each["id"])["kind"][10:]),
                    "property": each["property"],
                    "value": values[each["property"]],
                }
                for each in callback["inputs"]
            ],
            "state": [
                {"id": component_id("request"), "property": "data", "value": request}
            ],
            "changedPropIds": [
                json.dumps(component_id("start"), separators=(",", ":"), sort_keys=True)
                + ".n_clicks"
            ],
        }
        answer = client.post("/_dash-update-component", json=body)
        assert answer.status_code == 200, answer.get_data(as_text=True)
        return answer.get_data(as_text=True)

    return send


@pytest.mark.parametrize(
    "parameters",
    [{}, None, {"model": "../../run"}, {"model": ["linear"]}, {"model": "svm"}, 7],
)
def test_what_the_training_does_not_have_is_refused_with_a_sentence(
    press, shared, finished, monkeypatch, parameters
):
    monkeypatch.setattr(shared.jobs, "start", pytest.fail)
    said = press(finished("binary"), parameters)
    assert "has not trained this model" in said and "Traceback" not in said


def test_a_click_starts_one_job_and_shows_its_progress(
    press, shared, finished, monkeypatch
):
    run = finished("binary")
    monkeypatch.setattr(
        shared.jobs, "start", lambda kind, **fields: shared.runs.create(kind, **fields)
    )
    assert "Starting" in press(run, {"model": "linear"})
    derived = shared.runs.derived("learning", run, {"model": "linear"})
    press(run, {"model": "linear"})
    assert shared.runs.derived("learning", run, {"model": "linear"}).id == derived.id


@pytest.mark.parametrize("state", ["failed", "cancelled", "interrupted", "done"])
def test_how_it_ended_is_shown_and_it_can_be_tried_again(shared, finished, state):
    training = shared.runs.training(finished("binary"))
    asked = {"parent": training.id, "parameters": {"model": "linear"}}
    run = shared.runs.create("learning", **asked, state=state, message="This is why.")
    shared.runs.link_derived("learning", training.id, {"model": "linear"}, run)
    scores = [0.5, 0.6]
    curve = LearningCurve([10, 20], scores, scores, scores, scores)
    shared.runs.write_result(run, "result", curve)
    section = on_demand(shared, LEARNING_CURVE, training, model="linear")
    said = words(section)
    hidden = {
        part.id["kind"]: part.hidden
        for part in walk(section)
        if isinstance(getattr(part, "id", None), dict) and hasattr(part, "hidden")
    }
    if state == "done":
        assert "With 10 rows" in said and hidden["on-demand-start-box"]
    else:
        assert "This is why." in said and "Try again" in said
        assert not hidden["on-demand-start-box"]
    assert hidden["on-demand-cancel-box"]
