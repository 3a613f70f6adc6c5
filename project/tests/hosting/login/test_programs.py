"""Programs on a server where people log in: a token opens what it is for, and nothing of another user."""

from __future__ import annotations

import pytest

from tests.dashboard.conftest import fields_of, result_of

CSV = b"age,sold\n" + b"1,yes\n2,no\n3,yes\n" * 30


@pytest.fixture
def token(directory):
    """Return the header with a new token of somebody."""

    def new(name: str, *scopes: str) -> dict[str, str]:
        user = next(each for each in directory.users.all() if each.name == name)
        secret = directory.tokens.create(user.id, "a program", scopes, 7)
        return {"Authorization": f"Bearer {secret}"}

    return new


def test_a_token_uploads_lists_and_deletes_what_is_its_user_s(server, token):
    client = server.test_client()
    ada = token("Ada", "create", "rows", "results", "delete")
    made = client.post("/api/v1/datasets?name=a.csv", data=CSV, headers=ada)
    assert made.status_code == 201, made.text
    assert "Set-Cookie" not in made.headers
    path = f"/api/v1/datasets/{made.json['id']}"
    listed = client.get("/api/v1/datasets", headers=ada).json["datasets"]
    assert [each["id"] for each in listed] == [made.json["id"]]
    boss = token("Boss", "create", "rows", "results")
    assert client.get(path, headers=boss).status_code == 404
    assert client.get("/api/v1/datasets", headers=boss).json == {"datasets": []}
    assert client.delete(path, headers=token("Ada", "rows")).status_code == 403
    assert client.delete(path, headers=ada).status_code == 204


def test_a_token_for_results_neither_uploads_nor_trains(server, token):
    client = server.test_client()
    headers = token("Ada", "results")
    for path, more in (
        ("/api/v1/datasets", {"data": CSV}),
        ("/api/v1/runs", {"json": {"dataset": "sample-iris", "target": "species"}}),
    ):
        answer = client.post(path, headers=headers, **more)
        assert answer.status_code in (403, 404), path
        assert answer.mimetype == "application/problem+json"


def test_tools_show_the_runs_of_the_token_s_user_alone(server, services, token, directory):  # fmt: skip
    from app.storage import belongings

    run = services.runs.create(**fields_of("binary") | {"state": "done"})
    services.runs.write_result(run, "model-linear", result_of("binary"))
    ada = next(each for each in directory.users.all() if each.name == "Ada")
    belongings.claim(services.runs.root, run, f"user-{ada.id}")
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "list_runs"}}  # fmt: skip
    client = server.test_client()
    seen = {}
    for name in ("Ada", "Boss"):
        answer = client.post("/mcp", json=message, headers=token(name, "results"))
        found = answer.json["result"]["structuredContent"]["runs"]
        seen[name] = [each["id"] for each in found]
    assert seen == {"Ada": [run], "Boss": []}
    assert client.post("/mcp", json=message).status_code in (401, 403)
    wrong = {"Authorization": "Bearer dash_wrong"}
    assert client.post("/mcp", json=message, headers=wrong).status_code == 401
