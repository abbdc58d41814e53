"""Owns the choice of the flow that a problem asks for, opened for one submission. Never judges."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace

from contest.limits import CHECKER_LIMITS
from mesh.errors import Invalid
from services.runner.builds import Built
from services.runner.checkers.checking import Check, built_checker, checking
from services.runner.checkers.judgement import Judgement
from services.runner.checkers.programs import Asker
from services.runner.flows.calls import Calls
from services.runner.flows.flow import Desk, Flow
from services.runner.flows.in_turn import InTurn
from services.runner.flows.interactive import Interactive
from services.runner.flows.interactor import Interactor, patient
from services.runner.flows.multi_pass import MultiPass
from services.runner.flows.named_files import NamedFiles
from services.runner.flows.output_only import OutputOnly
from services.runner.flows.outputs import read_outputs
from services.runner.flows.pass_fail import PassFail
from services.runner.flows.passes import Passes
from services.runner.flows.solution import Solution
from services.runner.inputs import Pair
from services.runner.sandbox.boxinit import compiled
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.turns import taking_turns
from wire.judging import Checker, CheckerKind, JudgingManifest, TestCase


@asynccontextmanager
async def flowing(manifest: JudgingManifest, program: Built, desk: Desk) -> AsyncIterator[Flow]:
    """The flow for the length of a block. What the block raises comes out as it is.

    Raises: as `checking`; `Invalid` (``bad-manifest``) for what cannot be put together.
    """
    async with AsyncExitStack() as stack:
        if manifest.is_output_only:
            outputs = read_outputs(program.files, [case.name for case in manifest.cases if not case.same_as])
            yield OutputOnly(outputs, manifest.limits, await _check(manifest, program, desk, stack), desk.details)
            return
        turns = await stack.enter_async_context(taking_turns(desk.pool, program.furnish, count=max(2, manifest.processes)))
        files = NamedFiles(manifest.input_file, manifest.output_file)
        solution = Solution(program, manifest.limits, turns, desk.core, desk.overtime_ms, files, writes_files=manifest.writes_files)
        if manifest.interactor is not None and manifest.interactor.kind is CheckerKind.LIBINTERACTIVE:
            yield await _calls(manifest, manifest.interactor, solution, desk, stack)
        elif manifest.is_interactive:
            several = [replace(manifest, checker=one) for one in (manifest.checker, *manifest.more_checkers)]
            flows = [await _interactive(one, solution, desk, stack) for one in several]
            yield flows[0] if len(flows) == 1 else InTurn(flows)
        elif manifest.passes > 1:
            yield await _multi_pass(manifest, solution, desk, stack)
        else:
            yield PassFail(solution, await _check(manifest, program, desk, stack), desk.details)


async def _check(manifest: JudgingManifest, program: Built, desk: Desk, stack: AsyncExitStack) -> Check:
    check = await stack.enter_async_context(checking(manifest, desk.programs, desk.builds, desk.pool, program.toolchain.language.id))

    async def asked(case: TestCase, output: Spool, pair: Pair) -> Judgement:
        desk.at_checker()
        return await check(case, output, pair)

    return asked


async def _multi_pass(manifest: JudgingManifest, solution: Solution, desk: Desk, stack: AsyncExitStack) -> MultiPass:
    checker = manifest.checker
    if checker.kind is not CheckerKind.CUSTOM:
        raise Invalid(f"passes are asked for by a validator of the ICPC kind, not by one of the kind {checker.kind}", code="bad-manifest")
    program = await built_checker(manifest.problem, checker, desk.programs, desk.builds)
    boxes = await stack.enter_async_context(taking_turns(desk.pool, program.furnish, count=1))
    asker = Asker(checker.kind, program, boxes, checker.limits or CHECKER_LIMITS, is_scoring=manifest.is_scoring)
    return MultiPass(solution, asker, boxes, checker.arguments, Passes(manifest.passes), desk.details)


async def _interactive(manifest: JudgingManifest, solution: Solution, desk: Desk, stack: AsyncExitStack) -> Interactive:
    checker: Checker = manifest.interactor or manifest.checker
    program = await built_checker(manifest.problem, checker, desk.programs, desk.builds)
    interactor = Interactor(checker, program, manifest.limits.wall_ms, is_scoring=manifest.is_scoring, talks=manifest.talks, processes=manifest.processes)
    check = None
    if interactor.has_output:
        if manifest.interactor is None:
            raise Invalid("an interactor of testlib's kind needs a checker besides", code="bad-manifest")
        check = await _check(manifest, solution.program, desk, stack)
    boxes = await stack.enter_async_context(taking_turns(desk.pool, program.furnish))
    relay = await asyncio.to_thread(compiled, "relay", desk.pool.sandbox.folder / "programs")
    return Interactive(solution, interactor, boxes, checker.arguments, Passes(manifest.passes), check, relay, desk.details, manifest.processes)


async def _calls(manifest: JudgingManifest, main: Checker, solution: Solution, desk: Desk, stack: AsyncExitStack) -> Calls:
    program = await built_checker(manifest.problem, main, desk.programs, desk.builds)
    check = await _check(manifest, solution.program, desk, stack)
    boxes = await stack.enter_async_context(taking_turns(desk.pool, program.furnish))
    launch = program.launch(patient(main.limits or CHECKER_LIMITS, manifest.limits.wall_ms))
    return Calls(solution, launch, boxes, manifest.processes, check, desk.details)
