"""Errors: people get a page, programs get JSON, nobody gets a traceback."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from app.dashboard import MENU as PAGES
from app.hosting.errors import MAX_REQUEST_BYTES


@pytest.mark.parametrize(
    "path", ["/nothing", "/train/nothing", "/index.html", "/_nothing", "/assets/no.js"]
)
def test_an_unknown_address_is_a_404_page_with_a_way_home(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert response.mimetype == "text/html"
    assert '<html lang="en">' in response.text
    assert '<a href="/">' in response.text


def test_an_unknown_address_is_json_for_a_program(client):
    for path, headers in (
        ("/api/nothing", {}),
        ("/nothing", {"Accept": "application/json"}),
    ):
        response = client.get(path, headers=headers)
        assert response.status_code == 404
        assert response.json["error"].endswith(".")


def test_an_address_that_holds_markup_is_not_repeated(client):
    assert "alert(1)" not in client.get("/<script>alert(1)</script>").text


def test_an_error_page_has_the_name_the_pages_and_the_theme_of_the_product(client):
    page = client.get("/nothing").text
    assert '<a class="shell-name" href="/">Dashboard</a>' in page
    for each in PAGES:
        assert f'<a href="{each.path}"' in page and f">{each.label}</a>" in page
    assert 'id="shell-theme"' in page
    for file in re.findall('(?:href|src)="(/static/[^"]*)"', page):
        assert client.get(file).status_code == 200
    # Without scripts it is the system's theme.
    assert "prefers-color-scheme: dark" in client.get("/static/shell.css").text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/", 405),
        ("DELETE", "/train", 405),
        ("GET", "/_dash-update-component", 404),
        ("DELETE", "/api/uploads", 405),
        ("POST", "/nothing", 404),
    ],
)
def test_a_method_that_is_not_taken_is_refused_as_what_it_is(
    client, method, path, status
):
    response = client.open(path, method=method)
    assert response.status_code == status
    assert ("Allow" in response.headers) == (status == 405)


@pytest.mark.parametrize(
    "path",
    ["/_dash-component-suites/dash/no.js", "/_dash-component-suites/no/no.js"],
)
def test_an_unknown_bundle_is_a_404_that_does_not_list_the_others(client, path):
    response = client.get(path)
    assert response.status_code == 404
    assert "dcc" not in response.text


def test_a_request_that_is_too_large_is_refused_with_a_sentence(client):
    response = client.post(
        "/_dash-update-component",
        data=b" " * (MAX_REQUEST_BYTES + 1),
        content_type="application/json",
    )
    assert response.status_code == 413
    assert "larger than the server accepts" in response.json["error"]


def test_a_mistake_of_the_server_is_logged_and_answered_with_a_sentence(
    client, services, monkeypatch, caplog
):
    def broken(*_):
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(type(services.uploads), "get", broken)
    response = client.get("/api/uploads/abc")
    assert response.status_code == 500
    assert "has been logged" in response.json["error"]
    assert "secret" not in response.text
    assert "a secret detail" in caplog.text


@hypothesis_settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.sampled_from(
        ["/", "/assets/", "/_dash-component-suites/dash/", "/api/uploads/", "/health/"]
    ),
    st.text(max_size=30),
    st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"]),
)
def test_whatever_the_address_and_method_the_server_makes_no_mistake(
    client, prefix, rest, method
):
    response = client.open(prefix + rest.replace("\\", ""), method=method)
    assert response.status_code < 500
    assert not re.search("Traceback", response.get_data(as_text=True))
