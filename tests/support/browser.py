"""Headless Chromium for tests: nothing kept of the last one each, driven through its own driver, ended with everything it started."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from services.frontend.cookies import COOKIE

LIMIT_S = 20.0
MISSING = "Chromium is missing: install the Debian packages chromium and chromium-driver"
FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--no-default-browser-check",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio", "--hide-scrollbars",
)  # fmt: skip


class Browser:
    """One window of one person."""

    def __init__(self, driver: webdriver.Chrome, url: str) -> None:
        self.driver = driver
        self.url = url

    def go(self, path: str) -> None:
        self.driver.get(f"{self.url}{path}")

    @property
    def path(self) -> str:
        return self.driver.current_url.removeprefix(self.url)

    def sign_in(self, username: str, password: str) -> None:
        self.go("/sign-in")
        self.write("#username", username)
        self.write("#password", password)
        self.click("form.sign-in button")
        self.until(lambda: self.path == "/", "the list of contests after signing in")

    def enter(self, token: str) -> None:
        """Signed in with a session that was opened elsewhere, as a cookie."""
        self.go("/health/live")
        self.driver.add_cookie({"name": COOKIE, "value": token, "path": "/", "httpOnly": True, "sameSite": "Lax"})
        self.go("/")

    def all(self, css: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css: str) -> WebElement:
        """The element, waited for."""
        return self.until(lambda: next(iter(self.all(css)), None), f"an element {css}")

    def text(self, css: str = "main") -> str:
        """The text of the first such element as it is shown; empty when there is none."""
        for _ in range(5):
            try:
                return found[0].text if (found := self.all(css)) else ""
            except StaleElementReferenceException:
                pass  # the page renewed that part between looking and reading
        raise AssertionError(f"{css} is renewed again and again")

    def attributes(self, css: str, name: str) -> list[str]:
        """That attribute of all such elements, read in one moment; without those that do not have it."""
        found: list[str] = self.run("return [...document.querySelectorAll(arguments[0])].map((one) => one.getAttribute(arguments[1])).filter((one) => one !== null)", css, name)
        return found

    def write(self, css: str, text: str) -> None:
        """Puts a text into a field in place of what it holds."""
        self._on(css, lambda field: (field.clear(), field.send_keys(text)))

    def click(self, css: str) -> None:
        self._on(css, lambda element: element.click())

    def press(self, css: str, key: str) -> None:
        """Presses a key on an element."""
        self._on(css, lambda element: element.send_keys(key))

    def _on(self, css: str, act: Callable[[WebElement], object]) -> None:
        """Does it to the element; again where the page renewed that part between looking and acting, since then nothing was done."""
        for _ in range(5):
            try:
                act(self.one(css))
            except StaleElementReferenceException:
                continue
            return
        raise AssertionError(f"{css} is renewed again and again")

    def choose(self, css: str, value: str) -> None:
        self.one(css)
        self.run("const field = document.querySelector(arguments[0]); field.value = arguments[1]; field.dispatchEvent(new Event('change', {bubbles: true}))", css, value)

    def run(self, script: str, *arguments: Any) -> Any:
        return self.driver.execute_script(script, *arguments)

    def until(self, question: Callable[[], Any], what: str, limit_s: float = LIMIT_S) -> Any:
        """Asks until the answer is true; returns it."""
        end = time.monotonic() + limit_s
        while time.monotonic() < end:
            try:
                if answer := question():
                    return answer
            except StaleElementReferenceException:
                pass  # the page renewed that part while we looked
            time.sleep(0.03)
        raise AssertionError(f"no {what} within {limit_s:g} s; at {self.path}: {self.text('body')[:1500]}")

    def until_text(self, css: str, part: str, limit_s: float = LIMIT_S) -> None:
        self.until(lambda: part in self.text(css), f"text {part!r} in {css}", limit_s)

    def until_live(self) -> None:
        """Waits for the live line."""
        self.until(lambda: self.all('[data-link-state][data-state="live"]'), "live connection")

    def mark(self) -> None:
        """Notes this very page, so that `was_reloaded` can tell."""
        self.run("window.marked = true")

    @property
    def was_reloaded(self) -> bool:
        return not self.run("return window.marked === true")

    def resize(self, width: int, height: int) -> None:
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)

    def emulate(self, **features: str) -> None:
        """Such as ``prefers_reduced_motion="reduce"``."""
        wanted = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": wanted})

    def hurry(self, times: int) -> None:
        """Gives the pages that are opened from now on a clock of their own: their timers run so many times as fast."""
        self.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": f"""
            for (const name of ["setTimeout", "setInterval"]) {{
                const real = window[name].bind(window);
                window[name] = (work, delay = 0, ...more) => real(work, delay / {times}, ...more);
            }}
        """})  # fmt: skip

    def set_scripts(self, *, are_on: bool) -> None:
        self.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not are_on})

    def block(self, *addresses: str) -> None:
        """Nothing under these addresses is reached any more; none: everything is again."""
        self.driver.execute_cdp_cmd("Network.enable", {})
        self.driver.execute_cdp_cmd("Network.setBlockedURLs", {"urls": list(addresses)})

    def set_offline(self, *, is_offline: bool) -> None:
        self.driver.execute_cdp_cmd("Network.enable", {})
        speed = {"offline": is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        self.driver.execute_cdp_cmd("Network.emulateNetworkConditions", speed)

    def complaints(self) -> list[str]:
        """What the browser's console said since it was asked last, besides answers that are errors."""
        log = self.driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium leaves it untyped
        return [entry["message"] for entry in log if entry["source"] != "network"]

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        return int(self.run("return document.documentElement.scrollWidth - document.documentElement.clientWidth"))


