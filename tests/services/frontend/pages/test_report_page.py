"""The report on a package, for somebody without scripts: from the upload to the page, asked for again; warned of in a contest."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.services.frontend.pages.conftest import Town
from tests.services.frontend.pages.visitor import Visitor
from tests.services.frontend.reports import GOOD, WRONG, row
from tests.support.contests import sum_package
from tests.support.markup import faults_of

PAGE = "/problems/sum/report"


async def _brought(town: Town) -> Visitor:
    admin = await town.admin()
    page = await admin.fill_in("/problems", "/problems", {"package": ("sum.zip", sum_package())}, alias="sum")
    assert page.status == 201, page.text
    assert PAGE in page.html
    return admin


async def _ended(town: Town, state: str = "failed", **values: Any) -> None:
    found = {name: value for name, value in row(town.world.clock.now(), state, **values).items() if name not in {"alias", "commit_hash", "version"}}
    await town.world.update("reports", {"alias": "sum"}, **found)


async def test_the_form_says_which_packages_are_read(town: Town) -> None:
    page = await (await town.admin()).get("/problems")
    for name in ("ICPC", "Kattis", "DOMjudge", "omegaUp", "Polygon", "CMS"):
        assert name in page.text


async def test_from_an_upload_to_its_report_and_once_more(town: Town) -> None:
    admin = await _brought(town)
    waiting = await admin.get(PAGE)
    assert "It waits to be tried out" in waiting.text or "It is being tried out" in waiting.text
    assert not faults_of(waiting.html)
    await _ended(town)
    page = await admin.get(PAGE)
    assert not faults_of(page.html)
    assert "1 of 2 submissions got a verdict that the setter allows; 1 error and 1 warning." in page.text
    assert "<b>" not in page.text.replace("got AC, expected WA <b>", "")
    for words in ("Errors", "Warnings", "Hints", GOOD, WRONG, "submission-unexpected", "secret/02-big", "Measured", "Failed its trial"):
        assert words in page.text
    asked = await admin.fill_in(PAGE, PAGE)
    assert (asked.status, asked.location) == (303, f"{PAGE}?told=asked")
    again = await admin.get(asked.location)
    assert "Below is what came of it the last time." in again.text


async def test_mark_stands_wherever_the_setter_sees_the_problem(town: Town) -> None:
    admin = await _brought(town)
    for state, words in (("failed", "Failed its trial"), ("passed", "Passed its trial"), ("warned", "Warnings"), ("postponed", "To be tried out again")):
        await _ended(town, state)
        for path in ("/problems", "/problems/sum"):
            page = await admin.get(path)
            assert words in page.text, path
            assert not faults_of(page.html)
    assert "measured" in (await admin.get("/problems/sum")).text


async def test_organisers_are_warned_of_problems_that_did_not_pass(town: Town) -> None:
    admin = await _brought(town)
    start = (town.world.clock.now() - timedelta(minutes=2)).strftime("%Y-%m-%dT%H:%M")
    made = await admin.fill_in("/contests/new", "/contests/new", **{"title": "Finals", "alias": "finals", "start": start, "pick": "sum", "label-sum": "A"})
    assert made.status == 303, made.text
    await _ended(town)
    for path in ("/contests/finals", "/contests/finals/jury"):
        page = await admin.get(path)
        assert "has not passed its trial" in page.text, path
        assert not faults_of(page.html)
    assert "has not passed" not in (await town.visitor().get("/contests/finals")).text
    await _ended(town, "passed")
    assert "has not passed" not in (await admin.get("/contests/finals")).text


async def test_report_is_nobody_elses(town: Town) -> None:
    await _brought(town)
    stranger = town.visitor()
    assert (await stranger.get(PAGE)).status in {303, 401, 404}
