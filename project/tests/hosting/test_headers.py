"""Headers: a strict policy for scripts, caches that are never stale, no requests from other sites."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest

from app.hosting.headers import content_security_policy, inline_scripts


def _script_sources(response) -> list[str]:
    policy = response.headers["Content-Security-Policy"]
    directives = dict(part.split(" ", 1) for part in policy.split("; "))
    return directives["script-src"].split()


def test_scripts_come_from_this_server_or_are_named_by_their_hash(client):
    sources = _script_sources(client.get("/"))
    assert sources[0] == "'self'"
    assert len(sources) > 1
    assert all(source.startswith("'sha256-") for source in sources[1:])


def test_every_inline_script_of_the_page_is_allowed(client):
    response = client.get("/")
    scripts = [
        text
        for attributes, text in re.findall(
            r"<script([^>]*)>(.*?)</script>", response.text, flags=re.DOTALL
        )
        if "src=" not in attributes and "application/json" not in attributes
    ]
    hashes = [hashlib.sha256(text.encode()).digest() for text in scripts]
    wanted = {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes}
    assert wanted == set(_script_sources(response)[1:])


def test_inline_scripts_are_read_as_a_browser_reads_them():
    html = (
        '<script src="a.js"></script><script type="application/json">{"a": 1}</script>'
        "<p>if (a)</p><script>if (a < 1 && b) f('&amp;')</script><script></script>"
    )
    assert inline_scripts(html) == ["if (a < 1 && b) f('&amp;')", ""]


def test_a_page_without_inline_scripts_allows_none():
    assert "script-src 'self';" in content_security_policy([])


@pytest.mark.parametrize("path", ["/", "/nothing-here", "/api/nothing", "/health/live"])
def test_every_answer_has_the_security_headers(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    for directive in ("object-src 'none'", "base-uri 'self'", "frame-ancestors 'self'"):
        assert directive in headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/assets/upload.js", "/assets/style.css"])
def test_files_that_are_no_documents_have_no_headers_of_documents(client, path):
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert not {"Content-Security-Policy", "Permissions-Policy"} & set(headers.keys())


def _addresses(client) -> list[str]:
    return re.findall(r'(?:src|href)="(/[^"]+\.(?:js|css)[^"]*)"', client.get("/").text)


def test_every_bundle_of_the_page_is_kept_for_ever(client):
    addresses = _addresses(client)
    assert any(address.startswith("/assets/") for address in addresses)
    for address in addresses:
        response = client.get(address)
        assert response.status_code == 200
        assert "immutable" in response.headers["Cache-Control"], address


@pytest.mark.parametrize("path", ["/", "/assets/upload.js", "/_dash-layout"])
def test_what_may_change_under_the_same_address_is_asked_for_again(client, path):
    assert client.get(path).headers["Cache-Control"] == "no-cache"


def test_a_missing_file_is_not_kept_for_ever(client):
    response = client.get("/assets/nothing.js?m=1")
    assert response.status_code == 404
    assert "immutable" not in response.headers["Cache-Control"]


def test_a_change_asked_for_by_another_site_is_refused_with_a_sentence(client):
    response = client.post(
        "/api/uploads",
        json={"name": "a.csv", "size": 1},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert response.status_code == 403
    assert "from another site" in response.json["error"]


def test_a_link_from_another_site_opens_the_page(client):
    response = client.get("/", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


def test_a_change_asked_for_by_the_page_itself_is_taken(client):
    response = client.post(
        "/api/uploads",
        json={"name": "a.csv", "size": 1},
        headers={"Sec-Fetch-Site": "same-origin"},
    )
    assert response.status_code == 201
