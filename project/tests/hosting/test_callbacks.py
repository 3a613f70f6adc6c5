"""Callback requests: those of the page pass, all others are refused with a sentence."""

from __future__ import annotations

import copy

import pytest
from dash import ALL, MATCH, Dash, Input, Output, State, html
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.hosting import callbacks, errors


def _item(component_id, name: str, value=None) -> dict:
    return {"id": component_id, "property": name, "value": value}


BODIES = {
    "plain": {
        "output": "greeting.children",
        "outputs": {"id": "greeting", "property": "children"},
        "inputs": [_item("name", "value", "Ada")],
        "state": [_item("place", "pathname", "/")],
        "changedPropIds": ["name.value"],
    },
    "several outputs, all of a pattern": {
        "output": "..first.children...second.children..",
        "outputs": [
            {"id": "first", "property": "children"},
            {"id": "second", "property": "children"},
        ],
        "inputs": [[_item({"type": "cell", "index": 1}, "value", 2)]],
        "changedPropIds": [],
    },
    "one of a pattern": {
        "output": '{"index":["MATCH"],"type":"echo"}.children',
        "outputs": {"id": {"index": 1, "type": "echo"}, "property": "children"},
        "inputs": [_item({"index": 1, "type": "cell"}, "value", "x")],
        "changedPropIds": ['{"index":1,"type":"cell"}.value'],
    },
}


@pytest.fixture(scope="module")
def pages_client():
    """A server with one page whose callbacks use every kind of dependency."""
    server = Flask("pages", static_folder=None)
    pages = Dash("pages", server=server, use_async=False, add_log_handler=False)
    pages.layout = html.Div(id="greeting")

    @pages.callback(
        Output("greeting", "children"),
        Input("name", "value"),
        State("place", "pathname"),
    )
    def greet(name, place):
        if name == "break":
            raise RuntimeError("a genuine mistake")
        return f"Hello {name} at {place}"

    @pages.callback(
        Output("first", "children"),
        Output("second", "children"),
        Input({"type": "cell", "index": ALL}, "value"),
    )
    def both(values):
        return len(values), sum(values)

    @pages.callback(
        Output({"type": "echo", "index": MATCH}, "children"),
        Input({"type": "cell", "index": MATCH}, "value"),
    )
    def echo(value):
        return value

    pages.clientside_callback(
        "function (name) { return name; }",
        Output("mirror", "children"),
        Input("name", "value"),
    )
    errors.install(server, ("/",))
    callbacks.install(server, pages)
    with server.test_client() as client:
        client.get("/")
        yield client


def _send(client, body):
    return client.post("/_dash-update-component", json=body)


@pytest.mark.parametrize("name", BODIES)
def test_what_the_page_sends_is_answered(pages_client, name):
    response = _send(pages_client, BODIES[name])
    assert response.status_code == 200, response.text


def test_an_answer_holds_what_the_callback_returned(pages_client):
    response = _send(pages_client, BODIES["plain"])
    assert response.json["response"] == {"greeting": {"children": "Hello Ada at /"}}


@pytest.mark.parametrize(
    "content", [b"", b"not json", b"[", b"[" * 100_000, b"\xff\xfe", b"null", b"[]"]
)
def test_a_body_that_is_no_json_object_is_refused(pages_client, content):
    response = pages_client.post(
        "/_dash-update-component", data=content, content_type="application/json"
    )
    assert response.status_code == 400
    assert "must be a JSON object" in response.json["error"]


def test_a_body_that_is_not_sent_as_json_is_refused(pages_client):
    response = pages_client.post("/_dash-update-component", data=b"{}")
    assert response.status_code == 400


@pytest.mark.parametrize(
    "output", ["nothing.children", "mirror.children", "", None, 3, ["a"], {"a": 1}]
)
def test_a_callback_that_this_server_has_not_is_refused(pages_client, output):
    response = _send(pages_client, BODIES["plain"] | {"output": output})
    assert response.status_code == 400
    assert "no such callback" in response.json["error"]


@pytest.mark.parametrize(
    "change",
    [
        {"inputs": []},
        {"inputs": None},
        {"inputs": "name"},
        {"inputs": [None]},
        {"inputs": [[]]},
        {"inputs": [{"property": "value"}]},
        {"inputs": [_item("name", "other")]},
        {"inputs": [_item({"name": 1}, "value")]},
        {"inputs": [_item("name", None)]},
        {"state": [_item("place", "pathname", {"a": 1})]},
        {"state": [_item("place", "pathname", 5)]},
        {"state": {}},
        {"outputs": None},
        {"outputs": {"id": "other", "property": "children"}},
        {"outputs": [{"id": "greeting", "property": "children"}]},
        {"changedPropIds": 5},
        {"changedPropIds": [{}]},
    ],
)
def test_inputs_and_outputs_of_another_callback_are_refused(pages_client, change):
    response = _send(pages_client, BODIES["plain"] | change)
    assert response.status_code == 400
    assert response.json["error"].endswith("Reload the page and try again.")


@pytest.mark.parametrize(
    "component_id", ["cell", {"index": 1}, {"index": [], "type": "cell"}, 5]
)
def test_an_id_that_does_not_fit_its_pattern_is_refused(pages_client, component_id):
    body = BODIES["one of a pattern"] | {"inputs": [_item(component_id, "value")]}
    assert _send(pages_client, body).status_code == 400


def test_a_genuine_mistake_in_a_callback_is_a_500_with_a_sentence(pages_client, caplog):
    body = BODIES["plain"] | {"inputs": [_item("name", "value", "break")]}
    response = _send(pages_client, body)
    assert response.status_code == 500
    assert "has been logged" in response.json["error"]
    assert "a genuine mistake" in caplog.text
    assert "genuine" not in response.text


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(
        st.sampled_from(["id", "property", "value", "index", "type"]), inner
    ),
    max_leaves=8,
)


@hypothesis_settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(sorted(BODIES)),
    st.sampled_from(["output", "outputs", "inputs", "state", "changedPropIds"]),
    json_values,
)
def test_whatever_stands_in_the_body_dash_never_fails_on_its_shape(
    pages_client, name, key, value
):
    body = copy.deepcopy(BODIES[name]) | {key: value}
    assert _send(pages_client, body).status_code in (200, 204, 400)


def test_every_callback_of_the_dashboard_refuses_a_tampered_body(client):
    specifications = client.get("/_dash-dependencies").json
    for specification in specifications:
        for change in ({}, {"inputs": []}, {"inputs": 1, "outputs": 2}):
            body = {"output": specification["output"], **change}
            if specification["inputs"]:
                assert _send(client, body).status_code == 400, specification["output"]
