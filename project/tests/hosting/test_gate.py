"""Nobody in who does not belong: every rule, page, callback and report is tried by those who may not."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from app import functions
from app.accounts import Actor
from app.accounts.links import LinkTarget
from app.app import create_server
from app.dashboard import PATHS
from app.exports.registry import EXPORTS
from app.storage import DatasetStore, RunStore, UploadStore, belongings, shares
from tests.dashboard.conftest import fields_of, result_of
from tests.hosting.callback_bodies import Imagined, on_the_server

SECRET = "zanzibar"
OWNER = Actor(role="editor", user="1")
ANONYMOUS = Actor()
VIEWER = Actor(role="viewer", user="2")
OTHER = Actor(role="editor", user="3")
ADMINISTRATOR = Actor(role="administrator", user="4")
# What answers whoever asks.
OPEN = {
    "/health/live",
    "/health/ready",
    "/metrics",
    "/reload",
    "/s/<token>",
    "/static/<path:file>",
    "/assets/<path:filename>",
    "/_dash-component-suites/<string:package_name>/<path:fingerprinted_path>",
    "/_favicon.ico",
}
# What somebody with a link needs to see the page it leads to.
PAGES = {
    "/",
    "/<path:path>",
    "/_dash-layout",
    "/_dash-dependencies",
    "/_dash-update-component",
}
# What a link may lead on to: each item decides.
ITEMS = {"/runs/<run_id>/files/<name>"}
JSON = {"Accept": "application/json"}


class House:
    """A server with a table and a run of OWNER, and requests to it by whomever a test likes."""

    def __init__(self, settings):
        self.server = create_server(settings)
        self.services = self.server.extensions["services"]
        data_dir = self.services.jobs.data_dir
        functions.models.settings.TrainingSettings  # loaded before it is asked for
        self.services.warm.set()
        datasets, runs = DatasetStore(data_dir / "datasets"), RunStore(data_dir / "runs")  # fmt: skip
        frame = pd.DataFrame({f"{SECRET} column": [1.5, 2.5, 4.0] * 20, "y": list("abb") * 20})  # fmt: skip
        self.table = datasets.add(frame, f"{SECRET}.csv")
        fields = fields_of("binary")
        fields["settings"] |= {"target": SECRET, "roles": {f"{SECRET} column": "number"}}  # fmt: skip
        fields["dataset"] = {"id": self.table, "name": f"{SECRET}.csv"}
        self.run = runs.create(**fields | {"state": "done"})
        for model in ("dummy", "linear"):
            runs.write_result(self.run, f"model-{model}", result_of("binary"))
        uploads = UploadStore(data_dir / "uploads", 1000)
        self.upload = uploads.create(f"{SECRET}.csv", 10).id
        for store, item in ((datasets, self.table), (runs, self.run), (uploads, self.upload)):  # fmt: skip
            belongings.claim(store.root, item, OWNER.owner)
        self.roots = {"table": datasets.root, "run": runs.root}

    def ask(self, actor: Actor, path: str, method: str = "GET", **more):
        client = self.server.test_client(use_cookies=False)
        return client.open(path, method=method, environ_overrides={"dashboard.actor": actor}, **more)  # fmt: skip

    def share(self, kind: str, item: str, share: shares.Share) -> str:
        """Share an item; return the last part of its link."""
        shares.add(self.roots[kind], item, share)
        return self.services.links.token(LinkTarget(kind, item, share.id))

    @property
    def addresses(self) -> list[str]:
        """Each page, about the table and about the run."""
        queries = (f"dataset={self.table}", f"run={self.run}", f"runs={self.run}")
        return [f"{path}?{query}" for path in PATHS for query in queries]


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    from app.settings import Settings

    return House(Settings(data_dir=str(tmp_path_factory.mktemp("gate"))))


def address_of(rule, house: House, report: str = "stocks") -> str:
    values = {
        "upload_id": house.upload,
        "scoring": house.run,
        "dataset_id": house.table,
        "run_id": house.run,
        "model": "linear",
        "number": 0,
        "token": "x",
        "name": report,
        "rest": "_dash-layout",
        "path": "train",
        "file": "shell.css",
        "filename": "style.css",
        "package_name": "dash",
        "fingerprinted_path": "dash-renderer/build/dash_renderer.min.js",
    }
    return rule.build({name: values[name] for name in rule.arguments})[1]


def rules(house: House):
    for rule in house.server.url_map.iter_rules():
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            yield rule, method, address_of(rule, house)


def callback_bodies(house: House, page: Imagined):
    """Every callback, once for each of its inputs that may have changed."""
    for callback in on_the_server(house.ask(OWNER, "/_dash-dependencies")):
        yield from page.bodies(callback, every_input=True)


def test_nothing_but_what_is_open_answers_strangers(house):
    for rule, method, address in rules(house):
        answer = house.ask(ANONYMOUS, address, method, headers=JSON)
        if rule.rule in OPEN:
            assert answer.status_code not in (302, 401), address
        else:
            assert answer.status_code == 401, address
            is_new = address.startswith(("/api/v1", "/mcp"))
            problem = {"type", "title", "status", "detail"}
            assert set(answer.json) == (problem if is_new else {"error"})


def test_every_callback_refuses_strangers(house):
    for body in callback_bodies(house, Imagined()):
        answer = house.ask(ANONYMOUS, "/_dash-update-component", "POST", json=body)
        assert answer.status_code == 401


def test_a_person_is_led_to_the_login_and_back(house):
    answer = house.ask(ANONYMOUS, f"/evaluate?run={house.run}&tab=trust")
    assert answer.status_code == 302
    assert answer.location == f"/login?next=/evaluate%3Frun%3D{house.run}%26tab%3Dtrust"


def values(house: House, path: str, act: str):
    """What a page about OWNER's table and run would send, whatever the callback."""
    query = f"?dataset={house.table}&run={house.run}&runs={house.run}"
    items = [{"kind": "table", "id": house.table}, {"kind": "run", "id": house.run}]
    data = {
        "run": house.run,
        "dataset": house.table,
        "parameters": {"model": "linear"},
        "entries": items,
        "items": items,
        "act": act,
    }
    known = {"search": query, "pathname": path, "data": data, "n_clicks": 1, "n_intervals": 1}  # fmt: skip

    def value_of(component: str, name: str):
        if component in ("search", "route", "dataset", "run") and name == "data":
            return {"dataset": house.table, "run": house.run}.get(component, query)
        return known.get(name)

    return value_of


