"""Pages keep up by themselves: through cut lines, blocked WebSockets and a house that is killed; and rows glide unless motion is unwanted."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Stage, Wire, set_stage
from tests.support.browser import Browser, OpenBrowser
from tests.support.contests import RIGHT, SLOW_RIGHT, WRONG
from tests.support.house import HouseOfProcesses, running_house

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(150)]


def leader(window: Browser) -> str | None:
    return next(iter(window.attributes("[data-board-rows] tr", "data-username")), None)


def solve(stage: Stage, team: str, problem: str = "A", source: str = RIGHT) -> None:
    person = stage.person(team)
    person.verdict(person.submit(stage.alias, problem, "python3", source), 60)


def test_a_verdict_passes_through_its_steps_before_ones_eyes(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.go(f"{stage.home}/submissions")
    ana.until_live()
    ana.run("""
        window.seen = new Set();
        new MutationObserver(() => document.querySelectorAll("tbody .chip").forEach((chip) => window.seen.add(chip.textContent.trim())))
          .observe(document.body, { subtree: true, childList: true, characterData: true });
    """)
    solve(stage, "ana", source=SLOW_RIGHT)
    ana.until_text("tbody .chip", "Accepted", 40)
    seen = ana.run("return [...window.seen]")
    assert any("case" in step and "of 5" in step for step in seen), seen
    assert "Accepted" in seen


def test_a_cut_line_comes_back_and_the_board_catches_up(stage: Stage, wire: Wire) -> None:
    watcher = stage.open_browser(wire.url)
    watcher.go(f"{stage.home}/scoreboard")
    watcher.until_live()
    watcher.mark()
    wire.cut()
    watcher.until(lambda: watcher.all('[data-link-state][data-state="waiting"]'), "word that the line is down")
    assert watcher.text("[data-link-state]") == "Reconnecting"
    solve(stage, "bob")
    wire.mend()
    watcher.until(lambda: leader(watcher) == stage.name_of("bob"), "the row that moved while the line was down")
    watcher.until_live()
    assert not watcher.was_reloaded


def test_a_computer_that_goes_offline_says_so_and_catches_up(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.go(f"{stage.home}/submissions")
    ana.until_live()
    ana.mark()
    ana.set_offline(is_offline=True)
    ana.until(lambda: ana.all('[data-link-state][data-state="waiting"]'), "word that the line is down")
    solve(stage, "ana")
    ana.set_offline(is_offline=False)
    ana.until_text("tbody .chip", "Accepted")
    ana.until_live()
    assert not ana.was_reloaded


def test_where_websockets_are_blocked_a_stream_of_events_takes_over(stage: Stage) -> None:
    watcher = stage.browser()
    watcher.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.WebSocket = class extends EventTarget { constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close"))); } close() {} };
    """})  # fmt: skip
    watcher.go(f"{stage.home}/scoreboard")
    watcher.until_live()
    watcher.mark()
    solve(stage, "bob")
    watcher.until(lambda: leader(watcher) == stage.name_of("bob"), "the row that moved")
    assert not watcher.was_reloaded


