"""A page that renews itself leaves alone what people have done to it: opened, written, ticked, or where they are."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Stage
from tests.support.browser import Browser
from tests.support.contests import RIGHT

pytestmark = [pytest.mark.sandbox, pytest.mark.browser, pytest.mark.timeout(120)]

FOCUSED = "return document.activeElement.matches(arguments[0])"


def renew(window: Browser, css: str) -> None:
    """Has the page renew itself, and waits until a text that was made wrong is right again."""
    window.run("document.querySelector(arguments[0]).textContent = 'wrong'; document.dispatchEvent(new Event('palestra:phase'))", css)
    window.until(lambda: window.text(css) not in {"wrong", ""}, f"a renewed {css}")


def test_what_is_open_stays_open_and_keeps_the_focus(stage: Stage) -> None:
    one = stage.person("ana").submit(stage.alias, "sum", "python3", RIGHT)
    assert stage.admin.verdict(one)["verdict"] == "AC"
    opened = stage.admin.ask("POST", f"/contests/{stage.alias}/rejudgings", {"submissions": [one], "reason": "to be looked at"})
    jury = stage.browser("admin")
    jury.go(f"/rejudgings/{opened['id']}")
    jury.until_text(".set-line", "To be decided")
    jury.until_live()
    jury.click("#apply summary")
    jury.until(lambda: jury.one("#apply button").is_displayed(), "what is to be confirmed")
    jury.run("document.querySelector('#apply button').focus()")
    renew(jury, "#apply p")
    assert jury.one("#apply button").is_displayed()
    assert jury.run(FOCUSED, "#apply button")
    jury.click("#apply summary")
    jury.until(lambda: not jury.one("#apply button").is_displayed(), "closed as it was asked to be")
    renew(jury, ".set-line .hint")
    assert not jury.one("#apply button").is_displayed()
    assert not jury.complaints()


def test_what_is_being_written_stays_while_others_write(stage: Stage) -> None:
    ana, bob = stage.person("ana"), stage.person("bob")
    first = ana.ask("POST", f"/contests/{stage.alias}/clarifications", {"problem": "A", "text": "May a be 0?"})
    jury = stage.browser("admin")
    jury.go(f"{stage.home}/clarifications")
    jury.until_live()
    jury.mark()
    draft = f"#answer-{first['id']}"
    jury.write(draft, "Yes, it may")
    bob.ask("POST", f"/contests/{stage.alias}/clarifications", {"problem": "B", "text": "May b be 0?"})
    jury.until_text("[data-region=threads]", "May b be 0?")
    assert jury.run(FOCUSED, draft)
    jury.one(draft).send_keys(" be 0.")
    jury.run("document.querySelector('h1').focus(); document.activeElement.blur()")
    stage.admin.ask("POST", f"/clarifications/{first['id']}/answer", {"text": "It may.", "is_public": True})
    jury.until_text(f"[data-region=threads] article:has({draft})", "It may.")
    assert jury.one(draft).get_property("value") == "Yes, it may be 0."
    assert jury.one(draft).is_displayed(), "answered by another, and still to be seen"
    assert not jury.was_reloaded
    assert not jury.complaints()
