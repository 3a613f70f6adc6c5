"""A server where people log in with a password, and browsers in front of it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from app.accounts import audit

SECRET_KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
PASSWORD = "seven green teapots"
ORIGIN = {"Origin": "http://localhost"}


class Browser:
    """A client that sends forms as a browser does: with the page's token, its cookies and its origin."""

    def __init__(self, server):
        self.client = server.test_client()
        self.get = self.client.get

    def token(self, path: str = "/login") -> str:
        """Return the token of the forms of a page."""
        text = self.client.get(path).text
        return re.search(r'name="form_token" value="([^"]+)"', text)[1]

    def post(self, path: str, page: str = "", headers=ORIGIN, **fields):
        """Send a form of a page, by default the one at the same address."""
        fields.setdefault("form_token", self.token(page or path))
        return self.client.post(path, data=fields, headers=headers)

    def log_in(self, name: str, password: str = PASSWORD, **fields):
        """Log in, and return the answer."""
        return self.post("/login", name=name, password=password, **fields)

    def cookie(self, name: str = "session", path: str = "/") -> str:
        """Return the value of a cookie; empty without it."""
        cookie = self.client.get_cookie(name, path=path)
        return cookie.value if cookie else ""


@pytest.fixture
def settings(settings):
    """Those of a server where people log in with a password."""
    return replace(
        settings, login="password", secret_key=SECRET_KEY, allowed_hosts="localhost"
    )


@pytest.fixture
def server(settings):
    """That server; its accounts are closed with the test."""
    from app.app import create_server

    server = create_server(settings)
    yield server
    server.extensions["accounts"].database.close()
    audit.send_to(None)


@pytest.fixture
def directory(server):
    """The accounts of the server: an administrator Boss, an editor Ada and a viewer Vic."""
    directory = server.extensions["accounts"]
    roles = {"Boss": "administrator", "Ada": "editor", "Vic": "viewer"}
    for name, role in roles.items():
        user = directory.users.add(name, role)
        directory.users.set_password(user.id, PASSWORD)
    return directory


@pytest.fixture
def browse(server, directory):
    """Return a new browser, in which the named person, if any, is logged in."""

    def new(name: str = "", **fields) -> Browser:
        browser = Browser(server)
        if name:
            assert browser.log_in(name, **fields).status_code == 303
        return browser

    return new


@pytest.fixture
def actions(directory):
    """Return what was recorded: pairs of a name and an action, the oldest first."""

    def recorded() -> list[tuple[str, str]]:
        events, _ = directory.events.find()
        return [(event.name, event.action) for event in reversed(events)]

    return recorded
