"""One's own account: password, sessions and tokens, and that nobody touches those of others."""

from __future__ import annotations

import re

import pytest

from app.accounts.tokens import PREFIX, SCOPES
from app.hosting.actors import current_actor
from app.hosting.login.account_pages import described

from .conftest import PASSWORD

NEW = "eight purple kettles"


def names_of(server, **headers) -> str:
    """Return the name and the role of whoever sends these headers."""
    with server.test_client() as client:
        client.get("/nothing-here", headers=headers)
        actor = current_actor()
        return f"{actor.name} {actor.role}"


def token_of(browser, **fields) -> str:
    """Create a token as one does on the page, and return its secret."""
    fields = {"name": "Nightly", "scope": ["results"], "days": "7", **fields}
    page = browser.post("/account/tokens", page="/account", **fields).text
    return re.search(PREFIX + r"[\w-]{43}", page)[0]


@pytest.mark.parametrize("path", ["/account", "/admin/users", "/admin/audit"])
def test_strangers_log_in_first_and_come_back(browse, path):
    answer = browse().get(path)
    assert (answer.status_code, answer.location) == (302, f"/login?next={path}")
    asked = browse().get(path, headers={"Accept": "application/json"})
    assert asked.status_code == 401 and asked.json["error"]


def test_the_account_page_has_what_is_ones_own(browse):
    browser = browse("Ada", headers={"Origin": "http://localhost", "User-Agent": "X/1"})
    page = browser.get("/account")
    assert page.headers["Cache-Control"] == "no-store"
    assert "logged in as <strong>Ada</strong>, editor" in page.text
    assert "(this browser)" in page.text and "Nightly" not in page.text.split("<h3>")[0]


# ---- password


def test_a_new_password_ends_all_other_sessions(browse, directory, actions):
    here, there = browse("Ada"), browse("Ada")
    before = here.cookie()
    done = here.post("/account/password", page="/account", current=PASSWORD, password=NEW, again=NEW)  # fmt: skip
    assert "Your password is changed." in done.text
    assert here.cookie() != before
    assert here.get("/account").status_code == 200
    assert there.get("/account").status_code == 302
    assert directory.users.check("Ada", NEW)
    assert ("Ada", "password changed") in actions()


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"current": "wrong"}, "The current password is wrong."),
        ({"again": "different"}, "The two new passwords differ."),
        ({"password": "short", "again": "short"}, "12 characters"),
    ],
)
def test_a_password_that_is_not_changed_says_why(browse, directory, fields, says):
    fields = {"current": PASSWORD, "password": NEW, "again": NEW, **fields}
    answer = browse("Ada").post("/account/password", page="/account", **fields)
    assert answer.status_code == 400 and says in answer.text
    assert directory.users.check("Ada", PASSWORD)


def test_the_current_password_is_not_guessed_with_somebodys_session(browse):
    browser = browse("Ada")
    fields = {"current": "guess", "password": NEW, "again": NEW}
    answers = [browser.post("/account/password", page="/account", **fields) for _ in range(11)]  # fmt: skip
    assert [answer.status_code for answer in answers] == [400] * 10 + [429]
    assert answers[-1].headers["Retry-After"]


# ---- sessions


def test_a_lost_phone_is_logged_out_from_afar(browse, directory):
    here, phone = browse("Ada"), browse("Ada")
    there = re.findall(r'name="id" value="(\w+)"', here.get("/account").text)
    assert len(there) == 1
    here.post("/account/sessions/end", page="/account", id=there[0])
    assert phone.get("/account").status_code == 302
    assert here.get("/account").status_code == 200


def test_one_is_logged_out_everywhere_else_at_once(browse):
    here, others = browse("Ada"), [browse("Ada"), browse("Ada")]
    eve = browse("Vic")
    here.post("/account/sessions/end-others", page="/account")
    assert [other.get("/account").status_code for other in others] == [302, 302]
    assert here.get("/account").status_code == eve.get("/account").status_code == 200


def test_neither_sessions_nor_tokens_of_others_are_ended(browse, directory, server):
    ada, vic = browse("Ada"), browse("Vic")
    secret = token_of(ada)
    user = directory.users.named("Ada")
    [session], [token] = directory.sessions.of(user.id), directory.tokens.of(user.id)
    for path, item in (("sessions/end", session.id), ("tokens/revoke", token.id)):
        answer = vic.post(f"/account/{path}", page="/account", id=item)
        assert answer.status_code == 404
    assert ada.get("/account").status_code == 200
    assert names_of(server, Authorization=f"Bearer {secret}") == "Ada editor"


