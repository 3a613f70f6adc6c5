"""The description is true: every answer to whatever fits it, or does not, is one that it names.

References
----------
https://schemathesis.readthedocs.io
"""

from __future__ import annotations

import json

import hypothesis
import pytest
import schemathesis
from hypothesis import given
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_schema_conformance,
    status_code_conformance,
)

from tests.conftest import PROJECT
from tests.hosting.api.conftest import PREFIX, Program

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
OPERATIONS = (
    ("GET", "/datasets"),
    ("POST", "/datasets"),
    ("GET", "/datasets/{dataset_id}"),
    ("DELETE", "/datasets/{dataset_id}"),
    ("GET", "/runs"),
    ("POST", "/runs"),
    ("GET", "/runs/{run_id}"),
    ("DELETE", "/runs/{run_id}"),
    ("POST", "/runs/{run_id}/cancel"),
    ("GET", "/runs/{run_id}/results"),
    ("GET", "/runs/{run_id}/results/{model}"),
    ("GET", "/runs/{run_id}/schema"),
    ("POST", "/runs/{run_id}/predict"),
    ("POST", "/runs/{run_id}/explain"),
    ("POST", "/runs/{run_id}/check"),
)


@pytest.fixture(scope="module")
def document(program: Program) -> dict:
    """The description."""
    return program.ask("GET", "/openapi.json").json


@pytest.fixture(scope="module")
def described(program: Program):
    """What the tests draw requests from."""
    return schemathesis.openapi.from_wsgi(f"{PREFIX}/openapi.json", program.server)


def test_every_operation_is_described(document):
    found = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in document["paths"].items()
        for method in methods
    }
    assert document["openapi"].startswith("3.1")
    assert found == set(OPERATIONS)


@pytest.mark.parametrize("method, path", OPERATIONS)
@pytest.mark.parametrize("fits", [True, False], ids=["fits", "does not fit"])
def test_every_answer_is_one_that_the_description_names(
    program, described, method, path, fits
):
    mode = GenerationMode.POSITIVE if fits else GenerationMode.NEGATIVE
    operation = described[PREFIX + path][method]
    turns = iter(range(1_000_000))

    @hypothesis.settings(
        max_examples=6,
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case):
        # Every other one asks for a run that there is.
        if "run_id" in case.path_parameters and next(turns) % 2 and method != "DELETE":
            case.path_parameters["run_id"] = program.run
        answer = case.call()
        case.validate_response(answer, checks=CHECKS)

    try:
        ask()
    except hypothesis.errors.Unsatisfiable:  # nothing could be drawn that does not fit
        assert not fits


def test_the_client_is_the_one_that_the_description_gives(program):
    file = PROJECT / "clients" / "python" / "dashboard_client.py"
    source = program.ask("GET", "/dashboard_client.py").text
    assert file.read_text(encoding="utf-8") == source, "Run project/bin/client."


def test_the_description_tells_nothing_of_tables_or_runs(document, program):
    text = json.dumps(document)
    assert program.run not in text and "colour" not in text


def test_the_page_that_tries_the_api_runs_no_inline_script(program):
    page = program.ask("GET", "/")
    assert page.status_code == 200 and page.mimetype == "text/html"
    assert "<script>" not in page.text and "https://" not in page.text
