"""Owns the rules by which jobs are claimed, kept, ended and taken over. Pure: the row as it is in, the row as it shall be out.

All times here are the database's own (`ledger`), so that recorders whose clocks disagree still agree about leases.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from services.recorder.rows import Job

NOBODY: Final = ""
BACKOFF_S: Final = (1.0, 5.0, 30.0, 120.0, 600.0)
"""After the first failure, the second …; the last repeats."""


@dataclass(frozen=True, slots=True)
class Turn:
    """One claim of a job: ``holder`` is of this claim alone, ``due_at`` as the claim left it."""

    name: str
    holder: str
    due_at: datetime


def claim(job: Job, holder: str, now: datetime, lease_s: float) -> Job | None:
    """The row with its new holder, None when the job is not due or somebody holds it.

    It is due since the claim from then on, so that who pulls it nearer while it runs is seen to have done so.
    """
    if wait_s(job, now) > 0:
        return None
    return replace(job, holder=holder, held_until=now + timedelta(seconds=lease_s), due_at=now)


def wait_s(job: Job, now: datetime) -> float:
    """Seconds until it may be claimed, 0 when it may be now."""
    free_at = job.due_at if job.holder == NOBODY else max(job.due_at, job.held_until)
    return max(0.0, (free_at - now).total_seconds())


def is_held(job: Job, turn: Turn) -> bool:
    """Whether that turn is still the one: nobody has taken the job over. It may outlast its lease as long as nobody has."""
    return job.holder == turn.holder


def renew(job: Job, turn: Turn, now: datetime, lease_s: float) -> Job | None:
    """The row with a longer lease, None when somebody else has the job."""
    return replace(job, held_until=max(job.held_until, now + timedelta(seconds=lease_s))) if is_held(job, turn) else None


def end(job: Job, turn: Turn, now: datetime, next_s: float, took_ms: int) -> Job | None:
    """The row after a run that went well: free, due in ``next_s``. None when somebody else has the job: he ends it."""
    if not is_held(job, turn):
        return None
    return replace(
        job, holder=NOBODY, held_until=now, due_at=_due(job, turn, now, next_s), ended_at=now, took_ms=took_ms, failures=0, error=""
    )


def fail(job: Job, turn: Turn, now: datetime, took_ms: int, error: str) -> Job | None:
    """The row after a run that broke: free, due after a back-off that grows. None when somebody else has the job."""
    if not is_held(job, turn):
        return None
    pause_s = BACKOFF_S[min(job.failures, len(BACKOFF_S) - 1)]
    due_at = now + timedelta(seconds=pause_s)
    return replace(job, holder=NOBODY, held_until=now, due_at=due_at, ended_at=now, took_ms=took_ms, failures=job.failures + 1, error=error)


def let_go(job: Job, turn: Turn, now: datetime) -> Job | None:
    """The row after a run that was broken off: free and still due. None when somebody else has the job."""
    return replace(job, holder=NOBODY, held_until=now) if is_held(job, turn) else None


def _due(job: Job, turn: Turn, now: datetime, next_s: float) -> datetime:
    """When it is due next; whoever has pulled it nearer while it ran has the last word, since the run may not have seen why."""
    due_at = now + timedelta(seconds=next_s)
    return due_at if job.due_at == turn.due_at else min(due_at, job.due_at)
