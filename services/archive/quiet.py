"""Owns the question whether a recorder works on a record, asked of the record itself. Never changes one.

A recorder takes each periodic job within moments of its time. So one that is overdue and that nobody holds says that no recorder runs,
on whatever machine; one that moves on says that there is one.
"""

from __future__ import annotations

import asyncio
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from mesh.clock import Clock, micros
from mesh.database.access import limited
from mesh.errors import Conflict

OVERDUE_S: Final = 5.0
"""A job that is so late is nobody's: clocks of two machines differ by less, and a recorder takes it sooner."""

LONGEST_WAIT_S: Final = 60.0
"""How long a job may be waited for; the sweep comes every quarter of a minute, unless the settings say otherwise."""

FORGOTTEN_S: Final = 3600.0
"""A job that is so late may be one that this release does not have."""

_LOOK_S: Final = 1.0
_LIMIT_S: Final = 30.0


async def check_quiet(engine: AsyncEngine, clock: Clock) -> None:
    """Returns when no recorder works on the record, after a quarter of a minute where one stopped just now; a record without jobs has had none.

    Raises: `Conflict` (``house-is-running``), also when no job is due for so long that nobody can say; `Unavailable` (``record-unavailable``).
    """
    before = await _jobs(engine)
    until_us = _proof_us(before, micros(clock.now()))
    while micros(clock.now()) < until_us:
        await asyncio.sleep(_LOOK_S)
        after = await _jobs(engine)
        moved = sorted(name for name in after if after[name] != before.get(name))
        if moved:
            raise Conflict(f"a recorder works on this record (its job {moved[0]!r} has just moved on): stop the house, then restore", code="house-is-running")


def _proof_us(jobs: dict[str, tuple[int, int]], now_us: int) -> int:
    """The moment from which a record that has not changed is nobody's. Raises: `Conflict` (``house-is-running``)."""
    overdue_us, horizon_us = round(OVERDUE_S * 1e6), now_us + round(LONGEST_WAIT_S * 1e6)
    ends = [max(due + overdue_us, held) for due, held in jobs.values()]
    if jobs and all(end <= now_us for end in ends):
        return now_us
    near = [end for end in ends if now_us - round(FORGOTTEN_S * 1e6) <= end <= horizon_us]
    if jobs and not near:
        raise Conflict("the record's next job is not due within a minute, so nobody can say whether a recorder runs: try again later", code="house-is-running")
    return max(now_us, min(near)) if near else now_us


async def _jobs(engine: AsyncEngine) -> dict[str, tuple[int, int]]:
    """When each job is due, and until when somebody holds it, in microseconds."""
    async with limited(_LIMIT_S), engine.connect() as connection:
        if not await connection.run_sync(lambda sync: sa.inspect(sync).has_table("jobs")):
            return {}
        found = (await connection.execute(sa.text("SELECT name, due_at, held_until FROM jobs"))).all()
        return {name: (int(due), int(held)) for name, due, held in found}
