"""Logs: one line of JSON for every message and every request."""

from __future__ import annotations

import json
import logging.config
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.logs import (
    SAMPLED_FIELD,
    SPAN_FIELD,
    TRACE_FIELD,
    JsonFormatter,
    config,
    trace_fields,
)

TRACE = "105445aa7843bc8bf206b12000100000"
SPAN = "00f067aa0ba902b7"


def _format(
    message: str, level: str = "INFO", formatter=JsonFormatter(), **parts
) -> dict:
    record = logging.makeLogRecord(
        {
            "name": "app.test",
            "levelname": level,
            "levelno": logging.getLevelName(level),
            "msg": message,
            **parts,
        }
    )
    line = formatter.format(record)
    assert "\n" not in line
    return json.loads(line)


@given(st.text())
def test_whatever_the_message_it_is_one_line_of_json(message):
    assert _format(message)["message"] == message


def test_an_exception_is_logged_with_its_stack_in_the_same_line():
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        entry = _format("It failed", "ERROR", exc_info=sys.exc_info())
    assert entry["severity"] == "ERROR"
    assert entry["stack_trace"].startswith("Traceback (most recent call last):")
    assert "RuntimeError: broken" in entry["stack_trace"]


def test_errors_alone_name_the_service_and_the_version_to_collect_them_under():
    formatter = JsonFormatter(service="shop", version="shop-00007")
    context = {"service": "shop", "version": "shop-00007"}
    assert _format("broken", "ERROR", formatter)["serviceContext"] == context
    assert "serviceContext" not in _format("odd", "WARNING", formatter)


def test_on_cloud_run_the_service_and_version_are_those_that_it_tells(monkeypatch):
    monkeypatch.setenv("K_SERVICE", "shop")
    monkeypatch.setenv("K_REVISION", "shop-00007")
    json_format = config("INFO", revision="abc")["formatters"]["json"]
    assert (json_format["service"], json_format["version"]) == ("shop", "shop-00007")
    monkeypatch.delenv("K_REVISION")
    assert config("INFO", revision="abc")["formatters"]["json"]["version"] == "abc"


def test_the_configuration_is_one_that_logging_takes():
    configured = config("WARNING", project="shop-1")
    assert configured["root"]["level"] == "WARNING"
    formatter = logging.config.DictConfigurator(configured).configure_formatter(
        configured["formatters"]["json"]
    )
    entry = _format("", formatter=formatter, fields={TRACE_FIELD: TRACE})
    assert entry[TRACE_FIELD] == f"projects/shop-1/traces/{TRACE}"


def test_without_a_project_a_trace_is_its_bare_id():
    assert _format("", fields={TRACE_FIELD: TRACE})[TRACE_FIELD] == TRACE


@pytest.mark.parametrize(
    ("cloud", "parent", "expected"),
    [
        (f"{TRACE}/1;o=1", None, (TRACE, f"{1:016x}", True)),
        (f"{TRACE}/{2**64 - 1};o=0", None, (TRACE, "f" * 16, False)),
        (f"{TRACE}/{2**64};o=1", None, (TRACE, None, True)),
        (f"{TRACE.upper()}/0", None, (TRACE, None, None)),
        (TRACE, None, (TRACE, None, None)),
        (None, f"00-{TRACE}-{SPAN}-01", (TRACE, SPAN, True)),
        (f"{'a' * 32}/1;o=1", f"00-{TRACE}-{SPAN}-00", (TRACE, SPAN, False)),
        (None, None, (None, None, None)),
        ("rubbish\n/1", "00-short-1-1", (None, None, None)),
        (f"{TRACE}/1;o=1\n", f"00-{TRACE}-{SPAN}", (None, None, None)),
    ],
)
def test_trace_and_span_are_read_from_either_header(cloud, parent, expected):
    fields = trace_fields(cloud, parent)
    told = tuple(map(fields.get, (TRACE_FIELD, SPAN_FIELD, SAMPLED_FIELD)))
    assert told == expected


@given(st.text(), st.text())
def test_whatever_the_headers_nothing_fails(cloud, parent):
    assert set(trace_fields(cloud, parent)) <= {TRACE_FIELD, SPAN_FIELD, SAMPLED_FIELD}


def _requests(caplog) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "app.requests"]


def test_a_request_is_logged_without_its_query(client, caplog):
    caplog.set_level("DEBUG")
    response = client.get(
        "/?dataset=secret",
        headers={"X-Cloud-Trace-Context": f"{TRACE}/1;o=1"},
        buffered=True,
    )
    (record,) = _requests(caplog)
    assert record.fields["path"] == "/"
    assert record.fields["status"] == 200
    assert record.fields["bytes"] == len(response.data)
    assert record.fields["duration_ms"] >= 0
    assert record.fields[TRACE_FIELD] == TRACE
    assert record.fields[SPAN_FIELD] == f"{1:016x}"
    assert record.fields[SAMPLED_FIELD] is True
    assert "secret" not in JsonFormatter().format(record)


def test_what_machines_ask_all_day_is_logged_below_info(client, caplog):
    caplog.set_level("DEBUG")
    for path in ("/health/live", "/metrics", "/nothing"):
        client.get(path, buffered=True)
    levels = [record.levelname for record in _requests(caplog)]
    assert levels == ["DEBUG", "DEBUG", "INFO"]


def test_a_message_while_a_request_is_answered_has_its_trace(server):
    with server.test_request_context(headers={"traceparent": f"00-{TRACE}-{SPAN}-01"}):
        assert _format("inside")[TRACE_FIELD] == TRACE
    assert TRACE_FIELD not in _format("outside")


def test_no_line_holds_what_opens_a_table_or_a_run(client, caplog):
    caplog.set_level("DEBUG")
    upload = client.post("/api/uploads", json={"name": "a.csv", "size": 1}).json["id"]
    for path in ("/api/uploads/", "/train?dataset=", "/nowhere/"):
        client.get(path + upload).close()
    logging.getLogger("app").warning(
        "The process of run %s said", upload, extra={"fields": {"run": upload}}
    )
    lines = [JsonFormatter().format(record) for record in caplog.records]
    assert len(lines) >= 4
    assert not [line for line in lines if upload in line]


def test_lines_about_the_same_run_can_be_found_together():
    run = "c1c7a71c5339b2614eec"
    entry = _format(f"Run {run} ended", fields={"run": run, "kind": "training"})
    assert entry["message"] == f"Run {entry['run']} ended"
    assert entry["run"].startswith("#") and entry["kind"] == "training"


@pytest.mark.parametrize(
    "text", ["sample-breast-cancer", "test_a_constant_target_is_refused", "1 / 0"]
)
def test_what_opens_nothing_is_logged_as_it_is(text):
    assert _format(text)["message"] == text
