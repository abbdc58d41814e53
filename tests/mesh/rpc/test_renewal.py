"""Certificates and authorities change while calls are under way, and none of them fails. On both event loops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import uvloop

from mesh.log import Log
from mesh.rpc import Call, Peers
from mesh.tls import Credentials
from pki.registrar import Registrar
from pki.renewal import keep_fresh
from tests.mesh.rpc.houses import House, Row, Word, house_of

ECHO = Row("grader.echo", Word, Word, is_idempotent=False)
HOLD = Row("grader.hold", Word, Word, is_idempotent=False, timeout_s=60)
CALLERS = 8


async def echo(request: Word, call: Call) -> Word:
    await asyncio.sleep(0)
    return Word(call.peer, request.number)


class Load:
    """Callers that call without a pause, never repeat a call, and count."""

    def __init__(self, house: House) -> None:
        self.house = house
        self.answered = 0
        self.is_over = False

    async def call_on(self, service: str) -> None:
        peer = await self.house.caller(service)
        while not self.is_over:
            number = self.answered
            assert await peer.call(ECHO, Word(number=number)) == Word(service, number)
            self.answered += 1

    async def more(self, count: int) -> None:
        goal = self.answered + count
        while self.answered < goal:
            await asyncio.sleep(0.01)


async def under_load(registrar: Registrar, change: Callable[[House, Load], Any]) -> Load:
    async with house_of(registrar.store.folder) as house:
        door = house.door()
        door.serve(ECHO, echo)
        async with door.listening():
            load = Load(house)
            async with asyncio.timeout(30), asyncio.TaskGroup() as group:
                for number in range(CALLERS):
                    group.create_task(load.call_on(("frontend", "runner")[number % 2]))
                await load.more(100)
                await change(house, load)
                await load.more(100)
                load.is_over = True
            return load


async def refresh(house: House, *names: str) -> None:
    for name in names:
        assert await house.credentials[name].refresh(), f"{name} saw no change"


async def renewals(house: House, load: Load, registrar: Registrar) -> None:
    for _ in range(5):
        await asyncio.to_thread(registrar.renew, is_forced=True)
        await refresh(house, "grader", "frontend", "runner")
        await load.more(50)


async def roll_over(house: House, load: Load, registrar: Registrar) -> None:
    for order in (("grader", "runner", "frontend"), ("frontend", "grader", "runner"), ("runner", "frontend", "grader")):
        await asyncio.to_thread(registrar.roll)
        for name in order:  # one after another, with calls between old and new
            await refresh(house, name)
            await load.more(50)


@pytest.mark.parametrize("change", [renewals, roll_over])
@pytest.mark.parametrize("loop_factory", [None, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def test_no_call_fails_while_certificates_and_authorities_change(fresh_pki: Registrar, change: Any, loop_factory: Any) -> None:
    async def act(house: House, load: Load) -> None:
        await change(house, load, fresh_pki)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        load = runner.run(under_load(fresh_pki, act))
    assert load.answered > 300
    assert load.house.count("grader", "calls_total", method="grader.echo", peer="runner", outcome="ok") > 100


async def test_a_long_call_outlives_a_renewal(fresh_pki: Registrar) -> None:
    go_on, begun = asyncio.Event(), asyncio.Event()

    async def held(request: Word, call: Call) -> Word:
        begun.set()
        await go_on.wait()
        return request

    async with house_of(fresh_pki.store.folder) as house:
        door = house.door()
        door.serve(HOLD, held)
        door.serve(ECHO, echo)
        async with door.listening():
            runner = await house.caller("runner")
            task = asyncio.create_task(runner.call(HOLD, Word("long")))
            async with asyncio.timeout(5):
                await begun.wait()
                await asyncio.to_thread(fresh_pki.renew, is_forced=True)
                await refresh(house, "grader", "runner")
                await runner.call(ECHO, Word())
                go_on.set()
                assert await task == Word("long")


async def test_services_renew_and_swap_by_themselves(fresh_pki: Registrar) -> None:
    """Leaves of six seconds, followed and renewed as in the embedded house: calls go on past their end."""
    registrar = Registrar(fresh_pki.store, leaf_life=timedelta(seconds=6))
    await asyncio.to_thread(registrar.renew, is_forced=True)
    renewed: list[str] = []
    folder = registrar.store.folder
    async with house_of(folder) as house:
        metrics = house.metrics_of("grader")
        async with Credentials.watched(folder, "grader", metrics, Log("grader")) as mine, Credentials.watched(
            folder, "runner", house.metrics_of("runner"), Log("runner")
        ) as theirs:
            house.credentials.update(grader=mine, runner=theirs)
            fresh = asyncio.create_task(
                keep_fresh(registrar, ["grader", "runner"], renewed=renewed.extend, failed=pytest.fail)
            )
            door = house.door()
            door.serve(ECHO, echo)
            async with door.listening(), Peers("runner", theirs, house.addresses, house.metrics_of("runner"), Log("runner")) as peers:
                ends = asyncio.get_running_loop().time() + 8
                while asyncio.get_running_loop().time() < ends:
                    await peers.peer("grader").call(ECHO, Word())
                    await asyncio.sleep(0.02)
            fresh.cancel()
            assert mine.generation > 1
            assert theirs.generation > 1
            assert 0 < house.count("grader", "certificate_expiry_seconds") < 7
    assert {"grader", "runner"} <= set(renewed)
