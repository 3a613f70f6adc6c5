"""Compression: large answers shrink, and a static file is compressed once."""

from __future__ import annotations

import gzip

import brotli
import pytest

from tests.conftest import PROJECT

PLOTLY = "/_dash-component-suites/plotly/package_data/plotly.min.js"


def test_a_large_bundle_is_compressed_as_the_browser_asks(client):
    plain = client.get(PLOTLY).data
    for encoding, unpack in (("br", brotli.decompress), ("gzip", gzip.decompress)):
        response = client.get(PLOTLY, headers={"Accept-Encoding": encoding})
        assert response.headers["Content-Encoding"] == encoding
        assert len(response.data) < len(plain) / 2
        assert unpack(response.data) == plain


def test_a_small_answer_is_left_as_it_is(client):
    response = client.get("/health/live", headers={"Accept-Encoding": "br"})
    assert "Content-Encoding" not in response.headers


@pytest.fixture
def compressed(server, monkeypatch) -> list[int]:
    """The sizes of the compressed answers."""
    sizes = []
    compress = brotli.compress

    def counted(data, **options):
        sizes.append(len(data))
        return compress(data, **options)

    monkeypatch.setattr("flask_compress.flask_compress.brotli.compress", counted)
    return sizes


@pytest.fixture
def asset():
    """A large file among the assets, and its address."""
    file = PROJECT / "app" / "assets" / "test-compression.txt"
    file.write_text("large " * 5000)
    yield file, f"/assets/{file.name}"
    file.unlink()


def test_a_file_is_compressed_once_however_it_is_asked_for(client, compressed):
    for version in ("plotly.min.js", "plotly.v1m2.min.js", "plotly.v1m3.min.js"):
        address = PLOTLY.replace("plotly.min.js", version)
        response = client.get(address, headers={"Accept-Encoding": "br"})
        assert response.headers["Content-Encoding"] == "br"
    assert len(compressed) == 1


def test_an_asset_is_compressed_again_only_when_it_has_changed(
    asset, client, compressed
):
    file, address = asset
    for query in ("", "?m=1", "?m=2"):
        client.get(address + query, headers={"Accept-Encoding": "br"})
    assert len(compressed) == 1
    file.write_text("changed " * 5000)
    response = client.get(address, headers={"Accept-Encoding": "br"})
    assert brotli.decompress(response.data).startswith(b"changed")


def test_a_browser_that_has_a_compressed_file_is_not_sent_it_again(asset, client):
    accept = {"Accept-Encoding": "br"}
    etag = client.get(asset[1], headers=accept).headers["ETag"]
    response = client.get(asset[1], headers={**accept, "If-None-Match": etag})
    assert (response.status_code, response.data) == (304, b"")


def test_a_part_of_a_file_is_not_compressed(asset, client):
    asked = {"Accept-Encoding": "br", "Range": "bytes=1-3"}
    response = client.get(asset[1], headers=asked)
    assert (response.status_code, response.data) == (206, b"arg")
    assert "Content-Encoding" not in response.headers


def test_a_browser_that_refuses_an_encoding_does_not_get_it(asset, client):
    response = client.get(asset[1], headers={"Accept-Encoding": "br;q=0, gzip;q=0"})
    assert response.data == asset[0].read_bytes()
    assert "Accept-Encoding" in response.headers["Vary"]
