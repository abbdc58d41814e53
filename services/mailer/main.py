"""Owns the putting together of the mailer. Never decides what is sent: the record does."""

from __future__ import annotations

from mesh.backbone import Backbone
from mesh.life import Life
from mesh.undertaker import Undertaker
from services.mailer.addresses import read_networks
from services.mailer.caller import open_caller
from services.mailer.config import Config
from services.mailer.courier import Courier
from services.mailer.door import serve
from services.mailer.gate import Gate
from services.mailer.intake import Intake
from services.mailer.lanes import Lanes
from services.mailer.reporter import Reporter
from wire.methods import UNDERTAKING
from wire.queues import NOTIFICATIONS, consumed_by
from wire.services import MAILER, RECORDER


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Tells receivers outside what they asked to hear, until told to leave. Raises: `ConfigError` for a network that is none."""
    # whom we lean on
    recorder, queue, clock, log, metrics = backbone.peer(RECORDER), backbone.queue, backbone.clock, backbone.log, backbone.metrics
    gate = Gate(read_networks(config.allowed_networks), metrics, log)

    async with open_caller(gate, clock, metrics, log, timeout_s=config.call_timeout_s, ca_file=config.ca_file) as caller:
        # what we are
        lanes = Lanes(clock, in_flight=config.calls_per_host, held=config.held_per_host, slow_s=config.slow_s)
        courier = Courier(recorder, caller, lanes, Reporter(queue, clock, metrics, log), metrics=metrics, log=log)

        # what we show
        server = backbone.server(config.host, config.port, life)
        serve(server, gate)
        Undertaker(queue, consumed_by(MAILER), UNDERTAKING[MAILER], log).show(server)
        life.watch("recorder", courier.health)
        async with server.listening(), queue.consumer(NOTIFICATIONS.name) as tap:
            intake = Intake(tap, courier, log)
            async with intake.flowing():
                life.mark_ready()
                await life.until_stop()

                # how we leave
                await intake.drain(config.drain_s)
