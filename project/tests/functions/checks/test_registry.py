"""The checks as a whole: each is described where its findings link to, and says no worse than it announces."""

from __future__ import annotations

import re

import pytest

from app.functions.checks.findings import LEVELS, Check
from app.functions.checks.registry import CHECKS, document
from tests.conftest import PROJECT

every_check = pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS.keys())
WRITE = (
    "Write docs/checks.md again: in project, .venv/bin/python -c "
    "'from app.functions.checks.registry import document as d; print(d(), end=\"\")' > docs/checks.md"
)


def subclasses(kind):
    for one in kind.__subclasses__():
        yield one
        yield from subclasses(one)


def test_every_check_is_asked():
    assert {type(check) for check in CHECKS.values()} == set(subclasses(Check))


def test_the_documentation_says_what_the_checks_say():
    page = (PROJECT / "docs" / "checks.md").read_text(encoding="utf-8")
    assert page == document(), WRITE


@every_check
def test_a_check_says_what_it_measures_from_when_on_and_what_to_do(check):
    for text in (check.measures, check.levels, check.advice):
        assert text[0].isupper() and text.endswith(".")
    assert check.severity in LEVELS[1:]
    words = {"bad": "problem", "warning": "caution"}
    assert words[check.severity] in check.levels.lower()
    # Numbers, but where the level is a matter of yes or no.
    if check.code not in ("baseline", "identifier"):
        assert re.search(r"\d", check.levels)


@every_check
def test_a_code_fits_into_an_address_and_a_record(check):
    assert re.fullmatch("[a-z_]+", check.code)
