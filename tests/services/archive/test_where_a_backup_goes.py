"""Where a backup is written: to a place that was named on purpose, and over nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.errors import MeshError
from services.archive.backup import back_up
from services.archive.house import Places
from tests.services.recorder.store import Store

CLOCK = SystemClock()


@pytest.fixture
async def house(tmp_path: Path) -> Places:
    """A record, without its problems."""
    folder = tmp_path / "house"
    folder.mkdir()
    async with Store(f"sqlite:///{folder / 'record.sqlite3'}") as store:
        await store.settle()
    return Places(f"sqlite:///{folder / 'record.sqlite3'}", folder / "problems", folder / "pki", None, None)


async def test_a_backup_takes_the_place_of_nothing_and_its_folder_is_not_guessed(house: Places, tmp_path: Path) -> None:
    path, _ = await back_up(house, tmp_path / "nightly.tar.gz", CLOCK, with_problems=False)
    whole, there = path.read_bytes(), sorted(tmp_path.iterdir())
    (tmp_path / "elsewhere.tar.gz").symlink_to(tmp_path / "not-mounted" / "one.tar.gz")
    for target in (path, tmp_path / "elsewhere.tar.gz"):
        with pytest.raises(MeshError, match="choose another name") as refused:
            await back_up(house, target, CLOCK, with_problems=False)
        assert refused.value.code == "backup-exists"
    (tmp_path / "elsewhere.tar.gz").unlink()
    (tmp_path / "plain").touch()
    for target in (tmp_path / "backups", tmp_path / "nope" / "nope", tmp_path / "plain"):
        with pytest.raises(MeshError, match="make the folder") as refused:
            await back_up(house, target, CLOCK, with_problems=False)
        assert refused.value.code == "bad-backup-path"
    (tmp_path / "plain").unlink()
    assert (path.read_bytes(), sorted(tmp_path.iterdir())) == (whole, there)
