"""Owns the restoring of a backup: checked whole first, put in place as a whole, or not at all. Never touches a house that runs.

Folders are written beside their places, the record in one transaction that is committed last; what was there before is moved
aside until then. MySQL and MariaDB cannot take the making of tables back: there the record is marked as unfinished until the last
row is in, and a recorder refuses to open it (``restore-unfinished``).
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from mesh.clock import SystemClock, micros
from mesh.database import make_folder, write_engine
from mesh.database.access import limited
from mesh.errors import Conflict, Invalid, Refused
from services.archive import trees
from services.archive.form import ArchivedTable, Manifest, Member, members, verify
from services.archive.house import Places
from services.archive.quiet import check_quiet
from services.archive.tables import count_rows, insert, known_tables, rows_of
from services.recorder.schema import UNFINISHED, Upgrade, bring_up, load_upgrade

LIMIT_S = 24 * 3600.0
STATEMENT_LIMIT_S = 3600.0
_PROBE_S = 2.0


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the operator allows: ``replace`` what is there (with ``is_sure``), and take certificates and keys too."""

    replace: bool = False
    is_sure: bool = False
    with_pki: bool = False


async def restore(places: Places, path: Path, wishes: Wishes) -> str:
    """Puts a backup in place; in words what was done.

    Raises: `Invalid` (``backup-damaged``, ``backup-unreadable``), `Conflict` (``house-is-running``, ``house-not-empty``), `Refused`
    (``not-sure``), `Broken` (``schema-unknown``), `Unavailable` (``record-unavailable``), OSError. Nothing was changed then.
    """
    manifest = await asyncio.to_thread(verify, path)
    wanted = {part: folder for part, folder in _folders(places, wishes).items() if part in manifest.parts}
    if wishes.with_pki and "pki" not in manifest.parts:
        raise Refused("the backup has no certificates in it: leave --pki out", code="bad-request")
    await _check_stopped(places)
    upgrade = await asyncio.to_thread(load_upgrade)
    engine = write_engine(places.record_url, places.credentials, connections=1, statement_timeout_s=STATEMENT_LIMIT_S)
    await asyncio.to_thread(make_folder, places.record_url)
    staged = _Staged(wanted)
    try:
        await check_quiet(engine, SystemClock())
        async with limited(LIMIT_S), engine.connect() as connection:
            await _check_empty(connection, manifest, wanted, wishes)
            await asyncio.to_thread(staged.clear)
            await _lay(connection, manifest, upgrade)
            counted = await _fill(connection, path, manifest, staged)
            await connection.run_sync(_finish, manifest, upgrade)
            async with staged.in_place():
                await connection.commit()
    finally:
        await engine.dispose()
        await asyncio.to_thread(staged.clear)
    what = ", ".join([f"{counted} rows", *(f"{part} in {folder}" for part, folder in wanted.items())])
    return f"restored from {path.name}, made {manifest.made_at}: {what}"


def _folders(places: Places, wishes: Wishes) -> dict[str, Path]:
    return {"problems": places.problems} | ({"pki": places.pki} if wishes.with_pki else {})


async def _check_stopped(places: Places) -> None:
    """A recorder or a gitserver that runs would go on with what it remembers."""
    if places.recorder is not None:
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(_PROBE_S):
                _, line = await asyncio.open_connection(*places.recorder)
                line.close()
                raise Conflict(f"a recorder answers at {places.recorder[0]}:{places.recorder[1]}: stop the house, then restore", code="house-is-running")
    if await asyncio.to_thread(_is_held, places.problems / ".lock"):
        raise Conflict(f"a gitserver holds {places.problems}: stop the house, then restore", code="house-is-running")


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


async def _check_empty(connection: AsyncConnection, manifest: Manifest, wanted: dict[str, Path], wishes: Wishes) -> None:
    tables = [name for name in known_tables(manifest.tables) if name != "alembic_version"]
    there = [f"a record with {count} rows"] if (count := await count_rows(connection, tables)) else []
    for part, folder in wanted.items():
        if not await asyncio.to_thread(trees.is_empty if part == "problems" else _has_no_files, folder):
            there.append(f"{part} in {folder}")
    if there and not wishes.replace:
        raise Conflict(f"there is {' and '.join(there)} already, and nothing was changed: --replace puts the backup in its place", code="house-not-empty")
    if there and not wishes.is_sure:
        raise Refused(f"this throws away {' and '.join(there)}: say --yes as well if that is meant", code="not-sure")


