"""A browser is known by a cookie that no script can read, and only pages set it."""

from __future__ import annotations

import pytest

from app.hosting.visitors import visitor


@pytest.fixture
def cookies(client):
    return lambda path, **more: client.get(path, **more).headers.getlist("Set-Cookie")


def test_a_page_sets_it_once(cookies):
    [cookie] = cookies("/library")
    assert "HttpOnly" in cookie and "SameSite=Lax" in cookie
    assert "Secure" not in cookie
    assert cookies("/") == []


def test_over_https_it_is_sent_by_https_alone(cookies):
    [cookie] = cookies("/", base_url="https://localhost")
    assert "Secure" in cookie


@pytest.mark.parametrize("path", ["/health/live", "/assets/style.css", "/nowhere"])
def test_nothing_else_sets_it(cookies, path):
    assert cookies(path) == []


def test_its_name_tells_nothing_of_the_cookie(client, server):
    client.get("/")
    token = client.get_cookie("visitor").value
    with server.test_request_context(headers={"Cookie": f"visitor={token}"}):
        assert len(visitor()) == 64 and token not in visitor()
    with server.test_request_context(headers={"Cookie": "visitor=guess"}):
        assert visitor() == ""
    assert visitor() == ""
