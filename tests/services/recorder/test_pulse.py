"""A set that is being applied is noted as such for as long as the recorder works on it, and some seconds longer at most."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mesh.cache import Cache
from mesh.cache.opening import open_cache
from mesh.clock import TurnedClock
from mesh.ids import new_id
from mesh.log import Log
from mesh.tasks import alongside
from services.recorder import pulse
from services.recorder.group import Applier
from services.recorder.pulse import LIFE_S, Pulse
from tests.services.recorder.makers import NOW, command
from tests.services.recorder.world import World
from wire.commands import Command
from wire.rejudging import ApplyRejudging, DropRejudging, applying_key, applying_note


@pytest.fixture(autouse=True)
def often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pulse, "EVERY_S", 0.01)


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock(NOW)


@pytest.fixture
async def state(clock: TurnedClock) -> AsyncIterator[Cache]:
    async with open_cache("memory:", "recorder", clock, Log("recorder"), None) as cache:
        yield cache


def _apply() -> tuple[Command, str]:
    asked = ApplyRejudging(new_id())
    return command("olga", asked), applying_key(asked.rejudging)


async def _until(state: Cache, key: str, *, is_there: bool) -> bytes | None:
    async with asyncio.timeout(15):
        while ((note := await state.fetch(key)) is not None) != is_there:
            await asyncio.sleep(0.005)
    return note


async def test_the_note_is_kept_alive_while_the_set_is_being_applied_and_ends_soon_after_who_kept_it(state: Cache, clock: TurnedClock) -> None:
    wish, key = _apply()
    kept = Pulse(state)
    async with alongside(kept.run()):
        kept.begin(wish)
        for _ in range(3):
            assert await _until(state, key, is_there=True) == applying_note(wish.id, "olga")
            clock.turn(LIFE_S + 1)  # what nobody renews is over
    # killed in the midst of it: nobody says that it ended
    clock.turn(LIFE_S + 1)
    assert await state.fetch(key) is None


async def test_what_is_decided_is_noted_no_more_and_other_commands_never(state: Cache, clock: TurnedClock) -> None:
    (wish, key), other = _apply(), command("olga", DropRejudging(new_id()))
    kept = Pulse(state)
    async with alongside(kept.run()):
        kept.begin(wish)
        kept.begin(other)
        await _until(state, key, is_there=True)
        kept.end(wish)
        clock.turn(LIFE_S + 1)
        await asyncio.sleep(0.05)
        assert await state.fetch(key) is None
        assert await state.fetch(applying_key(other.body.rejudging)) is None


async def test_a_note_that_crosses_with_the_decision_is_taken_back(state: Cache) -> None:
    wish, key = _apply()
    kept = Pulse(state)
    store = state.store

    async def crossing(key: str, value: bytes, life_s: float) -> None:
        kept.end(wish)
        await state.forget(key)  # as whoever asked does
        await store(key, value, life_s)
        written.set()

    written, state.store = asyncio.Event(), crossing  # type: ignore[method-assign]
    async with alongside(kept.run()):
        kept.begin(wish)
        async with asyncio.timeout(15):
            await written.wait()
        await _until(state, key, is_there=False)


async def test_a_recorder_says_of_a_set_that_takes_long_that_it_works_on_it(tmp_path: Path, pki_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    entered, may_end, real = asyncio.Event(), asyncio.Event(), Applier.apply

    async def slow(applier: Applier, commands: list[Command]) -> object:
        if any(isinstance(each.body, ApplyRejudging) for each in commands):
            entered.set()
            await may_end.wait()
        return await real(applier, commands)

    monkeypatch.setattr(Applier, "apply", slow)
    wish, key = _apply()
    async with World(tmp_path, pki_folder, f"sqlite:///{tmp_path / 'record.sqlite3'}") as world:
        await world.start()
        asking = asyncio.create_task(world.call(wish))
        async with asyncio.timeout(15):
            await entered.wait()
        assert await _until(world.state, key, is_there=True) == applying_note(wish.id, "olga")
        may_end.set()
        assert (await asking).code == "no-such-rejudging"
        world.clock.turn(LIFE_S + 1)
        assert await world.state.fetch(key) is None
