"""Whatever a stranger sends: every address and every callback answers with a sentence, never with a mistake."""

from __future__ import annotations

import logging
import shutil
from urllib.parse import quote, unquote_to_bytes

import pytest

from app.app import create_server
from app.dashboard import PATHS, VALUE_TYPES
from app.hosting import background
from app.jobs import Jobs
from app.settings import Settings
from tests.conftest import PATIENCE_SECONDS, PROJECT, wait_for
from tests.hosting.callback_bodies import Callbacks, mutated
from tests.storage.test_stored_runs import BINARY, FIRST, LEARNING

REPORTS = sorted(p.stem for p in (PROJECT / "app" / "reports").glob("[a-z]*.py"))
LONG, MANY_DIGITS = "x" * 300, 10**4000
# As a component's value.
VALUES = [
    *(LONG, "sample-" + LONG, "\ud800", "\0", "", "../../etc/passwd", LEARNING),
    *(MANY_DIGITS, -1, 0, 1.5, 1e300, float("nan"), float("inf"), True),
    *([], ["x"], [1], [None], [["x"]], [{}], {}, {"a": {"b": [1]}}, {"run": LONG}),
]
# As a part of a path, or as a parameter; written as in a URL.
TEXTS = [
    *("x", LONG, "sample-" + LONG, "9" * 4000, "-1", "a" * 20, LEARNING, BINARY),
    *("%00", "%ff", "%ed%a0%80", "%", "%zz", "..", "%2e%2e%2f", "%0d%0aa:b", "%F0%9F"),
    quote("<script>é\u202e"),
]
PARAMETERS = ("dataset", "run", "target", "task", "columns", "model", "class")
PARAMETERS += ("left", "right", "report", "threshold", "x", "y", "sheet", "row")


@pytest.fixture(scope="module")
def hostile_server(tmp_path_factory):
    """A server that holds a table, a training and a learning curve, and starts no processes."""
    data_dir = tmp_path_factory.mktemp("data")
    for name in ("datasets", "runs"):
        shutil.copytree(FIRST / name, data_dir / name)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("start", "derive", "start_again"):
            patch.setattr(Jobs, name, lambda *_, **__: BINARY)
        for name in ("correct", "ingest"):
            patch.setattr(Jobs, name, lambda *_, **__: {"error": "Not now."})
        server = create_server(
            Settings(data_dir=str(data_dir), report_seconds=PATIENCE_SECONDS)
        )
        background.warm_up(server.extensions["services"])
        yield server


@pytest.fixture
def hostile(hostile_server):
    return hostile_server.test_client()


@pytest.fixture
def harmless(caplog):
    """Check that an answer is no mistake of the server, and that none was logged."""

    def check(response, asked) -> None:
        errors = [r for r in caplog.records if r.levelno >= logging.ERROR]
        caplog.clear()
        assert response.status_code < 500, asked
        assert not errors, (asked, errors[0].getMessage(), errors[0].exc_info)

    return check


def _addresses(server) -> list[tuple[str, str]]:
    """Every method and rule, with each text in the place of every variable part."""
    found = []
    for rule in server.url_map.iter_rules():
        for text in TEXTS if rule.arguments else [""]:
            parts = [text if is_dynamic else part for is_dynamic, part in rule._trace]
            path = "".join(parts).partition("|")[2] or "/"
            for method in sorted(rule.methods - {"OPTIONS"}):
                found.append((method, path))
    return found


def test_every_address_answers_whatever_stands_in_it(hostile, hostile_server, harmless):
    for method, path in _addresses(hostile_server):
        harmless(_ask(hostile, method, path), (method, path))


@pytest.mark.parametrize("path", [*PATHS, "/_dash-layout", "/reports/funnel/"])
def test_every_page_answers_whatever_its_parameters_are(hostile, harmless, path):
    for name in PARAMETERS:
        for text in TEXTS[1::2] + [LEARNING]:
            asked = f"{path}?{name}={text}"
            harmless(_ask(hostile, "GET", asked), asked)
            came_from = {"Referer": f"http://localhost{asked}"}
            harmless(hostile.get("/_dash-layout", headers=came_from), asked)


