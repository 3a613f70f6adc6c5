"""Identity-Aware Proxy: only what it has signed, for this server and now, says who asks."""

from __future__ import annotations

import time
from dataclasses import replace

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from app.accounts import audit
from app.hosting.actors import current_actor
from app.hosting.login import proxy

AUDIENCE = "/projects/1/global/backendServices/2"


class Google:
    """The proxy's keys, at a place of the test's own."""

    def __init__(self, monkeypatch):
        self.fetched = 0
        self.fails = False
        self.renew("first")
        monkeypatch.setattr(proxy.requests, "get", self._answer)

    def renew(self, name: str) -> None:
        self.name, self.key = name, ec.generate_private_key(ec.SECP256R1())

    def sign(self, **changes) -> str:
        """Return an assertion for this server; claims may differ, and None leaves one out."""
        now = int(time.time())
        key = changes.pop("key", self.key)
        header = {"kid": self.name, **changes.pop("header", {})}
        claims = {
            "iss": proxy.ISSUER,
            "aud": AUDIENCE,
            "iat": now,
            "exp": now + 600,
            "sub": "accounts.google.com:1",
            "email": "ada@example.org",
            **changes,
        }
        claims = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(claims, key, header.pop("alg", "ES256"), header)

    def _answer(self, url, timeout):
        assert url == proxy.KEYS_URL
        self.fetched += 1
        return self

    def raise_for_status(self):
        if self.fails:
            raise proxy.requests.ConnectionError("no network")

    def json(self):
        public = jwt.algorithms.ECAlgorithm.to_jwk(self.key.public_key(), True)
        return {"keys": [{**public, "kid": self.name, "alg": "ES256", "use": "sig"}]}


@pytest.fixture
def google(monkeypatch):
    return Google(monkeypatch)


@pytest.fixture
def server(settings, google):
    from app.app import create_server

    server = create_server(replace(settings, login="iap", iap_audience=AUDIENCE))
    yield server
    server.extensions["accounts"].database.close()
    audit.send_to(None)


@pytest.fixture
def directory(server):
    directory = server.extensions["accounts"]
    directory.users.add("ada@example.org", "editor")
    return directory


@pytest.fixture
def who(server, directory):
    """Return the name and role of whoever sends an assertion."""

    def ask(assertion: str = "", **headers: str) -> str:
        with server.test_client() as client:
            client.get("/nothing-here", headers={proxy.HEADER: assertion, **headers})
            return f"{current_actor().name} {current_actor().role}"

    return ask


def test_whom_the_proxy_has_logged_in_is_known_on_each_request(google, who, server):
    assert who(google.sign()) == "ada@example.org editor"
    assert who() == " None", "there is no cookie that would keep it"
    assert who(google.sign(email="new-address@example.org")) == "ada@example.org editor"
    page = server.test_client().get("/account", headers={proxy.HEADER: google.sign()})
    assert "ada@example.org" in page.text and proxy.LOG_OUT in page.text
    assert 'action="/logout"' not in page.text


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "/projects/1/global/backendServices/3"},
        {"aud": None},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": int(time.time()) - 60},
        {"exp": None},
        {"iat": int(time.time()) + 600},
        {"sub": None},
        {"key": ec.generate_private_key(ec.SECP256R1())},
        {"header": {"kid": "unknown"}},
        {
            "key": "a shared secret of some length, 32 or more",
            "header": {"alg": "HS256"},
        },
        {"key": None, "header": {"alg": "none"}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_an_assertion_that_the_proxy_did_not_sign_for_this_server_is_nobodys(
    google, who, changes
):
    assert who(google.sign(**changes)) == " None"


@pytest.mark.parametrize(
    "assertion", ["", "x", "a.b.c", "..", "é", "e30.e30.", "x" * 9_000]
)
def test_what_is_no_assertion_is_nobodys(who, assertion):
    assert who(assertion) == " None"


def test_the_headers_that_are_not_signed_say_nothing(who):
    forged = {
        "X-Goog-Authenticated-User-Email": "accounts.google.com:ada@example.org",
        "X-Goog-Authenticated-User-Id": "accounts.google.com:1",
    }
    assert who(**forged) == " None"


def test_somebody_whom_nobody_added_is_not_let_in(google, who):
    assert who(google.sign(sub="2", email="eve@example.org")) == " None"


def test_a_disabled_user_is_out_at_once(google, who, directory):
    assert who(google.sign()) == "ada@example.org editor"
    directory.users.add("boss", "administrator")
    directory.users.disable(directory.users.named("ada@example.org").id)
    assert who(google.sign()) == " None"


def test_new_keys_are_fetched_and_unknown_ones_not_all_the_time(google):
    now = 0.0
    keys = proxy.Keys(proxy.KEYS_URL, lambda: now)
    assert keys.get("first") and google.fetched == 1
    for _ in range(5):
        assert keys.get("invented") is None
    assert google.fetched == 1
    google.renew("second")
    now += 61
    assert keys.get("second") and google.fetched == 2
    google.fails = True
    now += 7 * 3600
    assert (
        keys.get("second") and google.fetched == 3
    ), "the old ones, while the network is down"


def test_another_site_cannot_use_the_proxys_own_cookie(google, server, directory):
    for headers in ({}, {"Origin": "https://evil.example"}):
        headers = {proxy.HEADER: google.sign(), **headers}
        answer = server.test_client().post("/account/tokens", headers=headers)
        assert answer.status_code == 403
