"""Forms: each sends a token along that only a page of ours can know, whatever else is checked."""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from flask import Response, abort, make_response, render_template, request, session
from markupsafe import Markup

from .. import actors, prefix
from ..page_header import page_header

_TOKEN = "form"  # nosec B105: the name of a field
FIELD = "form_token"


def form_token() -> str:
    """Return the token of this browser's forms; the first form makes one."""
    if _TOKEN not in session:
        session[_TOKEN] = secrets.token_urlsafe(24)
    return session[_TOKEN]


def is_ours() -> bool:
    """Tell whether a form was sent by a page of ours in this session."""
    sent = request.form.get(FIELD, "").encode(errors="replace")
    return bool(sent) and hmac.compare_digest(sent, session.get(_TOKEN, "").encode())


def check_form() -> None:
    """Refuse a form that does not come from a page of ours."""
    if request.method == "POST" and not is_ours():
        abort(400, "This form is too old. Go back, reload the page, and try again.")


def page(template: str, status: int = 200, **words: Any) -> Response:
    """Return a page that nobody may keep a copy of.

    Parameters
    ----------
    template : str
    status : int
    **words
        What the template shows.
    """
    text = render_template(
        f"login/{template}",
        header=Markup(
            prefix.in_html(page_header())
        ),  # nosec B704: made of escaped parts
        root=prefix.root(),
        is_stranger=not actors.logged_in(),
        form_token=form_token(),
        **words,
    )
    response = make_response(text, status)
    response.headers["Cache-Control"] = "no-store"
    return response


def entry(name: str, length: int = 300) -> str:
    """Return what was typed into a field; empty if it was not sent, cut off where no honest entry ends."""
    return request.form.get(name, "")[:length]
