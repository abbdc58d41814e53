"""Owns the bringing of a database to the newest schema. Never touches one that is there already.

Wherever it is cut off, the next start goes on: SQLite and PostgreSQL take the whole back; MySQL and MariaDB cannot, so there
every step looks first whether it is done (`services.recorder.migrations.steps`).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from mesh.database.access import is_away
from mesh.errors import Broken, Unavailable
from services.recorder.migrations import HEAD
from services.recorder.record import Record
from wire.record import SECRETS, TABLES

FOLDER = Path(__file__).parent / "migrations"
LOCK_NAME = "palestra-schema"
LOCK_NUMBER = 7_235_104
LOCK_WAIT_S = 10
UNFINISHED = "restoring"
"""The revision of a record whose restore was cut off."""

READER = "frontend"
"""The database user of compose/database that reads, where there is one."""

Upgrade = Callable[[sa.Connection, str], None]


async def prepare(record: Record) -> bool:
    """Makes the schema the newest; whether anything was done.

    Raises: `Unavailable` (``record-unavailable``), `Broken` (``schema-unknown``) when the database is of a later release,
    (``restore-unfinished``) when a restore was cut off.
    """
    found = await _found(record)
    if found == UNFINISHED:
        raise Broken("restoring the record was cut off: run `palestra restore FILE --replace --yes` again", code="restore-unfinished")
    if found == HEAD:
        return False
    upgrade = await asyncio.to_thread(load_upgrade)
    await record.rebuild(lambda connection: bring_up(connection, upgrade))
    return True


def bring_up(connection: sa.Connection, upgrade: Upgrade, revision: str = "head") -> None:
    """Brings the schema to a revision, one recorder at a time, and hides from the reader what it need not know."""
    _lock(connection)
    try:
        upgrade(connection, revision)
        _hide(connection)
    finally:
        _unlock(connection)


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
            lock = sa.text("SELECT GET_LOCK(CONCAT(:name, ':', DATABASE()), :wait_s)")
            if connection.scalar(lock, {"name": LOCK_NAME, "wait_s": LOCK_WAIT_S}) != 1:
                raise Unavailable("another recorder is changing the tables just now", code="record-unavailable", retry_after_s=5)
        case _:
            pass


def _unlock(connection: sa.Connection) -> None:
    """PostgreSQL's lock ends with the transaction; on MySQL a connection that is closed has none either."""
    if connection.dialect.name in {"mysql", "mariadb"} and not connection.invalidated:
        connection.execute(sa.text("SELECT RELEASE_LOCK(CONCAT(:name, ':', DATABASE()))"), {"name": LOCK_NAME})


def _hide(connection: sa.Connection) -> None:
    """Takes columns with secrets from the reader, who is given every new table whole (compose/database/postgresql.sql)."""
    if connection.dialect.name != "postgresql" or not connection.scalar(
        sa.text("SELECT 1 FROM pg_roles WHERE rolname = :name"), {"name": READER}
    ):
        return
    for table, hidden in SECRETS.items():
        if connection.scalar(sa.text("SELECT to_regclass(:name)"), {"name": table}) is None:
            continue
        shown = ", ".join(column.name for row in TABLES if row.name == table for column in row.columns if column.name not in hidden)
        connection.execute(sa.text(f"REVOKE SELECT ON {table} FROM {READER}"))  # noqa: S608  names of ours: wire.record
        connection.execute(sa.text(f"GRANT SELECT ({shown}) ON {table} TO {READER}"))


def load_upgrade() -> Upgrade:
    """Reads Alembic and every revision, so that the transaction reads no file. Blocks; a usual start does not come here."""
    from alembic.config import Config  # noqa: PLC0415  a tenth of a second
    from alembic.runtime.environment import EnvironmentContext  # noqa: PLC0415  as above
    from alembic.script import ScriptDirectory  # noqa: PLC0415  as above
    from alembic.util import CommandError  # noqa: PLC0415  as above

    from services.recorder.migrations import steps  # noqa: F401, PLC0415  as above; being loaded is what it is for

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    script = ScriptDirectory.from_config(config)
    script.get_current_head()

    def upgrade(connection: sa.Connection, target: str) -> None:
        try:
            with EnvironmentContext(config, script, fn=lambda revision, _context: script._upgrade_revs(target, revision)) as environment:  # noqa: SLF001  as Alembic's own commands do
                environment.configure(connection=connection)
                environment.run_migrations()
        except CommandError as unknown:
            raise Broken(
                f"the database is of another release: {unknown}; start the newer Palestra, or restore a backup", code="schema-unknown"
            ) from unknown

    return upgrade
