"""The jury judges a fixed problem again in the browser: sees what would change, applies it, and everybody's board follows."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

from tests.browser.conftest import Stage
from tests.support.contests import RIGHT, WRONG, open_contest, sum_package

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.timeout(120)]


def test_a_set_is_opened_looked_at_and_applied_by_keyboard(stage: Stage) -> None:
    problem, contest, admin = f"fix-{stage.alias}", f"fix-{stage.alias}", stage.admin
    admin.upload(sum_package("A plus B, mended", **{"data/secret/02.ans": "0\n"}), problem)
    team = open_contest(admin, contest, [problem], [stage.name_of("eva")])[stage.name_of("eva")]
    handed_in = [team.submit(contest, problem, "python3", source) for source in (RIGHT, WRONG)]
    assert [admin.verdict(one)["verdict"] for one in handed_in] == ["WA", "WA"]
    admin.upload(sum_package("A plus B, mended"), problem)

    public, jury = stage.browser(), stage.browser("admin")
    public.go(f"/contests/{contest}/scoreboard")
    public.until_live()
    public.mark()
    jury.go(f"/contests/{contest}/jury")
    jury.until_text("[data-region=outdated]", "2 verdicts are by an older one")
    jury.click("[data-region=outdated] a")
    jury.until_text(".chosen", "2 judged submissions")
    jury.click("[name=verdict][value=AC]")
    jury.until_text(".chosen", "0 judged submissions")
    jury.click("[name=verdict][value=AC]")
    jury.until_text(".chosen", "2 judged submissions")
    assert jury.run("return document.querySelector('#reason').value") == "new version of A"
    jury.press("#reason", Keys.ENTER)
    jury.until(lambda: jury.path.startswith("/rejudgings/"), "the page of the set")
    jury.mark()
    jury.until_text(".set-line", "To be decided")
    jury.until_text(".turns", "Wrong answer")
    assert jury.text(".turns tbody").split() == ["Wrong", "answer", "→", "Accepted", "1"]
    assert not jury.was_reloaded, "it came by itself"
    jury.until_text("[data-region=lines]", "Accepted")
    assert not public.all(".cell.solved"), "the board stands still"

    address = jury.path
    jury.click("[data-region=lines] tbody a")
    jury.until_text(".beside .is-other", "Wrong answer")
    assert len(jury.all(".beside .is-other")) >= 1
    assert jury.overflow() == 0
    jury.go(address)
    jury.press("#apply summary", Keys.ENTER)
    jury.until(lambda: jury.one("#apply button").is_displayed(), "what is to be confirmed")
    assert "1 verdict changes" in jury.text("#apply")
    jury.press("#apply button", Keys.ENTER)
    jury.until_text(".set-line", "Applied")
    public.until(lambda: len(public.all(".cell.solved")) == 1, "the solved problem on the board")
    assert not public.was_reloaded
    jury.go(f"/contests/{contest}/audit")
    assert "applied a set of 2 rejudges: 1 verdict changed" in jury.text(".log")
    assert not jury.complaints()


def test_without_scripts_a_set_is_chosen_counted_and_dropped(stage: Stage) -> None:
    team, admin = stage.person("ana"), stage.admin
    one = team.submit(stage.alias, "sum", "python3", RIGHT)
    assert admin.verdict(one)["verdict"] == "AC"
    jury = stage.browser("admin", width=360, height=800)
    jury.set_scripts(are_on=False)
    jury.go(f"{stage.home}/rejudgings")
    jury.click("[name=problem][value=A]")
    jury.click(".set-foot button[formmethod=get]")
    jury.until(lambda: "1 judged submission" in jury.text(".chosen") and "problem=A" in jury.path, "the count")
    jury.write("#reason", "to be sure")
    jury.click(".set-foot .primary")
    jury.until(lambda: jury.path.startswith("/rejudgings/"), "the page of the set")
    jury.click("#drop summary")
    jury.click("#drop button")
    jury.until_text(".set-line", "Dropped")
    jury.go(f"/submissions/{one}")
    jury.click("#override summary")
    jury.write("#reason", "seen by the jury")
    jury.click("#override [value=RTE]")
    jury.click("#override .primary")
    jury.until_text("main", "Run-time error")
    assert "seen by the jury" in jury.text("main")
