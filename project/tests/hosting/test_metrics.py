"""Metrics: their values, their number of series, and who may read them."""

from __future__ import annotations

import os
import re
import threading
import time
from collections import Counter
from dataclasses import replace

import psutil
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app import dashboard
from app.app import create_server
from app.hosting.run_metrics import RunCensus
from app.storage import RunStore
from app.storage.runs import SILENCE_SECONDS
from tests.conftest import PROJECT, wait_for
from tests.reporting.report_sources import write

REQUESTS = "dashboard_request_duration_seconds_count"
CALLBACKS = "dashboard_callback_duration_seconds_count"
ENDED = "dashboard_runs_ended_total"


def _samples(text: str) -> dict[tuple, float]:
    return {
        (sample.name, *sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _told(client, name: str, **labels: str) -> float:
    samples = _samples(client.get("/metrics").text)
    return samples.get((name, *sorted(labels.items())), 0)


def _series(client, name: str) -> int:
    return sum(key[0] == name for key in _samples(client.get("/metrics").text))


def test_a_request_is_counted_and_timed_under_its_method_route_and_status(client):
    begun = time.perf_counter()
    for _ in range(3):
        client.get("/health/live")
    passed = time.perf_counter() - begun
    labels = {"method": "GET", "route": "/health/live", "status": "200"}
    assert _told(client, REQUESTS, **labels) == 3
    seconds = _told(client, REQUESTS.replace("count", "sum"), **labels)
    assert 0 < seconds < passed


def test_a_fresh_server_has_counted_nothing(client):
    assert _series(client, REQUESTS) == 0


def test_servers_in_one_process_count_apart(settings, client):
    other = create_server(settings).test_client()
    client.get("/health/live")
    assert _series(other, REQUESTS) == 0


def test_each_page_is_a_route_of_its_own(client):
    for path in dashboard.PATHS:
        client.get(path)
        labels = {"method": "GET", "route": path, "status": "200"}
        assert _told(client, REQUESTS, **labels) == 1


def test_addresses_and_methods_that_visitors_make_up_are_few_series(client):
    for number in range(20):
        client.get(f"/nothing/{number}")
        client.get(f"/reports/none{number}/")
        client.get(f"/api/uploads/{number}")
        client.open("/health/live", method=f"X{number}")
        client.post(f"/reports/none{number}/_dash-update-component", json={})
        client.post("/_dash-update-component", json={"output": f"made-up.{number}"})
    assert _series(client, REQUESTS) == 6
    assert _series(client, CALLBACKS) == 1
    assert _told(client, CALLBACKS, callback="other") == 40


def test_no_id_and_no_path_that_a_visitor_typed_is_told(client):
    client.get("/api/uploads/0123456789abcdef0123")
    client.get("/secret-path?secret-query")
    text = client.get("/metrics").text
    assert "0123456789abcdef0123" not in text
    assert "secret" not in text


def test_a_callback_is_timed_under_its_output(client):
    (body,) = [
        {
            "output": callback["output"],
            "outputs": _outputs(callback["output"]),
            "inputs": [
                {**one, "value": "/" if one["property"] == "data" else None}
                for one in callback["inputs"]
            ],
            "state": [{**one, "value": None} for one in callback["state"]],
            "changedPropIds": ["route.data"],
        }
        for callback in client.get("/_dash-dependencies").json
        if callback["clientside_function"] is None
        and [one["id"] for one in callback["inputs"]][:1] == ["route"]
    ]
    answer = client.post("/_dash-update-component", json=body)
    assert answer.status_code in (200, 204)
    assert _told(client, CALLBACKS, callback=body["output"]) == 1


REPORT = """
from dash import Dash, Input, Output, html
TITLE = "Echo"
DESCRIPTION = "Says what it is told."

def create_app(**dash_options):
    app = Dash(__name__, **dash_options)
    app.layout = html.Div([html.Div(id="in"), html.Div(id="out")])

    @app.callback(Output("out", "children"), Input("in", "children"))
    def echo(value):
        return value

    return app
"""


def test_callbacks_of_a_report_are_timed_under_its_name(settings, tmp_path):
    write(tmp_path, "echo", REPORT)
    settings = replace(settings, reports_dir=str(tmp_path))
    client = create_server(settings).test_client()
    body = {
        "output": "out.children",
        "outputs": {"id": "out", "property": "children"},
        "inputs": [{"id": "in", "property": "children", "value": "hello"}],
        "changedPropIds": ["in.children"],
    }
    for output in ("out.children", "made-up.children"):
        client.post(
            "/reports/echo/_dash-update-component", json=body | {"output": output}
        )
    assert _told(client, CALLBACKS, callback="report echo") == 1
    assert _told(client, CALLBACKS, callback="other") == 1


def _outputs(name: str) -> list[dict] | dict:
    names = name[2:-2].split("...") if name.startswith("..") else [name]
    pairs = [one.rpartition(".") for one in names]
    outputs = [{"id": component, "property": prop} for component, _, prop in pairs]
    return outputs if name.startswith("..") else outputs[0]


def test_an_answer_that_failed_is_counted_as_500(server, client):
    def fail():
        raise RuntimeError("broken")

    server.view_functions["health.live"] = fail
    server.config["PROPAGATE_EXCEPTIONS"] = False
    assert client.get("/health/live").status_code == 500
    labels = {"method": "GET", "route": "/health/live", "status": "500"}
    assert _told(client, REQUESTS, **labels) == 1
    assert _told(client, "dashboard_requests_in_progress") == 1  # this very request


def test_a_table_that_is_read_is_timed_by_what_became_of_it(client):
    for content in (b"a,b\n1,2\n3,4\n5,6\n", b"\0\1\2\3"):
        body = {"name": "a.csv", "size": len(content)}
        path = f"/api/uploads/{client.post('/api/uploads', json=body).json['id']}"
        client.put(f"{path}/parts/0", data=content)
        client.post(f"{path}/finish")
    count = "dashboard_ingest_duration_seconds_count"
    assert _told(client, count, result="kept") == 1
    assert _told(client, count, result="refused") == 1
    assert _told(client, "dashboard_ingest_in_progress") == 0


def test_the_process_and_the_version_are_told(settings):
    client = create_server(replace(settings, revision="abc123")).test_client()
    text = client.get("/metrics").text
    assert 'revision="abc123"' in text
    for name in ("resident_memory_bytes", "cpu_seconds_total", "open_fds"):
        assert _samples(text)[(f"process_{name}",)] > 0


def test_without_a_token_everybody_may_ask(client):
    response = client.get("/metrics")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.content_type.startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("sent", [None, "", "Bearer ", "Bearer wrong", "Bearer s3crét"])
def test_with_a_token_whoever_does_not_send_it_is_refused_with_a_sentence(
    settings, sent
):
    client = create_server(replace(settings, metrics_token="s3cret")).test_client()
    headers = {} if sent is None else {"Authorization": sent}
    response = client.get("/metrics", headers=headers)
    assert response.status_code == 401
    assert "METRICS_TOKEN" in response.text
    assert response.headers["WWW-Authenticate"] == "Bearer"
    allowed = {"Authorization": "Bearer s3cret"}
    assert client.get("/metrics", headers=allowed).status_code == 200


def _run(
    runs: RunStore, state: str = "queued", kind: str = "training", **fields
) -> str:
    run_id = runs.create(kind=kind, **fields)
    runs.write(runs.content(run_id) | {"state": state})
    return run_id


def _counts(census: RunCensus) -> dict[tuple, float]:
    census._looked = float("-inf")  # as if a second had passed
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in census.collect()
        for sample in family.samples
        if sample.value and "bucket" not in sample.name
    }


def test_runs_are_counted_by_what_they_do_and_how_they_ended(tmp_path):
    runs = RunStore(tmp_path)
    census = RunCensus(runs, since=time.time())
    _run(runs)
    _run(runs, "running")
    _run(runs, "failed")
    _run(runs, "cancelled", kind="learning")
    _run(runs, "done", started=10.0, finished=17.0)
    expected = {
        ("dashboard_runs_kept",): 5,
        ("dashboard_runs_active", "training", "waiting"): 1,
        ("dashboard_runs_active", "training", "working"): 1,
        ("dashboard_runs_started_total", "training"): 4,
        ("dashboard_runs_started_total", "learning"): 1,
        (ENDED, "training", "failed"): 1,
        (ENDED, "training", "done"): 1,
        (ENDED, "learning", "cancelled"): 1,
        ("dashboard_run_duration_seconds_count", "training"): 1,
        ("dashboard_run_duration_seconds_sum", "training"): 7,
    }
    assert _counts(census) == expected
    assert _counts(census) == expected, "asked twice, counted twice"
    assert _counts(RunCensus(runs, census._since)) == expected, "another worker"


def test_a_run_whose_process_died_is_counted_as_interrupted(tmp_path):
    runs = RunStore(tmp_path)
    census = RunCensus(runs, since=time.time() - 3600)
    run_id = _run(runs, "running")
    silent = time.time() - 2 * SILENCE_SECONDS
    (tmp_path / run_id / "heartbeat").write_text(str(silent))
    assert _counts(census)[ENDED, "training", "interrupted"] == 1


def test_runs_of_other_machines_are_counted_there(tmp_path):
    runs = RunStore(tmp_path)
    census = RunCensus(runs, since=time.time())
    _run(runs, "done", machine="elsewhere", started=1.0, finished=2.0)
    _run(runs, "running", machine="elsewhere")
    assert _counts(census) == {
        ("dashboard_runs_kept",): 2,
        ("dashboard_runs_active", "training", "working"): 1,
    }


def test_counts_do_not_fall_when_runs_are_deleted(tmp_path):
    runs = RunStore(tmp_path)
    census = RunCensus(runs, since=time.time())
    run_id = _run(runs, "failed")
    _counts(census)
    for path in (tmp_path / run_id).iterdir():
        path.unlink()
    (tmp_path / run_id).rmdir()
    assert _counts(census)[ENDED, "training", "failed"] == 1


def test_runs_from_before_the_server_started_are_never_opened(tmp_path, monkeypatch):
    runs = RunStore(tmp_path)
    opened = Counter()
    get = runs.get
    monkeypatch.setattr(
        runs, "get", lambda run_id: opened.update([run_id]) or get(run_id)
    )
    old, new = _run(runs, "done"), _run(runs, "failed")
    opened.clear()
    os.utime(tmp_path / old / "heartbeat", (0, time.time() - 2 * SILENCE_SECONDS))
    census = RunCensus(runs, since=time.time())
    for _ in range(3):
        _counts(census)
    assert opened == {new: 1}


@pytest.mark.parametrize("damage", ["", "[1]", "{"])
def test_a_damaged_record_is_passed_over(tmp_path, damage):
    runs = RunStore(tmp_path)
    census = RunCensus(runs, since=time.time())
    (tmp_path / _run(runs) / "run.json").write_text(damage)
    assert _counts(census) == {("dashboard_runs_kept",): 1}


def test_a_scrape_tells_the_sum_of_two_workers_and_survives_that_one_dies(
    start_server,
):
    live = start_server(workers=2)
    process = re.compile(rb"^process_start_time_seconds", re.MULTILINE)
    gate = threading.Barrier(8)

    def ask():
        gate.wait()
        for _ in range(10):
            live.request("GET", "/reports/catalogue.json")

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    def scrape() -> dict[tuple, float]:
        status, _, content = live.request("GET", "/metrics")
        assert (status, len(process.findall(content))) == (200, 1)
        return _samples(content.decode())

    labels = [
        ("method", "GET"),
        ("route", "/reports/catalogue.json"),
        ("status", "200"),
    ]

    def adds_up() -> bool:
        told = scrape()
        # An answer is counted only after it has been sent.
        in_progress = told[("dashboard_requests_in_progress",)]
        return (told[(REQUESTS, *labels)], in_progress) == (80, 1)

    for _ in range(5):
        wait_for(adds_up, what="the sum of both workers")

    workers = psutil.Process(live.process.pid).children()

    def adds_up_memory() -> bool:
        used = sum(worker.memory_info().rss for worker in workers)
        return scrape()[("process_resident_memory_bytes",)] > 0.8 * used

    wait_for(adds_up_memory, what="both workers' memory")
    worker = workers[0]
    worker.kill()
    wait_for(lambda: not worker.is_running(), what="the worker's end")

    def counted() -> float:
        try:
            return scrape()[(REQUESTS, *labels)]
        except OSError:
            return 0

    assert wait_for(counted, what="an answer") == 80


def test_the_folder_of_several_workers_metrics_goes_with_the_server(
    start_server, tmp_path
):
    live = start_server(workers=2, TMPDIR=str(tmp_path))
    (folder,) = tmp_path.glob("dashboard-metrics-*")
    assert live.request("GET", "/metrics")[0] == 200
    live.stop()
    assert not folder.exists()


def test_the_documentation_has_every_metric_and_no_other(client):
    text = client.get("/metrics").text
    told = {
        family.name + {"counter": "_total"}.get(family.type, "")
        for family in text_string_to_metric_families(text)
        if family.name.startswith("dashboard_")
    }
    written = (PROJECT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `(dashboard_\w+)` \|", written, re.MULTILINE)) == told