def seen(house: House, actor: Actor, act: str = "delete") -> set[str]:
    """Where somebody sees anything of what is OWNER's: pages, callbacks and reports."""
    found = set()

    def look(name: str, answer) -> None:
        if SECRET.encode() in answer.data:
            found.add(name)

    for address in house.addresses:
        headers = {"Referer": f"http://localhost{address}"}
        look(address, house.ask(actor, "/_dash-layout", headers=headers))
    for path in PATHS:
        for body in callback_bodies(house, Imagined(values(house, path, act))):
            answer = house.ask(actor, "/_dash-update-component", "POST", json=body)
            look(body["output"], answer)
    for method in ("GET", "DELETE"):
        look("upload", house.ask(actor, f"/api/uploads/{house.upload}", method))
    return found


@pytest.mark.parametrize("actor", [VIEWER, OTHER, ADMINISTRATOR, Actor(role="editor", visitor="x")])  # fmt: skip
def test_nobody_sees_what_is_somebody_elses(house, actor):
    # An administrator would delete it, unseen.
    act = "restore" if actor is ADMINISTRATOR else "delete"
    assert seen(house, actor, act) == set()
    answer = house.ask(actor, f"/api/uploads/{house.upload}")
    assert answer.status_code == 404
    assert house.services.runs.get(house.run) and house.services.datasets.get(house.table)  # fmt: skip


@pytest.mark.parametrize("name", EXPORTS)
def test_nobody_takes_away_what_is_somebody_elses(house, name):
    share = shares.Share("s9", "everybody", "rows", 1.0)
    address = f"/runs/{house.run}/files/{name}?model=linear"
    assert house.ask(OTHER, address, headers=JSON).status_code == 404
    shares.add(house.roots["run"], house.run, share)
    answer = house.ask(OTHER, address, headers=JSON)
    shares.revoke(house.roots["run"], house.run, "s9")
    # Shared results are those that may be taken, once they are prepared; a model and its rows are not.
    refused = EXPORTS[name].action == "file"
    assert (answer.status_code == 404) == refused
    link = shares.Share("s8", "link", "results", 1.0)
    shares.add(house.roots["run"], house.run, link)
    guest = house.ask(Actor(shares=("s8",)), address, headers=JSON)
    shares.revoke(house.roots["run"], house.run, "s8")
    assert guest.status_code == answer.status_code
    assert house.ask(Actor(shares=("s8",)), address, headers=JSON).status_code == 404


def test_the_same_walk_shows_their_owner_a_lot(house):
    # Else the walk above would prove nothing.
    others = House(replace(house.services.settings, data_dir=str(house.services.jobs.data_dir / "own")))  # fmt: skip
    found = seen(others, OWNER)
    assert {f"/?dataset={others.table}", f"/evaluate?run={others.run}"} <= found
    assert {f"/train?dataset={others.table}", f"/compare?runs={others.run}"} <= found
    assert sum(not name.startswith("/") for name in found) >= 5


def callbacks_of_report(house: House, actor: Actor, name: str):
    dependencies = house.ask(actor, f"/reports/{name}/_dash-dependencies").json
    for each in dependencies:
        if each["clientside_function"] is None:
            yield each


def test_no_report_opens_a_table_of_somebody_else(house):
    for entry in house.services.reports.entries():
        address = f"/reports/{entry.name}/"
        page = house.ask(OTHER, f"{address}?dataset={house.table}")
        assert page.status_code == 200
        for each in callbacks_of_report(house, OTHER, entry.name):
            items = [part | {"value": house.table} for part in each["inputs"]]
            state = [part | {"value": house.table} for part in each["state"]]
            output = each["output"]
            names = output.strip(".").split("...")
            outputs = [dict(zip(("id", "property"), one.rsplit(".", 1))) for one in names]  # fmt: skip
            body = {
                "output": output,
                "outputs": outputs if output.startswith("..") else outputs[0],
                "inputs": items,
                "state": state,
                "changedPropIds": [f"{items[0]['id']}.{items[0]['property']}"],
            }
            answer = house.ask(OTHER, f"{address}_dash-update-component", "POST", json=body)  # fmt: skip
            assert SECRET not in answer.text


