"""HTML files that need no server, opened in a real Chromium from the disk."""

from __future__ import annotations

import json
from pathlib import Path

from tests.browser.test_accessibility import AXE, RUN_AXE, TAGS

WIDTHS = (1200, 390)
_READY = """
const done = arguments[0];
const look = () => document.documentElement.dataset.ready || !document.getElementById("broken").hidden
    ? done(document.getElementById("broken").textContent)
    : setTimeout(look, 10);
look();
"""


def open_file(browser, path: Path, content: str) -> None:
    """Write a file and open it; its scripts must come to their end."""
    path.write_text(content, encoding="utf-8")
    browser.get(path.as_uri())
    assert browser.execute_async_script(_READY) == ""


def requests_of(browser) -> list[str]:
    """Return what the pages since the last call have asked for, but for the files themselves."""
    log = (json.loads(entry["message"]) for entry in browser.get_log("performance"))
    asked = [
        entry["message"]["params"]["request"]["url"]
        for entry in log
        if entry["message"]["method"] == "Network.requestWillBeSent"
    ]
    return [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]


def complaints_of(browser) -> list[str]:
    """Return what the console says."""
    return [entry["message"] for entry in browser.get_log("browser")]


def violations_of(browser) -> list[str]:
    """Return what axe-core finds, in light and dark, on a screen and on a phone; and what is wider than the window."""
    found = []
    for theme in ("light", "dark"):
        media = {"features": [{"name": "prefers-color-scheme", "value": theme}]}
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", media)
        for width in WIDTHS:
            size = {"width": width, "height": 900, "deviceScaleFactor": 1}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size | {"mobile": width < 600})  # fmt: skip
            browser.execute_script(AXE)
            found += [f"{theme} {width} {each}" for each in browser.execute_async_script(RUN_AXE, TAGS)]  # fmt: skip
            if browser.execute_script("return document.documentElement.scrollWidth > innerWidth"):  # fmt: skip
                found.append(f"{theme} {width}: it scrolls sideways")
    browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    return found
