"""Logs: one line of JSON for every message and every request."""

from __future__ import annotations

import json
import logging.config
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.hosting.logs import TRACE_FIELD, JsonFormatter, config, trace_id

TRACE = "105445aa7843bc8bf206b12000100000"


def _format(message: str, **parts) -> dict:
    record = logging.makeLogRecord(
        {"name": "app.test", "levelname": "INFO", "msg": message, **parts}
    )
    line = JsonFormatter().format(record)
    assert "\n" not in line
    return json.loads(line)


@given(st.text())
def test_whatever_the_message_it_is_one_line_of_json(message):
    assert _format(message)["message"] == message


def test_an_exception_is_logged_with_its_stack_in_the_same_line():
    try:
        raise RuntimeError("broken")
    except RuntimeError:
        entry = _format("It failed", levelname="ERROR", exc_info=sys.exc_info())
    assert entry["severity"] == "ERROR"
    assert "RuntimeError: broken" in entry["stack_trace"]


def test_the_configuration_is_one_that_logging_takes():
    configured = config("WARNING")
    assert configured["root"]["level"] == "WARNING"
    logging.config.DictConfigurator(configured).configure_formatter(
        configured["formatters"]["json"]
    )


@pytest.mark.parametrize(
    ("cloud", "parent", "expected"),
    [
        (f"{TRACE}/1;o=1", None, TRACE),
        (None, f"00-{TRACE}-00f067aa0ba902b7-01", TRACE),
        (None, None, None),
        ("rubbish\n/1", "00-short-1-1", None),
    ],
)
def test_the_trace_is_read_from_either_header(cloud, parent, expected):
    assert trace_id(cloud, parent) == expected


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
    assert "secret" not in JsonFormatter().format(record)


def test_health_checks_are_logged_below_info(client, caplog):
    caplog.set_level("DEBUG")
    client.get("/health/live", buffered=True)
    client.get("/nothing", buffered=True)
    levels = [record.levelname for record in _requests(caplog)]
    assert levels == ["DEBUG", "INFO"]
