"""Logging in with OpenID Connect: what a provider must prove, and whom this server then lets in."""

from __future__ import annotations

import time
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from app.accounts import audit
from app.hosting.actors import current_actor
from app.hosting.login.provider_pages import identity_of, name_of
from app.settings import Settings

from .conftest import Browser
from .provider import CLIENT, SECRET, Provider

BACK = "/login/provider/back"
ADA = {"sub": "id-of-ada", "email": "ada@example.org", "email_verified": True}
NOT_CONFIRMED = "The provider did not confirm who you are."


@pytest.fixture
def provider():
    with Provider().running() as running:
        running.person = dict(ADA)
        yield running


@pytest.fixture
def chosen() -> dict:
    """Settings besides the usual."""
    return {"new_users": "viewer"}


@pytest.fixture
def server(settings, provider, chosen):
    from app.app import create_server

    server = create_server(
        replace(
            settings,
            login="oidc",
            oidc_discovery_url=provider.discovery_url,
            oidc_client_id=CLIENT,
            oidc_client_secret=SECRET,
            **chosen,
        )
    )
    yield server
    server.extensions["accounts"].database.close()
    audit.send_to(None)


@pytest.fixture
def directory(server):
    return server.extensions["accounts"]


def go_there(browser: Browser, wanted: str = "") -> str:
    """Begin to log in; return the path and query with which the provider sends the browser back."""
    there = browser.get(f"/login/provider?next={wanted}")
    assert there.status_code == 302, there.text
    back = requests.get(there.location, allow_redirects=False, timeout=10)
    parts = urlsplit(back.headers["Location"])
    assert parts.path == BACK
    return f"{parts.path}?{parts.query}"


def log_in(server, wanted: str = "") -> tuple[Browser, object]:
    """Log in; return the browser and the answer."""
    browser = Browser(server)
    return browser, browser.get(go_there(browser, wanted))


def who(browser: Browser) -> str:
    """Return the name and role of whoever is logged in."""
    with browser.client as client:
        client.get("/nothing-here")
        return f"{current_actor().name} {current_actor().role}"


def test_whoever_the_provider_confirms_is_logged_in_and_comes_back(server):
    browser, answer = log_in(server, "/train?dataset=x")
    assert (answer.status_code, answer.location) == (303, "/train?dataset=x")
    assert who(browser) == "ada@example.org viewer"
    page = browser.get("/account").text
    assert "Current password" not in page and "Where you are logged in" in page


def test_the_page_leads_to_the_provider_and_has_no_password(server):
    page = Browser(server).get("/login?next=/train").text
    assert "Log in with 127.0.0.1" in page and 'type="password"' not in page
    assert "/login/provider?next=/train" in page
    assert Browser(server).client.post("/login").status_code in (401, 403, 405)
    assert Browser(server).get("/invite/" + "x" * 43).status_code in (302, 404)


def test_the_request_has_what_ties_the_answer_to_it(server, provider):
    log_in(server)
    log_in(server)
    first, second = provider.requests
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 20
        assert first[name] != second[name]
    assert first["scope"] == "openid email profile"


