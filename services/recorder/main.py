"""Owns the putting together of the recorder: who gets what, and in which order it leaves. Never knows a rule."""

from __future__ import annotations

from contextlib import AsyncExitStack

from mesh.assertion import Verifier
from mesh.backbone import Backbone
from mesh.life import Life
from mesh.tasks import alongside
from mesh.undertaker import Undertaker
from services.recorder.boards import Boards
from services.recorder.config import Config
from services.recorder.door import flush, serve
from services.recorder.dropped import Dropped
from services.recorder.group import Applier
from services.recorder.intake import Intake
from services.recorder.loop import CommandLoop
from services.recorder.murmur import Murmur
from services.recorder.opening import Opening
from services.recorder.overlay import Overlay
from services.recorder.pulse import Pulse
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.reminders import Reminders
from services.recorder.retrials import Retrials
from services.recorder.schedule.digests import Digests
from services.recorder.schedule.filling import Filling
from services.recorder.schedule.ledger import Ledger
from services.recorder.schedule.phases import Phases
from services.recorder.schedule.purge import Purge
from services.recorder.schedule.scheduler import Scheduler
from services.recorder.schedule.trimming import Trimming
from services.recorder.sweep import Sweep
from services.recorder.teller import Teller
from services.recorder.trust import Trust
from services.recorder.view import Bounds
from wire.languages import LANGUAGES
from wire.methods import UNDERTAKING
from wire.queues import COMMANDS, consumed_by
from wire.services import RECORDER


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """The only writer of the record, until it shall leave."""
    # whom we lean on
    queue, clock, metrics, log = backbone.queue, backbone.clock, backbone.metrics, backbone.log
    record = Record(backbone.record_url, backbone.credentials)
    trust = Trust(Verifier(backbone.credentials))
    # what we are
    applier = Applier(record, clock, Bounds(frozenset(LANGUAGES), config.clock_tolerance_s, config.has_trials), log)
    relay = Relay(record, queue, metrics=metrics, log=log, every_s=config.relay_every_s)
    overlay = Overlay(backbone.state, has_replica=backbone.replica_url != backbone.record_url)
    boards = Boards(record, metrics, config.boards_kept)
    dropped, murmur, pulse = Dropped(backbone.cache, log), Murmur(backbone.topics, metrics), Pulse(backbone.state)
    teller = Teller(record, backbone.topics, boards, overlay, dropped, clock=clock, metrics=metrics, log=log)
    sweep = Sweep(record, relay, clock, metrics=metrics, log=log, every_s=config.sweep_every_s, after_s=config.sweep_after_s)
    loop = CommandLoop(applier, record, relay, teller, murmur, pulse=pulse, clock=clock, metrics=metrics, log=log, group_size=config.group_size)
    phases = Phases(record, loop.call, clock, log)
    purge = Purge(record, clock, metrics=metrics, log=log, every_s=config.purge_every_s, kept_s=config.kept_days * 86_400.0)
    trimming = Trimming(record, clock, metrics=metrics, log=log, every_s=config.purge_every_s, kept_s=config.details_days * 86_400.0)
    reminders = Reminders(record, relay, clock, metrics=metrics, log=log, every_s=config.remind_every_s, after_s=config.remind_after_s)
    retrials = Retrials(record, relay, clock, metrics=metrics, log=log, every_s=config.retry_every_s, after_s=config.retry_after_s)
    digests = Digests(record, relay, clock, metrics=metrics, log=log, hour=config.digest_hour)
    jobs = (sweep, phases, purge, trimming, reminders, retrials, digests, Filling(record, relay, clock, log))
    scheduler = Scheduler(Ledger(record, config.lease_s), jobs, clock=clock, metrics=metrics, log=log)
    loop.listen(scheduler.hear)
    password_file = backbone.folder.parent / "admin.password"
    opening = Opening(record, applier, password=config.admin_password, file=password_file, clock=clock, log=log)
    # what we show
    server = backbone.server(config.host, config.port, life)
    Undertaker(queue, consumed_by(RECORDER), UNDERTAKING[RECORDER], log).show(server)
    serve(server, loop, trust, record)
    life.watch("record", loop.health)
    life.watch("outbox", relay.health)
    life.watch("schedule", scheduler.health)
    # how we leave
    async with record, AsyncExitStack() as working:
        async with server.listening():
            if not await opening.complete(life):
                return
            await working.enter_async_context(alongside(loop.run(), relay.run(), teller.run(), murmur.run(), pulse.run(), scheduler.run()))
            consumer = await working.enter_async_context(queue.consumer(COMMANDS.name))
            intake = Intake(consumer, loop, trust, refused=teller.refused, metrics=metrics, log=log)
            await working.enter_async_context(alongside(intake.acknowledge()))
            async with alongside(intake.feed()):
                life.mark_ready()
                await life.until_stop()
        await flush(loop, intake, teller, log)
