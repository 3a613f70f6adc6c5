"""Users: 500 at once on all cores: no failed request, and at most twice the waiting of 50 for each user served.

The users of `load`: they open the page as a browser does, think a second, go on to another page, and start again.
"""

from __future__ import annotations

from collections.abc import Iterator

import click

from .load import play
from .results import Result
from .server import running

FEW, MANY = 50, 500
MAX_RATIO = 2.0


def measure() -> Iterator[Result]:
    """Let 50 users come, then 500."""
    with running() as server:
        server.wait_until_warm()
        few, many = (play(server, users) for users in (FEW, MANY))
    for step in (few, many):
        click.echo(f"  {step}", err=True)
    yield Result(
        f"{MANY} users against {FEW}: 99th percentile of a request, for each user",
        (many.p99 / MANY) / (few.p99 / FEW),
        MAX_RATIO,
        "×",
        f"{many.p99:.2f} s against {few.p99:.2f} s",
    )
    yield Result(
        f"Failed requests of {MANY} users",
        many.failures,
        0,
        "",
        f"of {len(many.times)}",
    )
