"""Owns the putting together of the broadcaster. Never reads the news."""

from __future__ import annotations

from mesh.assertion import Verifier
from mesh.backbone import Backbone
from mesh.life import Life
from services.broadcaster.config import Config
from services.broadcaster.doors import Doors
from services.broadcaster.hub import Hub


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Brings news to browsers as they happen, until told to leave."""
    # whom we lean on
    topics, clock, metrics, log = backbone.topics, backbone.clock, backbone.metrics, backbone.log

    # what we are
    hub = Hub(topics, config, clock, metrics, log)
    doors = Doors(hub, Verifier(backbone.credentials), clock, metrics)

    # what we show
    server = backbone.server(config.host, config.port, life)
    doors.show(server)
    life.watch("topics", hub.trouble)

    async with server.listening(), hub.hearing():
        life.mark_ready()
        await life.until_stop()

        # how we leave: the hub tells every browser to come again, then the door closes
