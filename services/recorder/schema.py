"""Owns the bringing of a database to the newest schema. Never touches one that is there already."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mesh.database.access import is_away
from mesh.errors import Broken
from services.recorder.migrations import HEAD
from services.recorder.record import Record

FOLDER = Path(__file__).parent / "migrations"
LOCK_NAME = "palestra-schema"
LOCK_NUMBER = 7_235_104
LOCK_WAIT_S = 10


async def prepare(record: Record) -> bool:
    """Makes the schema the newest; whether anything was done.

    Raises: `Unavailable` (``record-unavailable``), `Broken` (``schema-unknown``) when the database is of a later release.
    """
    found = await _found(record)
    if found == HEAD:
        return False
    upgrade = await asyncio.to_thread(_load)

    def work(connection: sa.Connection) -> None:
        _lock(connection)
        upgrade(connection)

    await record.transact(work)
    return True


async def _found(record: Record) -> str:
    """The revision that the database is at, empty when it has none."""
    try:
        version: str | None = await record.transact(lambda connection: connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
    except DBAPIError as missing:
        if is_away(missing):
            raise
        return ""
    return version or ""


def _lock(connection: sa.Connection) -> None:
    """Two recorders that start together migrate one after the other. SQLite's transaction is a lock already."""
    match connection.dialect.name:
        case "postgresql":
            connection.execute(sa.text(f"SELECT pg_advisory_xact_lock({LOCK_NUMBER})"))
        case "mysql" | "mariadb":
            connection.execute(sa.text("SELECT GET_LOCK(:name, :wait_s)"), {"name": LOCK_NAME, "wait_s": LOCK_WAIT_S})
        case _:
            pass


def _load() -> Callable[[sa.Connection], None]:
    """Reads Alembic and every revision, so that the transaction reads no file. Blocks; a usual start does not come here."""
    from alembic.config import Config  # noqa: PLC0415  a tenth of a second
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415  as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  as above
    from alembic.util import CommandError  # noqa: PLC0415  as above

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    script.get_current_head()

    def upgrade(connection: sa.Connection) -> None:
        try:
            with EnvironmentContext(config, script, fn=lambda revision, _context: script._upgrade_revs("head", revision)) as environment:  # noqa: SLF001  as Alembic's own commands do
                environment.configure(connection=connection)
                environment.run_migrations()
        except CommandError as unknown:
            raise Broken(
                f"the database is of another release: {unknown}; start the newer Palestra, or restore a backup", code="schema-unknown"
            ) from unknown

    return upgrade
