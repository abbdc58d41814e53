"""Sessions outlive a restart and a state store that loses its memory; what was ended stays ended."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import pytest

from mesh.cache.memory import MemoryCache
from mesh.database import read_engine
from services.frontend.actor import Actor, Role
from services.frontend.keepsake import Keepsake
from services.frontend.reads.accounts import Accounts
from services.frontend.reads.record import Record
from services.frontend.sessions import Session, Sessions
from tests.services.frontend.world import World

ANA = Actor("ana", "Name of ana", Role.CONTESTANT)


class Machine:
    """A frontend's sessions on one machine, over a state store that may be exchanged for an empty one."""

    def __init__(self, world: World, name: str = "one") -> None:
        self.world = world
        self.record = Record(read_engine(world.backbone.replica_url))
        self.path = world.backbone.folder / f"{name}.sqlite3"
        self.keepsake = Keepsake(self.path, world.backbone.log)

    def over(self, state: MemoryCache) -> Sessions:
        return Sessions(state, Accounts(self.record), self.keepsake, self.world.clock, 3600)

    async def aclose(self) -> None:
        await self.keepsake.aclose()
        await self.record.aclose()


@pytest.fixture
async def machine(finals: World) -> AsyncIterator[Machine]:
    async with aclosing(Machine(finals)) as made:
        yield made


def _store(machine: Machine) -> MemoryCache:
    return MemoryCache(machine.world.clock)


async def _found(sessions: Sessions, token: str) -> Session | None:
    return (await sessions.find(token, {}))[0]


async def test_a_session_comes_back_when_the_store_has_lost_its_memory(machine: Machine) -> None:
    opened = await machine.over(_store(machine)).open(ANA)
    after = machine.over(_store(machine))
    for _ in range(2):
        found = await _found(after, opened.token)
        assert found is not None
        assert (found.actor, found.csrf, found.expires_at) == (ANA, opened.csrf, opened.expires_at)
    machine.world.clock.turn(3600)
    assert await _found(machine.over(_store(machine)), opened.token) is None, "its life is not prolonged"


async def test_a_session_that_was_ended_does_not_come_back(machine: Machine) -> None:
    before = machine.over(_store(machine))
    opened = await before.open(ANA)
    await before.close(opened.token)
    assert await _found(machine.over(_store(machine)), opened.token) is None


async def test_a_session_that_another_machine_ended_does_not_come_back_in_the_same_era(machine: Machine) -> None:
    state = _store(machine)
    opened = await machine.over(state).open(ANA)
    async with aclosing(Machine(machine.world, "two")) as other:
        await other.over(state).close(opened.token)
    assert await _found(machine.over(state), opened.token) is None
    assert await _found(machine.over(_store(machine)), opened.token) is None, "the copy is gone as well"


async def test_a_session_from_before_a_new_password_does_not_come_back(machine: Machine) -> None:
    opened = await machine.over(_store(machine)).open(ANA)
    machine.world.clock.turn(1)
    await machine.world.update("accounts", {"username": "ana"}, password_changed_at=machine.world.clock.now())
    assert await _found(machine.over(_store(machine)), opened.token) is None


async def test_a_session_comes_back_with_the_role_of_today(machine: Machine) -> None:
    opened = await machine.over(_store(machine)).open(ANA)
    await machine.world.update("accounts", {"username": "ana"}, role="organiser")
    found = await _found(machine.over(_store(machine)), opened.token)
    assert found is not None
    assert found.actor.role is Role.ORGANISER


async def test_all_sessions_of_an_account_end_here_too(machine: Machine) -> None:
    before = machine.over(_store(machine))
    tokens = [(await before.open(ANA)).token for _ in range(3)]
    await before.close_all("ana")
    after = machine.over(_store(machine))
    assert [await _found(after, token) for token in tokens] == [None] * 3


async def test_a_broken_copy_costs_only_the_copy(machine: Machine) -> None:
    machine.path.write_bytes(b"this is no database" * 100)
    state = _store(machine)
    opened = await machine.over(state).open(ANA)
    assert await _found(machine.over(state), opened.token) is not None
    assert await _found(machine.over(_store(machine)), opened.token) is None


async def test_the_copy_never_holds_the_token(machine: Machine) -> None:
    opened = await machine.over(_store(machine)).open(ANA)
    files = list(machine.path.parent.glob(f"{machine.path.name}*"))
    assert machine.path in files
    for file in files:
        assert opened.token.encode() not in file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0, file
