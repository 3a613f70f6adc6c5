"""The API as a program uses it: tables, runs and predictions, and a problem in a sentence for whatever cannot be."""

from __future__ import annotations

import io
import json
import socket

import pytest

from app.accounts import Actor
from app.accounts.limits import TooMany
from app.app import create_server
from app.jobs import models as jobs_models
from app.jobs.models import Unavailable
from app.settings import Settings
from app.storage import watching
from app.storage.served import ServedModels
from app.storage.uploads import PART_BYTES
from tests.conftest import wait_for
from tests.hosting.api.conftest import PREFIX, ROW, Program

CSV = b"age,city,sold\n" + b"".join(
    b"%d,%s,%s\n" % (i % 70, (b"Bern", b"Basel")[i % 2], (b"yes", b"no")[i % 3 == 0])
    for i in range(120)
)


def problem(answer, status: int) -> dict:
    """Return an error, which must be a problem with a sentence."""
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    content = json.loads(answer.text)
    assert content["status"] == status and content["title"]
    assert content["detail"].endswith(".") and "Traceback" not in content["detail"]
    return content


@pytest.fixture(scope="module")
def table(program: Program) -> str:
    """The id of a table."""
    answer = program.ask("POST", "/datasets?name=sales.csv", CSV)
    assert answer.status_code == 201, answer.text
    return answer.json["id"]


# ---- Tables


def test_a_table_is_sent_as_it_is_or_by_a_form_and_comes_back_as_a_profile(program):
    form = {"file": (io.BytesIO(CSV), "../sales.csv")}
    by_form = program.ask("POST", "/datasets", data=form).json
    as_it_is = program.ask("POST", "/datasets?name=sales.csv", CSV).json
    for profile in (by_form, as_it_is):
        assert (profile["name"], profile["rows"]) == ("sales.csv", 120)
        assert [c["name"] for c in profile["columns"]] == ["age", "city", "sold"]
        found = program.ask("GET", f"/datasets/{profile['id']}").json
        assert found == profile


@pytest.mark.parametrize(
    "content, status",
    [(b"", 422), (bytes(range(256)) * 20, 422), (b"a,b\n", 422)],
    ids=["empty", "no table", "no rows"],
)
def test_a_file_without_a_table_is_refused_and_forgotten(program, content, status):
    problem(program.ask("POST", "/datasets", content), status)
    assert list(program.services.uploads.root.iterdir()) == []


def test_a_form_without_a_file_is_refused(program):
    answer = program.ask("POST", "/datasets", data={"other": (io.BytesIO(b"a"), "a")})
    assert "field 'file'" in problem(answer, 422)["detail"]


def test_a_table_that_is_too_large_for_one_request_is_sent_in_parts(program):
    answer = program.ask("POST", "/datasets", bytes(PART_BYTES + 1))
    assert "/api/uploads" in problem(answer, 413)["detail"]


def test_tables_are_listed_the_newest_first_in_parts(program, table):
    first = program.ask("POST", "/datasets?name=newer.csv", CSV).json["id"]
    listed = program.ask("GET", "/datasets?limit=200").json["datasets"]
    ids = [entry["id"] for entry in listed]
    assert ids.index(first) < ids.index(table)
    part = program.ask("GET", "/datasets?limit=1&offset=1").json["datasets"]
    assert [entry["id"] for entry in part] == ids[1:2]


def test_who_made_a_table_deletes_it_and_others_are_told_why_not(program):
    made = program.ask("POST", "/datasets", CSV).json["id"]
    stranger = program.server.test_client()
    refused = stranger.delete(f"{PREFIX}/datasets/{made}")
    assert "who made it" in problem(refused, 403)["detail"]
    assert program.ask("DELETE", f"/datasets/{made}").status_code == 204
    problem(program.ask("GET", f"/datasets/{made}"), 404)
    problem(program.ask("DELETE", f"/datasets/{made}"), 404)


# ---- Runs


