"""Owns the choice of the flow that a problem asks for, opened for one submission. Never judges."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from services.runner.builds import Built
from services.runner.checkers.checking import checking
from services.runner.flows.flow import Desk, Flow
from services.runner.flows.pass_fail import PassFail
from services.runner.flows.solution import Solution
from services.runner.sandbox.turns import taking_turns
from wire.judging import JudgingManifest


@asynccontextmanager
async def flowing(manifest: JudgingManifest, program: Built, desk: Desk) -> AsyncIterator[Flow]:
    """The flow for the length of a block. Raises: as `checking`. What the block raises comes out as it is."""
    async with (
        checking(manifest, desk.programs, desk.builds, desk.pool, program.toolchain.language.id) as check,
        taking_turns(desk.pool, program.furnish) as turns,
    ):
        yield PassFail(Solution(program, manifest.limits, turns, desk.core, desk.overtime_ms), check, desk.details)
