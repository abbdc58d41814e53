"""The mailer's fixtures."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.services.mailer.receiver import Receiver, receiving
from tests.services.mailer.world import MailWorld


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver over plain HTTP that says 204."""
    async with receiving() as made:
        yield made


@pytest.fixture
async def world(tmp_path: Path, pki_folder: Path, sqlite_url: str) -> AsyncIterator[MailWorld]:
    """Recorder and mailer, with the small contest; ana has no webhook yet."""
    async with MailWorld(tmp_path / "var", pki_folder, sqlite_url) as made:
        await made.start()
        await made.settle()
        await made.start_mailer()
        yield made
