"""The small house of `houses` as a fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.mesh.rpc.houses import House, house_of


@pytest.fixture
async def house(pki_folder: Path) -> AsyncIterator[House]:
    async with house_of(pki_folder) as made:
        yield made
