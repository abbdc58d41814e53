"""Handing in by hand: nothing goes in under another's name, and what is refused stays in the form."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from mesh.errors import Unavailable
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.conftest import Town
from tests.services.frontend.pages.test_running_a_contest import _with_contest, _with_problem, _with_teams
from tests.services.frontend.pages.visitor import Page, Visitor
from tests.services.frontend.world import PASSWORD
from tests.support.contests import sum_package
from tests.support.markup import faults_of

SUBMIT = "/contests/finals/submit"


async def test_a_page_of_one_account_hands_nothing_in_for_another(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    passwords = await _with_teams(town, admin)
    ana = await town.signed_in("ana", passwords["ana"])
    page = await ana.get(SUBMIT)
    stale = next(one.attributes["value"] for one in page.tree.all("input") if one.attributes.get("name") == "csrf")
    ana.cookie = (await town.signed_in("bob", passwords["bob"])).cookie
    for word in (stale, ""):
        sent = await ana.fill_in(SUBMIT, SUBMIT, problem="A", language="python3", source="print(7)", csrf=word)
        assert sent.status == 403
        assert "you are signed in as bob" in sent.text
        assert "print(7)" in sent.tree.all("textarea")[0].text
        assert not faults_of(sent.html)
    assert "No submissions yet" in (await ana.get("/contests/finals/submissions")).text


async def test_a_package_from_an_older_session_is_refused(town: Town) -> None:
    admin = await town.admin()
    page = await admin.fill_in("/problems", "/problems", {"package": ("sum.zip", sum_package())}, alias="sum", csrf="")
    assert page.status == 403
    assert "nothing was taken" in page.text


async def test_a_file_that_is_no_text_is_refused_beside_the_field(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    page = await admin.fill_in(SUBMIT, SUBMIT, {"file": ("a.py", b"\xff\xfe\x00\x01")}, problem="A", language="python3")
    assert page.status == 422
    assert "source" in page.wrong
    assert not faults_of(page.html)
    for field, entered in (("problem", {"problem": "", "language": "python3"}), ("language", {"problem": "A", "language": ""})):
        bare = await admin.fill_in(SUBMIT, SUBMIT, source="print(1)", **entered)
        assert bare.wrong[field].startswith(f"Choose the {field}"), "who has not chosen is not told of names that do not exist"


async def test_an_empty_penalty_or_freeze_is_refused_beside_its_field(town: Town) -> None:
    admin = await _with_problem(town)
    page = await admin.fill_in("/contests/new", "/contests/new", title="Finals", alias="finals", penalty="", freeze="")
    assert page.status == 422
    assert {"penalty", "freeze"} <= set(page.wrong)


async def test_a_contest_that_is_over_when_it_is_made_says_so(town: Town) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin, start="2020-01-01T10:00")
    assert "lies in the past" in (await admin.get("/contests/finals/teams?told=created")).text
    jury = await admin.get("/contests/finals/jury")
    assert "Judging faults" in jury.text
    assert not faults_of(jury.html)


def _notices(page: Page) -> list[str]:
    [place] = [one for one in page.tree.all("div") if "data-conditions" in one.attributes]
    return [one.text for one in place.with_class("notice")]


async def test_the_form_says_what_is_away_before_anything_is_sent(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = await _with_problem(town)
    await _with_contest(town, admin)
    [no_runner] = _notices(await admin.get(SUBMIT))
    assert "No machine judges at the moment" in no_runner

    async def away() -> str:
        return "away since 12 s"

    async def refuses(*_: Any) -> None:
        raise Unavailable("the queue does not answer", code="queue-unavailable", retry_after_s=5)

    monkeypatch.setattr(town.world.backbone.queue, "health", away)
    monkeypatch.setattr(town.world.backbone.queue, "publish", refuses)
    town.world.clock.turn(5)  # what was seen counts as fresh for two seconds
    for path in (SUBMIT, "/contests/finals/problems/A"):
        page = await admin.get(path)
        assert "cannot be taken just now" in _notices(page)[0]
        assert not faults_of(page.html)
    sent = await admin.fill_in(SUBMIT, SUBMIT, problem="A", language="python3", source="print(7)", key="once")
    assert sent.status == 503
    assert "The queue does not answer" in sent.text
    assert [one.attributes["value"] for one in sent.tree.all("input") if one.attributes.get("name") == "key"] == ["once"], "pressed again it counts once"
    assert "print(7)" in sent.tree.all("textarea")[0].text
    monkeypatch.undo()
    town.world.clock.turn(5)
    assert not any("cannot be taken" in text for text in _notices(await admin.get(SUBMIT)))


async def test_ones_submissions_without_the_record_are_said_to_be_a_part(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    @asynccontextmanager
    async def gone(*_: Any) -> AsyncIterator[Any]:
        raise Unavailable("gone", code="record-unavailable", retry_after_s=2)
        yield

    async with worlds() as world:
        await world.add_problem()
        person = await world.signed_in("ana")
        await world.add_contest()
        await world.register("finals", "ana")
        before = await world.add_submission("ana")
        ana = Visitor(world.session, world.url)
        assert (await ana.sign_in("ana", PASSWORD)).status == 303
        whole = await ana.get("/contests/finals/submissions")
        assert (before in whole.html, "data-part" in whole.html) == (True, False)
        for name in ("reading", "snapshot"):
            monkeypatch.setattr(f"services.frontend.reads.line.{name}", gone)
        fresh = (await person.submit()).json["id"]
        part = await ana.get("/contests/finals/submissions")
        assert (part.status, fresh in part.html, before in part.html) == (200, True, False)
        assert "Not all of your submissions can be shown just now" in part.text
        assert not faults_of(part.html)