def test_a_run_is_started_followed_and_read(program, table):
    options = {
        "models": ["linear"],
        "folds": 3,
        "holdout": 25,
        "rows": [{"column": "age", "minimum": "2", "missing": True}],
    }
    body = {"dataset": table, "target": "sold", "columns": {"city": "out"}, "options": options}  # fmt: skip
    answer = program.ask("POST", "/runs", body)
    assert answer.status_code == 202, answer.text
    path = f"/runs/{answer.json['id']}"

    def ended():
        run = program.ask("GET", path).json
        return run if run["state"] not in ("queued", "running") else None

    run = wait_for(ended, what="the run")
    assert (run["state"], run["target"], run["best"]) == ("done", "sold", "linear")
    results = program.ask("GET", f"{path}/results").json
    assert [row["model"] for row in results["models"]] == ["dummy", "linear"]
    one = program.ask("GET", f"{path}/results/linear").json
    assert one["holdout"] == results["models"][1]["holdout"]
    assert one["verdict"].endswith(".") and len(one["confusion"]) == 2
    schema = program.ask("GET", f"{path}/schema").json
    (column,) = schema["columns"]
    assert (column["name"], column["minimum"], column["maximum"]) == ("age", 2, 69)
    settings = program.services.runs.training(answer.json["id"]).settings
    assert (settings.n_splits, settings.test_size) == (3, 0.25)
    assert settings.row_filters[0].sentence.startswith("age")
    problem(program.ask("POST", f"{path}/cancel"), 409)
    assert program.ask("DELETE", path).status_code == 204
    problem(program.ask("GET", path), 404)


def test_an_active_run_is_cancelled(program, table):
    body = {"dataset": table, "target": "sold", "options": {"search": "random", "seconds": 600}}  # fmt: skip
    run = program.ask("POST", "/runs", body).json["id"]
    assert program.ask("POST", f"/runs/{run}/cancel").status_code == 202
    wait_for(
        lambda: program.ask("GET", f"/runs/{run}").json["state"] == "cancelled",
        what="the run to be cancelled",
    )
    problem(program.ask("GET", f"/runs/{run}/results/linear"), 409)
    problem(program.ask("POST", f"/runs/{run}/predict", {"rows": [ROW]}), 409)


@pytest.mark.parametrize(
    "changes, says",
    [
        ({"target": "price"}, "no column 'price'"),
        ({"columns": {"price": "out"}}, "no column 'price'"),
        ({"columns": {"age": "wizard"}}, "A role is one of these"),
        ({"columns": {"city": "number"}}, "can be one of these"),
        ({"columns": {"age": "out", "city": "out"}}, "No column is left"),
        ({"task": "regression"}, "cannot be predicted as regression"),
        ({"options": {"scoring": "r2"}}, "'Scoring metric'"),
        ({"options": {"split": "time"}}, "choose a column"),
        ({"options": {"rows": [{"column": "age"}]}}, "has no value for 'age'"),
        ({"options": {"positive": "maybe"}}, "maybe"),
        ({"options": {"folds": 1}}, "/options/folds"),
        ({"options": {"fold": 3}}, "There is no such field"),
        ({"target": 3}, "/target"),
    ],
)
def test_what_cannot_be_trained_is_refused_with_a_sentence(program, table, changes, says):  # fmt: skip
    body = {"dataset": table, "target": "sold"} | changes
    assert says in problem(program.ask("POST", "/runs", body), 422)["detail"]


def test_a_table_that_does_not_exist_is_not_found(program):
    problem(program.ask("POST", "/runs", {"dataset": "nowhere"}), 404)


def test_runs_are_listed_for_the_machine_itself_and_not_through_a_proxy(program):
    listed = program.ask("GET", "/runs").json["runs"]
    assert program.run in [run["id"] for run in listed]
    headers = {"X-Forwarded-For": "203.0.113.9"}
    others = program.server.test_client().get(f"{PREFIX}/runs", headers=headers)
    assert others.json["runs"] == []


# ---- Predictions


def test_rows_are_predicted_by_the_chosen_model_at_the_chosen_threshold(program):
    answer = program.predict([ROW, ROW], "?model=k_neighbors&threshold=1").json
    assert (answer["model"], answer["threshold"]) == ("k_neighbors", 1.0)
    assert [one["row"] for one in answer["predictions"]] == [0, 1]


def test_ten_thousand_rows_are_predicted_and_one_more_is_refused(program):
    answer = program.predict([ROW] * 10_000)
    assert len(answer.json["predictions"]) == 10_000
    assert "10000" in problem(program.predict([ROW] * 10_001), 422)["detail"]


