"""Owns the making of a backup, also while the house runs. Never changes the house.

The record first, as it was at one moment, then the problems, which only grow: so every commit that the record names is in the file.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from mesh.clock import Clock, iso
from mesh.database import read_engine, snapshot
from mesh.database.access import is_away
from mesh.errors import Conflict, Refused
from services.archive import trees
from services.archive.form import ArchiveWriter, Manifest
from services.archive.house import Places
from services.archive.place import taken
from services.archive.tables import archived, pages_of
from services.recorder.migrations import HEAD
from wire.record import TABLES

LIMIT_S = 24 * 3600.0
_MOST_IN_A_SECOND = 99


async def back_up(places: Places, target: Path, clock: Clock, *, with_problems: bool = True, with_pki: bool = False) -> tuple[Path, str]:
    """Writes a backup to a file that is not there yet, or into a folder under a name made of the time; where, and in words what is in it.

    Raises: `Conflict` (``record-of-older-release``, ``problems-elsewhere``, ``backup-exists``), `Unavailable` (``record-unavailable``),
    `Refused` (``bad-database-url``, ``bad-backup-path``), OSError.
    """
    now = clock.now()
    paths = await asyncio.to_thread(_paths, target, now)
    parts = ("record", *(["problems"] if with_problems else []), *(["pki"] if with_pki else []))
    engine = read_engine(places.record_url, places.credentials, connections=1, needs_primary=True)
    try:
        async with snapshot(engine, LIMIT_S) as connection:
            await _check_revision(connection)
            if with_problems:
                await _check_problems(connection, places.problems)
            manifest = Manifest(iso(now), HEAD, parts, tuple(archived(table) for table in TABLES))
            writer = await asyncio.to_thread(ArchiveWriter, paths, manifest)
            with writer:
                counted = await _add_record(connection, writer)
        with writer:
            words = [f"{counted} rows"]
            if with_problems:
                words.append(f"{await asyncio.to_thread(trees.add_problems, writer, places.problems)} problems")
            if with_pki:
                words.append(f"{await asyncio.to_thread(trees.add_certificates, writer, places.pki)} files of certificates and keys")
            path = await asyncio.to_thread(writer.complete)
            size = (await asyncio.to_thread(path.stat)).st_size
    finally:
        await engine.dispose()
    return path, f"{', '.join(words)}, {size / (1 << 20):.1f} MiB"


def _paths(target: Path, now: datetime) -> list[Path]:
    """The names that it may get: several where we choose it, since another backup may be made in the same second."""
    if target.is_dir():
        name = f"palestra-{now:%Y%m%dT%H%M%SZ}"
        return [target / f"{name}.tar.gz", *(target / f"{name}-{number}.tar.gz" for number in range(2, _MOST_IN_A_SECOND + 1))]
    if not target.name.endswith(".tar.gz"):
        raise Refused(
            f"{target} is no folder, and does not end in .tar.gz: make the folder (is its disk mounted?), or name a new file that does; nothing was written",
            code="bad-backup-path",
        )
    if target.exists() or target.is_symlink():
        raise taken(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    return [target]


async def _check_revision(connection: AsyncConnection) -> None:
    try:
        revision = await connection.scalar(sa.text("SELECT version_num FROM alembic_version"))
    except DBAPIError as missing:
        if is_away(missing):
            raise
        revision = "none"
    if revision != HEAD:
        raise Conflict(
            f"the record's tables are of revision {revision}, and this Palestra writes {HEAD}: start its recorder once, then back up",
            code="record-of-older-release",
        )


async def _check_problems(connection: AsyncConnection, folder: Path) -> None:
    """A folder without any, while the record knows some, is another one than the gitserver's."""
    named = await connection.scalar(sa.text("SELECT count(*) FROM problems"))
    if named and not await asyncio.to_thread(trees.has_repositories, folder):
        raise Conflict(
            f"the record knows {named} problems, and there is none in {folder}: set gitserver.folder to where they are, or say --no-problems "
            "and back them up there",
            code="problems-elsewhere",
        )


async def _add_record(connection: AsyncConnection, writer: ArchiveWriter) -> int:
    counted = 0
    for table in TABLES:
        number = 0
        async for count, lines in pages_of(connection, table):
            number += 1
            counted += count
            await asyncio.to_thread(writer.add_bytes, f"record/{table.name}/{number:06}.jsonl", lines)
    return counted
