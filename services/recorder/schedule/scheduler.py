"""Owns the running of jobs: looks when one is due, claims it, keeps the lease while it works, says how it went. Never knows what one does.

Every recorder runs a scheduler; the lease in the record lets one of them work. Who dies loses a job when its lease ends; who
freezes and wakes up is fenced: his lease has run out by his own clock too, his transactions check it, his commands have derived ids.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final, Protocol

from mesh.clock import Clock
from mesh.errors import MeshError, Unavailable
from mesh.ids import new_id
from mesh.log import Log
from mesh.metrics import Metrics
from mesh.tasks import alongside
from services.recorder import rows
from services.recorder.schedule.lease import Turn
from services.recorder.schedule.ledger import Fence, LeaseLost, Ledger

_AWAY_S: Final = 1.0
_LET_GO_LIMIT_S: Final = 2.0


class Job(Protocol):
    """One periodic job. Its work may be broken off anywhere, and be begun again by another recorder."""

    @property
    def name(self) -> str: ...
    @property
    def wakes(self) -> frozenset[str]:
        """The kinds of events that come with a command that has pulled it nearer."""
        ...

    async def work(self, fence: Fence) -> datetime:
        """Does it once, each of its transactions behind the fence; returns when it is due next, by this recorder's clock."""
        ...


class Scheduler:
    """This recorder's part in the jobs of the cluster."""

    def __init__(self, ledger: Ledger, jobs: Sequence[Job], *, clock: Clock, metrics: Metrics, log: Log) -> None:
        self._ledger = ledger
        self._jobs = tuple(jobs)
        self._clock = clock
        self._log = log
        self._name = f"{socket.gethostname()[:80]}:{os.getpid()}"
        self._stirred = {job.name: asyncio.Event() for job in self._jobs}
        self._seen: dict[str, rows.Job] = {}
        self._runs = metrics.counter("job_runs_total")
        self._seconds = metrics.histogram("job_seconds")
        self._failures = metrics.gauge("job_failures")

    def hear(self, events: Iterable[rows.Event]) -> None:
        """Committed events: jobs that they have pulled nearer are looked at now. Never waits."""
        for event in events:
            for job in self._jobs:
                if event.kind in job.wakes:
                    self._stirred[job.name].set()

    async def health(self) -> str:
        """Which jobs fail and why, as far as this recorder has seen; empty when none does."""
        failing = [job for job in self._seen.values() if job.failures]
        return "; ".join(f"job {job.name} has failed {job.failures} times: {job.error}" for job in failing)

    async def run(self) -> None:
        """Works until it is cancelled; a job that is cut off is let go, so that another recorder may have it at once."""
        async with asyncio.TaskGroup() as tasks:
            for job in self._jobs:
                tasks.create_task(self._attend(job))

    async def _attend(self, job: Job) -> None:
        is_entered = False
        while True:
            try:
                if not is_entered:
                    await self._ledger.enter(job.name)
                    is_entered = True
                self._stirred[job.name].clear()
                wait_s = await self._look(job)
            except Unavailable as away:
                self._log.debug("job-put-off", job=job.name, cause=away)
                wait_s = _AWAY_S
            except LeaseLost as lost:
                self._log.warning("job-lost", job=job.name, reason=lost.message)
                self._runs.labels(job.name, "lost").inc()
                is_entered, wait_s = False, _AWAY_S
            await self._sleep(job, wait_s)

    async def _sleep(self, job: Job, wait_s: float) -> None:
        try:
            async with asyncio.timeout(min(wait_s, self._ledger.lease_s)):  # another recorder may have pulled it nearer, and died
                await self._stirred[job.name].wait()
        except TimeoutError:
            return

    async def _look(self, job: Job) -> float:
        """Looks once, works when it is our turn; returns the seconds until another look is worth it."""
        asked_at = asyncio.get_running_loop().time()
        look = await self._ledger.look(job.name, f"{self._name}:{new_id()}")
        self._note(look.job)
        if look.turn is None:
            return look.wait_s
        await self._work(job, look.turn, asked_at + self._ledger.lease_s)
        return 0.0

    async def _work(self, job: Job, turn: Turn, held_until: float) -> None:
        began = self._clock.monotonic()
        try:
            next_at = await self._kept(job, turn, held_until)
        except asyncio.CancelledError:
            await self._let_go(turn)
            raise
        except Unavailable:
            await self._let_go(turn)  # not its fault: it is due still, and may be had at once
            raise
        except LeaseLost:
            raise
        except Exception as broken:  # noqa: BLE001  whatever breaks one job must not stop the others; told in health, log and metrics
            told = broken.message if isinstance(broken, MeshError) else f"{type(broken).__name__}: {broken}"
            self._log.error("job-failed", job=job.name, cause=broken)
            self._runs.labels(job.name, "failed").inc()
            await self._ledger.fail(turn, self._took_ms(began), told)
            return
        took_ms = self._took_ms(began)
        await self._ledger.end(turn, max(0.0, (next_at - self._clock.now()).total_seconds()), took_ms)
        self._runs.labels(job.name, "done").inc()
        self._seconds.labels(job.name).observe(took_ms / 1000)

    async def _kept(self, job: Job, turn: Turn, held_until: float) -> datetime:
        """The job's work, while its lease is renewed. Raises: `LeaseLost` when the lease is over by our own steady clock, too."""
        limit = asyncio.timeout_at(held_until)
        try:
            async with limit, alongside(self._renew(turn, limit)):
                return await job.work(self._ledger.fence(turn))
        except TimeoutError as late:
            if not limit.expired():
                raise
            raise LeaseLost(f"job {turn.name} was not done within its lease, which could not be renewed") from late

    async def _renew(self, turn: Turn, limit: asyncio.Timeout) -> None:
        now_s = asyncio.get_running_loop().time
        while True:
            await asyncio.sleep(self._ledger.lease_s / 3)
            asked_at = now_s()
            try:
                await self._ledger.renew(turn)
            except Unavailable:
                continue
            except LeaseLost:
                asked_at = now_s() - self._ledger.lease_s
            if limit.expired():
                return
            limit.reschedule(asked_at + self._ledger.lease_s)

    async def _let_go(self, turn: Turn) -> None:
        try:
            async with asyncio.timeout(_LET_GO_LIMIT_S):
                await self._ledger.let_go(turn)
        except (MeshError, TimeoutError) as wrong:
            self._log.debug("job-not-let-go", job=turn.name, cause=wrong)

    def _note(self, job: rows.Job) -> None:
        self._seen[job.name] = job
        self._failures.labels(job.name).set(job.failures)

    def _took_ms(self, began: float) -> int:
        return round((self._clock.monotonic() - began) * 1000)
