"""The expressions of the workflows mean here what they mean on GitHub."""

from __future__ import annotations

import pytest

from tests.workflows.expressions import (
    ExpressionError,
    evaluate,
    fill,
    is_met,
    names_in,
)

CONTEXTS = {
    "github": {"event_name": "push", "event": {"repository": {"private": False}}},
    "inputs": {"project-id": "demo"},
    "vars": {"EMPTY": "", "NAME": "Value"},
}


@pytest.mark.parametrize(
    "text, value",
    [
        ("github.event_name == 'push'", True),
        ("github.event_name != 'push'", False),
        ("!github.event.repository.private", True),
        ("github.event.pull_request.head.repo.full_name", ""),
        ("inputs.project-id", "demo"),
        ("vars.EMPTY || 'gcr.io'", "gcr.io"),
        ("vars.MISSING == ''", True),
        ("github.event_name == 'push' && 'production' || 'preview'", "production"),
        ("github.event_name == 'other' && 'production' || 'preview'", "preview"),
        ("vars.NAME == 'Value' || vars.NAME == 'x' && vars.EMPTY == 'x'", True),
        ("format('pull-request-{0}', vars.NAME)", "pull-request-Value"),
    ],
)
def test_an_expression_has_the_value_that_github_gives_it(text, value):
    assert evaluate(text, CONTEXTS) == value


@pytest.mark.parametrize(
    "text",
    [
        "secrets.KEY != ''",
        "contains(vars.NAME, 'a')",
        "github.event_name == 1",
        "!vars.NAME == 'a'",
        "(vars.NAME",
        "'open",
        "==",
        "",
    ],
)
def test_what_is_not_offered_or_not_known_here_is_an_error(text):
    with pytest.raises(ExpressionError):
        evaluate(text, CONTEXTS)


def test_placeholders_in_a_text_are_replaced():
    assert fill("a-${{ vars.NAME }}-${{ vars.MISSING }}", CONTEXTS) == "a-Value-"
    assert fill(False, CONTEXTS) == "false"


@pytest.mark.parametrize(
    "condition, has_succeeded, met",
    [
        ("", True, True),
        ("", False, False),
        ("vars.EMPTY == ''", False, False),
        ("${{ always() && vars.EMPTY == '' }}", False, True),
        ("${{ always() && vars.NAME == '' }}", True, False),
    ],
)
def test_a_condition_requires_success_unless_it_says_always(
    condition, has_succeeded, met
):
    assert is_met(condition, CONTEXTS, has_succeeded) is met


def test_the_names_that_a_text_uses_are_found():
    text = "${{ secrets.A }} vars.B ${{ vars.C || 'secrets.D' }}"
    assert names_in(text) == ["secrets.A", "vars.C"]
