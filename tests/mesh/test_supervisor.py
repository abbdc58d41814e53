"""Services start in order, leave in reverse, and one that falls takes the others down gently."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from mesh.clock import SystemClock
from mesh.life import Life, State
from mesh.log import Log
from mesh.supervisor import Part, Supervisor

Run = Callable[[Life], Coroutine[Any, Any, None]]


def story(name: str, said: list[str], *, wait: asyncio.Event | None = None) -> Run:
    async def run(life: Life) -> None:
        said.append(f"{name} starts")
        if wait is not None:
            await wait.wait()
        life.mark_ready()
        await life.until_stop()
        said.append(f"{name} leaves")

    return run


def supervisor(stages: list[list[Part]]) -> Supervisor:
    return Supervisor(stages, SystemClock(), Log("test"))


async def test_stages_start_in_order_and_leave_in_reverse() -> None:
    said: list[str] = []
    house = supervisor([[Part("record", story("record", said))], [Part("grader", story("grader", said), rank=1)], [Part("door", story("door", said), rank=2)]])
    running = asyncio.create_task(house.run())
    await house.until_ready()
    house.ask_stop()
    assert await running
    assert said == ["record starts", "grader starts", "door starts", "door leaves", "grader leaves", "record leaves"]


async def test_who_leans_on_others_leaves_before_them_however_early_it_started() -> None:
    said: list[str] = []
    house = supervisor([[Part("runner", story("runner", said), rank=2)], [Part("grader", story("grader", said), rank=1)]])
    running = asyncio.create_task(house.run())
    await house.until_ready()
    house.ask_stop()
    assert await running
    assert said == ["runner starts", "grader starts", "runner leaves", "grader leaves"]


async def test_a_later_stage_waits_for_the_readiness_of_the_one_before() -> None:
    said: list[str] = []
    gate = asyncio.Event()
    house = supervisor([[Part("record", story("record", said, wait=gate))], [Part("door", story("door", said))]])
    running = asyncio.create_task(house.run())
    for _ in range(20):
        await asyncio.sleep(0)
    assert said == ["record starts"]
    gate.set()
    await house.until_ready()
    house.ask_stop()
    await running


async def test_a_part_that_falls_has_the_others_drained_not_cancelled() -> None:
    said: list[str] = []
    fall = asyncio.Event()

    async def falls(life: Life) -> None:
        life.mark_ready()
        await fall.wait()
        raise RuntimeError("the disk is gone")

    house = supervisor([[Part("record", story("record", said))], [Part("grader", falls)]])
    running = asyncio.create_task(house.run())
    await house.until_ready()
    fall.set()
    assert not await running
    assert said == ["record starts", "record leaves"]


async def test_a_part_that_cannot_start_ends_the_house_and_the_started_leave() -> None:
    said: list[str] = []

    async def cannot(life: Life) -> None:
        raise RuntimeError("no certificate")

    house = supervisor([[Part("record", story("record", said))], [Part("grader", cannot)], [Part("door", story("door", said))]])
    assert not await house.run()
    assert said == ["record starts", "record leaves"]


async def test_a_part_that_is_not_ready_in_time_ends_the_house() -> None:
    house = supervisor([[Part("slow", story("slow", [], wait=asyncio.Event()), start_limit_s=0.05, stop_limit_s=0.05)]])
    assert not await house.run()


async def test_a_part_that_does_not_leave_in_time_is_cancelled_and_said() -> None:
    async def stays(life: Life) -> None:
        life.mark_ready()
        await asyncio.Event().wait()

    house = supervisor([[Part("stays", stays, stop_limit_s=0.05)]])
    running = asyncio.create_task(house.run())
    await house.until_ready()
    house.ask_stop()
    assert not await running


async def test_a_stop_during_the_start_leaves_at_once_and_is_no_failure() -> None:
    said: list[str] = []

    async def slow(life: Life) -> None:
        said.append("slow starts")
        await life.until_stop()

    house = supervisor([[Part("record", story("record", said))], [Part("slow", slow)]])
    running = asyncio.create_task(house.run())
    while "slow starts" not in said:
        await asyncio.sleep(0)
    house.ask_stop()
    async with asyncio.timeout(5):
        assert await running
    assert "record leaves" in said


async def test_readiness_turns_before_the_service_hears_of_the_end() -> None:
    life = Life("grader")
    life.mark_ready()
    assert life.state is State.READY
    stopping = asyncio.create_task(life.begin_stop(notice_s=0.05))
    await asyncio.sleep(0)
    assert life.state is State.STOPPING
    assert not life.is_ready
    waiting = asyncio.create_task(life.until_stop())
    await asyncio.sleep(0)
    assert not waiting.done()
    await stopping
    await waiting


async def test_a_check_that_breaks_or_hangs_is_told_in_the_detail(monkeypatch) -> None:
    monkeypatch.setattr("mesh.life.CHECK_LIMIT_S", 0.05)
    life = Life("grader")

    async def fine() -> str:
        return ""

    async def breaks() -> str:
        raise ConnectionRefusedError("broker")

    async def hangs() -> str:
        await asyncio.Event().wait()
        return ""

    for name, check in (("queue", fine), ("cache", breaks), ("record", hangs)):
        life.watch(name, check)
    assert await life.examine() == {"queue": "", "cache": "ConnectionRefusedError: broker", "record": "no answer within 0.05 s"}
