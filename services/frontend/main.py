"""The frontend's whole run: what it leans on, what it is, what it shows, how it leaves."""

from __future__ import annotations

from contextlib import aclosing

from aiohttp import web

from mesh.assertion import Asserter
from mesh.backbone import Backbone
from mesh.doorway import open_door
from mesh.health import health_routes
from mesh.life import Life
from mesh.tasks import alongside
from services.frontend.composition import make_desk
from services.frontend.config import Config
from services.frontend.keepsake import Keepsake
from services.frontend.pages.paint import warm
from services.frontend.reads.record import open_record
from services.frontend.site import make_site
from wire.services import FRONTEND


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Serves people and programs until life says leave."""
    # whom we lean on
    record = open_record(backbone, config.record_timeout_s)
    keepsake = Keepsake(backbone.folder / "sessions.sqlite3", backbone.log)
    signer = Asserter(backbone.credentials)
    # what we are
    desk = make_desk(config, backbone, record, keepsake, signer)
    site = make_site(desk, backbone.metrics, health_routes(life, backbone.metrics))
    # what we show
    life.watch("record", record.fault)
    life.watch("state", desk.sessions.fault)
    life.watch("cache", desk.packages.fault)
    life.watch("queue", backbone.queue.health)
    runner = web.AppRunner(site, access_log=None, shutdown_timeout=config.drain_s, keepalive_timeout=75)
    async with aclosing(record), aclosing(keepsake), aclosing(desk.passwords), alongside(desk.bell.listen(), desk.unsettled.run(), desk.kept_contests.keep(), keepsake.prune(backbone.clock.now())):
        await runner.setup()
        try:
            await open_door(web.TCPSite(runner, config.host, config.port), config.host, config.port)
            backbone.addresses[FRONTEND] = runner.addresses[0][:2]
            await record.until_open(config.start_wait_s)
            life.mark_ready()
            async with alongside(warm(site)):
                await life.until_stop()
            # how we leave
        finally:
            await runner.cleanup()
