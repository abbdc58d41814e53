"""The whole journey in a real browser against the whole house: sign in, read, submit, see the verdict arrive, see the board move."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import Stage
from tests.support.browser import Browser, OpenBrowser
from tests.support.contests import RIGHT, TEAM_PASSWORD, WRONG, sum_package
from tests.support.house import HouseOfProcesses

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(120)]


def paste(window: Browser, source: str) -> None:
    """Puts a text into the editor as pasting does."""
    window.run("const f = document.querySelector('#source'); f.value = arguments[0]; f.dispatchEvent(new Event('input', {bubbles: true}))", source)


def test_a_pasted_program_gets_its_verdict_without_a_reload(stage: Stage) -> None:
    ana = stage.open_browser(stage.house.url)
    ana.sign_in(stage.name_of("ana"), TEAM_PASSWORD)
    ana.click(f'a[href="{stage.home}"]')
    ana.until_text("main", "A plus B")
    ana.click(f'a[href="{stage.home}/problems/A"]')
    ana.until_text("h1", "A plus B")
    assert ana.all("math"), "maths is set, not shown as dollars"
    assert "1 2" in ana.text(".sample")
    ana.choose("#language", "python3")
    paste(ana, RIGHT)
    ana.click(".submit-form button.primary")
    ana.until(lambda: ana.path.startswith(f"{stage.home}/submissions?sent="), "list of submissions")
    ana.mark()
    ana.until_text("tbody .chip", "Accepted", 40)
    assert not ana.was_reloaded
    ana.click("tbody a.title")
    ana.until_text("h1", "A plus B")
    assert "map(int, input().split())" in ana.text(".source")
    assert not ana.complaints()


def test_a_chosen_file_brings_its_language_and_its_name(stage: Stage, tmp_path: Path) -> None:
    ana = stage.browser("ana")
    path = tmp_path / "solution.py"
    path.write_text(WRONG)
    ana.go(f"{stage.home}/submit?problem=B")
    ana.one("#file").send_keys(str(path))
    ana.until(lambda: "Read from solution.py" in ana.text("[data-draft-state]"), "note that the file was read")
    assert ana.run("return document.querySelector('#language').value") == "python3"
    assert ana.run("return document.querySelector('#problem').value") == "B"
    ana.click(".submit-form button.primary")
    ana.until(lambda: "sent=" in ana.path, "list of submissions")
    ana.until_text("tbody .chip", "Wrong answer", 40)
    [found] = stage.person("ana").ask("GET", f"/contests/{stage.alias}/submissions")
    assert (found["label"], found["verdict"]) == ("B", "WA")
    assert stage.person("ana").ask("GET", f"/submissions/{found['id']}")["filename"] == "solution.py"


def test_the_board_moves_in_another_window_when_a_verdict_is_there(stage: Stage) -> None:
    watcher = stage.browser()
    watcher.go(f"{stage.home}/scoreboard")
    watcher.until_live()
    watcher.mark()
    [first, _] = watcher.attributes("[data-board-rows] tr", "data-username")
    other = "bob" if first == stage.name_of("ana") else "ana"
    done = stage.person(other).verdict(stage.person(other).submit(stage.alias, "A", "python3", RIGHT), 40)
    assert done["verdict"] == "AC"
    watcher.until(lambda: watcher.attributes("[data-board-rows] tr", "data-username")[0] == stage.name_of(other), "new leader on the board")
    assert "first" in watcher.attributes("[data-board-rows] tr:first-child .cell", "class")[0]
    assert watcher.run("return document.querySelector('[data-board-rows] tr .cell .unseen').textContent").endswith("first to solve")
    assert not watcher.was_reloaded
    watcher.until(lambda: "solved A" in watcher.run("return document.querySelector('[data-board-told]').textContent"), "word for those who listen")
    assert not watcher.complaints()


def test_a_question_is_answered_live(stage: Stage) -> None:
    ana, jury = stage.browser("ana"), stage.browser("admin")
    jury.go(f"{stage.home}/clarifications")
    jury.until_live()
    jury.mark()
    ana.go(f"{stage.home}/clarifications?problem=A")
    ana.write("#ask-text", "May a be 0?")
    ana.click("#ask button.primary")
    ana.until_text("main", "Your question is with the jury")
    jury.until_text("main", "May a be 0?")
    jury.until_text(".toasts", "A new question")
    ana.until_live()
    ana.mark()
    jury.write(".thread textarea", "Yes, 0 is a number.")
    jury.click('.thread button[value="yes"]')
    jury.until_text("main", "The answer is out")
    ana.until_text("[data-region=threads]", "Yes, 0 is a number.")
    assert not ana.was_reloaded
    ana.go(stage.home)
    ana.until_live()
    jury.write("#announce-text", "Lunch at noon.")
    jury.click('form[action$="/announcements"] button')
    ana.until_text(".toasts", "Lunch at noon.")
    ana.until_text("[data-region=news]", "Lunch at noon.")
    assert ana.text("[data-clarification-badge]") == "1"


def test_an_organiser_brings_a_problem_and_makes_a_contest_of_it(house: HouseOfProcesses, open_browser: OpenBrowser, tmp_path: Path) -> None:
    package = tmp_path / "subtraction.zip"
    package.write_bytes(sum_package("Subtraction"))
    window = open_browser(house.url)
    window.sign_in("admin", house.admin_password)
    window.go("/problems")
    window.mark()
    window.write("#alias", "subtraction")
    window.one("#package").send_keys(str(package))
    window.click("form[data-upload] button.primary")
    window.until_text("[data-upload-result]", "Subtraction is in.")
    window.until_text("[data-region=problems]", "subtraction")
    assert not window.was_reloaded
    broken = tmp_path / "broken.zip"
    broken.write_bytes(sum_package("Broken", **{"data/secret/99.in": "1 2\n"}))
    window.one("#package").send_keys(str(broken))
    window.click("form[data-upload] button.primary")
    window.until_text("[data-upload-result]", "The package was not accepted")
    assert "data/secret/99" in window.text("[data-upload-result] table")
    window.go("/contests/new")
    window.write("#title", "Árbol Cup 1")
    assert window.run("return document.querySelector('#alias').value") == "arbol-cup-1"
    window.click('label[for="pick-subtraction"]')
    assert window.run("return document.querySelector('#label-subtraction').value") == "A"
    window.click("form[data-contest-form] button.primary")
    window.until_text("main", "The contest is there. Register its teams now.")
    window.write("#lines", "cara, Team Cara, North\ndan, Team Dan")
    window.click("form .primary")
    window.until_text("main", "This is shown once")
    assert len(window.all(".slip")) == 2
    assert not window.complaints()
