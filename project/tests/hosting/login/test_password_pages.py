"""Logging in with a password: who gets in, what the browser keeps, and what a stranger learns."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.accounts import audit
from app.hosting.actors import current_actor
from app.hosting.login import PUBLIC_ENDPOINTS, limits, return_address

from .conftest import PASSWORD, Browser

GONE = "This link does not work any more"


def test_whoever_logs_in_is_known_until_logging_out(server, browse, actions):
    browser = browse("Ada")
    page = browser.get("/nothing-here").text
    assert ">Ada<" in page and 'action="/logout"' in page
    copy = server.test_client()
    copy.set_cookie("session", browser.cookie())
    assert ">Ada<" in copy.get("/nothing-here").text
    left = browser.post("/logout", page="/nothing-here")
    assert (left.status_code, left.location) == (302, "/login")
    assert ">Ada<" not in browser.get("/nothing-here").text
    assert ">Ada<" not in copy.get("/nothing-here").text, "a copy of the cookie"
    assert actions() == [("Ada", "log in"), ("Ada", "log out")]


def test_a_page_from_before_one_logged_in_anew_still_logs_out(browse):
    browser = browse("Ada")
    old = browser.token("/nothing-here")
    browser.client.delete_cookie("session")
    browser.log_in("Ada")
    asked = browser.post("/logout", form_token=old)
    assert (asked.status_code, asked.location) == (303, "/logout")
    assert browser.get("/account").status_code == 200, "another site cannot do it"
    browser.post("/logout", page="/logout")
    assert browser.get("/account").status_code == 302


def test_the_actor_is_the_user_of_the_session(server, browse, directory):
    browser = browse("ADA")
    with browser.client as client:
        client.get("/nothing-here")
        actor = current_actor()
    assert (actor.role, actor.name) == ("editor", "Ada")
    assert actor.user == directory.users.named("Ada").id
    assert not actor.opens_by_id and actor.scopes is None
    with server.test_client() as stranger:
        stranger.get("/nothing-here")
        assert current_actor().role is None
        assert not current_actor().opens_by_id


@pytest.mark.parametrize(
    "environ", ["dashboard.actor", "HTTP_DASHBOARD_ACTOR", "HTTP_DASHBOARD.ACTOR"]
)
def test_a_header_makes_nobody_somebody(server, directory, environ):
    header = environ.removeprefix("HTTP_").replace("_", "-")
    with server.test_client() as client:
        client.get("/nothing-here", headers={header: "administrator"})
        assert current_actor().role is None


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("Ada", "wrong"),
        ("Nobody", PASSWORD),
        ("Out", PASSWORD),
        ("Invited", ""),
        ("", ""),
    ],
)
def test_all_who_do_not_get_in_read_the_same(directory, browse, name, password):
    out = directory.users.add("Out", "viewer")
    directory.users.set_password(out.id, PASSWORD)
    directory.users.disable(out.id)
    directory.users.add("Invited", "viewer")
    answer = browse().log_in(name, password)
    assert answer.status_code == 401
    assert "The name or the password is wrong." in answer.text
    assert "WWW-Authenticate" not in answer.headers


def test_a_refused_log_in_is_recorded_without_what_was_typed(directory, browse):
    browse().log_in("Ada", "wrong")
    browse().log_in("my secret password", "oops")
    events, _ = directory.events.find(action="log in refused")
    assert sorted(event.name for event in events) == ["", "Ada"]
    assert "secret" not in str(events)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_the_cookie_is_for_this_server_alone(browse, scheme):
    browser = browse()
    token = browser.token()
    answer = browser.client.post(
        "/login",
        base_url=f"{scheme}://localhost",
        data={"form_token": token, "name": "Ada", "password": PASSWORD},
        headers={"Origin": f"{scheme}://localhost"},
    )
    for cookie in answer.headers.getlist("Set-Cookie"):
        assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
        assert ("Secure" in cookie) == (scheme == "https")


def test_logging_in_leaves_nothing_of_the_session_before(browse):
    """Whoever slipped somebody a cookie must not share the session that the person then has."""
    browser = browse()
    slipped, token = browser.token() and browser.cookie(), browser.token()
    browser.log_in("Ada")
    assert browser.cookie() != slipped
    assert browser.token("/nothing-here") != token
    first = browser.cookie()
    thief = browse()
    thief.client.set_cookie("session", slipped)
    assert ">Ada<" not in thief.get("/nothing-here").text
    browser.get("/login")
    assert browser.cookie() == first


def test_a_cookie_that_was_changed_is_no_session(browse):
    browser = browse("Ada")
    value = browser.cookie()
    for changed in (
        value[:-3] + "abc",
        "x" + value,
        value.rsplit(".", 1)[0],
        "x" * 5_000,
    ):
        browser.client.set_cookie("session", changed)
        assert ">Ada<" not in browser.get("/nothing-here").text


def test_an_ended_session_is_over_at_once_on_the_server_that_ended_it(
    directory, browse
):
    browser = browse("Ada")
    directory.users.set_role(directory.users.named("Ada").id, "viewer")
    assert ">Ada<" not in browser.get("/nothing-here").text


# ---- forms


@pytest.mark.parametrize("token", ["", "wrong", None])
def test_a_form_without_its_token_is_refused(browse, token):
    browser = browse()
    browser.get("/login")
    fields = {"form_token": token} if token is not None else {"form_token": ""}
    answer = browser.post("/login", name="Ada", password=PASSWORD, **fields)
    assert answer.status_code == 400
    assert "reload the page" in answer.text


def test_a_token_is_of_one_browser(browse):
    answer = browse().log_in("Ada", form_token=browse().token())
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Origin": "https://evil.example"},
        {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost:8051"},
        {"Origin": "http://localhost.evil.example"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "http://localhost", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://[", "Sec-Fetch-Site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/login", "/_dash-update-component", "/api/uploads"])
def test_what_another_site_sends_is_refused(browse, path, headers):
    browser = browse("Ada")
    token = browser.token("/nothing-here")
    answer = browser.client.post(path, data={"form_token": token}, headers=headers)
    assert answer.status_code == 403
    assert "another site" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "same-origin"},
        {"Origin": "null", "Sec-Fetch-Site": "same-origin"},
        {"Origin": "http://LOCALHOST:80"},
        {"Origin": "https://localhost"},
    ],
)
def test_what_a_page_of_ours_sends_is_accepted(browse, headers):
    answer = browse().log_in("Ada", headers=headers)
    assert answer.status_code == 303


@pytest.mark.parametrize("token", [None, "", "guessed", "é"])
def test_a_form_that_does_not_say_where_it_comes_from_needs_its_token(browse, token):
    browser = browse("Ada")
    nowhere = {"Origin": "null"}
    sent = {} if token is None else {"form_token": token}
    for path in ("/logout", "/account/password", "/_dash-update-component"):
        assert browser.client.post(path, data=sent, headers=nowhere).status_code == 403
    assert browser.post("/logout", headers=nowhere).location == "/login"


# ---- where one goes


@pytest.mark.parametrize(
    "address", ["/train?dataset=x", "/reports/a/", "/evaluate?run=1#b", "/é"]
)
def test_one_goes_back_to_the_page_one_wanted(browse, address):
    answer = browse().log_in("Ada", next=address)
    assert answer.headers["Location"].startswith("/") and answer.status_code == 303
    assert answer.location.split("?")[0] != "/"


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "https://evil.example",
    "https:evil.example",
    "javascript:alert(1)",
    "evil.example",
    "",
    " //evil.example",
    "/ /evil.example",
    "/" + "x" * 2_000,
    "/login?next=/login",
    "/logout",
    "/invite/abc",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_nobody_is_sent_to_another_site(browse, address):
    assert browse().log_in("Ada", next=address).location == "/"


@given(
    st.text() | st.sampled_from(ELSEWHERE).flatmap(lambda a: st.text().map(a.__add__))
)
def test_an_address_to_go_to_is_a_path_of_this_server(address):
    from flask import Flask

    with Flask("x").test_request_context("/"):
        found = return_address.checked(address)
    assert re.match(r"/(?![/\\])", found)
    assert "\\" not in found and found.isprintable()


# ---- invitations


def test_an_invitation_lets_choose_a_password_and_logs_in(browse, directory, actions):
    user = directory.users.add("New", "viewer")
    path = f"/invite/{directory.invitations.invite(user.id)}"
    browser = browse()
    page = browser.get(path)
    assert page.status_code == 200 and "New" in page.text
    assert page.headers["Cache-Control"] == "no-store"
    wrong = browser.post(path, password=PASSWORD, again=PASSWORD + "!")
    assert wrong.status_code == 400 and "differ" in wrong.text
    short = browser.post(path, password="short", again="short")
    assert short.status_code == 400 and "12 characters" in short.text
    done = browser.post(path, password=PASSWORD, again=PASSWORD)
    assert (done.status_code, done.location) == (303, "/")
    assert ">New<" in browser.get("/nothing-here").text
    assert actions() == [("New", "log in")]
    late = browse()
    again = late.post(path, page="/login", password=PASSWORD, again=PASSWORD)
    assert again.status_code == 404 and GONE in again.text


@pytest.mark.parametrize("secret", ["x", "x" * 43, "%ED%A0%80", "a" * 200])
def test_a_link_that_never_was_reads_like_one_that_was_used(browse, secret):
    answer = browse().get(f"/invite/{secret}")
    assert answer.status_code == 404
    assert GONE in answer.text


# ---- limits


def test_a_name_is_tried_ten_times_and_its_owner_gets_in_all_the_same(browse, actions):
    owner = browse("Ada")
    owner.post("/logout", page="/nothing-here")
    stranger = browse()
    answers = [stranger.log_in(name, "guess") for name in ["Ada", "ADA", "ada "] * 4]
    assert [answer.status_code for answer in answers] == [401] * 9 + [429] * 3
    assert "Too many attempts. Try again in 15 minutes." in answers[-1].text
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 15 * 60
    assert stranger.log_in("Ada").status_code == 429, "even with the right password"
    assert owner.log_in("Ada").status_code == 303
    assert ("", "log in slowed down") in actions()


def test_the_mark_of_a_known_browser_is_of_one_name_and_cannot_be_made(browse):
    known = browse("Vic").cookie("known", "/login")
    assert known
    for mark in (known, "abc", known[:-2] + "xx"):
        stranger = browse()
        stranger.client.set_cookie("known", mark, path="/login")
        answers = [stranger.log_in("Ada", "guess") for _ in range(2)]
        assert [answer.status_code for answer in answers] == [401, 401]
    stranger = browse()
    for _ in range(4):
        stranger.log_in("Ada", "guess")
    assert stranger.log_in("Ada", "guess").status_code == 429


def test_an_address_is_tried_twenty_times_a_minute(browse):
    browser = browse()
    answers = [browser.log_in(f"name {number}", "x") for number in range(21)]
    assert answers[-1].status_code == 429
    assert 0 < int(answers[-1].headers["Retry-After"]) <= 60


def test_one_household_is_one_address(server):
    with server.test_request_context(
        "/", environ_base={"REMOTE_ADDR": "2001:db8:1:2:3::4"}
    ):
        assert limits.by_address() == "2001:db8:1:2"
    with server.test_request_context("/", environ_base={"REMOTE_ADDR": "192.0.2.7"}):
        assert limits.by_address() == "192.0.2.7"


# ---- pages


def test_what_strangers_may_ask_for_is_there(server):
    of_providers = {"login.to_provider", "login.from_provider"}
    assert PUBLIC_ENDPOINTS - of_providers <= set(server.view_functions)


def test_pages_with_a_name_are_kept_nowhere(browse):
    browser = browse("Ada")
    for path in ("/", "/nothing-here", "/_dash-layout", "/reports/"):
        assert browser.get(path).headers["Cache-Control"] == "no-store", path
    assert "no-store" not in browser.get("/static/shell.css").headers["Cache-Control"]


def test_a_database_that_does_not_answer_is_said_in_a_sentence(browse, monkeypatch):
    from sqlalchemy.exc import OperationalError

    browser = browse("Ada")

    def fail(secret):
        raise OperationalError("SELECT", {}, OSError("gone"))

    sessions = browser.client.application.extensions["accounts"].sessions
    monkeypatch.setattr(sessions, "find", fail)
    answer = browser.get("/login")
    assert answer.status_code == 503
    assert "The database of accounts does not answer" in answer.text
    assert answer.headers["Retry-After"]


@hypothesis_settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.sampled_from(["/login", "/logout", "/invite/x"]),
    st.dictionaries(
        st.sampled_from(["name", "password", "again", "next", "form_token"]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=400),
    ),
)
def test_no_form_makes_the_server_fail(server, directory, path, fields):
    server.extensions["limits"].reset()
    browser = Browser(server)
    answer = browser.post(path, page="/login", **fields)
    assert answer.status_code < 500
    audit.send_to(directory.events.keep)
