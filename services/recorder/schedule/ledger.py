"""Owns the table `jobs`: every step of a lease is one transaction on a locked row. Never runs a job.

The time is the database's: a lease must mean the same to recorders whose clocks disagree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

import sqlalchemy as sa
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from mesh.clock import from_micros
from mesh.errors import Conflict
from services.recorder import rows
from services.recorder.record import Record
from services.recorder.schedule import lease
from services.recorder.schedule.lease import Turn

ERROR_LIMIT: Final = 500

Fence: TypeAlias = Callable[[Connection], None]
"""Locks the job's row for the rest of the transaction. Raises: `LeaseLost`."""

_NOW_US: Final = {
    "postgresql": "select cast(extract(epoch from clock_timestamp()) * 1000000 as bigint)",
    "mysql": "select timestampdiff(microsecond, '1970-01-01', utc_timestamp(6))",
    "mariadb": "select timestampdiff(microsecond, '1970-01-01', utc_timestamp(6))",
    "sqlite": "select cast((julianday('now') - 2440587.5) * 86400000000 as integer)",
}


class LeaseLost(Conflict):
    """Somebody else has the job by now: stop, and change nothing more."""

    default_code = "lease-lost"


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a job found: the turn when it was claimed, else how long to wait; the row as it is now."""

    job: rows.Job
    turn: Turn | None
    wait_s: float


class Ledger:
    """The jobs of the cluster. Everything raises `Unavailable` (``record-unavailable``) when the database is away."""

    def __init__(self, record: Record, lease_s: float) -> None:
        self._record = record
        self._table = record.table(rows.Job)
        self.lease_s = lease_s

    async def enter(self, name: str) -> None:
        """Makes the job's row, due at once, when there is none."""

        def make(connection: Connection) -> None:
            if self._find(connection, name) is None:
                now = _now(connection)
                job = rows.Job(name, now, lease.NOBODY, now, None, 0, 0, "")
                connection.execute(self._table.insert(), [rows.values_of(job)])

        try:
            await self._record.transact(make)
        except IntegrityError:
            return  # another recorder was faster

    async def look(self, name: str, holder: str) -> Look:
        """Claims the job when it is due and free. The row must be there."""

        def work(connection: Connection) -> Look:
            job, now = self._row(connection, name), _now(connection)
            claimed = lease.claim(job, holder, now, self.lease_s)
            if claimed is None:
                return Look(job, None, lease.wait_s(job, now))
            self._write(connection, claimed)
            return Look(claimed, Turn(name, holder, claimed.due_at), 0.0)

        return await self._record.transact(work)

    async def renew(self, turn: Turn) -> None:
        """Makes the lease longer. Raises: `LeaseLost`."""
        await self._step(turn, lambda job, now: lease.renew(job, turn, now, self.lease_s))

    async def end(self, turn: Turn, next_s: float, took_ms: int) -> None:
        """The run went well. Raises: `LeaseLost`."""
        await self._step(turn, lambda job, now: lease.end(job, turn, now, next_s, took_ms))

    async def fail(self, turn: Turn, took_ms: int, error: str) -> None:
        """The run broke. Raises: `LeaseLost`."""
        shown = error.replace("\x00", "")[:ERROR_LIMIT]
        await self._step(turn, lambda job, now: lease.fail(job, turn, now, took_ms, shown))

    async def let_go(self, turn: Turn) -> None:
        """The run was broken off: another recorder may have it at once. Raises: `LeaseLost`."""
        await self._step(turn, lambda job, now: lease.let_go(job, turn, now))

    def fence(self, turn: Turn) -> Fence:
        """What a job calls first in each of its transactions: it commits only if the turn still counts then."""

        def check(connection: Connection) -> None:
            if not lease.is_held(self._row(connection, turn.name), turn):
                raise LeaseLost(f"job {turn.name} has been taken over")

        return check

    async def _step(self, turn: Turn, decide: Callable[[rows.Job, datetime], rows.Job | None]) -> None:
        def work(connection: Connection) -> None:
            wanted = decide(self._row(connection, turn.name), _now(connection))
            if wanted is None:
                raise LeaseLost(f"job {turn.name} has been taken over")
            self._write(connection, wanted)

        await self._record.transact(work)

    def _row(self, connection: Connection, name: str) -> rows.Job:
        job = self._find(connection, name)
        if job is None:
            raise LeaseLost(f"job {name} is not in the record: somebody has deleted its row")
        return job

    def _find(self, connection: Connection, name: str) -> rows.Job | None:
        found = connection.execute(sa.select(self._table).where(self._table.c.name == name).with_for_update()).first()
        return rows.Job(**found._mapping) if found is not None else None  # noqa: SLF001  SQLAlchemy's documented name

    def _write(self, connection: Connection, job: rows.Job) -> None:
        values = rows.values_of(job)
        connection.execute(sa.update(self._table).where(self._table.c.name == values.pop("name")).values(**values))


def _now(connection: Connection) -> datetime:
    """The database's time. Asked after the row is locked: waiting for the lock must not make it old."""
    found = connection.execute(sa.text(_NOW_US[connection.dialect.name])).scalar_one()
    return from_micros(int(found))
