"""The settings of login: the server refuses to start with what does not let in only those who belong."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from app.accounts import login_settings
from app.settings import Settings
from tests.conftest import PATIENCE_SECONDS, PROJECT

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
OIDC = {
    "login": "oidc",
    "secret_key": KEY,
    "oidc_client_id": "dashboard",
    "oidc_client_secret": "secret",
    "oidc_discovery_url": "https://id.example.org/.well-known/openid-configuration",
}


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"login": "password", "secret_key": KEY},
        {"login": "iap", "secret_key": KEY, "iap_audience": "/projects/1"},
        OIDC,
    ],
)
def test_what_is_complete_is_accepted(chosen):
    login_settings.check(Settings(**chosen))


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"login": "password"}, "needs SECRET_KEY"),
        ({"login": "password", "secret_key": KEY[:31]}, "SECRET_KEY can be guessed"),
        ({"login": "password", "secret_key": "ab" * 32}, "SECRET_KEY can be guessed"),
        ({"login": "iap", "secret_key": KEY}, "needs IAP_AUDIENCE"),
        ({**OIDC, "oidc_client_secret": ""}, "needs OIDC_CLIENT_SECRET"),
        ({**OIDC, "oidc_scopes": "email"}, "OIDC_SCOPES"),
        (
            {**OIDC, "oidc_discovery_url": "http://id.example.org/.well-known/x"},
            "OIDC_DISCOVERY_URL",
        ),
        (
            {**OIDC, "oidc_discovery_url": OIDC["oidc_discovery_url"][:-1]},
            "OIDC_DISCOVERY_URL",
        ),
        ({"login": "iap", "secret_key_file": "/none"}, "SECRET_KEY_FILE"),
    ],
)
def test_what_is_not_is_said_in_a_sentence(chosen, says):
    with pytest.raises(ValueError, match=says) as refused:
        login_settings.check(Settings(**chosen))
    assert str(refused.value).endswith(".")
    assert KEY[:31] not in str(refused.value)


def test_the_key_may_be_in_a_file(tmp_path):
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    settings = Settings(login="password", secret_key_file=str(file))
    login_settings.check(settings)
    assert login_settings.secret_key(settings) == KEY


def test_no_secret_is_shown_with_the_settings():
    shown = repr(Settings(secret_key=KEY, oidc_client_secret="hunter2"))
    assert KEY not in shown and "hunter2" not in shown


@pytest.mark.parametrize(
    ("chosen", "open_to_all"),
    [
        ({}, True),
        ({"listen": "0.0.0.0"}, True),
        ({"listen": "[::]"}, True),
        ({"listen": "127.0.0.1"}, False),
        ({"listen": "[::1]"}, False),
        ({"login": "password"}, False),
    ],
)
def test_a_server_knows_whether_everybody_may_use_it(chosen, open_to_all):
    assert Settings(**chosen).is_open_to_all is open_to_all


def test_a_server_does_not_start_without_a_key(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "gunicorn", "wsgi:server"],
        cwd=PROJECT,
        env={
            **os.environ,
            "DATA_DIR": str(tmp_path),
            "LOGIN": "password",
            "PORT": "8199",
        },
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode != 0
    assert "needs SECRET_KEY" in done.stderr
    assert "Traceback" not in done.stderr


WITHOUT = """
import sys
from app.app import create_server
server = create_server()
server.test_client().get("/")
of_login = {"sqlalchemy", "alembic", "authlib", "argon2", "flask_login", "flask_limiter", "limits.storage", "jwt", "psycopg"}
assert not of_login & set(sys.modules), of_login & set(sys.modules)
assert not [name for name in sys.modules if name.startswith("app.hosting.login.")]
"""


def test_nothing_of_login_is_imported_while_it_is_off(tmp_path):
    subprocess.run(
        [sys.executable, "-c", WITHOUT],
        cwd=PROJECT,
        env={**os.environ, "DATA_DIR": str(tmp_path)},
        check=True,
    )
