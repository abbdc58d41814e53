"""The grader's room as a fixture."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.grader.room import Room


@pytest.fixture
async def room(tmp_path: Path, pki_folder: Path) -> AsyncIterator[Room]:
    async with Room(tmp_path / "var", pki_folder) as made:
        yield made


@pytest.fixture
async def room_on_rabbitmq(tmp_path: Path, pki_folder: Path, amqp_url: str) -> AsyncIterator[Room]:
    async with Room(tmp_path / "var", pki_folder, amqp_url) as made:
        yield made
