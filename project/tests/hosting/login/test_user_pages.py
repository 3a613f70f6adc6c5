"""The administrators' pages: users are invited, changed and logged out, and what was done can be looked up."""

from __future__ import annotations

import re

import pytest

from app.accounts import Actor, audit
from app.storage import RunStore, belongings, files

from .conftest import PASSWORD

WAYS = ("role", "invite", "sessions", "disable", "enable")


@pytest.fixture
def post(browse, directory):
    """Send a form of the page as an administrator, about the named user."""
    boss = browse("Boss")

    def send(way: str, name: str, **fields):
        user = directory.users.named(name)
        path = f"/admin/users/{user.id}/{way}"
        return boss.post(path, page="/admin/users", **fields)

    return send


@pytest.mark.parametrize("name", ["Ada", "Vic"])
def test_only_administrators_manage_users(browse, directory, name):
    browser = browse(name)
    for path in ("/admin/users", "/admin/audit"):
        answer = browser.get(path)
        assert answer.status_code == 403
        assert "Boss" not in answer.text.split("</header>")[1]
    boss = directory.users.named("Boss")
    mine = directory.users.named(name)
    for path in ["/admin/users", *(f"/admin/users/{u.id}/{way}" for way in WAYS for u in (boss, mine))]:  # fmt: skip
        answer = browser.post(path, page="/account", role="administrator", name="Evil")
        assert answer.status_code == 403, path
    assert directory.users.get(mine.id).role != "administrator"
    assert not directory.users.get(boss.id).disabled


def test_an_invited_user_gets_in_by_the_link_that_is_shown_once(browse, actions):
    boss = browse("Boss")
    shown = boss.post("/admin/users", name="New", role="editor").text
    path = re.search(r"http://localhost(/invite/[\w-]{43})", shown)[1]
    assert path not in boss.get("/admin/users").text
    new = browse()
    assert new.post(path, password=PASSWORD, again=PASSWORD).status_code == 303
    assert "New</strong>, editor" in new.get("/account").text
    assert ("Boss", "user added") in actions()


def test_a_new_link_replaces_a_forgotten_password(post, browse, directory):
    shown = post("invite", "Ada").text
    path = re.search(r"/invite/[\w-]{43}", shown)[0]
    assert directory.users.check("Ada", PASSWORD), "until the link is followed"
    browse().post(path, password="eight purple kettles", again="eight purple kettles")
    assert directory.users.check("Ada", PASSWORD) is None


@pytest.mark.parametrize(
    ("way", "fields", "action"),
    [
        ("role", {"role": "viewer"}, "role changed"),
        ("sessions", {}, "session ended"),
        ("disable", {}, "user disabled"),
    ],
)
def test_a_change_logs_the_user_out_and_is_recorded(
    post, browse, actions, way, fields, action
):
    ada, vic = browse("Ada"), browse("Vic")
    assert post(way, "Ada", **fields).status_code == 200
    assert ada.get("/account").status_code == 302
    assert vic.get("/account").status_code == 200
    assert ("Boss", action) in actions()


def test_a_disabled_user_is_let_in_again(post, browse):
    post("disable", "Ada")
    assert browse().log_in("Ada").status_code == 401
    post("enable", "Ada")
    assert browse().log_in("Ada").status_code == 303


def test_the_last_administrator_cannot_lock_everybody_out(post):
    for way, fields in (("disable", {}), ("role", {"role": "viewer"})):
        answer = post(way, "Boss", **fields)
        assert answer.status_code == 400
        assert "Nobody else is an administrator" in answer.text


def test_an_administrator_who_steps_down_is_logged_out(post, directory):
    directory.users.set_role(directory.users.named("Ada").id, "administrator")
    answer = post("role", "Boss", role="viewer")
    assert answer.status_code == 401
    assert "Vic" not in answer.text


@pytest.mark.parametrize("user_id", ["nobody", "x" * 300, "%00", "%ED%A0%80"])
def test_a_user_that_is_not_there_is_a_404(browse, directory, user_id):
    boss = browse("Boss")
    for way in WAYS:
        answer = boss.post(f"/admin/users/{user_id}/{way}", page="/admin/users")
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"name": "ada", "role": "viewer"}, "already"),
        ({"name": "", "role": "viewer"}, "name must have"),
        ({"name": "New", "role": "god"}, "no role"),
    ],
)
def test_a_user_that_is_not_added_says_why(browse, fields, says):
    answer = browse("Boss").post("/admin/users", **fields)
    assert answer.status_code == 400 and says in answer.text


def test_the_log_is_searched_and_turned_over(browse):
    boss = browse("Boss")
    for number in range(120):
        actor = Actor(name="Ada" if number % 2 else "<b>Eve</b>", address="192.0.2.1")
        audit.record(actor, "delete", "dataset", f"d{number}", rows=number)
    page = boss.get("/admin/audit").text
    assert "Page 1 of 3, 121 events" in page and "d119" in page
    assert "<b>Eve" not in page and "&lt;b&gt;Eve" in page
    older = boss.get("/admin/audit?action=delete&user=ada&page=2").text
    assert "Page 2 of 2, 60 events" in older and "d1<" in older
    assert "action=delete" in re.search(r'href="([^"]*)">Newer', older)[1]
    assert "Nothing was recorded that fits" in boss.get("/admin/audit?item=none").text


ODD = "page=0 page=-1 page=x page=٣ user=%00 action=%ED%A0%80".split()


@pytest.mark.parametrize("query", [*ODD, "page=" + "9" * 5_000])
def test_whatever_is_asked_of_the_log_is_answered(browse, query):
    assert browse("Boss").get(f"/admin/audit?{query}").status_code == 200


def test_what_each_user_keeps_is_counted_and_weighed_but_not_named(
    server, browse, directory
):
    boss = browse("Boss")
    data_dir = server.extensions["services"].jobs.data_dir
    ada, vic = (f"user-{directory.users.named(name).id}" for name in ("Ada", "Vic"))
    for _ in range(2):
        folder = data_dir / "datasets" / files.new_id()
        folder.mkdir(parents=True)
        (folder / "table.parquet").write_bytes(bytes(3 * 1024**2))
        (folder / "dataset.json").write_text('{"name": "salaries.csv"}')
        belongings.claim(folder.parent, folder.name, ada)
    belongings.claim(folder.parent, folder.name, vic)
    runs = RunStore(data_dir / "runs")
    belongings.claim(runs.root, runs.create("training"), ada)
    (data_dir / "datasets" / "sample-x").mkdir()
    page = boss.get("/admin/users").text
    shown = re.findall(r"Keeps: </span>(.*?)</td>", page)
    assert shown == ["2 tables and 1 run, 6.0 MB", "nothing", "1 table and 0 runs, 3.0 MB"]  # fmt: skip
    assert "nobody here has made: 1 table and 0 runs, 0.0 MB" in page
    assert "All together: 6.0 MB" in page
    assert "salaries" not in page and folder.name not in page
