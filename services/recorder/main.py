"""Owns the putting together of the recorder: who gets what, and in which order it leaves. Never knows a rule."""

from __future__ import annotations

import asyncio
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
from services.recorder.schedule.jobs import jobs_of
from services.recorder.schedule.ledger import Ledger
from services.recorder.schedule.scheduler import Scheduler
from services.recorder.seal import open_seal
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
    seal = await asyncio.to_thread(open_seal, config.webhook_keys, backbone.folder, makes_keys=backbone.record_url.startswith("sqlite"))
    trust = Trust(Verifier(backbone.credentials))
    # what we are
    applier = Applier(record, clock, Bounds(frozenset(LANGUAGES), config.clock_tolerance_s, config.has_trials, seal), log)
    relay = Relay(record, queue, metrics=metrics, log=log, every_s=config.relay_every_s)
    overlay = Overlay(backbone.state, has_replica=backbone.replica_url != backbone.record_url)
    boards = Boards(record, metrics, config.boards_kept)
    dropped, murmur, pulse = Dropped(backbone.cache, log), Murmur(backbone.topics, metrics), Pulse(backbone.state)
    teller = Teller(record, backbone.topics, boards, overlay, dropped, clock=clock, metrics=metrics, log=log)
    loop = CommandLoop(applier, record, relay, teller, murmur, pulse=pulse, clock=clock, metrics=metrics, log=log, group_size=config.group_size)
    jobs = jobs_of(config, record, relay, loop.call, clock=clock, metrics=metrics, log=log)
    scheduler = Scheduler(Ledger(record, config.lease_s), jobs, clock=clock, metrics=metrics, log=log)
    loop.listen(scheduler.hear)
    password_file = backbone.folder.parent / "admin.password"
    opening = Opening(record, applier, seal, password=config.admin_password, file=password_file, clock=clock, log=log)
    # what we show
    server = backbone.server(config.host, config.port, life)
    Undertaker(queue, consumed_by(RECORDER), UNDERTAKING[RECORDER], log).show(server)
    serve(server, loop, trust, record, seal, log)
    life.watch("record", loop.health)
    life.watch("outbox", relay.health)
    life.watch("clock", loop.clocks.health)
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
