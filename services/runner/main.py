"""Owns the putting together of the runner. Never judges."""

from __future__ import annotations

import asyncio
import os
import socket

from mesh.backbone import Backbone
from mesh.life import Life
from services.runner.blobs import BlobCache
from services.runner.builds import Builds
from services.runner.config import Config
from services.runner.figures import Figures
from services.runner.flows.repeats import Repeats
from services.runner.graders import Graders
from services.runner.judging import Judge
from services.runner.languages.table import find_toolchains, shown_files
from services.runner.products import Products
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import SandboxSettings, open_sandbox
from services.runner.showing import prove, show
from services.runner.slot import Slot


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Claims submissions and judges them in boxes, until told to leave. Raises: `SandboxMissing` where that would not be safe."""
    # whom we lean on
    log, folder, figures = backbone.log, backbone.folder, Figures(backbone.metrics)
    graders = Graders(backbone.peers, log)
    toolchains = await asyncio.to_thread(find_toolchains, config.languages)
    settings = SandboxSettings(folder, shown_files(toolchains), config.uid_start, config.cgroup_parent, config.bwrap)

    # what we are
    cores = config.slot_cores()
    blobs = BlobCache(folder / "blobs", config.cache_bytes, graders.file)
    products = Products(folder / "builds", config.builds_bytes)
    await blobs.open()
    await products.open()
    async with open_sandbox(settings, figures) as sandbox, BoxPool(sandbox, size=len(cores) + 1).running() as pool:
        builds = Builds(pool, toolchains, products)
        repeats = Repeats(config.repeat_band_per_cent)
        names = [f"{socket.gethostname()}-{os.getpid()}-{number}" for number in range(len(cores))]
        judges = [Judge(pool, builds, blobs, toolchains, core, repeats) for core in cores]
        slots = [Slot(name, tuple(toolchains), graders=graders, judge=judge, figures=figures, log=log) for name, judge in zip(names, judges, strict=True)]

        # what we show
        await prove(pool, figures, log)
        figures.watch(sandbox, pool, blobs, len(slots))
        figures.watch_builds(builds, products)
        show(life, pool, toolchains, cores, config.languages)
        async with backbone.server(config.host, config.port, life).listening(), asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(slot.work()) for slot in slots]
            life.mark_ready()
            await life.until_stop()

            # how we leave
            for slot in slots:
                slot.leave()
            await asyncio.wait(work, timeout=config.drain_s)
            for slot in slots:
                slot.hand_back()
