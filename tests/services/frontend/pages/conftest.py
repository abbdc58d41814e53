"""Owns the fixtures of the pages' tests: visitors of a frontend beside the real recorder, gitserver and grader."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from tests.services.frontend.conftest import Worlds
from tests.services.frontend.pages.visitor import Visitor
from tests.services.frontend.world import World, a_world


@dataclass
class Town:
    """A world with visitors in it."""

    world: World
    visitor: Callable[[], Visitor]
    admin_password: str

    async def admin(self) -> Visitor:
        return await self.signed_in("admin", self.admin_password)

    async def signed_in(self, username: str, password: str) -> Visitor:
        somebody = self.visitor()
        entered = await somebody.sign_in(username, password)
        assert entered.status == 303, entered.text
        return somebody


@pytest.fixture
def worlds(tmp_path: Path, pki_folder: Path, nothing_blocks_the_loop: BlockBuster) -> Worlds:
    """Opens running frontends with their pages: ``async with worlds(setting=…) as world``."""
    count = iter(range(100))
    return lambda **settings: a_world(tmp_path / f"house-{next(count)}", pki_folder, nothing_blocks_the_loop, **settings)


@pytest.fixture
async def town(worlds: Worlds) -> AsyncIterator[Town]:
    """Everything but a runner and a broadcaster."""
    async with worlds(beside=("recorder", "gitserver", "grader")) as world:
        password = (world.backbone.folder.parent / "admin.password").read_text().strip()
        yield Town(world, lambda: Visitor(world.session, world.url), password)
