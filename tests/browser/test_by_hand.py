"""What hands do: on a phone, with a keyboard alone, with scripts off, in the editor, with a file dropped."""

from __future__ import annotations

import time

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Stage, set_stage
from tests.support.browser import Browser, OpenBrowser
from tests.support.contests import RIGHT, TEAM_PASSWORD
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(120)]


def value(window: Browser) -> str:
    return str(window.run("return document.querySelector('#source').value"))


@pytest.mark.parametrize("width", [360, 768])
def test_no_page_is_wider_than_a_phone(stage: Stage, width: int) -> None:
    admin = stage.browser("admin", width=width, height=780)
    pages = ("/", stage.home, "/problems/A", "/submit", "/submissions", "/scoreboard", "/clarifications", "/jury", "/edit", "/teams", "/scoreboard?view=projector")
    for path in (*(f"{stage.home}{page}" if page not in {"/", stage.home} else page for page in pages), "/problems", "/accounts", "/operations", "/account", "/nothing"):
        admin.go(path)
        admin.one("h1")
        assert admin.overflow() <= 0, f"{path} is {admin.overflow()} px too wide at {width}"


def test_a_phone_submits(stage: Stage) -> None:
    ana = stage.browser("ana", width=360, height=780)
    ana.go(f"{stage.home}/problems/A")
    ana.choose("#language", "python3")
    ana.write("#source", "print(int(input().split()[0]) + 1)")
    ana.run("document.querySelector('.submit-form button.primary').scrollIntoView()")
    ana.click(".submit-form button.primary")
    ana.until_text("tbody .chip", "Wrong answer", 40)
    assert ana.overflow() <= 0


def test_without_scripts_everything_that_matters_works(stage: Stage) -> None:
    ana = stage.open_browser(stage.house.url)
    ana.set_scripts(are_on=False)
    ana.go("/sign-in")
    ana.one("#username").send_keys(stage.name_of("ana"))
    ana.one("#password").send_keys(TEAM_PASSWORD + Keys.ENTER)
    ana.until(lambda: ana.path == "/", "list of contests")
    ana.go(f"{stage.home}/problems/A")
    ana.one("#language").send_keys("Python 3")
    ana.one("#source").send_keys(RIGHT)
    ana.click(".submit-form button.primary")
    ana.until_text("main", "Your submission is in")
    stage.person("ana").verdict(ana.path.partition("sent=")[2], 40)
    ana.go(f"{stage.home}/submissions")
    assert "Accepted" in ana.text("tbody .chip")
    ana.go(f"{stage.home}/scoreboard")
    assert "Team ana" in ana.text(".board")
    ana.go(f"{stage.home}/clarifications")
    ana.one("#ask-text").send_keys("Is this heard?")
    ana.click("#ask button.primary")
    ana.until_text("main", "Your question is with the jury")