@pytest.mark.parametrize(
    "name",
    "Accept Accept-Encoding Authorization Cookie Content-Length Content-Type Host If-None-Match "
    "If-Modified-Since Origin Range Referer Sec-Fetch-Site X-Forwarded-For X-Forwarded-Proto "
    "X-Forwarded-Host X-Forwarded-Prefix X-Cloud-Trace-Context traceparent".split(),
)
def test_every_header_may_hold_anything(hostile, harmless, name):
    texts = [LONG, "é\xff", "\x00", "a=b; visitor=" + LONG, "9" * 4000, "http://[", "-"]
    for text in [*texts, "bytes=9-1", '"', ",;=,", "Bearer", "Bearer \xff", "[::1"]:
        for path in ("/", "/metrics", "/assets/theme.css", "/reports/funnel/"):
            environ = {_variable(name): text}
            harmless(hostile.get(path, environ_overrides=environ), (name, text, path))


def _variable(header: str) -> str:
    name = header.upper().replace("-", "_")
    return name if name.startswith("CONTENT_") else f"HTTP_{name}"


@pytest.mark.parametrize(
    ("path", "search"),
    [
        ("/", "?dataset=467a191a58387fb1adc3"),
        ("/train", "?dataset=467a191a58387fb1adc3"),
        ("/evaluate", f"?run={BINARY}"),
        ("/compare", f"?run={BINARY}"),
        ("/train", f"?run={LEARNING}"),
    ],
)
def test_every_callback_of_the_dashboard_answers_whatever_a_value_is(
    hostile, harmless, path, search
):
    callbacks = Callbacks(hostile)
    callbacks.open(path, search)
    _try_all(callbacks, harmless)


@pytest.mark.parametrize("name", REPORTS)
def test_every_callback_of_a_report_answers_whatever_a_value_is(
    hostile, harmless, name
):
    base = f"/reports/{name}/"
    wait_for(lambda: hostile.get(base).status_code == 200, what="the report")
    _try_all(Callbacks(hostile, base), harmless)


def _try_all(callbacks: Callbacks, harmless) -> None:
    for specification in callbacks.specifications:
        for body in callbacks.bodies(specification):
            response = callbacks.send(body)
            harmless(response, body)
            assert response.status_code in (200, 204), body
            for changed in mutated(body, VALUES):
                harmless(callbacks.send(changed), changed)


@pytest.mark.parametrize(
    "content",
    [
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"[" * 200_000 + b"]" * 200_000,
        b'{"name": "a", "size": ' + b"9" * 4000 + b"}",
        b'{"name": "a", "size": ' + b"9" * 5000 + b"}",
        b'{"name": "a", "size": 1e400}',
        b'{"name": "\\ud800", "size": 1}',
        b'{"name": "\\u0000", "size": 1}',
        b'{"name": "\xed\xa0\x80", "size": 1}',
        b"\xff\xfe{\x00}\x00",
        b"NaN",
    ],
)
def test_a_body_may_be_anything(hostile, harmless, content):
    for path in ("/api/uploads", "/_dash-update-component", "/reload"):
        response = hostile.post(path, data=content, content_type="application/json")
        harmless(response, path)
        assert response.status_code in (201, 400, 403, 413, 422)


def test_a_run_that_has_gone_is_no_error_in_the_log(hostile, harmless, caplog):
    callbacks = Callbacks(hostile)
    callbacks.held |= {"url.search": "?run=gone", "run-poll.n_intervals": 1}
    (poll,) = [s for s in callbacks.specifications if "run-progress" in s["output"]]
    (body,) = callbacks.bodies(poll)
    response = callbacks.send(body)
    assert "does not exist" in response.text
    harmless(response, body)


def test_of_every_store_that_a_callback_reads_it_is_said_what_it_holds(hostile):
    read = {
        f"{one['id']}.data"
        for s in Callbacks(hostile).specifications
        for one in [*s["inputs"], *s["state"]]
        if one["property"] == "data" and not one["id"].startswith("{")
    }
    assert read == set(VALUE_TYPES)


def _ask(client, method: str, address: str):
    """Send an address as it is written; the test client would decode and encode it."""
    path, _, query = address.partition("?")
    environ = {
        "PATH_INFO": unquote_to_bytes(path).decode("latin-1"),
        "QUERY_STRING": query,
        "REQUEST_URI": address,
    }
    return client.open("/", method=method, environ_overrides=environ)
