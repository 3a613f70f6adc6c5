"""Uploading a table to a container, as the page does."""

from __future__ import annotations

import requests

from tests.waiting import PATIENCE_SECONDS


def upload(address: str, name: str, content: bytes) -> requests.Response:
    """Upload a file in parts and return the last answer."""
    announced = {"name": name, "size": len(content)}
    begun = requests.post(
        f"{address}/api/uploads", json=announced, timeout=PATIENCE_SECONDS
    )
    assert begun.status_code == 201, begun.text
    here = f"{address}/api/uploads/{begun.json()['id']}"
    size = begun.json()["part_bytes"]
    for number in range(begun.json()["n_parts"]):
        part = content[number * size : (number + 1) * size]
        requests.put(
            f"{here}/parts/{number}", part, timeout=PATIENCE_SECONDS
        ).raise_for_status()
    return requests.post(f"{here}/finish", timeout=PATIENCE_SECONDS)
