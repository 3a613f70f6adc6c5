"""A proxy that serves the product below a path: every address that a browser is told begins with it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import pandas as pd
import pytest

from app.app import create_server
from app.dashboard import PATHS
from app.hosting import prefix
from app.storage import DatasetStore
from tests.conftest import PROJECT
from tests.hosting.callback_bodies import Callbacks
from tests.hosting.login.conftest import SECRET_KEY
from tests.reports.samples import drop, source

ROOT = "/tools/dashboard"
SAMPLE = "?dataset=sample-iris"
_IN_HTML = re.compile(r'\s(?:href|src|action|data-[a-z]+)="(/[^"]*)"')
# Text that begins with an address: all others that a script has are from the server, or begin with a query.
_IN_JS = re.compile(r"""(address\.of\(|split\(|!== |\+ )?(["'`])(/[a-z?$]*)""")
LINKS = 'parts = [html.A("All", href="/reports/"), dcc.Markdown("[Up](/)"), html.Img(src="/assets/x.png")]'


class Behind:
    """A client behind a proxy that takes the path off, as nginx does, and tells the server so."""

    def __init__(self, server):
        self.server, self._inside = server, server.wsgi_app
        server.wsgi_app = self._pass_on
        self.client = server.test_client()

    def _pass_on(self, environ: dict, start_response):
        path = environ["PATH_INFO"].removeprefix(ROOT)
        told = {"PATH_INFO": path, "HTTP_X_FORWARDED_PREFIX": ROOT}
        return self._inside(environ | told, start_response)

    def get(self, path: str, **headers: str):
        return self.client.get(ROOT + path, headers=headers)

    def post(self, path: str, **options):
        origin = {"Origin": "http://localhost"}
        return self.client.post(ROOT + path, headers=origin, **options)


def make(settings, **changes) -> Behind:
    server = create_server(replace(settings, trusted_proxies=1, **changes))
    server.extensions["services"].warm.set()
    return Behind(server)


@pytest.fixture
def behind(settings) -> Behind:
    return make(settings)


def addresses(tree: Any, name: str = "") -> Iterator[str]:
    """Yield the addresses of the components in an answer of Dash."""
    if isinstance(tree, list):
        for one in tree:
            yield from addresses(one, name)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            yield from addresses(value, key)
    elif isinstance(tree, str):
        if name in ("href", "src", "action") and tree.startswith("/"):
            yield tree
        yield from re.findall(r"\]\((/[^)]*)\)", tree)


def config(page: str) -> dict:
    """Return what Dash's renderer is told."""
    return json.loads(
        re.search(r'<script id="_dash-config"[^>]*>(.*?)</script>', page)[1]
    )


def wrong(found) -> list[str]:
    return [one for one in found if not one.startswith(f"{ROOT}/")]


def test_all_addresses_of_all_pages_begin_with_the_prefix(behind):
    asked = Callbacks(behind)
    for path in PATHS:
        page = behind.get(path).text
        assert wrong(_IN_HTML.findall(page)) == []
        assert config(page)["requests_pathname_prefix"] == f"{ROOT}/"
        assert f'<meta name="root" content="{ROOT}">' in page
        layout = behind.get(
            "/_dash-layout", Referer=f"http://localhost{ROOT}{path}{SAMPLE}"
        ).json
        found = list(addresses(layout))
        # The page itself came with the layout: the server knew it behind the prefix.
        assert f'"data":"{path} sample-iris"' in json.dumps(layout, separators=(",", ":"))  # fmt: skip
        assert len(found) > 8 and wrong(found) == []
        # A callback is told the address as the browser knows it.
        asked.open(ROOT + path, SAMPLE)
        assert "There is no such page" not in json.dumps(asked.held.get("page.children"))  # fmt: skip
        for specification in asked.specifications:
            for body in asked.bodies(specification):
                answer = asked.send(body)
                assert wrong(addresses(answer.json)) == [], specification["output"]


def test_what_is_not_an_address_stays_as_it_is(behind):
    component = {"type": "A", "namespace": "n", "props": {"href": "/a", "children": "/b"}}  # fmt: skip
    elsewhere = {"type": "A", "namespace": "n", "props": {"href": "//a.b/c"}}
    store = {"type": "Store", "namespace": "n", "props": {"data": {"href": "/row"}}}
    with behind.server.test_request_context(environ_overrides={prefix.ROOT: ROOT}):
        answer = {
            "multi": True,
            "response": {"x": {"href": "/t", "children": [component, elsewhere, store]}},  # fmt: skip
        }
        changed = prefix._in_answer(answer)["response"]["x"]
    link, other, kept = changed["children"]
    assert changed["href"] == f"{ROOT}/t"
    assert link["props"] == {"href": f"{ROOT}/a", "children": "/b"}
    assert (other, kept) == (elsewhere, store)


def test_files_errors_and_redirects_begin_with_it(behind):
    for address in _IN_HTML.findall(behind.get("/").text):
        assert behind.get(address.removeprefix(ROOT)).status_code == 200, address
    for path in ("/nothing", "/reports/regression/embed"):
        page = behind.get(path).text
        assert wrong(_IN_HTML.findall(page)) == [] and ROOT in page
    assert f"http://localhost{ROOT}/reports/regression/?embed=1" in page
    for path in ("/reports", "/reports/regression", "/?report=regression"):
        assert behind.get(path).location.startswith(f"{ROOT}/reports/"), path
    catalogue = behind.get("/reports/catalogue.json").json
    assert wrong(entry["url"] for entry in catalogue) == []


@pytest.mark.parametrize("isolated", ["off", "on"])
def test_reports_work_behind_it(settings, tmp_path, isolated):
    folder = tmp_path / "reports"
    folder.mkdir()
    drop(folder, "x", source(module="from dash import dcc", layout=LINKS))
    behind = make(settings, reports_dir=str(folder), reports_isolated=isolated)
    page = behind.get("/reports/x/").text
    assert wrong(_IN_HTML.findall(page)) == []
    assert config(page)["requests_pathname_prefix"] == f"{ROOT}/reports/x/"
    layout = behind.get("/reports/x/_dash-layout").json
    assert {f"{ROOT}/reports/", f"{ROOT}/", f"{ROOT}/assets/x.png"} <= set(addresses(layout))  # fmt: skip
    shared = next(one for one in _IN_HTML.findall(page) if "mantine" in one)
    assert shared.startswith(f"{ROOT}/_dash-component-suites/")
    own = shared.replace(ROOT, "/reports/x")
    assert behind.get(own).location == shared


def test_a_link_that_shares_a_table_opens_it_behind_the_prefix(behind):
    services = behind.server.extensions["services"]
    table = DatasetStore(services.jobs.data_dir / "datasets").add(
        pd.DataFrame({"a": [1, 2]}), "a.csv"
    )
    share = services.sharing.create("table", table, "link", "rows", 1)
    answer = behind.get(services.sharing.path("table", table, share))
    assert answer.location == f"{ROOT}/?dataset={table}"
    assert f"Path={ROOT}/" in answer.headers["Set-Cookie"]


def test_cookies_are_for_the_product_alone(behind):
    assert f"Path={ROOT}/" in behind.get("/").headers["Set-Cookie"]


def test_without_a_trusted_proxy_nobody_invents_a_prefix(server):
    stranger = Behind(server)
    answer = stranger.get("/")
    assert ROOT not in answer.text and "Path=/;" in answer.headers["Set-Cookie"] + ";"


@pytest.mark.parametrize(
    ("sent", "trusted", "root"),
    [
        ("/a", 1, "/a"),
        ("/a/", 1, "/a"),
        ("/", 1, ""),
        ("", 1, ""),
        ("/evil, /a", 1, "/a"),
        ("/a, /b", 2, "/a/b"),
        ("/a", 2, "/a"),
        ("/a", 0, ""),
        ("//evil.example.com", 1, ""),
        ("https://evil.example.com", 1, ""),
        ("/a/../b", 1, ""),
        ("/..", 1, ""),
        ('/a"><script>', 1, ""),
        ("a", 1, ""),
        ("/a\\b", 1, ""),
        ("/a?b", 1, ""),
    ],
)
def test_a_prefix_is_a_path_that_trusted_proxies_have_added(sent, trusted, root):
    seen = {}
    middleware = prefix.Middleware(lambda environ, start: seen.update(environ), trusted)
    middleware({"HTTP_X_FORWARDED_PREFIX": sent}, lambda *_: None)
    assert seen[prefix.ROOT] == root == seen.get("SCRIPT_NAME", "")


def test_scripts_write_no_address_that_lacks_it():
    scripts = [
        *(PROJECT / "app/assets").glob("*.js"),
        *(PROJECT / "app/hosting/static").glob("*.js"),
    ]
    scripts.remove(PROJECT / "app/assets/address.js")
    bare = [
        f"{script.name}: {quote}{path}"
        for script in scripts
        for known, quote, path in _IN_JS.findall(_without_comments(script.read_text()))
        if not known
    ]
    assert len(scripts) > 12
    assert bare == []


def _without_comments(script: str) -> str:
    return re.sub(r"(?m)(^|\s)//.*$", "", script)


def test_people_log_in_and_out_behind_it(settings):
    behind = make(settings, login="password", secret_key=SECRET_KEY, allowed_hosts="localhost")  # fmt: skip
    accounts = behind.server.extensions["accounts"]
    user = accounts.users.add("Ada", "administrator")
    accounts.users.set_password(user.id, "seven green teapots")
    try:
        refused = behind.get("/evaluate?run=x")
        assert refused.location == f"{ROOT}/login?next=" + "/tools/dashboard/evaluate%3Frun%3Dx"  # fmt: skip
        page = behind.get("/login?next=/tools/dashboard/evaluate%3Frun%3Dx").text
        assert wrong(_IN_HTML.findall(page)) == []
        form = dict(re.findall(r'name="([a-z_]+)" value="([^"]+)"', page))
        form |= {"name": "Ada", "password": "seven green teapots"}
        answer = behind.post("/login", data=form)
        assert unquote(answer.location) == f"{ROOT}/evaluate?run=x"
        assert all(
            f"Path={ROOT}/" in one for one in answer.headers.getlist("Set-Cookie")
        )
        for path in ("/account", "/admin/users", "/admin/audit", "/logout", "/"):
            page = behind.get(path)
            assert page.status_code == 200
            assert wrong(_IN_HTML.findall(page.text)) == [], path
        layout = list(addresses(behind.get("/_dash-layout").json))
        assert {f"{ROOT}/admin/users", f"{ROOT}/logout"} <= set(layout)
        assert wrong(layout) == []
        # To a path of another product on the same name nobody is sent.
        assert behind.get("/login?next=/elsewhere").location == f"{ROOT}/"
    finally:
        accounts.database.close()
