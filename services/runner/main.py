"""Owns the putting together of the runner. Never judges."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from functools import partial

from mesh.backbone import Backbone
from mesh.life import Life
from mesh.tasks import alongside
from services.runner.blobs import BlobCache
from services.runner.builds import Builds
from services.runner.config import Config
from services.runner.cores import reserved_cores
from services.runner.figures import Figures
from services.runner.flows.repeats import Repeats
from services.runner.graders import Graders
from services.runner.judging import Judge
from services.runner.languages.table import find_toolchains, shown_files
from services.runner.products import Products
from services.runner.sandbox.boxinit import compile_ahead
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import SandboxSettings, open_sandbox
from services.runner.showing import facts_of, prove, show
from services.runner.slot import leave, slots_of
from services.runner.speed import measured_speed
from services.runner.standing import Standing


async def run(config: Config, backbone: Backbone, life: Life) -> None:
    """Claims submissions and judges them in boxes, until told to leave. Raises: `SandboxMissing` where that would not be safe."""
    # whom we lean on
    log, folder, figures = backbone.log, backbone.folder, Figures(backbone.metrics)
    graders = Graders(backbone.peers, log)
    found = asyncio.to_thread(find_toolchains, config.languages)
    toolchains, _ = await asyncio.gather(found, asyncio.to_thread(compile_ahead, folder / "programs"))
    settings = SandboxSettings(folder, shown_files(toolchains), config.uid_start, config.cgroup_parent, config.bwrap)

    # what we are
    blobs = BlobCache(folder / "blobs", config.cache_bytes, graders.file)
    products = Products(folder / "builds", config.builds_bytes)
    await blobs.open()
    await products.open()
    async with AsyncExitStack() as stack:
        cores = stack.enter_context(reserved_cores(config.slots, is_pinned=config.pinned))
        sandbox = await stack.enter_async_context(open_sandbox(settings, figures))
        pool = await stack.enter_async_context(BoxPool(sandbox, size=len(cores) + 1).running())
        proof = partial(prove, pool, figures, log)
        await proof()
        facts = facts_of(sandbox, toolchains, cores, name=config.name, speed=await measured_speed(pool, cores[0]), is_pinned=config.pinned)
        standing = Standing(facts, folder, proof, log, judge_errors=config.quarantine_judge_errors, boxes=pool.starts, no_boxes_s=config.quarantine_no_boxes_s)
        await standing.open()
        builds = Builds(pool, toolchains, products)
        repeats = Repeats(config.repeat_band_per_cent)
        judges = [Judge(pool, builds, blobs, toolchains, core, repeats) for core in cores]
        slots = slots_of(judges, graders, standing, figures, log)

        # what we show
        figures.watch(sandbox, pool, blobs, len(slots))
        figures.watch_builds(builds, products)
        figures.watch_standing(standing)
        show(life, pool, toolchains, standing, wanted=config.languages, log=log)
        async with backbone.server(config.host, config.port, life).listening(), alongside(standing.watch(), standing.watch_boxes()), asyncio.TaskGroup() as tasks:
            work = [tasks.create_task(slot.work()) for slot in slots]
            life.mark_ready()
            await life.until_stop()

            # how we leave
            await leave(slots, work, config.drain_s)
