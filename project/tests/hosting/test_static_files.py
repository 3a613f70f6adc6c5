"""Static files that were compressed ahead of time: content negotiation and caching."""

from __future__ import annotations

import gzip
import os

import brotli
import pytest
from dash import Dash, html
from flask import Flask

from app.hosting import compression, errors, headers, static_files
from tests.hosting.ahead_of_time import compress

SCRIPT = b"const answer = 42;\n" * 2000
ADDRESS = "/assets/answer.js"
BUNDLE = "dcc/async-graph.js"


@pytest.fixture
def script(tmp_path):
    """An asset that was compressed ahead of time."""
    file = tmp_path / "assets" / "answer.js"
    file.parent.mkdir()
    file.write_bytes(SCRIPT)
    compress(file)
    (tmp_path / "secret.js").write_bytes(SCRIPT)
    return file


@pytest.fixture
def bundle(tmp_path, monkeypatch):
    """A bundle of Dash that was compressed ahead of time."""
    file = tmp_path / "packages" / BUNDLE
    file.parent.mkdir(parents=True)
    file.write_bytes(SCRIPT)
    compress(file)
    folder = tmp_path / "packages"
    monkeypatch.setattr(static_files, "package_folder", lambda package: folder)
    return file


@pytest.fixture
def client(script):
    """A client of a small app that serves `script`."""
    server = Flask("small", static_folder=None)
    pages = Dash("small", server=server, assets_folder=str(script.parent))
    pages.layout = html.Div()
    errors.install(server, ("/",))
    headers.install(server, pages)
    compression.install(server)
    static_files.install(server, pages)
    client = server.test_client()
    client.get("/")
    return client


def written(file) -> str:
    return str(file.stat().st_mtime)


@pytest.mark.parametrize(
    "accepted, encoding",
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, br;q=0.5", "gzip"),
        ("gzip", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0", None),
        ("identity", None),
        ("identity, br;q=0.1", None),
        ("*", "br"),
        ("", None),
        ("nonsense;;q=x", None),
    ],
)
def test_a_file_comes_as_the_browser_prefers_it(client, accepted, encoding):
    answer = client.get(ADDRESS, headers={"Accept-Encoding": accepted})
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == encoding
    assert unpack[encoding](answer.data) == SCRIPT
    assert "accept-encoding" in answer.headers["Vary"].lower()
    assert answer.mimetype == "text/javascript"
    assert int(answer.headers["Content-Length"]) == len(answer.data)


def test_what_was_made_ahead_of_time_is_sent_and_nothing_is_compressed_again(
    client, script
):
    answer = client.get(ADDRESS, headers={"Accept-Encoding": "br"})
    assert answer.data == script.with_name("answer.js.br").read_bytes()


def test_a_head_request_has_the_headers_and_no_content(client):
    accept = {"Accept-Encoding": "br"}
    whole = client.get(ADDRESS, headers=accept)
    head = client.head(ADDRESS, headers=accept)
    assert head.data == b""
    for name in ("Content-Encoding", "Content-Length", "ETag", "Content-Type"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("encoding", ["br", "gzip", "identity"])
def test_a_part_is_one_of_what_would_have_been_sent_whole(client, encoding):
    accept = {"Accept-Encoding": encoding}
    whole = client.get(ADDRESS, headers=accept)
    part = client.get(ADDRESS, headers={**accept, "Range": "bytes=2-5"})
    assert part.status_code == 206
    assert part.data == whole.data[2:6]
    for name in ("ETag", "Content-Encoding"):
        assert part.headers.get(name) == whole.headers.get(name)


def test_a_browser_that_has_the_file_is_not_sent_it_again(client, script):
    tags = {}
    for encoding in ("br", "gzip", "identity"):
        accept = {"Accept-Encoding": encoding}
        tags[encoding] = client.get(ADDRESS, headers=accept).headers["ETag"]
        known = {**accept, "If-None-Match": tags[encoding]}
        again = client.get(ADDRESS, headers=known)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tags[encoding]
    assert len(set(tags.values())) == 3


def test_a_deployment_that_changes_the_file_is_seen_at_once(client, script):
    known = {"If-None-Match": client.get(ADDRESS).headers["ETag"]}
    old = written(script)
    script.write_bytes(SCRIPT.replace(b"42", b"43"))
    compress(script)
    assert written(script) != old
    assert client.get(ADDRESS, headers=known).data == script.read_bytes()
    stale = client.get(f"{ADDRESS}?m={old}")
    assert stale.headers["Cache-Control"] == "no-cache"


def test_a_deployment_that_leaves_the_file_alone_leaves_its_address_alone(script):
    old = written(script)
    os.utime(script)
    compress(script)
    assert written(script) == old


def test_the_date_that_stands_for_the_content_is_not_told(client):
    assert "Last-Modified" not in client.get(ADDRESS).headers


def test_the_address_of_the_content_is_kept_for_ever(client, script):
    answer = client.get(f"{ADDRESS}?m={written(script)}")
    assert "immutable" in answer.headers["Cache-Control"]


@pytest.mark.parametrize("query", ["", "?m=", "?m=1", "?m=x", "?v=1"])
def test_any_other_address_is_asked_for_again(client, query):
    answer = client.get(ADDRESS + query)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-cache"


def test_a_bundle_is_sent_under_both_its_addresses(client, bundle):
    now = int(bundle.stat().st_mtime)
    for name, kept in (
        ("async-graph.js", False),
        (f"async-graph.v4_4_1m{now}.js", True),
        (f"async-graph.v4_4_1m{now + 1}.js", False),
    ):
        address = f"/_dash-component-suites/dash/dcc/{name}"
        answer = client.get(address, headers={"Accept-Encoding": "br"})
        assert brotli.decompress(answer.data) == SCRIPT
        assert ("immutable" in answer.headers["Cache-Control"]) == kept, name


def test_a_bundle_that_was_trimmed_from_the_image_is_not_found(client, bundle):
    bundle.unlink()
    answer = client.get(f"/_dash-component-suites/dash/{BUNDLE}")
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../secret.js",
        "/assets/%2e%2e/secret.js",
        "/assets/..%2fsecret.js",
        "/assets//etc/hostname",
        "/assets/%00",
        "/assets/answer.js%00",
        "/assets/",
        "/_dash-component-suites/dash/../secret.js",
        "/_dash-component-suites/dash/%2e%2e/secret.js",
        "/_dash-component-suites/dash//etc/hostname",
        "/_dash-component-suites/os/path.py",
        "/_dash-component-suites/dash/dash.py",
        "/_dash-component-suites/",
    ],
)
def test_no_address_leads_to_a_file_outside(client, path):
    assert client.get(path).status_code == 404