def _has_no_files(folder: Path) -> bool:
    return not folder.is_dir() or not any(folder.iterdir())


async def _lay(connection: AsyncConnection, manifest: Manifest, upgrade: Upgrade) -> None:
    """Drops what is there and makes the tables as they were when the backup was made."""

    def drop_and_make(sync: sa.Connection) -> None:
        there = set(sa.inspect(sync).get_table_names())
        for name in known_tables(manifest.tables):
            if name in there:
                sync.execute(sa.text(f"DROP TABLE {name}"))
        bring_up(sync, upgrade, manifest.revision)
        sync.execute(sa.text("UPDATE alembic_version SET version_num = :mark"), {"mark": UNFINISHED})

    await connection.run_sync(drop_and_make)
    if connection.dialect.name in {"mysql", "mariadb"}:
        await connection.commit()


async def _fill(connection: AsyncConnection, path: Path, manifest: Manifest, staged: _Staged) -> int:
    """Puts every member where it belongs; how many rows."""
    tables, counted = {table.name: table for table in manifest.tables}, 0
    passing = members(path)
    try:
        while (member := await asyncio.to_thread(next, passing, None)) is not None:
            part = member.name.partition("/")[0]
            if part == "record":
                counted += await _insert(connection, member, tables)
            elif part in staged.folders:
                await asyncio.to_thread(trees.place, staged.beside(part), member, part)
    finally:
        passing.close()  # type: ignore[attr-defined]  # a generator
    return counted


async def _insert(connection: AsyncConnection, member: Member, tables: dict[str, ArchivedTable]) -> int:
    table = tables.get(member.name.split("/")[1])
    if table is None:
        raise Invalid(f"the backup is damaged, and nothing was changed: {member.name} belongs to no table", code="backup-damaged")
    try:
        found = rows_of(await asyncio.to_thread(member.read), table)
    except (msgspec.DecodeError, ValueError) as wrong:
        raise Invalid(f"the backup is damaged, and nothing was changed: {member.name}: {wrong}", code="backup-damaged") from wrong
    await insert(connection, table, found)
    return len(found)


def _finish(connection: sa.Connection, manifest: Manifest, upgrade: Upgrade) -> None:
    """Says what the tables are, brings them to this release's, and has the events of every contest go on above all that anybody saw.

    Boards are told apart by the number of the last event. Who has one open that is newer than the backup, and a cache, would else take what
    comes after the restore for something old. The time in milliseconds is above: nobody records a thousand events a second for long.
    """
    connection.execute(sa.text("UPDATE alembic_version SET version_num = :revision"), {"revision": manifest.revision})
    bring_up(connection, upgrade)
    now_ms = micros(SystemClock().now()) // 1000
    connection.execute(sa.text("UPDATE contests SET seq = :now_ms WHERE seq < :now_ms"), {"now_ms": now_ms})


class _Staged:
    """Folders that are written beside their places, and put there together."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders
        self._moved: list[tuple[Path, Path]] = []

    def beside(self, part: str) -> Path:
        """Where a part is written meanwhile."""
        folder = self.folders[part]
        return folder.with_name(f"{folder.name}.restoring")

    def clear(self) -> None:
        """Takes away what a restore left behind."""
        for part in self.folders:
            shutil.rmtree(self.beside(part), ignore_errors=True)

    @contextlib.asynccontextmanager
    async def in_place(self) -> AsyncIterator[None]:
        """New folders in the places of the old for the body; for ever when it ends well, else taken back."""
        try:
            await asyncio.to_thread(self._exchange)
            yield
        except BaseException:
            await asyncio.to_thread(self._take_back)
            raise
        for _, old in self._moved:
            await asyncio.to_thread(shutil.rmtree, old, ignore_errors=True)

    def _exchange(self) -> None:
        for part, folder in self.folders.items():
            old = folder.with_name(f"{folder.name}.before-restore")
            shutil.rmtree(old, ignore_errors=True)
            self._moved.append((folder, old))
            if folder.exists():
                folder.rename(old)
            self.beside(part).mkdir(parents=True, exist_ok=True, mode=0o700)
            self.beside(part).rename(folder)

    def _take_back(self) -> None:
        for folder, old in self._moved:
            if old.exists():
                shutil.rmtree(folder, ignore_errors=True)
                old.rename(folder)
