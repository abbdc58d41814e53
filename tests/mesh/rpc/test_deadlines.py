"""The shared timer ends exactly what is over, and nothing else."""

from __future__ import annotations

import asyncio

import pytest

from mesh.rpc.deadlines import Deadlines


async def lasting(deadlines: Deadlines, limit_s: float, work_s: float) -> str:
    try:
        with deadlines.until(asyncio.get_running_loop().time() + limit_s):
            await asyncio.sleep(work_s)
    except TimeoutError:
        return "over"
    return "done"


async def test_each_ends_at_its_own_time() -> None:
    deadlines = Deadlines()
    began = asyncio.get_running_loop().time()
    ends = await asyncio.gather(
        lasting(deadlines, 5, 0.01), lasting(deadlines, 0.1, 5), lasting(deadlines, 4, 0.15), lasting(deadlines, 0.05, 5), lasting(deadlines, 0, 5)
    )
    assert ends == ["done", "over", "done", "over", "over"]
    assert asyncio.get_running_loop().time() - began < 2.5
    assert not deadlines._limits


async def test_a_deadline_that_comes_later_but_ends_sooner_is_kept() -> None:
    deadlines = Deadlines()
    long = asyncio.create_task(lasting(deadlines, 60, 60))
    await asyncio.sleep(0)
    assert await lasting(deadlines, 0.05, 5) == "over"
    long.cancel()
    with pytest.raises(asyncio.CancelledError):
        await long


async def test_a_cancellation_from_outside_is_not_taken_for_the_deadline() -> None:
    deadlines = Deadlines()
    task = asyncio.create_task(lasting(deadlines, 60, 60))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not deadlines._limits


async def test_the_failure_of_the_work_leaves_as_it_is() -> None:
    with pytest.raises(ZeroDivisionError), Deadlines().until(asyncio.get_running_loop().time() + 5):
        raise ZeroDivisionError


async def test_after_a_deadline_the_task_is_not_cancelling_any_more() -> None:
    deadlines = Deadlines()
    assert await lasting(deadlines, 0.01, 5) == "over"
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)