# ---- tokens


def test_a_token_acts_for_its_user_as_far_as_it_is_for(server, browse, directory):
    browser = browse("Ada")
    secret = token_of(browser, scope=["results", "score"])
    with server.test_client() as client:
        client.get("/nothing-here", headers={"Authorization": f"Bearer {secret}"})
        actor = current_actor()
    assert (actor.name, actor.role) == ("Ada", "editor")
    assert actor.scopes == SCOPES["results"][1] | SCOPES["score"][1]
    assert actor.owner == f"user-{actor.user}"
    assert secret not in browser.get("/account").text, "it is shown once"
    directory.users.disable(actor.user)
    assert names_of(server, Authorization=f"Bearer {secret}") == " None"


def test_a_revoked_token_is_nobody(server, browse):
    browser = browse("Ada")
    secret = token_of(browser)
    page = browser.get("/account").text
    token = re.search(r'name="id" value="(\w+)">\s*<button type="submit" class="account-bad"', page)[1]  # fmt: skip
    browser.post("/account/tokens/revoke", page="/account", id=token)
    assert names_of(server, Authorization=f"Bearer {secret}") == " None"


@pytest.mark.parametrize("sent", ["x", PREFIX + "x" * 43, "", PREFIX, "\xff"])
def test_what_is_no_token_is_nobody_even_beside_a_session(browse, sent):
    browser = browse("Ada")
    with browser.client as client:
        client.get("/nothing-here", headers={"Authorization": f"Bearer {sent}"})
        assert current_actor().role is None


def test_a_token_opens_no_page_of_an_account(server, browse):
    secret = token_of(browse("Boss"), scope=list(SCOPES))
    client = server.test_client()
    sent = {"Authorization": f"Bearer {secret}"}
    for path in ("/account", "/admin/users", "/admin/audit"):
        assert client.get(path, headers=sent).status_code == 302
    assert client.post("/account/tokens", headers=sent).status_code == 401


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": " "}, "Name the token"),
        ({"scope": []}, "Choose what the token is for"),
        ({"scope": ["everything"]}, "Choose what the token is for"),
        ({"days": "36500"}, "Choose when the token expires"),
        ({"days": "٣"}, "Choose when the token expires"),
    ],
)
def test_a_token_that_is_not_created_says_why(browse, fields, says):
    fields = {"name": "Nightly", "scope": ["results"], "days": "7", **fields}
    answer = browse("Ada").post("/account/tokens", page="/account", **fields)
    assert answer.status_code == 400 and says in answer.text


def test_markup_in_names_is_text(browse, directory):
    odd = "<script>alert(1)</script>"
    directory.users.add(odd, "viewer")
    directory.users.set_password(directory.users.named(odd).id, PASSWORD)
    browser = browse(odd)
    token_of(browser, name=odd)
    for page in (browser.get("/account"), browse("Boss").get("/admin/users")):
        assert "alert(1)" in page.text and "<script>alert" not in page.text


@pytest.mark.parametrize(
    ("agent", "says"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) Version/17.5 Safari/604.1", "Safari on iPhone"),
        ("curl/8.5.0", "curl"),
        ("", "Unknown browser"),
    ],
)  # fmt: skip
def test_a_browser_is_named_in_words(agent, says):
    assert described(agent) == says


def test_a_new_password_ends_the_tokens_and_the_page_says_so(server, browse, directory):
    ada = browse("Ada")
    assert "Your tokens for programs end, too" in ada.get("/account").text
    new = {"current": PASSWORD, "password": PASSWORD + "!", "again": PASSWORD + "!"}
    secret = token_of(ada)
    said = ada.post("/account/password", page="/account", **new).text
    assert "Your tokens have ended" in said and "You have no tokens" in said
    assert names_of(server, Authorization=f"Bearer {secret}") == " None"
    again = {**new, "current": new["password"], "password": PASSWORD, "again": PASSWORD}
    said = ada.post("/account/password", page="/account", **again).text
    assert "is changed" in said and "tokens have ended" not in said
    link = directory.invitations.invite(directory.users.named("Ada").id)
    assert "tokens for programs end" in browse().get(f"/invite/{link}").text
