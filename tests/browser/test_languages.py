"""The form offers what the chosen problem takes, guesses from a file's ending among these, and says what the runner has."""

from __future__ import annotations

import pytest

from tests.browser.conftest import Stage
from tests.support.browser import Browser
from tests.support.contests import RIGHT, open_contest, zipped_files

pytestmark = [pytest.mark.browser, pytest.mark.sandbox, pytest.mark.timeout(120)]

NARROW = {
    "problem.yaml": "problem_format_version: 2025-09\nname: Sum in few\nuuid: 6f1d4f6e-0a5c-4a39-9d55-0c9f1a0b2c3e\nlicense: cc0\ncredits: Ada\n"
    "limits:\n  time_limit: 5\nlanguages: [c, python3]\n",
    "statement/problem.en.md": "Add them.\n",
    "data/sample/1.in": "1 2\n",
    "data/sample/1.ans": "3\n",
    "data/secret/1.in": "2 3\n",
    "data/secret/1.ans": "5\n",
    "submissions/accepted/sum.py": RIGHT,
}


def offered(window: Browser) -> set[str]:
    return set(window.run("return [...document.querySelector('#language').options].filter((one) => one.value && !one.disabled).map((one) => one.value)"))


def drop(window: Browser, name: str) -> str:
    """Gives the form a file and says which language it takes that for."""
    window.run(
        "const given = new DataTransfer(); given.items.add(new File(['x'], arguments[0]));"
        "const field = document.querySelector('#file'); field.files = given.files; field.dispatchEvent(new Event('change'));",
        name,
    )
    window.until(lambda: name in window.text("[data-draft-state]"), f"{name} was read")
    return str(window.run("return document.querySelector('#language').value"))


def test_the_form_offers_what_the_chosen_problem_takes(stage: Stage) -> None:
    stage.admin.upload(zipped_files(NARROW), "narrow")
    alias = f"{stage.alias}-few"
    open_contest(stage.admin, alias, ["sum", "narrow"], [stage.name_of("ana")], title="Few languages", languages=["c", "cpp", "cpp17", "python3", "lua"])
    ana = stage.browser("ana")
    ana.go(f"/contests/{alias}/submit?problem=A")
    assert offered(ana) == {"c", "cpp", "cpp17", "python3", "lua"}
    assert [drop(ana, name) for name in ("a.cc", "b.lua", "c.py")] == ["cpp", "lua", "python3"]
    ana.choose("#problem", "B")
    assert offered(ana) == {"c", "python3"}
    ana.choose("#language", "c")
    assert "gcc" in ana.text("[data-version-told]")
    ana.go("/languages")
    assert "gcc" in ana.text("#c")
    assert ana.overflow() <= 0
