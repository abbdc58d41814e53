"""The scoreboard as a thing of its own: drawn alike by server and script, usable with thousands of rows, one's own row always there."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.browser import Browser, OpenBrowser
from tests.support.sample_contest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]
ROOT = Path(__file__).resolve().parents[2]
SPRING = "/contests/spring-open/scoreboard"


@pytest.fixture(scope="module", params=[40, 3000], ids=["40 teams", "3000 teams"])
def site(request: pytest.FixtureRequest) -> Iterator[tuple[str, int]]:
    """A showroom with so many teams, in a process of its own."""
    command = [sys.executable, "-m", "tests.support.showroom", "--port", "0", "--teams", str(request.param)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stdout is not None
            yield process.stdout.readline().split()[0], request.param
        finally:
            process.terminate()
            process.wait(20)


def rows_of(html: str) -> list[str]:
    body = re.search(r"<tbody data-board-rows[^>]*>(.*?)</tbody>", html, re.DOTALL)
    assert body is not None
    return [row.strip() for row in body[1].split("</tr>") if 'class="spacer"' not in row and row.strip()]


@pytest.mark.parametrize("path", [SPRING, "/contests/class-7/scoreboard"])
def test_server_and_script_draw_the_same_rows(site: tuple[str, int], open_browser: OpenBrowser, path: str) -> None:
    window = open_browser(site[0])
    window.sign_in("team07", PASSWORD)
    window.set_scripts(are_on=False)
    window.go(path)
    drawn_by_server = rows_of(window.driver.page_source)
    window.set_scripts(are_on=True)
    window.go(path)
    window.until(lambda: window.run("return performance.getEntriesByType('resource').some((one) => one.name.includes('/scoreboard?as='))"), "fetched board")
    drawn_by_script = window.until(lambda: len(found := rows_of(window.driver.page_source)) >= min(site[1], 20) and found, "rows")
    by_name = {re.search(r'data-username="([^"]+)"', row)[1]: row for row in drawn_by_server}  # type: ignore[index]  # every row has one
    compared = [(by_name[name], row) for row in drawn_by_script if (name := re.search(r'data-username="([^"]+)"', row)[1]) in by_name]  # type: ignore[index]
    assert len(compared) >= min(site[1], 15)
    assert [one for one, other in compared if one != other] == []


def test_ones_own_row_is_in_view_wherever_one_scrolls(site: tuple[str, int], open_browser: OpenBrowser) -> None:
    window = open_browser(site[0])
    window.sign_in("team07", PASSWORD)
    window.go(SPRING)
    window.until(lambda: f"{site[1]} teams" in window.text("[data-board-count]"), "all teams")
    window.run("document.querySelector('.board-frame').scrollIntoView()")
    for share in (0, 0.5, 1):
        window.run("const f = document.querySelector('.board-frame'); f.scrollTop = arguments[0] * f.scrollHeight", share)
        window.until(lambda: own_row_is_in_view(window), f"own row in view at {share}")
    assert len(window.all("[data-board-rows] tr")) < 320, "a large board is drawn as far as it is seen"
    assert window.run("return document.querySelector('table.board').getAttribute('aria-rowcount')") == str(site[1] + 1)


def own_row_is_in_view(window: Browser) -> bool:
    return bool(window.run("""
        const frame = document.querySelector(".board-frame").getBoundingClientRect();
        const row = document.querySelector("tr.own .team")?.getBoundingClientRect();
        return row && row.top >= frame.top - 1 && row.bottom <= frame.bottom + 1;
    """))


def test_rows_in_the_middle_are_drawn_when_scrolled_to(site: tuple[str, int], open_browser: OpenBrowser) -> None:
    window = open_browser(site[0])
    window.go(SPRING)
    window.until(lambda: f"{site[1]} teams" in window.text("[data-board-count]"), "all teams")
    window.run("const f = document.querySelector('.board-frame'); f.scrollTop = f.scrollHeight / 2")
    middle = window.until(lambda: in_the_middle(window), "row in the middle of the frame")
    assert abs(int(middle) - site[1] / 2) < max(15, site[1] * 0.02)
    assert not window.complaints()


def in_the_middle(window: Browser) -> str | None:
    """The rank in the middle of the frame."""
    found: str | None = window.run("""
        const frame = document.querySelector(".board-frame").getBoundingClientRect();
        const row = document.elementFromPoint(frame.left + 90, frame.top + Math.min(frame.height, innerHeight - frame.top) / 2)?.closest("tr");
        return row && !row.classList.contains("spacer") ? row.querySelector(".place").textContent : null;
    """)
    return found


def test_a_projector_gets_large_rows_and_nothing_else(site: tuple[str, int], open_browser: OpenBrowser) -> None:
    window = open_browser(site[0], width=1920, height=1080)
    window.go(f"{SPRING}?view=projector")
    window.until(lambda: window.all("[data-board-rows] tr"), "rows")
    assert not window.text(".masthead")
    assert window.run("return document.querySelector('[data-board-rows] tr:not(.spacer)').offsetHeight") >= 70
    assert "The board is frozen since" in window.text("main")
    assert window.overflow() <= 0


def test_what_is_printed_is_the_board_by_day_and_nothing_else(site: tuple[str, int], open_browser: OpenBrowser) -> None:
    window = open_browser(site[0])
    window.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": [{"name": "prefers-color-scheme", "value": "dark"}]})
    window.go(SPRING)
    window.until(lambda: window.all("[data-board-rows] tr"), "rows")
    shown = "return [...document.querySelectorAll('.masthead, .tabs, .footer, .board-tools, .button')].filter((one) => one.offsetHeight).length"
    assert window.run(shown) == 0, "what only a screen can use is left out"
    assert window.run("return getComputedStyle(document.querySelector('.board-frame')).overflow") == "visible", "a sheet does not scroll"
    assert window.run("return getComputedStyle(document.documentElement).colorScheme") == "light"
