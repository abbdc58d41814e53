"""The guard of every test sees what blocks the loop in a room of ours, and lets pass what is allowed."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from blockbuster import BlockBuster, BlockingError, blockbuster

from pki.store import Store
from tests.support import blocking


def test_the_quick_look_is_the_one_that_is_used() -> None:
    assert blockbuster._wrap_blocking is blocking.wrapped


async def test_what_blocks_the_loop_in_our_rooms_is_seen(tmp_path: Path) -> None:
    (tmp_path / "leaf.crt").write_text("")
    with pytest.raises(BlockingError):
        Store(tmp_path).names()


async def test_it_is_seen_beneath_other_code_too(tmp_path: Path) -> None:
    with pytest.raises(BlockingError):
        json.loads("{}", object_hook=lambda _: Store(tmp_path).names())


async def test_a_thread_and_the_test_itself_may_block(tmp_path: Path) -> None:
    (tmp_path / "leaf.crt").write_text("")
    assert list(tmp_path.iterdir())
    assert await asyncio.to_thread(Store(tmp_path).names) == ["leaf"]


async def test_what_is_allowed_by_name_may_block_from_then_on(tmp_path: Path, nothing_blocks_the_loop: BlockBuster) -> None:
    with pytest.raises(BlockingError):
        Store(tmp_path).names()
    for function in nothing_blocks_the_loop.functions.values():
        function.can_block_in("pki/store.py", "read_leaf")
    with pytest.raises(BlockingError):
        Store(tmp_path).names()
    for function in nothing_blocks_the_loop.functions.values():
        function.can_block_in("pki/store.py", {"names"})
    assert Store(tmp_path).names() == []
