"""Hostile programs: each gets a verdict that is written in it, and leaves nothing behind.

In the head of a program stand ``verdict: ONE OF THESE``, and what there is of ``answer: the right output`` (else it is empty)
and ``silent: words that must not be told``. Each is judged on three cases, then an honest program in the same place.
"""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import AsyncIterator, Iterator, Mapping
from pathlib import Path

import pytest
from blockbuster import BlockBuster

from contest.groups import CaseGroup, OnReject
from contest.limits import MIB, Limits
from services.runner.languages.table import Toolchain, find_toolchains
from tests.services.runner.groups import members_of
from tests.services.runner.guard import guarded
from tests.services.runner.workshop import Log, Workshop

pytestmark = [pytest.mark.sandbox]

PROGRAMS = sorted(path for path in (Path(__file__).parent / "programs").iterdir() if path.suffix in {".c", ".cpp", ".py", ".java"})
LANGUAGE = {".c": "c", ".cpp": "cpp", ".py": "python3", ".java": "java"}
LIMITS = Limits(cpu_ms=250, wall_ms=700, memory_bytes=64 * MIB, output_bytes=MIB, file_bytes=16 * MIB, processes=24)
COMPILING = Limits(cpu_ms=2_500, wall_ms=6_000, memory_bytes=512 * MIB, output_bytes=MIB // 4, file_bytes=128 * MIB, processes=64)


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
    async with Workshop(tmp_path, programs_folder, toolchains) as made:
        yield made


def head(text: str, word: str) -> str:
    found = re.search(rf"^(?://|#) {word}: (.*)$", text, re.MULTILINE)
    return found[1].strip() if found else ""


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.name)
async def test_hostile_program_gets_its_verdict_and_leaves_nothing(workshop: Workshop, program: Path) -> None:
    source = program.read_text()
    allowed = head(source, "verdict").split()
    assert allowed, f"{program.name} does not say its verdict"
    answer = head(source, "answer") + "\n"
    cases = [workshop.shelf.case(str(number), "input\n", answer) for number in range(1 if allowed[0] == "TLE" else 3)]
    order = workshop.order(LANGUAGE[program.suffix], source, cases, limits=LIMITS, groups=CaseGroup(on_reject=OnReject.CONTINUE))
    order = dataclasses.replace(order, manifest=dataclasses.replace(order.manifest, compile_limits=COMPILING))
    end = await workshop.judge.judge(order, Log())
    if end.outcome == "compile-error":
        assert allowed == ["CE"], end.compile_output
        silent = head(source, "silent")
        assert not silent or silent not in end.compile_output
    else:
        assert end.outcome == "judged", end
        assert {result.verdict.value for result in end.results} <= set(allowed), end.results
        assert len(end.results) == len(cases)
    honest = await workshop.judged("c", "#include <stdio.h>\nint main(void){puts(\"fine\");}", [workshop.shelf.case("1", "", "fine")], limits=LIMITS)
    assert [result.verdict for result in honest.results] == ["AC"]
    assert honest.results[0].memory_bytes < 4 * MIB
    crowded = {path: members for path, members in members_of(os.getpid()).items() if len(members) > 1}
    assert not crowded, "more than a waiting child in a group"
