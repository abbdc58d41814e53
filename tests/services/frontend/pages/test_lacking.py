"""Whoever submits what no runner can judge now is told so, at the door and where he looks, and so are operators; it is taken all the same."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from mesh.life import Life
from mesh.rpc.contract import Call
from services.frontend.inventory import inventory_of
from services.frontend.pages import operations
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.visitor import Visitor
from tests.services.frontend.world import PASSWORD, World
from tests.support.markup import faults_of
from wire.judging import Nothing
from wire.methods import GRADER_STATUS
from wire.runners import GraderStatus, RunnerFacts, RunnerStatus

FACTS = RunnerFacts("green", 2, {"c": "gcc 12.2", "python3": "Python 3.11"}, 1.25, "root", "6.1", (2,), unpinned=1)
WELL = RunnerStatus("green-1", ("c", "python3"), 0.1, facts=FACTS)
OUT = dataclasses.replace(WELL, facts=dataclasses.replace(FACTS, trouble="a box did not start: bubblewrap ended with exit status 3"))


class Grader:
    """Says what the test says."""

    def __init__(self) -> None:
        self.runners: tuple[RunnerStatus, ...] = (WELL,)
        self.lacking: dict[str, int] = {}

    async def status(self, _request: Nothing, _call: Call) -> GraderStatus:
        return GraderStatus(waiting={"contest": 0}, runners=self.runners, lacking=self.lacking)


@asynccontextmanager
async def lookout(worlds: Worlds) -> AsyncIterator[tuple[World, Grader]]:
    grader = Grader()
    async with worlds() as world, world.neighbour("grader") as backbone:
        server = backbone.server("127.0.0.1", 0, Life("grader"))
        server.serve(GRADER_STATUS, grader.status)
        world.guard.deactivate()
        async with server.listening():
            world.guard.activate()
            await world.add_account("olga", "organiser")
            await world.add_problem()
            await world.add_contest()
            yield world, grader
            world.guard.deactivate()
        world.guard.activate()


async def test_what_no_runner_offers_is_taken_with_a_word_about_it_and_its_page_says_why_it_waits(worlds: Worlds) -> None:
    async with lookout(worlds) as (world, grader):
        ana = await world.signed_in("ana")
        await world.register("finals", "ana")
        there, gone = await ana.submit(), await ana.submit(language="java", source="class M{}")
        assert (there.status, gone.status) == (202, 202)
        assert "runner" not in there.json["message"]
        assert "no runner offers Java now: it waits safely for one that does; ask for it at" in gone.json["message"]
        page = Visitor(world.session, world.url)
        await page.sign_in("ana", PASSWORD)
        waits = {"status": "queued", "verdict": None, "score": None, "judged_at": None}
        java, python = await world.add_submission("ana", language="java", **waits), await world.add_submission("ana", **waits)
        told = [(await ana.get(f"/submissions/{one}")).json["message"] for one in (java, python)]
        assert told == ["No runner offers Java now: it waits safely for one that does.", ""]
        assert "No runner offers Java now: it waits safely for one that does." in (await page.get(f"/submissions/{java}")).text
        assert "It waits for a free runner." in (await page.get(f"/submissions/{python}")).text
        for runners, words in (((OUT,), "No runner that offers Python 3 takes work now"), ((), "No machine judges at the moment"), ((OUT, WELL), "")):
            grader.runners = runners
            world.clock.turn(5)  # what was seen counts as fresh for two seconds
            said = (await ana.get(f"/submissions/{python}")).json["message"]
            assert said.startswith(words) if words else said == ""
        judged = await world.add_submission("ana", language="java")
        assert (await ana.get(f"/submissions/{judged}")).json["message"] == ""


async def test_operators_see_how_many_wait_for_which_language_and_that_nobody_takes_work(worlds: Worlds, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operations, "_LIMIT_S", 0.3)  # those who are not there are not waited for
    async with lookout(worlds) as (world, grader):
        root = await world.signed_in("root", "admin")
        page = Visitor(world.session, world.url)
        await page.sign_in("root", PASSWORD)
        assert (await root.get("/queue/stats")).json["lacking"] == {}
        seen = (await page.get("/operations")).text
        assert "takes work" not in seen
        assert "takes no work" not in seen
        grader.runners, grader.lacking = (OUT,), {"java": 2, "python3": 1}
        world.clock.turn(5)
        assert (await root.get("/queue/stats")).json["lacking"] == {"java": 2, "python3": 1}
        found = await page.get("/operations")
        assert "No runner takes work." in found.text
        assert "2 wait for Java, 1 waits for Python 3." in found.text
        assert "takes no work" in found.text
        assert not faults_of(found.html)
        form = await page.get("/contests/finals/submit")
        assert "No machine that judges takes work at the moment" in form.text


async def test_a_slot_without_a_core_of_its_own_is_seen_in_the_inventory(worlds: Worlds) -> None:
    assert [one.unpinned for one in inventory_of([WELL])] == [1]
    async with lookout(worlds) as (world, _):
        root = await world.signed_in("root", "admin")
        [runner] = (await root.get("/operations/runners")).json
        assert (runner["cores"], runner["unpinned"]) == ([2], 1)
        page = Visitor(world.session, world.url)
        await page.sign_in("root", PASSWORD)
        found = await page.get("/operations/runners")
        assert "1 of its slots has no core of its own." in found.text
        assert not faults_of(found.html)
