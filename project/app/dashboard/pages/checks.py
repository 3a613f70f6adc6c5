"""The Checks page: what each check of 'Can I trust this?' measures, when it warns, and what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dash import Dash, html

from app import functions
from app.ui import components

if TYPE_CHECKING:
    from app.functions.checks.findings import Check

_INTRO = (
    "What stands behind the findings under “Can I trust this?” on the Evaluate page."
)


def layout(services, query: Mapping[str, str]) -> html.Div:
    """Return the page, with the check in the URL first."""
    checks = functions.checks.registry.CHECKS
    asked = checks.get(query.get("check", ""))
    others = [check for check in checks.values() if check is not asked]
    shown = [asked, *others] if asked else others
    return components.page("Checks", _INTRO, *map(_section, shown))


def register_callbacks(app: Dash, services) -> None:
    """Do nothing: the page only shows text."""


def _section(check: Check) -> Any:
    parts = [
        ("What it measures", check.measures),
        ("From when on", check.levels),
        ("What to do", check.advice),
        ("Where it errs", check.errors),
    ]
    return components.section(
        check.title,
        html.Dl(
            [
                item
                for term, text in parts
                if text
                for item in (html.Dt(term), html.Dd(text.replace("*", "")))
            ],
            className="about-check",
        ),
        id=f"about-{check.code}",
    )
