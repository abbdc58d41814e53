"""Operators see what every runner is and does, hold one and take it into service; nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from mesh.rpc import Peer
from tests.services.frontend.conftest import Worlds
from tests.services.frontend.world import World
from wire.judging import ClaimAnswer, ClaimRequest
from wire.methods import GRADER_CLAIM
from wire.runners import RunnerFacts

FACTS = RunnerFacts("green", 2, {"c": "gcc 12.2", "python3": "Python 3.11"}, 1.25, "root", "6.1", (2, 3))


@dataclass
class Slots:
    """The two slots of a runner, which claim what there is at once."""

    grader: Peer
    facts: RunnerFacts

    async def claim(self) -> list[ClaimAnswer]:
        answers = []
        for number in range(2):
            answer = await self.grader.call(GRADER_CLAIM, ClaimRequest(f"green-{number}", ("c", "python3"), (), 0.0, self.facts))
            if answer.direction is not None:
                self.facts = replace(self.facts, is_held=answer.direction.is_held, directed_us=answer.direction.at_us)
            answers.append(answer)
        return answers


@asynccontextmanager
async def judging(worlds: Worlds) -> AsyncIterator[tuple[World, Slots]]:
    async with worlds(beside=("grader",)) as world:
        for username, role in (("root", "admin"), ("olga", "organiser")):
            await world.add_account(username, role)
        async with world.neighbour("runner") as backbone:
            yield world, Slots(backbone.peer("grader"), FACTS)


async def test_the_inventory_is_by_machine_and_for_admins_alone(worlds: Worlds) -> None:
    async with judging(worlds) as (world, slots):
        root, olga = await world.signed_in("root"), await world.signed_in("olga")
        assert (await root.get("/operations/runners")).json == []
        await slots.claim()
        world.clock.turn(3)
        [runner] = (await root.get("/operations/runners")).json
        assert (runner["host"], runner["state"], runner["versions"], runner["speed"]) == ("green", "idle", FACTS.versions, 1.25)
        assert (runner["mode"], runner["kernel"], runner["cores"], runner["trouble"]) == ("root", "6.1", [2, 3], "")
        assert [slot["name"] for slot in runner["slots"]] == ["green-0", "green-1"]
        slots.facts = replace(slots.facts, trouble="3 judge errors in a row")
        await slots.claim()
        world.clock.turn(3)
        [runner] = (await root.get("/operations/runners")).json
        assert (runner["state"], runner["trouble"]) == ("out", "3 judge errors in a row")
        for method, path in (("GET", "/operations/runners"), ("POST", "/operations/runners/green/drain"), ("POST", "/operations/runners/green/resume")):
            assert ((await olga.ask(method, path)).status, (await world.person().ask(method, path)).status) == (403, 401)


async def test_a_runner_is_held_and_taken_back_and_hears_it_with_its_next_claim(worlds: Worlds) -> None:
    async with judging(worlds) as (world, slots):
        root = await world.signed_in("root")
        assert ((await root.post("/operations/runners/green/drain")).code) == "no-such-runner"
        await slots.claim()
        for path, is_held, state in (("drain", True, "held"), ("resume", False, "idle")):
            assert (await root.post(f"/operations/runners/green/{path}")).status == 204
            assert (await root.get("/operations/runners")).json[0]["state"] == state, "at once, before the runner heard"
            first, second = await slots.claim()
            assert first.direction is not None
            assert (first.direction.is_held, first.direction.by) == (is_held, "root")
            assert second.direction is None, "both slots are one runner: it knows"
            world.clock.turn(1)


async def test_a_standing_claim_is_answered_when_there_is_something_to_tell(worlds: Worlds) -> None:
    async with judging(worlds) as (world, slots):
        root = await world.signed_in("root")
        await slots.claim()
        standing = asyncio.create_task(slots.grader.call(GRADER_CLAIM, ClaimRequest("green-0", ("c",), (), 20.0, FACTS)))
        async with asyncio.timeout(10):
            while not standing.done():
                await root.post("/operations/runners/green/drain")
                await asyncio.sleep(0.02)
        assert standing.result().order is None
        assert standing.result().direction is not None


async def test_while_graders_are_away_nobody_is_told_that_it_was_done(worlds: Worlds) -> None:
    async with worlds() as world:
        await world.add_account("root", "admin")
        root = await world.signed_in("root")
        for answer in (await root.get("/operations/runners"), await root.post("/operations/runners/green/drain")):
            assert (answer.status, answer.code) == (503, "grader-unavailable")
