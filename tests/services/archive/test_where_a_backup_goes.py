"""Where a backup is written: to a place that was named on purpose, and over nothing."""

from __future__ import annotations

import asyncio
import errno
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mesh.clock import SystemClock, TurnedClock
from mesh.errors import MeshError
from services.archive.backup import back_up
from services.archive.form import FIRST, ArchiveWriter, Manifest, members, verify
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


MANIFEST = Manifest("2026-11-22T04:00:00Z", "head", ("record",))
LEFTOVER = """
import sys, os, pathlib
from services.archive.form import ArchiveWriter, Manifest
ArchiveWriter([pathlib.Path(sys.argv[1])], Manifest("", "", ()))
os._exit(9)
"""


@pytest.fixture(params=["links", "no links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system with hard links, and one without."""
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if request.param == "no links":
        monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("links")
def test_what_comes_to_a_backups_place_while_it_is_written_stays(tmp_path: Path) -> None:
    path = tmp_path / "nightly.tar.gz"
    with pytest.raises(MeshError, match="choose another name") as refused, ArchiveWriter([path], MANIFEST) as writer:
        path.write_text("another's")
        writer.complete()
    assert (refused.value.code, path.read_text(), _names(tmp_path)) == ("backup-exists", "another's", ["nightly.tar.gz"])


@pytest.mark.usefixtures("links")
def test_of_two_backups_to_one_name_the_first_that_is_whole_is_there_whole(tmp_path: Path) -> None:
    path = tmp_path / "nightly.tar.gz"
    with ArchiveWriter([path], MANIFEST) as first:
        first.add_bytes("record/one", b"1" * 1000)
        with pytest.raises(MeshError, match="choose another name"), ArchiveWriter([path], MANIFEST) as second:
            second.add_bytes("record/two", b"2" * 1000)
            assert first.complete() == path
            second.complete()
    verify(path)
    assert [one.name for one in members(path)][:2] == [FIRST, "record/one"]
    assert (path.stat().st_mode & 0o777, _names(tmp_path)) == (0o600, ["nightly.tar.gz"])


@pytest.mark.usefixtures("links")
async def test_two_backups_in_one_second_into_one_folder_get_names_of_their_own(house: Places, tmp_path: Path) -> None:
    folder, clock = tmp_path / "backups", TurnedClock(datetime(2026, 11, 22, 4, tzinfo=UTC))
    folder.mkdir()
    made = await asyncio.gather(*(back_up(house, folder, clock, with_problems=False) for _ in range(3)))
    names = [f"palestra-20261122T040000Z{number}.tar.gz" for number in ("", "-2", "-3")]
    assert {path.name for path, _ in made} == set(names) == set(_names(folder))
    for name in names:
        await asyncio.to_thread(verify, folder / name)


def test_what_a_killed_backup_left_is_gone_with_the_next_to_its_name_and_what_is_being_written_is_not(tmp_path: Path) -> None:
    path = tmp_path / "nightly.tar.gz"
    assert subprocess.run([sys.executable, "-c", LEFTOVER, path], check=False).returncode == 9
    [left] = tmp_path.iterdir()
    (tmp_path / f".{path.name}.partial").touch()
    with ArchiveWriter([path], MANIFEST) as first, ArchiveWriter([tmp_path / "other.tar.gz"], MANIFEST) as other:
        assert not left.exists()
        with pytest.raises(KeyError), ArchiveWriter([path], MANIFEST):
            assert len(_names(tmp_path)) == 3
            raise KeyError
        first.complete()
        other.complete()
    assert _names(tmp_path) == ["nightly.tar.gz", "other.tar.gz"]


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())
