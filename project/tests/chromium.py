"""A real Chromium, driven by Selenium."""

from __future__ import annotations

import shutil

from selenium import webdriver

from tests.waiting import PATIENCE_SECONDS


def new_chromium() -> webdriver.Chrome:
    """Start a Chromium that keeps what its console says and what it asks for."""
    options = webdriver.ChromeOptions()
    for argument in (
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--no-first-run",
        "--window-size=1280,900",
        # One process for all pages: the next one finds the scripts compiled, which takes a quarter off each test.
        "--process-per-site",
        "--renderer-process-limit=1",
    ):
        options.add_argument(argument)
    logs = {"browser": "ALL", "performance": "ALL"}
    options.set_capability("goog:loggingPrefs", logs)
    options.add_experimental_option("perfLoggingPrefs", {"enablePage": False})
    milliseconds = 1000 * PATIENCE_SECONDS
    options.add_experimental_option("browserStartupTimeout", milliseconds)
    options.timeouts = {"pageLoad": milliseconds, "script": milliseconds}
    # Else Selenium would look for both on the network first.
    service = webdriver.ChromeService(shutil.which("chromedriver"))
    return webdriver.Chrome(options=options, service=service)