OpenBrowser = Callable[..., Browser]


class Drivers:
    """Browsers that are handed out one after the other, each time with a new tab and nothing kept of the last one: a start costs seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: list[webdriver.Chrome] = []
        self._ending = ExitStack()

    def take(self) -> webdriver.Chrome:
        """One that nobody has."""
        return self._idle.pop() if self._idle else self._started()

    def give_back(self, driver: webdriver.Chrome, url: str) -> None:
        """It shall be as if it had just been started: what is emulated goes with its tab, what it kept is thrown away."""
        try:
            last = driver.window_handles
            driver.switch_to.new_window("tab")
            fresh = driver.current_window_handle
            for handle in last:
                driver.switch_to.window(handle)
                driver.close()
            driver.switch_to.window(fresh)
            driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
            driver.execute_cdp_cmd("Network.clearBrowserCache", {})
            driver.execute_cdp_cmd("Storage.clearDataForOrigin", {"origin": url, "storageTypes": "all"})
            driver.execute_cdp_cmd("Browser.resetPermissions", {})
            driver.get_log("browser")  # type: ignore[no-untyped-call]  # selenium leaves it untyped
        except WebDriverException:
            pass  # it is handed out no more
        else:
            self._idle.append(driver)

    def end(self) -> None:
        """Ends all of them with everything that they started."""
        self._ending.close()

    def _started(self) -> webdriver.Chrome:
        chromium, chromedriver = shutil.which("chromium"), shutil.which("chromedriver")
        assert chromium is not None, MISSING
        assert chromedriver is not None, MISSING
        options = webdriver.ChromeOptions()
        options.binary_location = chromium
        profile = self._ending.enter_context(TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True))
        for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,800"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
        driver = webdriver.Chrome(options=options, service=Service(chromedriver, log_output=str(self._folder / "chromedriver.log")))
        self._ending.callback(_quit, driver)
        driver.set_page_load_timeout(30)
        driver.set_script_timeout(30)
        return driver


@pytest.fixture(scope="module")
def drivers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Drivers]:
    """The browsers of a file of tests."""
    made = Drivers(tmp_path_factory.mktemp("browsers"))
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def open_browser(drivers: Drivers) -> Iterator[OpenBrowser]:
    """Opens windows: ``open_browser(url, width=1280, height=800)``."""
    with ExitStack() as stack:

        def opened(url: str, *, width: int = 1280, height: int = 800) -> Browser:
            driver = drivers.take()
            stack.callback(drivers.give_back, driver, url)
            one = Browser(driver, url)
            one.resize(width, height)
            return one

        yield opened


def _quit(driver: webdriver.Chrome) -> None:
    try:
        driver.quit()
    except WebDriverException:
        driver.service.stop()
