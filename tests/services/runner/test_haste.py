"""Work that nobody waits for leaves a slot soon, later each time, and comes to its end all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.runner import haste
from services.runner.haste import Haste


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    return


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLICE_S": 0.02, "MOST_SLICE_S": 0.07, "MOST_BREAKS": 4}.items():
        monkeypatch.setattr(haste, name, value)


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize(("broken_off", "least_s"), [(0, 0.02), (1, 0.04), (2, 0.07), (3, 0.07)])
@pytest.mark.parametrize("until_urged", [at_once, lambda: asyncio.sleep(0.01)], ids=["before", "meanwhile"])
async def test_what_hangs_is_broken_off_each_time_later_up_to_a_bound(
    until_urged: Callable[[], Awaitable[None]], broken_off: int, least_s: float
) -> None:
    hurry, clock = Haste(until_urged), asyncio.get_running_loop()
    async with hurry.listening():
        if until_urged is at_once:
            await asyncio.sleep(0)
        began = clock.time()
        assert not await hurry.ended(never, broken_off)
        assert clock.time() - began >= least_s - 0.001
        assert not hurry.is_over, "nothing was done yet"


@pytest.mark.usefixtures("slices")
async def test_what_was_broken_off_often_runs_to_its_end() -> None:
    hurry = Haste(at_once)
    async with hurry.listening():
        assert await hurry.ended(lambda: asyncio.sleep(0.2), 4)
        assert hurry.is_over


async def test_nothing_is_broken_off_while_nobody_wants_the_slot() -> None:
    hurry = Haste(never)
    async with hurry.listening():
        assert await hurry.ended(lambda: asyncio.sleep(0.01), 0)
        assert not hurry.is_over
