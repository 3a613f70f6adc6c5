"""A visitor with a browser: opens pages, waits for what must appear, and notices what must not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from selenium.common.exceptions import (
    ElementNotInteractableException,
    StaleElementReferenceException,
    WebDriverException,
)
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from tests.conftest import wait_for

_ATTEMPTS = 5
# Chromium logs this when a container starts on the same machine; it is not about the page.
_NETWORK_CHANGED = "ERR_NETWORK_CHANGED"
_NOT_YET = (StaleElementReferenceException, ElementNotInteractableException)
_TEXT = "const e = document.querySelector(arguments[0]); return e ? e.textContent : '';"
_TEXTS = "return [...document.querySelectorAll(arguments[0])].map(e => e.textContent);"
_DRAWN = """
const page = document.getElementById("page");
return page && !page.querySelector("[aria-busy]") && page.textContent
    && [...document.querySelectorAll(".dash-graph")].every((graph) => graph.querySelector(".main-svg"));
"""

_OPTIONS_SHOWN = """
return [...document.querySelectorAll("[role=option]")].some((option) => option.offsetParent);
"""
# What stands still for some frames is where a click will hit it: texts that appear above would push it away.
_STAND_STILL = """
const [element, done] = arguments;
const place = () => JSON.stringify(element.getBoundingClientRect());
(function look(before, frames) {
    if (frames > 5) { done(); return; }
    requestAnimationFrame(() => look(place(), place() === before ? frames + 1 : 0));
})(place(), 0);
"""


class Visitor:
    """A browser on one site.

    Parameters
    ----------
    driver : selenium.webdriver.Chrome
    site : str
        The address of the server, without a slash at its end.
    """

    def __init__(self, driver, site: str):
        self.driver = driver
        self.site = site
        self._console: list[str] = []
        self._requests: list[dict] = []
        self._forgiven: list[str] = []

    # ---- Opening pages

    def open(self, path: str = "/") -> None:
        """Load an address and wait until its page, graphs included, is drawn."""
        for _ in range(_ATTEMPTS):
            self._console += self._drain_console()
            try:
                self.driver.get(self.site + path)
            except WebDriverException as error:
                if _NETWORK_CHANGED not in str(error):
                    raise
            self.until(lambda: self._network_changed() or self.is_drawn(), "the page")
            if not self._network_changed():
                return
            self._console.clear()
        raise AssertionError("The network changed repeatedly.")

    def is_drawn(self) -> bool:
        """Return whether the page is drawn, with its graphs."""
        return bool(self.driver.execute_script(_DRAWN))

    def wait_until_drawn(self) -> None:
        """Wait until the page is drawn, with its graphs."""
        self.until(self.is_drawn, "the page")

    def _network_changed(self) -> bool:
        self._console += self._drain_console()
        return any(_NETWORK_CHANGED in line for line in self._console)

    # ---- Waiting and reading

    def until(self, condition: Callable, what: str):
        """Return the first true value of `condition()`; elements that change meanwhile are looked up again."""

        def settled():
            try:
                return condition()
            except _NOT_YET:
                return None

        try:
            return wait_for(settled, what=what)
        except AssertionError as error:
            shown = self.text("#page")[:1500]
            raise AssertionError(
                f"{error}\n{self.driver.current_url}\n{shown}"
            ) from None

    def text(self, selector: str) -> str:
        """Return the text of the first element that matches, or an empty text."""
        return self.driver.execute_script(_TEXT, selector)

    def texts(self, selector: str) -> list[str]:
        """Return the texts of all elements that match."""
        return self.driver.execute_script(_TEXTS, selector)

    def all(self, selector: str) -> list:
        """Return the elements that match."""
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def find(self, selector: str):
        """Wait for an element and return it."""
        return self.until(lambda: self.all(selector), selector)[0]

    def value(self, selector: str) -> str:
        """Return the value of an input."""
        script = "return document.querySelector(arguments[0]).value"
        return self.driver.execute_script(script, selector)

    def wait_for_text(self, selector: str, words: str) -> str:
        """Wait until an element holds these words; return its whole text."""
        self.until(lambda: words in self.text(selector), f"'{words}' in {selector}")
        return self.text(selector)

    @property
    def address(self) -> str:
        """The path and query of the address."""
        return self.driver.current_url.removeprefix(self.site)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the address."""
        pairs = parse_qs(urlsplit(self.driver.current_url).query)
        return {name: values[-1] for name, values in pairs.items()}

    def wait_for_query(self, **wanted: str | None) -> None:
        """Wait until the address has these parameters; None means that it must be absent."""

        def holds() -> bool:
            return all(self.query.get(name) == value for name, value in wanted.items())

        self.until(holds, f"{wanted} in the address")

    # ---- Doing

    def click(self, selector: str) -> None:
        """Click an element once it can be clicked."""
        self._click(By.CSS_SELECTOR, selector)

    def click_text(self, text: str, tag: str = "*") -> None:
        """Click the button, link or label that says exactly this."""
        mark = "'" if '"' in text else '"'
        self._click(By.XPATH, f"//{tag}[normalize-space()={mark}{text}{mark}]")

    def _click(self, by: str, selector: str) -> None:
        def clicked() -> bool:
            for element in self.driver.find_elements(by, selector)[-1:]:
                script = "arguments[0].scrollIntoView({block: 'center'})"
                self.driver.execute_script(script, element)
                self.driver.execute_async_script(_STAND_STILL, element)
                element.click()
                return True
            return False

        self.until(clicked, f"{selector} to click")

    def choose(self, selector: str, option: str) -> None:
        """Choose an option of a select by its text."""
        self.click(selector)
        xpath = f'//*[@role="option"][normalize-space()="{option}"]'

        def chosen() -> bool:
            options = self.driver.find_elements(By.XPATH, xpath)
            visible = [element for element in options if element.is_displayed()]
            for element in visible[:1]:
                element.click()
            if not visible and not self.driver.execute_script(_OPTIONS_SHOWN):
                # New options that came meanwhile have closed the list.
                self.click(selector)
            return bool(visible)

        self.until(chosen, f"the option {option}")
        self.until(lambda: self.value(selector) == option, f"{option} to be chosen")

    def pick(self, selector: str, option: str) -> None:
        """Choose an option of a plain select by its text."""
        self.until(
            lambda: Select(self.find(selector)).select_by_visible_text(option) is None,
            f"the option {option}",
        )

    def open_advanced(self) -> None:
        """Unfold the options of a training, unless they are."""
        self.find("#train-advanced")
        self.driver.execute_script(
            "document.getElementById('train-advanced').open = true"
        )

    def fill(self, selector: str, value: str) -> None:
        """Replace the value of an input by typing, and leave it."""
        field = self.find(selector)
        field.send_keys(Keys.CONTROL, "a")
        field.send_keys(value, Keys.TAB)

    def press(self, *keys: str) -> None:
        """Press keys, wherever the focus is."""
        for key in keys:
            self.focused().send_keys(key)

    def focused(self):
        """Return the element that has the focus."""
        return self.driver.switch_to.active_element

    def tab_to(self, selector: str, most: int = 150) -> None:
        """Press the tabulator until the focus is on an element; fail if it never does."""
        script = "return document.activeElement.matches(arguments[0])"
        for _ in range(most):
            self.press(Keys.TAB)
            if self.driver.execute_script(script, selector):
                return
        raise AssertionError(f"The tabulator does not reach {selector}.")

    def upload(self, path) -> None:
        """Choose a file for the table to be read from."""
        # The system's dialog would wait for a user.
        intercepted = {"enabled": True}
        self.driver.execute_cdp_cmd("Page.setInterceptFileChooserDialog", intercepted)
        self.click("#upload-button")
        self.find("#upload-file").send_keys(str(path))

    def resize(self, width: int, height: int = 900) -> None:
        """Resize the window."""
        size = {"width": width, "height": height}
        metrics = {**size, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def prefer(self, scheme: str) -> None:
        """Emulate a system that prefers 'light' or 'dark', and reduced motion."""
        wishes = {"prefers-color-scheme": scheme, "prefers-reduced-motion": "reduce"}
        features = [{"name": name, "value": wish} for name, wish in wishes.items()]
        media = {"features": features}
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", media)

    def scheme(self) -> str:
        """Return the theme of the page."""
        attribute = "data-mantine-color-scheme"
        script = f"return document.documentElement.getAttribute('{attribute}')"
        return self.driver.execute_script(script)

    # ---- What should not be

    def forgive(self, pattern: str) -> None:
        """Expect lines of the console that a test provokes, such as the status 404 of a page."""
        self._forgiven.append(pattern)

    def complaints(self) -> list[str]:
        """Return the lines of the console, without the expected ones."""
        self._console += self._drain_console()
        return [
            line
            for line in self._console
            if not any(re.search(pattern, line) for pattern in self._forgiven)
        ]

    def requests(self) -> list[str]:
        """Return the requests since the last call, such as 'GET http://…'."""
        asked = self._drain_requests()
        self._requests += asked
        return [f"{request['method']} {request['url']}" for request in asked]

    def strangers(self) -> list[str]:
        """Return requests to other hosts than the site."""
        self.requests()
        urls = [request["url"] for request in self._requests]
        own = (self.site + "/", "data:", "blob:", "about:")
        return [url for url in urls if not url.startswith(own)]

    def leave(self) -> None:
        """Clear all data of the browser, as for a new visitor."""
        clear = "if (location.protocol === 'http:') { localStorage.clear(); sessionStorage.clear(); }"
        self.driver.execute_script(clear)
        self.driver.get("about:blank")
        for command in (
            "Emulation.clearDeviceMetricsOverride",
            "Emulation.setEmulatedMedia",
        ):
            self.driver.execute_cdp_cmd(command, {})
        self._drain_console()
        self._drain_requests()

    def _drain_console(self) -> list[str]:
        return [f"{e['level']} {e['message']}" for e in self.driver.get_log("browser")]

    def _drain_requests(self) -> list[dict]:
        entries = self.driver.get_log("performance")
        events = [json.loads(entry["message"])["message"] for entry in entries]
        return [
            event["params"]["request"]
            for event in events
            if event["method"] == "Network.requestWillBeSent"
        ]