@pytest.mark.parametrize(
    "rows",
    [
        ["text", None, 3, [], {}],
        [{"size": "old"}, {"size": []}],
        [{"size": 10**200, "colour": "red"}],
        [{"size": -1e308, "weight": 1e308, "colour": "\ud800"}],
        [{f"column {i}": i for i in range(3_000)} | {"size": 1}],
        [{"size": "1" * 100_000}],
        [{"colour": "red\u0000", "size": True}],
    ],
)
def test_odd_rows_fail_or_succeed_one_by_one(program, rows):
    answer = program.predict(rows)
    assert answer.status_code == 200, answer.text
    told = [*answer.json["predictions"], *answer.json["failed"]]
    assert sorted(one["row"] for one in told) == list(range(len(rows)))


@pytest.mark.parametrize(
    "more, status",
    [
        ({"data": b"{", "content_type": "application/json"}, 400),
        ({"data": b"null", "content_type": "application/json"}, 400),
        ({"data": b"[" * 100_000, "content_type": "application/json"}, 400),
        ({"data": b"rows"}, 415),
        ({"json": []}, 422),
        ({"json": {"rows": []}}, 422),
        ({"json": {"rows": {"size": 1}}}, 422),
        ({"json": {"rows": [ROW], "model": "linear"}}, 422),
        ({"json": {"rows": [{"size": 10**400}]}}, 400),
        ({"json": {"rows": [ROW | {str(i): i for i in range(4_000)}]}}, 422),
        (
            {"data": b'{"rows": [{"size": NaN}]}', "content_type": "application/json"},
            422,
        ),
        (
            {
                "data": b'{"rows": [{"size": -Infinity}]}',
                "content_type": "application/json",
            },
            422,
        ),
        (
            {
                "data": b'{"rows": [{"size": 1e400}]}',
                "content_type": "application/json",
            },
            422,
        ),
        ({"json": {"rows": [ROW]}, "query_string": "threshold=2"}, 422),
        ({"json": {"rows": [ROW]}, "query_string": "threshold=nan"}, 422),
        ({"json": {"rows": [ROW]}, "query_string": "treshold=0.3"}, 422),
        ({"json": {"rows": [ROW]}, "query_string": "model=no"}, 404),
    ],
)
def test_a_request_that_makes_no_sense_is_refused_with_a_sentence(program, more, status):  # fmt: skip
    problem(program.ask("POST", f"/runs/{program.run}/predict", **more), status)


def test_no_answer_now_says_when_to_come_back(program, monkeypatch):
    def busy(*_, **__):
        raise Unavailable("Many programs are waiting.", 7)

    monkeypatch.setattr(jobs_models.Models, "ask", busy)
    answer = program.predict([ROW])
    problem(answer, 503)
    assert answer.headers["Retry-After"] == "7"


def test_a_limit_is_told_as_a_problem_with_a_time(program, monkeypatch):
    def full(*_, **__):
        raise TooMany("You have many runs. Come back in 60 seconds.", 60)

    monkeypatch.setattr(program.services.limits, "check_upload", full)
    answer = program.ask("POST", "/datasets", CSV)
    problem(answer, 429)
    assert answer.headers["Retry-After"] == "60"


def test_what_fails_on_the_server_is_a_problem_that_tells_nothing(program, monkeypatch):
    def fail(*_, **__):
        raise RuntimeError("the colour of the run")

    monkeypatch.setattr(jobs_models.Models, "ask", fail)
    program.server.config["PROPAGATE_EXCEPTIONS"] = False
    detail = problem(program.predict([ROW]), 500)["detail"]
    assert "colour" not in detail


def test_a_name_stands_for_the_model_that_serves_under_it(program):
    names = ServedModels(program.services.jobs.data_dir)
    names.promote("churn", program.run, "k_neighbors")
    body = {"rows": [ROW]}
    answer = program.ask("POST", "/runs/churn/predict", body).json
    assert (answer["run"], answer["model"]) == (program.run, "k_neighbors")
    chosen = program.ask("POST", "/runs/churn/explain?model=linear", body).json
    assert chosen["model"] == "linear"
    assert program.ask("POST", "/runs/churn/check", body).json["usable"] == 1
    unknown = problem(program.ask("POST", "/runs/chum/predict", body), 404)
    no_run = problem(program.ask("POST", "/runs/0123/predict", body), 404)
    assert unknown["detail"] == no_run["detail"]


