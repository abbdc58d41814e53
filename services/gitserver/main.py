"""Owns the putting together of the gitserver: who leans on whom, what it shows, how it leaves. Never does the work itself."""

from __future__ import annotations

from contextlib import AsyncExitStack
from pathlib import Path

from mesh.backbone import Backbone
from mesh.life import Life
from mesh.tasks import alongside
from services.gitserver.acceptance import Acceptance
from services.gitserver.announcer import Announcer
from services.gitserver.calls import Calls
from services.gitserver.config import Config
from services.gitserver.git import open_git
from services.gitserver.intake import Intake
from services.gitserver.library import Library
from services.gitserver.measured import MeasuredLimits
from services.gitserver.receiving import Receiving
from services.gitserver.shelf import open_shelf
from services.gitserver.smart_http import SmartHttp


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Keeps problem packages until it shall leave."""
    clock, log, metrics = backbone.clock, backbone.log, backbone.metrics
    async with AsyncExitStack() as stack:
        # whom we lean on
        working, streaming, fetching = [
            await stack.enter_async_context(open_git(config.git_binary, processes=most, limit_s=config.git_limit_s))
            for most in (config.work_processes, config.stream_processes, config.fetch_processes)
        ]
        folder = Path(config.folder) if config.folder else backbone.folder.parent / "problems"
        shelf = await stack.enter_async_context(open_shelf(folder, working))

        # what we are
        library = Library(shelf, streaming)
        announcer = Announcer(
            shelf, library, backbone.queue, clock=clock, log=log,
            waiting=metrics.gauge("unannounced_problems"), retry_s=config.announce_retry_s,
        )  # fmt: skip
        acceptance = Acceptance(shelf, library, announcer, clock, config.bounds)
        intake = Intake(shelf, acceptance, config.bounds, metrics, log)
        receiving = Receiving(shelf, acceptance, config.bounds, metrics, log)
        smart_http = SmartHttp(shelf, fetching, receiving, metrics.counter("fetches_total"))
        calls = Calls(library, intake, smart_http, metrics.counter("blob_bytes_total"), MeasuredLimits(shelf, library))

        # what we show
        server = backbone.server(config.host, config.port, life)
        calls.show(server)
        life.watch("git", working.examine)
        await stack.enter_async_context(alongside(announcer.keep_announcing()))
        async with server.listening():
            life.mark_ready()
            await life.until_stop()

        # how we leave
        log.info("gitserver-leaves")