def test_the_editor_indents_remembers_and_lets_go(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.go(f"{stage.home}/submit?problem=A")
    field = ana.one("#source")
    field.send_keys("if x:", Keys.ENTER, Keys.TAB, "one", Keys.ENTER, "two")
    assert value(ana) == "if x:\n    one\n    two"
    field.send_keys(Keys.SHIFT, Keys.TAB, Keys.NULL)
    assert value(ana) == "if x:\n    one\ntwo"
    field.send_keys(Keys.CONTROL, "z", Keys.NULL)
    assert value(ana) == "if x:\n    one\n    two", "undo knows what Tab did"
    ana.choose("#language", "python3")
    assert "of 256 KiB" in ana.text("[data-size]")
    ana.go(f"{stage.home}/problems/A")
    assert value(ana) == "if x:\n    one\n    two", "the draft is there"
    assert ana.run("return document.querySelector('#language').value") == "python3"
    ana.one("#source").send_keys(Keys.ESCAPE, Keys.TAB)
    assert ana.run("return document.activeElement.id") == "file", "Escape, then Tab, leaves the editor"
    ana.go(f"{stage.home}/problems/B")
    assert value(ana) == "", "a draft belongs to its problem"


def test_a_dropped_file_is_read(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.go(f"{stage.home}/submit?problem=A")
    ana.run("""
        const carried = new DataTransfer();
        carried.items.add(new File(["class Main {}\\n"], "Main.java"));
        document.querySelector(".submit-form").dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
    """)
    ana.until(lambda: value(ana) == "class Main {}\n", "dropped text in the editor")
    assert ana.run("return document.querySelector('#language').value") == "java"


def test_a_file_that_is_too_large_is_told_at_once(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.go(f"{stage.home}/submit?problem=A")
    ana.run("""
        const carried = new DataTransfer();
        carried.items.add(new File(["x".repeat(300000)], "big.py"));
        document.querySelector(".submit-form").dispatchEvent(new DragEvent("drop", { dataTransfer: carried, bubbles: true, cancelable: true }));
    """)
    ana.until_text("[data-draft-state]", "big.py has 293 KiB; at most 256 KiB are taken.")


def test_samples_are_copied(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.driver.execute_cdp_cmd("Browser.grantPermissions", {"permissions": ["clipboardReadWrite", "clipboardSanitizedWrite"], "origin": stage.house.url})
    ana.go(f"{stage.home}/problems/A")
    ana.click("[data-copy]")
    ana.until_text("[data-copy]", "Copied")
    assert ana.driver.execute_async_script("navigator.clipboard.readText().then(arguments[0])") == "1 2\n"


def test_a_keyboard_alone_gets_in(stage: Stage) -> None:
    ana = stage.open_browser(stage.house.url)
    ana.go("/sign-in")
    assert ana.run("return document.activeElement.id") == "username"
    active = ana.driver.switch_to.active_element
    active.send_keys(stage.name_of("ana"), Keys.TAB)
    ana.driver.switch_to.active_element.send_keys(TEAM_PASSWORD, Keys.ENTER)
    ana.until(lambda: ana.path == "/", "list of contests")
    ana.one("body").send_keys(Keys.TAB)
    assert ana.driver.switch_to.active_element.text == "Skip to the content"
    assert ana.run("const r = document.activeElement.getBoundingClientRect(); return r.top >= 0 && r.height > 0"), "the skip link shows itself"
    ana.driver.switch_to.active_element.send_keys(Keys.ENTER)
    assert ana.run("return document.activeElement.id") == "main"
    assert ana.run("const s = getComputedStyle(document.activeElement); return s.outlineStyle") in {"none", "auto", "solid"}


def test_the_jury_sees_submissions_come_in_and_has_them_judged_again(stage: Stage) -> None:
    jury = stage.browser("admin")
    jury.go(f"{stage.home}/jury")
    jury.until_live()
    jury.mark()
    submission = stage.person("ana").submit(stage.alias, "A", "python3", RIGHT)
    jury.until_text(f"#submission-{submission} .chip", "Accepted", 40)
    assert not jury.was_reloaded
    jury.click(f"#submission-{submission} form button")
    jury.until(lambda: len(stage.admin.ask("GET", f"/contests/{stage.alias}/events")) > 3, "event of the rejudge")
    jury.until_text(f"#submission-{submission} .chip", "Accepted", 40)
    jury.click(f"#submission-{submission} a.title")
    jury.until_text("main", "Judged 2 times")
    jury.click(".cases a")
    jury.until_text("#input-text", "1 2")
    assert jury.text("#answer-text") == "3", "the jury reads what a case is"


def test_the_problems_appear_by_themselves_when_the_contest_starts(house: HouseOfProcesses, open_browser: OpenBrowser) -> None:
    stage = set_stage(house, open_browser)
    ana = stage.browser("ana")
    began = time.time()
    ana.go(stage.home)
    shown_s = time.time() - began
    start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 3 + 4 * shown_s))  # not before the page is there, however busy the machine is
    stage.admin.ask("PATCH", f"/contests/{stage.alias}", {"start": start})
    ana.go(stage.home)
    assert "The problems appear when the contest starts" in ana.text("main")
    ana.mark()
    ana.until_text("main", "A plus B", 30)
    assert not ana.was_reloaded
    ana.until_text(".big-clock .phase", "Running")


def test_the_board_is_searched_and_filtered(house: HouseOfProcesses, open_browser: OpenBrowser) -> None:
    stage = set_stage(house, open_browser)
    teams = [{"username": stage.name_of("ana"), "name": "Équipe Zürich", "group": "North"}, {"username": stage.name_of("bob"), "name": "Bob", "group": "South"}]
    stage.admin.ask("POST", f"/contests/{stage.alias}/teams", {"teams": teams})
    window = stage.browser("bob")
    window.go(f"{stage.home}/scoreboard")
    window.until_live()
    window.write("#board-filter", "zurich")
    window.until_text("[data-board-count]", "1 of 2 teams")
    assert window.attributes("[data-board-rows] tr", "data-username") == [stage.name_of("ana")]
    window.one("#board-filter").clear()
    window.choose("#board-group", "South")
    window.until_text("[data-board-count]", "1 of 2 teams")
    assert "own" in window.attributes("[data-board-rows] tr", "class")[0]


def test_a_draft_stays_until_the_site_confirms_and_belongs_to_its_problem(stage: Stage) -> None:
    ana = stage.browser("ana")
    ana.go(f"{stage.home}/submit?problem=A")
    ana.choose("#language", "python3")
    ana.write("#source", "print(1)")
    ana.choose("#problem", "B")
    assert value(ana) == "", "B has no draft"
    ana.write("#source", "print(2)")
    ana.choose("#problem", "A")
    assert value(ana) == "print(1)"
    stage.person("ana").ask("DELETE", "/session")
    ana.click(".submit-form button.primary")
    ana.until_text("main", "kept as a draft in this browser")
    ana.enter(stage.admin.sign_in(stage.name_of("ana"), TEAM_PASSWORD).token)
    ana.go(f"{stage.home}/submit?problem=A")
    assert value(ana) == "print(1)", "a refused submission loses nothing"
    assert ana.one("#language").get_attribute("value") == "python3"
    ana.click(".submit-form button.primary")
    ana.until_text("main", "Your submission is in")
    ana.go(f"{stage.home}/submit?problem=A")
    assert value(ana) == "", "what is in is no draft any more"
    ana.choose("#problem", "B")
    assert value(ana) == "print(2)"