def test_predictions_leave_counts_and_no_rows(program):
    for _ in range(3):
        program.predict([ROW, 5], "?model=linear")
    # As when nobody has asked for a while.
    program.services.models.close()
    kept = watching.scorings(program.services.runs, program.run)
    ours = [each for each in kept if each.model == "linear"]
    assert {each.source for each in ours} == {"api"}
    assert sum(each.rows for each in ours) >= 6
    assert sum(ours[-1].columns["colour"]) == ours[-1].rows - ours[-1].refused


# ---- Who may


def as_actor(program: Program, actor: Actor, method: str, path: str, **more):
    return program.server.test_client(use_cookies=False).open(
        PREFIX + path,
        method=method,
        environ_overrides={"dashboard.actor": actor},
        **more,
    )


def test_a_stranger_learns_nothing_but_to_log_in(program):
    for method, path in (("GET", "/openapi.json"), ("GET", "/"), ("GET", "/runs")):
        answer = as_actor(program, Actor(), method, path)
        if answer.status_code == 302:  # the page, for a browser
            continue
        assert "Log in" in problem(answer, 401)["detail"]
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    body = {"rows": "no list"}
    path = f"/runs/{program.run}/predict"
    told = problem(as_actor(program, Actor(), "POST", path, json=body), 401)
    assert "errors" not in told


@pytest.mark.parametrize(
    "scopes, works",
    [
        ({"score"}, {"predict"}),
        ({"look", "results"}, {"results"}),
        ({"create", "work"}, set()),
        ({"work", "results"}, {"results", "cancel"}),
    ],
)
def test_a_token_of_another_user_opens_nothing_and_ones_own_what_it_is_for(
    program, scopes, works
):
    from app.storage import belongings

    belongings.claim(program.services.runs.root, program.run, "user-ada")
    paths = {
        "predict": ("POST", f"/runs/{program.run}/predict", {"json": {"rows": [ROW]}}),
        "results": ("GET", f"/runs/{program.run}/results", {}),
        "cancel": ("POST", f"/runs/{program.run}/cancel", {}),
    }
    ada = Actor(role="editor", user="ada", scopes=frozenset(scopes))
    bob = Actor(role="editor", user="bob", scopes=frozenset(scopes))
    for name, (method, path, more) in paths.items():
        status = as_actor(program, ada, method, path, **more).status_code
        # The run has ended.
        done = 409 if name == "cancel" else 200
        assert status == (done if name in works else 404), name
        problem(as_actor(program, bob, method, path, **more), 404)
    problem(as_actor(program, bob, "DELETE", f"/runs/{program.run}"), 404)


def test_a_body_of_fifty_megabytes_is_refused_as_a_problem_before_it_is_read(live_server):  # fmt: skip
    live = live_server()
    head = (
        f"POST {PREFIX}/runs/a/predict HTTP/1.1\r\nHost: a\r\n"
        f"Content-Type: application/json\r\nContent-Length: {50 * 1024**2}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", int(live.url.rpartition(":")[2]))) as connection:  # fmt: skip
        connection.sendall(head.encode())
        connection.shutdown(socket.SHUT_WR)
        said = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
    assert " 413 " in said.splitlines()[0] and "application/problem+json" in said
    assert json.loads(said.partition("\r\n\r\n")[2])["status"] == 413


def test_where_only_links_open_something_a_program_keeps_what_it_made(tmp_path):
    settings = Settings(data_dir=str(tmp_path), links_only=True)
    server = create_server(settings)
    maker, other = server.test_client(), server.test_client()
    made = maker.post(f"{PREFIX}/datasets", data=CSV).json["id"]
    assert maker.get(f"{PREFIX}/datasets/{made}").status_code == 200
    problem(other.get(f"{PREFIX}/datasets/{made}"), 404)
    assert other.get(f"{PREFIX}/datasets").json == {"datasets": []}
    assert len(maker.get(f"{PREFIX}/datasets").json["datasets"]) == 1
    assert maker.delete(f"{PREFIX}/datasets/{made}").status_code == 204
