"""Calls between a setter's Main and processes of a submission, in real boxes: whatever a process does, it gets a verdict of its own."""

from __future__ import annotations

import dataclasses
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest
import pytest_asyncio

from contest.groups import CaseGroup, OnReject
from contest.limits import MIB, Limits
from contest.results import CaseResult
from services.gitserver.formats.package import Package, PackageProgram
from services.runner.languages.table import Toolchain
from tests.packages import omegaup_calls
from tests.packages.reading import read
from tests.services.runner.workshop import LIMITS, Workshop
from wire import judging
from wire.judging import Checker, CheckerKind, Program

pytestmark = [pytest.mark.sandbox, pytest.mark.asyncio(loop_scope="module")]

QUICK = dataclasses.replace(LIMITS, cpu_ms=300, memory_bytes=64 * MIB)
LINE = "#include <unistd.h>\n#include <string.h>\n#include <stdlib.h>\n#include <stdio.h>\n"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def workshop(
    tmp_path_factory: pytest.TempPathFactory, programs_folder: Path, toolchains: Mapping[str, Toolchain]
) -> AsyncIterator[Workshop]:
    """One for all calls: Main is compiled once."""
    async with Workshop(tmp_path_factory.mktemp("calls"), programs_folder, toolchains) as made:
        yield made


def package(changes: Mapping[str, str | bytes | None]) -> Package:
    found, report = read(omegaup_calls.calls(**changes))
    assert found is not None, report.findings()
    return found


async def results(workshop: Workshop, language: str, source: str, cases: list[judging.TestCase], changes: Mapping[str, str | bytes | None],
                  limits: Limits = QUICK) -> tuple[CaseResult, ...]:  # fmt: skip
    """What came of cases of the example, all of them."""

    def program(one: PackageProgram) -> Program:
        return workshop.shelf.program(one.language, {path: (file.content or b"").decode() for path, file in one.files.items()})

    held = package(changes)
    assert held.interactor is not None
    end = await workshop.judged(
        language, source, cases, Checker(case_sensitive=True), limits=limits, is_interactive=True, source_name=held.source_name,
        interactor=Checker(CheckerKind.LIBINTERACTIVE, program=program(held.interactor)), includes=tuple(map(program, held.includes)),
        processes=held.processes, groups=CaseGroup(on_reject=OnReject.CONTINUE, cases=tuple(range(len(cases)))),
    )  # fmt: skip
    assert end.results, (end.outcome, end.message, end.compile_output)
    return tuple(end.results)


async def called(workshop: Workshop, source: str, given: tuple[str, str], changes: Mapping[str, str | bytes | None], limits: Limits = QUICK) -> CaseResult:
    """What came of one case, of a program in Python."""
    return (await results(workshop, "python3", source, [workshop.shelf.case("1", *given)], changes, limits))[0]


def sent(*words: int) -> str:
    return f"unsigned words[] = {{{', '.join(map(str, words))}}}; if (write(11, words, sizeof words) < 0) abort();"


DEEDS = [
    ("char c; while (read(0, &c, 1) > 0) abort(); for (int i = 0; i < 20000; i++) puts(\"noise\");", "AC", ""),
    ("exit(0);", "RTE", "before it had answered"),
    ("exit(3);", "RTE", "exit code 3"),
    ("abort();", "RTE", "SIGABRT"),
    ("close(10); close(11); for (;;) pause();", "TLE", "the program did not"),
    (sent(7, 1), "RTE", "no call"),
    (sent(0x80000001, 1), "RTE", "not the last one"),
    (sent(0x80000000, 9), "RTE", "not the last one"),
    (sent(1, 1, 1000), "RTE", "tell was called with n outside of [0, 100]"),
    (sent(1, 1, 0xFFFFFFFF), "RTE", "tell was called with n outside of [0, 100]"),
    (sent(1, 1, 50) + " exit(0);", "RTE", "middle of a message"),
    ("char b[1 << 16]; memset(b, 'x', sizeof b); for (;;) if (write(11, b, sizeof b) < 0) abort();", "RTE", "no call"),
    ("for (;;) puts(\"flood\");", "TLE", "CPU time"),
    ("for (;;) memset(malloc(1 << 20), 1, 1 << 20);", "MLE", "memory"),
    ("for (;;) pause();", "TLE", "wait for each other"),
    ("while (ask(1000000000000LL) < 0);", "WA", "wanted 'told', got 'too'"),
]
"""What a process does before everything else, its verdict, and words of why. Descriptor 11 is where it speaks to Main."""


