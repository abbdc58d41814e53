"""The recorder's fixtures. Its tests on servers speak to them over mutual TLS (`record_url`), as the recorder."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from mesh.tls import Credentials
from tests.services.recorder.store import Store


@pytest.fixture
async def store(record_url: str, recorder: Credentials) -> AsyncIterator[Store]:
    """A record on each kind of database in turn, with the small contest in it."""
    async with Store(record_url, recorder) as made:
        await made.settle()
        yield made


@pytest.fixture
async def sqlite_store(sqlite_url: str) -> AsyncIterator[Store]:
    """The same, on SQLite alone."""
    async with Store(sqlite_url) as made:
        await made.settle()
        yield made
