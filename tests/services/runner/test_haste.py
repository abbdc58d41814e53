"""Work that nobody waits for leaves a slot soon, later each time, and never keeps it however often it was broken off."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from services.runner import haste
from services.runner.haste import GivesWay, Haste
from wire.judging import MOST_BREAKS


async def never() -> None:
    await asyncio.Event().wait()


async def at_once() -> None:
    return


@pytest.fixture
def slices(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"SLICE_S": 0.02, "MOST_SLICE_S": 0.07}.items():
        monkeypatch.setattr(haste, name, value)


@pytest.mark.usefixtures("slices")
@pytest.mark.parametrize(("broken_off", "allowance_s", "least_s"), [(0, 0, 0.02), (1, 0, 0.04), (2, 0, 0.07), (MOST_BREAKS, 0, 0.07), (999, 0, 0.07), (1, 0.05, 0.09)])
@pytest.mark.parametrize("until_urged", [at_once, lambda: asyncio.sleep(0.01)], ids=["before", "meanwhile"])
async def test_what_hangs_is_broken_off_each_time_later_up_to_a_bound_however_often_it_was(
    until_urged: Callable[[], Awaitable[None]], broken_off: int, allowance_s: float, least_s: float
) -> None:
    hurry, clock = Haste(until_urged, broken_off), asyncio.get_running_loop()
    async with asyncio.timeout(20), hurry.listening():
        if until_urged is at_once:
            await asyncio.sleep(0)
        began = clock.time()
        with pytest.raises(GivesWay):
            await hurry.result_of(never, allowance_s)
        assert clock.time() - began >= least_s - 0.001
        assert not hurry.is_over, "nothing was done yet"
        assert (hurry.broken_off, hurry.is_futile) == (broken_off + 1, broken_off + 1 >= MOST_BREAKS)


@pytest.mark.parametrize("urged_after_s", [0, 0.1])
async def test_what_a_part_of_a_piece_has_besides_ends_with_that_part(monkeypatch: pytest.MonkeyPatch, urged_after_s: float) -> None:
    monkeypatch.setattr(haste, "SLICE_S", 0.02)
    hurry = Haste(lambda: asyncio.sleep(urged_after_s))

    async def in_two_parts() -> None:
        await asyncio.sleep(0.05)
        hurry.end_allowance()
        await never()

    async with asyncio.timeout(20), hurry.listening():
        with pytest.raises(GivesWay):
            await hurry.result_of(in_two_parts, 50)


async def test_who_ends_soon_enough_is_let_end_and_what_comes_next_is_another_piece() -> None:
    hurry = Haste(at_once, MOST_BREAKS)
    async with hurry.listening():
        await asyncio.sleep(0)
        assert await hurry.result_of(lambda: asyncio.sleep(0.01, "said")) == "said"
        assert (hurry.is_over, hurry.is_futile) == (False, True), "a build that was found is nothing done"
        hurry.advance()
        assert (hurry.is_over, hurry.broken_off) == (True, 0)


@pytest.mark.usefixtures("slices")
async def test_nothing_is_broken_off_while_nobody_wants_the_slot() -> None:
    hurry = Haste(never)
    async with hurry.listening():
        await hurry.result_of(lambda: asyncio.sleep(0.1))
        assert not hurry.is_over
        with pytest.raises(TimeoutError):
            await hurry.result_of(_late)
    assert hurry.broken_off == 0, "it ran out of a time of its own"


async def _late() -> None:
    async with asyncio.timeout(0.001):
        await never()
