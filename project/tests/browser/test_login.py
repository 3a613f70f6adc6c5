"""Logging in, in a real browser: in, a token, a session that ends while a page is open, back in, and out."""

from __future__ import annotations

import itertools

import pytest

from app.accounts.directory import Directory
from app.accounts.tokens import PREFIX
from app.settings import Settings

from .test_accessibility import AXE, WIDTHS, overflow, violations
from .visitor import Visitor

PASSWORD = "seven green teapots"
SETTINGS = {
    "LOGIN": "password",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "127.0.0.1",
}


@pytest.fixture
def site(start_server):
    """A server of the test's own, where people log in."""
    return start_server(**SETTINGS)


@pytest.fixture
def directory(site):
    """Its accounts, with an administrator."""
    directory = Directory(Settings(), site.data_dir)
    user = directory.users.add("Boss", "administrator")
    directory.users.set_password(user.id, PASSWORD)
    yield directory
    directory.database.close()


def fits(visitor: Visitor) -> None:
    """Check a page in both themes and widths."""
    visitor.driver.execute_script(AXE)
    for width in WIDTHS:
        visitor.resize(width)
        for scheme in ("light", "dark"):
            visitor.prefer(scheme)
            visitor.until(lambda: visitor.scheme() == scheme, f"the {scheme} theme")
            assert violations(visitor) == [], f"{width} px, {scheme}"
            assert overflow(visitor) <= 0
    visitor.resize(1280)


def log_in(visitor: Visitor) -> None:
    visitor.until(lambda: visitor.all("#password"), "the form")
    visitor.fill("#name", "Boss")
    visitor.fill("#password", PASSWORD)
    visitor.click("main button")


def test_somebody_logs_in_uses_the_account_and_comes_back_after_the_session_has_ended(
    visitor, directory
):
    driver = visitor.driver
    driver.get(f"{visitor.site}/train?dataset=sample-iris")
    visitor.until(lambda: visitor.all("#password"), "the form")
    fits(visitor)
    log_in(visitor)
    visitor.until(lambda: "/train" in driver.current_url, "the page one wanted")
    visitor.wait_until_drawn()
    fits(visitor)

    visitor.click(".shell-account summary")
    visitor.click_text("Account", "a")
    visitor.until(lambda: visitor.all("#token-name"), "the account")
    fits(visitor)
    visitor.fill("#token-name", "Nightly")
    visitor.click("[name=scope][value=results]")
    visitor.click("form[action$=tokens] button")
    secret = visitor.wait_for_text(".account-secret", PREFIX)
    assert directory.tokens.find(secret.strip()).name == "Nightly"
    driver.get(f"{visitor.site}/admin/users")
    fits(visitor)
    driver.get(f"{visitor.site}/admin/audit")
    fits(visitor)

    visitor.open("/train?dataset=sample-iris")
    directory.sessions.end_all(directory.users.named("Boss").id)
    # Dash's renderer says so of each refusal.
    visitor.forgive("401|body stream already read")
    page = driver.current_window_handle

    links = itertools.cycle(["#nav-library", "#nav-checks"])

    def says_so() -> bool:
        # For a few seconds, the server believes that the session goes on.
        visitor.click(next(links))
        return bool(visitor.all(".session-ended"))

    visitor.until(says_so, "what the page says of the session")
    assert "Your session has ended" in visitor.text(".session-ended")
    visitor.click(".session-ended a")
    visitor.until(lambda: len(driver.window_handles) == 2, "the new tab")
    driver.switch_to.window(driver.window_handles[1])
    log_in(visitor)
    visitor.until(lambda: "/login" not in driver.current_url, "being back in")
    driver.close()
    driver.switch_to.window(page)
    visitor.click("#nav-train")
    visitor.until(lambda: not visitor.all(".session-ended"), "the page to go on")
    visitor.wait_until_drawn()

    visitor.click(".shell-account summary")
    visitor.click(".shell-account button")
    # The menu is of the session before, so one is asked once more.
    visitor.until(lambda: "/logout" in driver.current_url, "being asked")
    visitor.click("main button")
    visitor.until(lambda: "/login" in driver.current_url, "being logged out")
    assert directory.sessions.of(directory.users.named("Boss").id) == []
    driver.back()
    visitor.until(lambda: visitor.all("#password"), "nothing to see any more")
    assert "Boss" not in driver.page_source