@pytest.mark.parametrize(
    "changes",
    [
        {"nonce": "of another log-in"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": None},
        {"aud": "another client", "azp": CLIENT},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": int(time.time()) - 600},
        {"exp": None},
        {"iat": int(time.time()) + 6_000},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_a_token_that_is_not_for_this_log_in_is_refused(server, provider, changes):
    provider.changes = changes
    browser, answer = log_in(server)
    assert answer.status_code == 400 and NOT_CONFIRMED in answer.text
    assert who(browser) == " None"


@pytest.mark.parametrize(
    ("algorithm", "offered"),
    [("none", ["none", "RS256"]), ("HS256", ["HS256"]), ("HS256", ["RS256", "HS256"]), ("RS512", ["RS256"])],
)  # fmt: skip
def test_a_token_that_anybody_could_sign_is_refused(
    server, provider, algorithm, offered
):
    provider.algorithm, provider.offered = algorithm, offered
    browser, answer = log_in(server)
    assert answer.status_code == 400 and who(browser) == " None"


def test_a_token_that_somebody_else_signed_is_refused(server, provider):
    provider.signs_with_forged = True
    browser, answer = log_in(server)
    assert answer.status_code == 400 and who(browser) == " None"


def test_a_provider_may_change_its_keys(server, provider):
    assert log_in(server)[1].status_code == 303
    provider.renew_keys("second")
    assert log_in(server)[1].status_code == 303


def test_an_answer_counts_in_the_browser_that_asked_and_once(server):
    ada, eve = Browser(server), Browser(server)
    back = go_there(ada)
    go_there(eve)
    assert eve.get(back).status_code == 400, "a stolen code, or a log-in slipped in"
    assert who(eve) == " None"
    back = go_there(ada)
    assert ada.get(back).status_code == 303
    assert ada.get(back).status_code == 400


def test_a_code_without_its_verifier_is_worth_nothing(server, provider):
    browser = Browser(server)
    back = go_there(browser)
    code = parse_qs(urlsplit(back).query)["code"][0]
    stolen = {"code": code, "redirect_uri": "http://localhost" + BACK}
    answer = requests.post(
        f"{provider.issuer}/token", data=stolen, auth=(CLIENT, SECRET), timeout=10
    )
    assert answer.status_code == 400
    other = Browser(server)
    state = parse_qs(urlsplit(go_there(other)).query)["state"][0]
    assert other.get(f"{BACK}?code={code}&state={state}").status_code == 400


UNASKED = ["", "code=x", "state=x", "code=x&state=x", "state=%00"]
DENIED = "error=access_denied&error_description=%3Cb%3E"


@pytest.mark.parametrize("query", [*UNASKED, DENIED])
def test_an_answer_that_nobody_asked_for_is_refused(server, query):
    answer = Browser(server).get(f"{BACK}?{query}")
    assert answer.status_code == 400
    assert NOT_CONFIRMED in answer.text and "<b>" not in answer.text


def test_a_provider_that_does_not_answer_is_said_in_a_sentence(server, provider):
    provider.is_down = True
    answer = Browser(server).get("/login/provider")
    assert answer.status_code == 502
    assert "does not answer" in answer.text
    provider.is_down = False
    assert log_in(server)[1].status_code == 303


# ---- whom this server lets in


def test_a_disabled_user_is_not_let_in(server, directory):
    browser, _ = log_in(server)
    user = directory.users.named("ada@example.org")
    directory.users.add("boss", "administrator")
    directory.users.disable(user.id)
    assert who(browser) == " None"
    _, answer = log_in(server)
    assert answer.status_code == 403
    assert "does not let ada@example.org in" in answer.text


@pytest.mark.parametrize("chosen", [{}])
def test_nobody_is_let_in_whom_nobody_added(server, directory, provider):
    _, answer = log_in(server)
    assert answer.status_code == 403
    directory.users.add("ADA@example.org", "administrator")
    assert who(log_in(server)[0]) == "ADA@example.org administrator"
    provider.person = {**ADA, "email": "changed@example.org"}
    assert who(log_in(server)[0]) == "ADA@example.org administrator"
    provider.person = {**ADA, "sub": "somebody else, same address"}
    assert log_in(server)[1].status_code == 403


@pytest.mark.parametrize("chosen", [{}])
@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_is_nobodys(
    server, directory, provider, verified
):
    directory.users.add("ada@example.org", "administrator")
    provider.changes = {"email_verified": verified}
    assert log_in(server)[1].status_code == 403
    assert directory.users.named("ada@example.org").subject is None


@pytest.mark.parametrize(
    "chosen",
    [{"oidc_editors": "staff, lab", "oidc_administrators": "it", "oidc_groups_claim": "realm.roles"}],
)  # fmt: skip
def test_groups_give_a_role_and_take_it_away(server, directory, provider):
    for groups, role in (
        (["staff", "x"], "editor"),
        (["it", "staff"], "administrator"),
        ("lab", "editor"),
    ):
        provider.changes = {"realm": {"roles": groups}}
        before = log_in(server)[0]
        assert who(before) == f"ada@example.org {role}"
    provider.changes = {"realm": {"roles": ["guests"]}}
    assert log_in(server)[1].status_code == 403
    assert who(before) == " None", "the sessions of the former editor"


@pytest.mark.parametrize(
    "chosen", [{"oidc_administrators": "it", "new_users": "viewer"}]
)
@pytest.mark.parametrize(
    "claims", [{"groups": "xit"}, {"groups": {"it": 1}}, {"groups": [["it"]]}, {"groups": None}, {}]  # fmt: skip
)
def test_what_is_no_list_of_groups_gives_no_role(server, provider, claims):
    provider.changes = claims
    assert who(log_in(server)[0]) == "ada@example.org viewer"


@pytest.mark.parametrize(
    "chosen", [{"new_users": "viewer", "oidc_domains": "Example.org, example.net"}]
)
@pytest.mark.parametrize(
    ("email", "verified", "status"),
    [
        ("a@example.org", True, 303),
        ("a@EXAMPLE.NET", True, 303),
        ("a@evil-example.org", True, 403),
        ("a@example.org.evil.com", True, 403),
        ("a@example.org", False, 403),
        (None, True, 403),
    ],
)
def test_only_some_domains_are_let_in(server, provider, email, verified, status):
    provider.changes = {"email": email, "email_verified": verified}
    assert log_in(server)[1].status_code == status


def test_two_people_of_one_name_are_two_users(server, directory, provider):
    provider.changes = {"email_verified": False, "preferred_username": "ada"}
    for subject in ("one", "two"):
        provider.person = {**ADA, "sub": subject}
        assert log_in(server)[1].status_code == 303
    names = [user.name for user in directory.users.all()]
    assert names[0] == "ada" and names[1].startswith("ada ")


@pytest.mark.parametrize(
    ("email", "hosted", "counts"),
    [
        ("a@gmail.com", None, True),
        ("a@company.example", "company.example", True),
        ("a@company.example", None, False),
    ],
)
def test_google_vouches_for_the_addresses_it_hosts(email, hosted, counts):
    claims = {
        "iss": "https://accounts.google.com",
        "sub": "1",
        "email": email,
        "email_verified": True,
        "hd": hosted,
    }
    assert bool(identity_of(claims, "groups").email) is counts


def test_a_claim_may_be_a_url():
    claims = {"iss": "x", "sub": "1", "https://a.example/roles": ["it"]}
    assert identity_of(claims, "https://a.example/roles").groups == {"it"}


def test_the_provider_is_called_by_its_name():
    url = "https://accounts.google.com/.well-known/openid-configuration"
    assert name_of(Settings(oidc_discovery_url=url)) == "Google"