def test_where_no_line_is_to_be_had_the_page_asks_now_and_then(stage: Stage) -> None:
    watcher = stage.browser()
    watcher.hurry(10)  # it gives up two ways twice each before it asks, every 15 s
    watcher.block("*/events?*")
    watcher.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.WebSocket = class extends EventTarget { constructor() { super(); setTimeout(() => this.dispatchEvent(new CloseEvent("close"))); } close() {} };
    """})  # fmt: skip
    watcher.go(f"{stage.home}/scoreboard")
    watcher.until(lambda: watcher.all('[data-link-state][data-state="asking"]'), "word that it asks now and then", 30)
    watcher.mark()
    solve(stage, "bob")
    watcher.until(lambda: leader(watcher) == stage.name_of("bob"), "the row that moved", 40)
    assert not watcher.was_reloaded


def test_rows_glide_to_their_new_place_unless_motion_is_unwanted(stage: Stage) -> None:
    windows = [stage.browser(), stage.browser()]
    windows[1].emulate(prefers_reduced_motion="reduce")
    for window in windows:
        window.go(f"{stage.home}/scoreboard")
        window.until_live()
        window.run("""
            window.glides = 0;
            const animate = Element.prototype.animate;
            Element.prototype.animate = function (...more) { window.glides += 1; return animate.apply(this, more); };
        """)
    first = leader(windows[0])
    solve(stage, "bob" if first == stage.name_of("ana") else "ana")
    for window in windows:
        window.until(lambda window=window: leader(window) != first, "new leader")
    assert windows[0].run("return window.glides") > 0
    assert windows[1].run("return window.glides") == 0


def test_a_frozen_board_shows_a_try_as_waiting_and_the_jury_what_it_was(house: HouseOfProcesses, open_browser: OpenBrowser) -> None:
    stage = set_stage(house, open_browser, duration_s=3600, freeze_s=3595)
    public, jury = stage.browser(), stage.browser("admin")
    for window in (public, jury):
        window.go(f"{stage.home}/scoreboard")
        window.until_live()
    assert "The board is frozen since" in public.text("[data-freeze-notice]")
    assert "You see everything" in jury.text("[data-freeze-notice]")
    solve(stage, "bob")
    solve(stage, "ana", source=WRONG)
    jury.until(lambda: leader(jury) == stage.name_of("bob"), "bob in the lead for the jury")
    public.until(lambda: len(public.all(".cell.pending")) == 2, "two waiting tries for the public")
    assert not public.all(".cell.solved, .cell.tried")
    jury.go(f"{stage.home}/scoreboard?as=public")
    jury.until(lambda: len(jury.all(".cell.pending")) == 2, "the public board for the jury")


def test_the_page_survives_a_house_that_is_killed_and_comes_back(stage_of_its_own: Stage) -> None:
    stage = stage_of_its_own
    watcher = stage.browser("ana")
    watcher.hurry(4)  # its pauses grow to 10 s while the house is away
    watcher.go(f"{stage.home}/scoreboard")
    watcher.until_live()
    watcher.mark()
    stage.house.kill()
    watcher.until(lambda: watcher.all('[data-link-state][data-state="waiting"]'), "word that the line is down")
    stage.house.start()
    stage.house.until_ready()
    solve(stage, "bob")
    watcher.until(lambda: leader(watcher) == stage.name_of("bob"), "the row that moved after the return", 40)
    watcher.until_live()
    assert not watcher.was_reloaded


def test_a_board_that_was_folded_a_while_ago_catches_up(tmp_path: Path, open_browser: OpenBrowser) -> None:
    for house in running_house(tmp_path / "house", {"PALESTRA_FRONTEND_SCOREBOARD_FRESH_S": "30"}):
        stage = set_stage(house, open_browser)
        late = stage.browser()
        solve(stage, "ana", problem="B")
        house.admin().ask("GET", f"/contests/{stage.alias}/scoreboard")  # folded now, and given to whoever asks within 30 s
        solve(stage, "bob")
        late.go(f"{stage.home}/scoreboard")
        late.until(lambda late=late: len(late.all(".cell.solved")) == 2, "what happened between the folding and the page")


def test_after_a_gap_what_was_read_a_moment_too_early_is_read_again(stage: Stage) -> None:
    """What the gap hides may be younger than what a frontend keeps for a second; when nothing comes after it, nobody says so."""
    watcher = stage.browser("ana")
    watcher.driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": """
        window.WebSocket = class extends EventTarget {
          constructor() { super(); window.line = this; setTimeout(() => this.dispatchEvent(new Event("open"))); }
          close() {}
        };
        window.reads = [];
        const read = window.fetch;
        window.fetch = (...request) => { window.reads.push(String(request[0])); return read(...request); };
    """})  # fmt: skip
    for page, part in (("scoreboard", "/scoreboard?as="), ("submissions", "/submissions")):
        watcher.go(f"{stage.home}/{page}")
        watcher.until_live()
        count = f"return window.reads.filter((one) => one.includes('{part}')).length"
        watcher.until(lambda count=count, page=page: page == "submissions" or watcher.run(count) == 1, "the board")
        before = watcher.run(count)
        watcher.run("""window.line.dispatchEvent(new MessageEvent("message", { data: '{"kind": "gap", "topic": "any"}' }))""")
        watcher.until(lambda count=count, before=before: watcher.run(count) == before + 2, f"{page} read twice")
