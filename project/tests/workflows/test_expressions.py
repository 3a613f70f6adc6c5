"""The expressions of workflows mean here what they mean on GitHub."""

from __future__ import annotations

import pytest

from tests.workflows.expressions import (
    ExpressionError,
    evaluate,
    fill,
    is_met,
    is_true,
    names_in,
)

CONTEXTS = {
    "github": {"event_name": "push", "event": {"repository": {"private": False}}},
    "vars": {"EMPTY": "", "NAME": "Value"},
    "needs": {"build": {"outputs": {"digest": "sha256:1"}}},
}


@pytest.mark.parametrize(
    "text, value",
    [
        ("'it''s'", "it's"),
        ("12", 12),
        ("-1.5", -1.5),
        ("github.event_name == 'push'", True),
        ("github.event_name == 'PUSH'", True),
        ("github.event_name != 'push'", False),
        ("!github.event.repository.private", True),
        ("github.event.pull_request.head.repo.full_name", None),
        ("github.event.pull_request.number == 0", True),
        ("vars.EMPTY || 'gcr.io'", "gcr.io"),
        ("vars.NAME || 'gcr.io'", "Value"),
        ("vars.MISSING == ''", True),
        ("github.event_name == 'push' && 'production' || 'preview'", "production"),
        ("github.event_name == 'other' && 'production' || 'preview'", "preview"),
        ("false || (true && !false)", True),
        ("true || false && false", True),
        ("needs.build.outputs.digest", "sha256:1"),
        ("format('{0}-{1}', 'a', 2)", "a-2"),
        ("contains('Hello', 'hell')", True),
        ("contains(fromJSON('[\"a\", \"b\"]'), 'b')", True),
        ("startsWith('refs/heads/main', 'refs/heads/')", True),
        ("'x' == 0", False),
        ("true == '1'", True),
    ],
)
def test_an_expression_has_the_value_that_github_gives_it(text, value):
    result = evaluate(text, CONTEXTS, {})
    assert (type(result), result) == (type(value), value)


@pytest.mark.parametrize(
    "text",
    [
        "secrets.KEY != ''",
        "unknown()",
        "github.",
        "(true",
        "true)",
        "'open",
        "a b",
        "==",
    ],
)
def test_what_github_would_refuse_is_an_error(text):
    with pytest.raises((ExpressionError, IndexError)):
        evaluate(text, CONTEXTS, {})


@pytest.mark.parametrize("value, truth", [("", False), (0, False), (None, False)])
def test_what_is_empty_is_false(value, truth):
    assert is_true(value) is truth
    assert is_true("false")


def test_placeholders_in_a_text_are_replaced():
    assert fill("a-${{ vars.NAME }}-${{ true }}", CONTEXTS) == "a-Value-true"
    assert fill("${{ false }}", CONTEXTS) is False


@pytest.mark.parametrize(
    "condition, succeeded, met",
    [
        (True, True, True),
        (True, False, False),
        ("vars.EMPTY == ''", False, False),
        ("vars.EMPTY == '' && always()", False, True),
        ("${{ failure() }}", False, True),
        ("${{ failure() }}", True, False),
    ],
)
def test_a_condition_also_asks_whether_all_went_well_unless_it_says_otherwise(
    condition, succeeded, met
):
    status = {
        "success": lambda: succeeded,
        "failure": lambda: not succeeded,
        "always": lambda: True,
    }
    assert is_met(condition, CONTEXTS, status) is met


def test_the_names_that_a_text_uses_are_found():
    text = "${{ secrets.A }} vars.B ${{ vars.C || 'secrets.D' }}"
    assert names_in(text) == ["secrets.A", "vars.C"]
