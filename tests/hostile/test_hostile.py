"""Hostile programs: each gets a verdict that is written in it, and leaves nothing behind.

In the head of a program stand ``verdict: ONE OF THESE``, and what there is of ``answer: the right output`` (else it is empty),
``silent: words that must not be told`` and ``cases: how many`` (else three, one for those that are stopped). While each is judged
an honest program is judged beside it, and one after it in the same place; then the boxes are closed and the machine is looked over.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from contest.groups import CaseGroup, OnReject
from contest.limits import COMPILE_LIMITS, MIB, Limits
from services.runner.builds import Builds
from services.runner.judging import Judge
from services.runner.products import Products
from services.runner.sandbox.box import Box
from services.runner.languages.table import Toolchain, find_toolchains
from tests.hostile.traces import adopting_orphans, descendants, left_behind, newcomers, settings
from tests.services.runner.groups import members_of
from tests.services.runner.guard import guarded
from tests.services.runner.workshop import Log, Workshop
from wire.judging import AttemptEnd, RunOrder

pytestmark = [pytest.mark.sandbox]

LANGUAGE = {".c": "c", ".cpp": "cpp", ".py": "python3", ".java": "java", ".sh": "python3"}
PROGRAMS = sorted(path for path in (Path(__file__).parent / "programs").iterdir() if path.suffix in LANGUAGE)
LIMITS = Limits(cpu_ms=250, wall_ms=700, memory_bytes=64 * MIB, output_bytes=MIB, file_bytes=16 * MIB, processes=24)
COMPILING = Limits(cpu_ms=1_000, wall_ms=2_500, memory_bytes=512 * MIB, output_bytes=MIB // 4, file_bytes=128 * MIB, processes=64)
"""For what is hostile to its compiler."""
UNHURRIED = dataclasses.replace(LIMITS, cpu_ms=4_000, wall_ms=20_000)
"""For whoever ends without being stopped by a clock, however busy the machine is."""
HONEST = "#include <stdio.h>\nint main(void){puts(\"fine\");}"


@pytest.fixture(autouse=True)
def nothing_blocks_the_loop() -> Iterator[BlockBuster]:
    yield from guarded()


@pytest.fixture(scope="module")
def toolchains() -> Mapping[str, Toolchain]:
    return find_toolchains()


@pytest.fixture(scope="module")
def programs_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("programs")


@pytest.fixture
async def workshop(tmp_path: Path, programs_folder: Path, toolchains: Mapping[str, Toolchain]) -> AsyncIterator[Workshop]:
    """Boxes on a core of their own; when they are closed nothing of them may be left."""
    before, of_the_kernel = descendants(os.getpid()), settings()
    with adopting_orphans():
        async with Workshop(tmp_path, programs_folder, toolchains) as made:
            products = Products(programs_folder / "products", 1 << 30)  # the honest program is compiled once
            await products.open()
            made.builds = Builds(made.pool, toolchains, products)
            made.judge = Judge(made.pool, made.builds, made.blobs, toolchains, max(os.sched_getaffinity(0)))
            yield made
        assert not newcomers(before), "processes are left"
    assert not left_behind(tmp_path / "runner")
    assert settings() == of_the_kernel


def head(text: str, word: str) -> str:
    found = re.search(rf"^(?://|#) {word}: (.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


def hostile_order(workshop: Workshop, program: Path) -> RunOrder:
    """The program as a contestant would send it; a shell's is handed over by a line of Python."""
    text = program.read_text()
    source = f"import os\nos.execv('/bin/bash', ['bash', '-c', {text!r}])\n" if program.suffix == ".sh" else text
    count = int(head(text, "cases") or (1 if head(text, "verdict").startswith("TLE") else 3))
    cases = [workshop.shelf.case(str(number), "input\n", head(text, "answer") + "\n") for number in range(count)]
    limits = LIMITS if "TLE" in head(text, "verdict").split() else UNHURRIED
    limits = dataclasses.replace(limits, memory_bytes=int(head(text, "memory") or limits.memory_bytes // MIB) * MIB)
    compiling = COMPILING if "CE" in head(text, "verdict").split() and program.suffix != ".java" else COMPILE_LIMITS
    order = workshop.order(LANGUAGE[program.suffix], source, cases, limits=limits, groups=CaseGroup(on_reject=OnReject.CONTINUE))
    return dataclasses.replace(order, manifest=dataclasses.replace(order.manifest, compile_limits=compiling))


def honest_order(workshop: Workshop) -> RunOrder:
    return workshop.order("c", HONEST, [workshop.shelf.case("1", "", "fine")], limits=UNHURRIED)


def verify(end: AttemptEnd, text: str, cases: int) -> None:
    """Whether it got what is written in it."""
    allowed = head(text, "verdict").split()
    assert allowed, "it does not say its verdict"
    if end.outcome == "compile-error":
        assert allowed == ["CE"], end.compile_output
        silent = head(text, "silent")
        assert not silent or silent not in end.compile_output
    else:
        assert end.outcome == "judged", end
        assert {result.verdict.value for result in end.results} <= set(allowed), end.results
        assert len(end.results) == cases


async def test_boxes_that_are_killed_while_they_start_leave_nothing(workshop: Workshop) -> None:
    for number in range(40):
        box = Box(workshop.sandbox)
        try:
            async with asyncio.timeout(number / 8_000):
                await box.start()
        except TimeoutError:
            pass
        box.kill()
        await box.until_gone()


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
async def test_hostile_program_gets_its_verdict_and_leaves_nothing(workshop: Workshop, program: Path) -> None:
    order = hostile_order(workshop, program)
    neighbour = Judge(workshop.pool, workshop.builds, workshop.blobs, workshop.toolchains, min(os.sched_getaffinity(0)))
    async with asyncio.TaskGroup() as tasks:
        honest = tasks.create_task(neighbour.judge(honest_order(workshop), Log()))
        hostile = tasks.create_task(workshop.judge.judge(order, Log()))
    beside, end = honest.result(), hostile.result()
    verify(end, program.read_text(), len(order.manifest.cases))
    after = await workshop.judge.judge(honest_order(workshop), Log())
    for one in (beside, after):
        assert [result.verdict for result in one.results] == ["AC"], one
        assert one.results[0].memory_bytes < 4 * MIB
    crowded = {path: members for path, members in members_of(os.getpid()).items() if len(members) > 1}
    assert not crowded, "more than a waiting child in a group"
