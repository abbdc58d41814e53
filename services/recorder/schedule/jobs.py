"""Owns the list of the recorder's jobs, each of which runs once in the cluster when it is due. Never runs one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from mesh.clock import Clock
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder.config import Config
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.reminders import Reminders
from services.recorder.retrials import Retrials
from services.recorder.schedule.digests import Digests
from services.recorder.schedule.filling import Filling
from services.recorder.schedule.phases import Phases
from services.recorder.schedule.purge import Purge
from services.recorder.schedule.scheduler import Job
from services.recorder.schedule.trimming import Trimming
from services.recorder.sweep import Sweep
from wire.commands import Command, Outcome


def jobs_of(
    config: Config, record: Record, relay: Relay, apply: Callable[[Command], Awaitable[Outcome]], *, clock: Clock, metrics: Metrics, log: Log
) -> tuple[Job, ...]:
    """All of them; ``apply`` carries a command out as any other."""
    sweep = Sweep(record, relay, clock, metrics=metrics, log=log, every_s=config.sweep_every_s, after_s=config.sweep_after_s)
    phases = Phases(record, apply, clock, log)
    purge = Purge(record, clock, metrics=metrics, log=log, every_s=config.purge_every_s, kept_s=config.kept_days * 86_400.0)
    trimming = Trimming(record, clock, metrics=metrics, log=log, every_s=config.purge_every_s, kept_s=config.details_days * 86_400.0)
    reminders = Reminders(record, relay, clock, metrics=metrics, log=log, every_s=config.remind_every_s, after_s=config.remind_after_s)
    retrials = Retrials(record, relay, clock, metrics=metrics, log=log, every_s=config.retry_every_s, after_s=config.retry_after_s)
    digests = Digests(record, relay, clock, metrics=metrics, log=log, hour=config.digest_hour)
    return (sweep, phases, purge, trimming, reminders, retrials, digests, Filling(record, relay, clock, log))
