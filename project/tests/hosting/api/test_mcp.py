"""The tools for models of language: by the protocol's official client, and as nobody should ask.

References
----------
https://github.com/modelcontextprotocol/python-sdk
"""

from __future__ import annotations

import asyncio
import shutil
from typing import Any

import pytest

from app.accounts import Actor
from app.hosting.api.mcp import VERSIONS
from tests.hosting.api.conftest import ROW, Program
from tests.jobs.conftest import Trained

TOOLS = ("list_runs", "describe_run", "predict", "explain", "check_table")
JSON = {"Accept": "application/json, text/event-stream"}


def ask(program: Program, message: Any, **more: Any):
    """Send one message."""
    headers = JSON | more.pop("headers", {})
    client = program.server.test_client(use_cookies=False)
    return client.post("/mcp", json=message, headers=headers, **more)


def call(program: Program, name: str, arguments: Any = None, **more: Any):
    """Call a tool; return its result."""
    parameters = {"name": name, "arguments": arguments or {}}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": parameters}
    return ask(program, message, **more).json["result"]


def test_the_official_client_lists_describes_and_predicts(start_server, trained: Trained):  # fmt: skip
    from mcp.client.client import Client

    live = start_server(workers=2)
    shutil.copytree(trained.workshop.data_dir, live.data_dir, dirs_exist_ok=True)
    run = trained.run_id

    async def visit(mode: str) -> None:
        async with Client(f"{live.url}/mcp", mode=mode) as client:
            tools = (await client.list_tools()).tools
            assert tuple(tool.name for tool in tools) == TOOLS

            async def use(name: str, **arguments: Any) -> dict:
                answer = await client.call_tool(name, arguments)
                assert not answer.is_error, answer
                return answer.structured_content

            assert run in [one["id"] for one in (await use("list_runs"))["runs"]]
            described = await use("describe_run", run=run)
            assert described["model"]["holdout_low"] <= described["model"]["holdout"]
            assert described["columns"][0]["minimum"] is not None
            predicted = await use("predict", run=run, rows=[ROW, 5], threshold=0.9)
            assert [one["row"] for one in predicted["failed"]] == [1]
            explained = await use("explain", run=run, rows=[ROW])
            assert explained["explanations"][0]["reasons"]
            checked = await use("check_table", run=run, rows=[{"size": "x"}])
            assert checked["usable"] == 0
            refused = await client.call_tool("predict", {"run": "no", "rows": [ROW]})
            assert refused.is_error and "does not exist" in refused.content[0].text

    for mode in ("auto", "legacy"):
        asyncio.run(visit(mode))


@pytest.mark.parametrize(
    "asked, given",
    [
        (VERSIONS[1], VERSIONS[1]),
        ("1999-01-01", VERSIONS[0]),
        (None, VERSIONS[0]),
    ],
)
def test_the_version_is_the_client_s_if_it_is_known(program, asked, given):
    parameters = {"protocolVersion": asked, "capabilities": {}}
    message = {"jsonrpc": "2.0", "id": "a", "method": "initialize", "params": parameters}  # fmt: skip
    answer = ask(program, message)
    assert answer.status_code == 200 and answer.json["id"] == "a"
    assert answer.json["result"]["protocolVersion"] == given
    assert answer.json["result"]["capabilities"] == {"tools": {"listChanged": False}}


def test_a_notification_is_taken_without_an_answer(program):
    answer = ask(program, {"jsonrpc": "2.0", "method": "notifications/initialized"})
    assert (answer.status_code, answer.data) == (202, b"")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_there_is_no_stream_and_no_session_to_end(program, method):
    answer = program.server.test_client().open("/mcp", method=method)
    assert answer.status_code == 405 and "POST" in answer.headers["Allow"]


@pytest.mark.parametrize(
    "message, status, code",
    [
        ([], 400, -32600),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1}, 400, -32600),
        ({"jsonrpc": "2.0", "id": [1], "method": "ping"}, 400, -32600),
        ({"jsonrpc": "2.0", "id": 1, "method": "server/discover"}, 200, -32601),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": 3}, 200, -32602),
        (
            {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": []}},
            200,
            -32602,
        ),
    ],
)
def test_a_message_that_makes_no_sense_has_the_protocol_s_code(program, message, status, code):  # fmt: skip
    answer = ask(program, message)
    assert (answer.status_code, answer.json["error"]["code"]) == (status, code)


def test_a_body_that_is_no_json_has_the_protocol_s_code(program):
    answer = program.server.test_client().post("/mcp", data=b"{")
    assert (answer.status_code, answer.json["error"]["code"]) == (400, -32700)


def test_another_version_of_the_protocol_is_refused_by_its_header(program):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    answer = ask(program, message, headers={"MCP-Protocol-Version": "2099-01-01"})
    assert answer.status_code == 400
    for version in VERSIONS:
        answer = ask(program, message, headers={"MCP-Protocol-Version": version})
        assert answer.json["result"] == {}


@pytest.mark.parametrize(
    "name, arguments, says",
    [
        ("predict", {}, "This is missing"),
        ("predict", {"rows": [ROW]}, "/run"),
        ("predict", [], "There is no such run"),
        ("describe_run", {"run": "../.."}, "does not exist"),
        ("list_runs", {"more": 1}, "no such field"),
        ("explain", {"run": "RUN", "rows": [ROW] * 101}, "at most 100"),
        ("predict", {"run": "RUN", "rows": [ROW], "model": "no"}, "has no model"),
        ("describe_run", {"run": "RUN", "model": "no"}, "no such model"),
    ],
)
def test_a_tool_that_cannot_says_why(program, name, arguments, says):
    if isinstance(arguments, dict) and arguments.get("run") == "RUN":
        arguments = arguments | {"run": program.run}
    if arguments == []:
        arguments, says = {}, "missing"
    result = call(program, name, arguments)
    assert result["isError"] and says in result["content"][0]["text"]


@pytest.mark.parametrize(
    "origin, status",
    [
        ("http://localhost", 200),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://localhost.evil.example", 403),
    ],
)
def test_a_page_of_another_site_is_refused(program, origin, status):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    assert ask(program, message, headers={"Origin": origin}).status_code == status


def test_a_site_that_took_the_name_of_this_machine_is_refused(program):
    message = {"jsonrpc": "2.0", "id": 1, "method": "ping"}
    headers = {"Origin": "http://evil.example", "Host": "evil.example"}
    assert ask(program, message, headers=headers).status_code == 403


def test_only_a_token_for_it_opens_a_tool(program):
    def result(actor: Actor, name: str, **arguments: Any):
        return call(
            program, name, arguments, environ_overrides={"dashboard.actor": actor}
        )

    stranger = {"dashboard.actor": Actor()}
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
    assert ask(program, message, environ_overrides=stranger).status_code == 401
    other = Actor(role="editor", user="bob", scopes=frozenset({"score", "results", "look"}))  # fmt: skip
    assert result(other, "list_runs")["structuredContent"] == {"runs": []}
    for name in ("describe_run", "predict", "explain", "check_table"):
        rows = {} if name == "describe_run" else {"rows": [ROW]}
        refused = result(other, name, run=program.run, **rows)
        assert refused["isError"] and "does not exist" in refused["content"][0]["text"]


def test_it_never_reaches_the_callbacks_of_the_pages(program):
    listed = ask(program, {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).json
    names = {tool["name"] for tool in listed["result"]["tools"]}
    assert names == set(TOOLS)
    callbacks = program.server.extensions["pages"].callback_map
    assert not names & set(callbacks)