def test_reports_are_for_whoever_is_in(house):
    for entry in house.services.reports.entries():
        for path in ("", "embed", "_dash-layout", "_dash-dependencies"):
            address = f"/reports/{entry.name}/{path}"
            assert house.ask(ANONYMOUS, address, headers=JSON).status_code == 401
            assert house.ask(VIEWER, address).status_code == 200


def test_a_viewer_neither_uploads_nor_trains(house):
    begin = {"name": "a.csv", "size": 10}
    answer = house.ask(VIEWER, "/api/uploads", "POST", json=begin)
    assert answer.status_code == 403
    assert "Ask an administrator" in answer.json["error"]
    assert house.ask(OTHER, "/api/uploads", "POST", json=begin).status_code == 201
    finish = f"/api/uploads/{house.upload}/finish"
    assert house.ask(VIEWER, finish, "POST").status_code == 404


def test_a_token_that_may_only_score_opens_no_page(house):
    token = replace(OWNER, scopes=frozenset({"score"}))
    assert house.ask(token, f"/evaluate?run={house.run}").status_code == 403
    assert house.ask(token, f"/api/uploads/{house.upload}").status_code == 404


def follow(house: House, token: str):
    """A browser without an account that has opened a link."""
    browser = house.server.test_client()
    return browser, browser.get(f"/s/{token}")


def test_a_link_opens_one_run_without_its_rows(house, tmp_path):
    mine = House(replace(house.services.settings, data_dir=str(tmp_path), links_only=True))  # fmt: skip
    other_run = RunStore(mine.roots["run"]).create(**fields_of("binary"))
    token = mine.share("run", mine.run, shares.Share("s1", "link", "results", 1.0))
    browser, answer = follow(mine, token)
    assert answer.location == f"/evaluate?run={mine.run}"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "HttpOnly" in answer.headers["Set-Cookie"]

    def shown(address: str) -> str:
        headers = {"Referer": f"http://localhost{address}"}
        return browser.get("/_dash-layout", headers=headers).text

    assert SECRET in shown(f"/evaluate?run={mine.run}")
    assert SECRET not in shown(f"/?dataset={mine.table}")
    assert "does not exist" in shown(f"/evaluate?run={other_run}")
    shares.revoke(mine.roots["run"], mine.run, "s1")
    assert SECRET not in shown(f"/evaluate?run={mine.run}")
    ended = browser.get(f"/s/{token}")
    assert ended.status_code == 410 and "Ask whoever sent it" in ended.text


@pytest.mark.parametrize("end", ["deleted", "expired"])
def test_a_link_to_what_is_gone_says_so(house, end):
    runs = RunStore(house.roots["run"])
    run = runs.create(**fields_of("binary"))
    share = shares.Share("s2", "link", "results", 1.0, expires=2.0 if end == "expired" else None)  # fmt: skip
    token = house.share("run", run, share)
    if end == "deleted":
        belongings.delete(runs.root, run, "run")
    assert follow(house, token)[1].status_code == 410


@pytest.mark.parametrize("token", ["x", "r.a.b.c", "%00", "é" * 50, "x" * 5000])
def test_a_link_that_nobody_made_is_not_found(house, token):
    assert follow(house, token)[1].status_code == 404


def test_a_cookie_that_nobody_made_opens_nothing(house):
    browser = house.server.test_client()
    browser.set_cookie("shares", "x:r.a.b.c:" + "y" * 2000)
    assert browser.get("/").status_code == 200


def test_many_links_fit_into_one_cookie(house):
    run = RunStore(house.roots["run"]).create(**fields_of("binary"))
    browser = house.server.test_client()
    for number in range(40):
        share = shares.Share(f"{number:020d}", "link", "results", float(number))
        browser.get(f"/s/{house.share('run', run, share)}")
    kept = browser.get_cookie("shares").value
    assert len(kept) < 4000 and f"{39:020d}" in kept


def test_a_guest_with_a_link_gets_pages_and_nothing_else(house):
    share = shares.Share("s3", "link", "results", 1.0)
    house.share("run", house.run, share)
    guest = Actor(shares=("s3",))
    for rule, method, address in rules(house):
        answer = house.ask(guest, address, method, headers=JSON)
        if rule.rule in ITEMS:
            assert answer.status_code == 404, address
        elif rule.rule not in OPEN and rule.rule not in PAGES:
            assert answer.status_code == 401, address
    headers = {"Referer": f"http://localhost/evaluate?run={house.run}"}
    assert SECRET in house.ask(guest, "/_dash-layout", headers=headers).text
    shares.revoke(house.roots["run"], house.run, "s3")
    assert SECRET not in house.ask(guest, "/_dash-layout", headers=headers).text
