"""Owns the gitserver that most tests of this room share: one per test, in a folder of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from tests.services.gitserver.world import World, a_house, serving


@pytest.fixture
async def house(tmp_path: Path, nothing_blocks_the_loop: BlockBuster | None) -> AsyncIterator[World]:
    """The house without its gitserver: a test opens `serving` as often as it likes."""
    async with a_house(tmp_path, nothing_blocks_the_loop) as opened:
        yield opened


@pytest.fixture
async def world(house: World) -> AsyncIterator[World]:
    """A running gitserver."""
    async with serving(house):
        yield house
