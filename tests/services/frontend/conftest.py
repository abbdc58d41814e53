"""Owns the fixtures of the frontend's tests: a running site, and one with a contest in it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest
from blockbuster import BlockBuster

from tests.services.frontend.world import World, a_world


Worlds = Callable[..., AbstractAsyncContextManager[World]]


@pytest.fixture
def worlds(tmp_path: Path, pki_folder: Path, nothing_blocks_the_loop: BlockBuster, monkeypatch: pytest.MonkeyPatch) -> Worlds:
    """Opens running frontends, without pages (which take long to draw up): ``async with worlds(setting=…) as world``."""
    monkeypatch.setattr("services.frontend.site.add_pages", lambda _: None)
    count = iter(range(100))

    def opened(**settings: Any) -> AbstractAsyncContextManager[World]:
        return a_world(tmp_path / f"house-{next(count)}", pki_folder, nothing_blocks_the_loop, **settings)

    return opened


@pytest.fixture
async def world(worlds: Worlds) -> AsyncIterator[World]:
    """A running frontend with an empty record."""
    async with worlds() as made:
        yield made


@pytest.fixture
async def finals(world: World) -> World:
    """The same, with the contest ``finals`` of organiser olga running, problem ``sum``, contestant ana; bob has an account only."""
    for username, role in (("olga", "organiser"), ("ana", "contestant"), ("bob", "contestant"), ("root", "admin")):
        await world.add_account(username, role)
    await world.add_problem()
    await world.add_contest()
    await world.register("finals", "ana")
    return world
