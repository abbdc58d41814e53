"""Boxes as fixtures. Without what they need these tests fail: a sandbox that is not tested must not look tested."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from services.runner.languages.table import Toolchain, find_toolchains
from tests.services.runner.guard import guarded
from tests.services.runner.workshop import Workshop


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop(request: pytest.FixtureRequest) -> Iterator[BlockBuster | None]:
    """As everywhere, except for files of the kernel in the sandbox."""
    if "faults" in {mark.name for mark in request.node.iter_markers()}:
        yield None
    else:
        yield from guarded()


@pytest.fixture(scope="session")
def toolchains() -> Mapping[str, Toolchain]:
    return find_toolchains()


@pytest.fixture(scope="session")
def programs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where boxinit is compiled, once."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture
async def workshop(tmp_path: Path, programs_folder: Path, toolchains: Mapping[str, Toolchain]) -> AsyncIterator[Workshop]:
    async with Workshop(tmp_path, programs_folder, toolchains) as made:
        yield made
