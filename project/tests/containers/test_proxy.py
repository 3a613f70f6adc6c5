"""Below a path of a real nginx: somebody logs in, uploads, trains, shares, reads a report, and logs out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from app.accounts.directory import Directory
from app.settings import Settings
from tests.benchmarks.container import engine
from tests.browser.test_login import PASSWORD, SETTINGS, log_in
from tests.browser.visitor import Visitor
from tests.conftest import free_port
from tests.waiting import wait_for

NGINX = "nginx:1.29-alpine"
ROOT = "/tools/dashboard"
# What docs/operations.md says, in a server that knows no other path.
LOCATION = Path(__file__).parents[2].joinpath("docs/operations.md").read_text()
CONFIGURATION = """
pid /tmp/nginx.pid;
error_log stderr;
events {}
http {
  access_log off;
  server {
    listen 127.0.0.1:%(port)s;
    %(location)s
    location / { return 404; }
  }
}
"""
ROWS = "\n".join(f"{k},{k % 3},{'ab'[k % 2]}" for k in range(60))
EVENTS = """who,what,when
a,enter,2026-03-02 10:00
b,enter,2026-03-02 11:00
a,leave,2026-03-02 10:30
"""


def documented(upstream: str) -> str:
    """Return the example of the documentation, for a server of this machine."""
    (example,) = [part for part in LOCATION.split("```") if ROOT in part and "proxy_pass" in part]  # fmt: skip
    _, _, location = example.partition("\n")
    assert "http://127.0.0.1:8050/" in location
    return location.replace("http://127.0.0.1:8050", upstream)


@pytest.fixture
def below(start_server, tmp_path) -> Iterator[str]:
    """The address of the product below a path, where Boss may log in."""
    server = start_server(**SETTINGS, TRUSTED_PROXIES="1")
    directory = Directory(Settings(), server.data_dir)
    user = directory.users.add("Boss", "administrator")
    directory.users.set_password(user.id, PASSWORD)
    directory.database.close()
    port = free_port()
    file = tmp_path / "nginx.conf"
    file.write_text(CONFIGURATION % {"port": port, "location": documented(server.url)})
    container = engine(
        *("run", "--detach", "--network", "host"),
        *("--volume", f"{file}:/etc/nginx/below.conf:ro"),
        *(NGINX, "nginx", "-c", "/etc/nginx/below.conf", "-g", "daemon off;"),
    )
    site = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: _answers(f"{site}{ROOT}/health/ready"), what="nginx")
        yield site + ROOT
    finally:
        engine("rm", "--force", container)


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=5).ok
    except requests.RequestException:
        return False


def test_everything_works_below_a_path_of_nginx(below, browser, tmp_path):
    visitor = Visitor(browser, below)
    visitor.leave()
    browser.get(below)
    visitor.until(lambda: visitor.all("#password"), "the form")
    log_in(visitor)
    visitor.wait_until_drawn()

    file = tmp_path / "mine.csv"
    file.write_text("x,y,kind\n" + ROWS)
    visitor.upload(file)
    visitor.wait_for_text("#dataset-name", "mine.csv")
    visitor.choose("#target", "kind")
    visitor.click("#nav-train")
    visitor.click("#train-start")
    visitor.click_text("See the results", "a")
    visitor.find("#leaderboard-rows")
    visitor.click(".subject-part[data-part=table] summary")
    visitor.click(".subject-items:not(.subject-ends) a")
    visitor.wait_for_text("#dataset-name", "mine.csv")

    visitor.click(".subject-share")
    visitor.click("#share-create")
    visitor.wait_for_text("#share-says", "copy it and send it")
    link = browser.execute_script("return document.querySelector('[data-copy]').dataset.copy")  # fmt: skip
    assert link.startswith(f"{below}/s/")
    browser.get(link)
    visitor.wait_for_text("#dataset-name", "mine.csv")
    browser.get(f"{below}/nothing-here")
    visitor.click_text("Go to the start page", "a")
    visitor.wait_until_drawn()

    visitor.click("#nav-reports")
    visitor.click("a[href$='/reports/funnel/']")
    visitor.wait_for_text("#users-chart-says", "reached")
    file = tmp_path / "own.csv"
    file.write_text(EVENTS)
    visitor.upload(file)
    visitor.wait_for_text("#own-asks", "user = 'who'")
    visitor.click_text("Embed", "a")
    visitor.wait_for_text("#snippet", f"{below}/reports/funnel/?embed=1")

    visitor.click(".shell-account summary")
    visitor.click_text("Users", "a")
    visitor.wait_for_text("main", "Boss")
    visitor.click(".shell-name")
    visitor.wait_until_drawn()
    visitor.click(".shell-account summary")
    visitor.click_text("Log out", "button")
    visitor.until(lambda: visitor.all("#password"), "the form again")
    visitor.forgive("nothing-here.*404")
    assert visitor.complaints() == []
    # The first one is nginx's own, to the path with a slash.
    assert visitor.strangers() == [below]