async def test_whatever_a_process_does_it_gets_a_verdict_of_its_own(workshop: Workshop) -> None:
    deeds = "".join(f"case {number}: {{ {deed} break; }} " for number, (deed, _, _) in enumerate(DEEDS))
    source = LINE + omegaup_calls.SOLUTION_C.replace("int rows[100][2];", f"switch (numbers[0]) {{ {deeds} }} int rows[100][2];", 1)
    main = omegaup_calls.MAIN.replace("<cstdio>", "<stdio.h>").replace("<cstdlib>", "<stdlib.h>")
    cases = [workshop.shelf.case(str(number), f"1 5\n{number}\n", "told 1 0 abcdD\nfound 1 yes\n") for number in range(len(DEEDS))]
    found = await results(workshop, "c", source, cases, {"interactive/Main.cpp": None, "interactive/Main.c": main})
    assert [str(one.verdict) for one in found] == [verdict for _, verdict, _ in DEEDS]
    assert [one.message for one, (_, _, words) in zip(found, DEEDS, strict=True) if words not in one.message] == []


async def test_a_python_programs_words_are_told_and_its_full_heap_is_mle(workshop: Workshop) -> None:
    given = ("9\n", "")
    lacking = await called(workshop, CHILD_PY.replace("def encode", "def lost"), given, {**MEGA, "interactive/Main.py": MAIN_PY})
    assert (lacking.verdict, "encode" in lacking.message) == ("RTE", True), lacking
    hungry = await called(workshop, CHILD_PY.replace("seen.append(n)", "bytearray(1 << 30)"), given, {**MEGA, "interactive/Main.py": MAIN_PY})
    assert hungry.verdict == "MLE", hungry


MEGA = {
    "interactive/buscar.idl": "interface Main { void send(int[3][2] rows); void tell(double x); };\ninterface One { void encode(int n); };\n"
    "interface Two { bool decode([Range(0, 9)] int n, int[n] numbers); };\n",
    "interactive/Main.cpp": None, "interactive/Main.distrib.cpp": None, "settings.json": None,
}  # fmt: skip
MAIN_PY = """import buscar
def send(rows):
    print(rows)
    print(buscar.decode(6, [one for row in rows for one in row]))
def tell(x):
    print("sum", x)
if __name__ == "__main__":
    buscar.encode(int(input()))
"""
MAIN_JAVA = """public class Main {
    public static void send(int[][] rows) {
        System.out.println(java.util.Arrays.deepToString(rows));
        int[] flat = new int[6];
        for (int i = 0; i < 6; i++) flat[i] = rows[i / 2][i % 2];
        System.out.println(Two.decode(6, flat) ? "True" : "False");
    }
    public static void tell(double x) { System.out.println("sum " + x); }
    public static void main(String[] words) { One.encode(new java.util.Scanner(System.in).nextInt()); }
}
"""
CHILD_PY = """import Main
seen = []
def encode(n):
    seen.append(n)
    Main.send([[n, 1], [2, 3], [4, 5]])
def decode(n, numbers):
    Main.tell(sum(numbers) / 2)
    return not seen and n == 6
"""


@pytest.mark.parametrize("main", [{"interactive/Main.py": MAIN_PY}, {"interactive/Main.java": MAIN_JAVA}], ids=["python", "java"])
async def test_every_interface_is_a_process_of_its_own(workshop: Workshop, main: dict[str, str]) -> None:
    result = await called(workshop, CHILD_PY, ("9\n", "[[9, 1], [2, 3], [4, 5]]\nsum 12.0\nTrue\n"), {**MEGA, **main})
    assert result.verdict == "AC", result


@pytest.mark.parametrize(
    ("changed", "verdict", "words"),
    [
        pytest.param(("int(input())", "1 // 0"), "VE", "ZeroDivisionError", id="crashes"),
        pytest.param(("decode(6", "decode(10"), "VE", "Main called decode with n = 10 outside of [0, 9]", id="breaks-its-own-range"),
    ],
)
async def test_a_main_that_fails_is_the_setters_fault(workshop: Workshop, changed: tuple[str, str], verdict: str, words: str) -> None:
    result = await called(workshop, CHILD_PY, ("9\n", ""), {**MEGA, "interactive/Main.py": MAIN_PY.replace(*changed)})
    assert (result.verdict, words in result.message) == (verdict, True), result


async def test_a_main_that_is_kept_busy_makes_it_late(workshop: Workshop) -> None:
    busy = MAIN_PY.replace("def tell(x):", "def tell(x):\n    while True: pass")
    limits = dataclasses.replace(QUICK, wall_ms=1500)
    result = await called(workshop, CHILD_PY, ("9\n", ""), {**MEGA, "interactive/Main.py": busy}, limits)
    assert (result.verdict, "1500 ms on the clock" in result.message) == ("TLE", True), result
