"""How true the runner's figures are: CPU time and memory of programs that know their own, alone and with all slots busy; the same
solution judged a hundred times.

A program's CPU time is held against its own clock, so that what the machine takes from it does not count against the runner.
"""

from __future__ import annotations

import asyncio
import os
import statistics
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.judging import Nobody, Shelf
from contest.groups import CaseGroup
from contest.limits import MIB, Limits
from services.runner.builds import Builds, Built
from services.runner.judging import Judge
from services.runner.languages.table import find_toolchains, shown_files
from services.runner.sandbox.execution import Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import SandboxSettings, open_sandbox
from services.runner.sandbox.turns import taking_turns
from wire.judging import Checker, JudgingManifest, RunOrder

SAMPLES = 15
SPINS_S = (0.1, 1.0)
TOUCHES_MIB = (4, 64, 400)
TIMES = 100
LIMITS = Limits(cpu_ms=10_000, wall_ms=60_000, memory_bytes=512 * MIB)
SPIN = r"""
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
int main(int n, char **v) {
    struct timespec t;
    double s = atof(v[1]);
    do clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t); while (t.tv_sec + t.tv_nsec / 1e9 < s);
    printf("%ld", t.tv_sec * 1000000000L + t.tv_nsec);
}
"""
TOUCH = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
int main(int n, char **v) {
    size_t m = (size_t)atoi(v[1]) << 20;
    char *p = malloc(m), line[256];
    memset(p, 1, m);
    long tables = 0;
    FILE *f = fopen("/proc/self/status", "r");
    while (fgets(line, sizeof line, f)) sscanf(line, "VmPTE: %ld", &tables);
    printf("%ld", (long)m * p[m / 2] + tables * 1024);
    return 0;
}
"""
"""Tells what it touched, and the page tables that lead there: they are memory too, 2 MiB for each GiB."""
_WORK = "int main(){long a,b;scanf(\"%ld %ld\",&a,&b);"
_HEAD = "#include <cstdio>\n#include <cstdlib>\n#include <cstring>\n"
SOLUTIONS = {
    "AC": _WORK + "printf(\"%ld\\n\",a+b);}",
    "AC, four fifths of the time limit": _WORK + "for(volatile long i=0;i<(WORK);i=i+1){}printf(\"%ld\\n\",a+b);}",
    "WA": _WORK + "printf(\"%ld\\n\",a-b);}",
    "TLE": _WORK + "for(;;){}}",
    "MLE": _WORK + "for(;;)memset(malloc(1<<20),1,1<<20);}",
    "RTE": _WORK + "return 3;}",
}
TIME_LIMIT_MS = 100
SHELF = Shelf()
CASE = SHELF.case("1", b"20 22\n", b"42\n")


def measure() -> dict[str, Any]:
    """Figures by name; see the module."""
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> dict[str, Any]:
    toolchains = find_toolchains(("c", "cpp"))
    cores = sorted(os.sched_getaffinity(0))
    async with open_sandbox(SandboxSettings(folder, shown_files(toolchains))) as sandbox, BoxPool(sandbox, len(cores) + 1).running() as pool:
        builds = Builds(pool, toolchains)
        spin, touch = [await builds.build("c", {"main.c": source.encode()}) for source in (SPIN, TOUCH)]
        found: dict[str, Any] = {}
        for name, chosen in (("alone", cores[-1:]), (f"all {len(cores)} slots busy", cores)):
            found |= await _times(pool, spin, name, chosen) | await _memories(pool, touch, name, chosen)
        judges = [Judge(pool, builds, await SHELF.opened(folder / str(number)), toolchains, core) for number, core in enumerate(cores)]
        return found | await _repeated(judges)


async def _times(pool: BoxPool, program: Built, name: str, cores: Sequence[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for wanted_s in SPINS_S:
        runs = await _everywhere(pool, program, cores, str(wanted_s))
        off = [(cpu_ns - int(told)) / int(told) * 100 for cpu_ns, _, told in runs]
        middle, worst = statistics.median(off), max(off, key=abs)
        found[f"CPU time of {wanted_s:g} s, {name}"] = {
            "value": middle, "unit": "% off, median", "goal": "within 1 %", "is_met": abs(middle) <= 1, "note": f"worst of {len(off)}: {worst:.2f} %",
        }  # fmt: skip
    return found


async def _memories(pool: BoxPool, program: Built, name: str, cores: Sequence[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for wanted in TOUCHES_MIB:
        off = [(memory - int(told)) / MIB for _, memory, told in await _everywhere(pool, program, cores, str(wanted))]
        found[f"memory of {wanted} MiB, {name}"] = {
            "value": max(off, key=abs), "unit": "MiB off, worst", "goal": "within 1 MiB", "is_met": all(0 <= each <= 1 for each in off),
        }  # fmt: skip
    return found


async def _everywhere(pool: BoxPool, program: Built, cores: Sequence[int], argument: str) -> list[tuple[int, int, bytes]]:
    """CPU time, memory and output of so many samples on each core, all cores at once."""

    async def on(core: int) -> list[tuple[int, int, bytes]]:
        found = []
        launch = program.launch(LIMITS)
        async with taking_turns(pool, program.furnish) as turns:
            for _ in range(SAMPLES):
                async with turns.turn() as box:
                    execution = await box.execute(Job((*launch.argv, argument), launch.limits, core=core))
                assert execution.verdict is None, execution.detail
                found.append((execution.cpu_ns, execution.memory_bytes, execution.output.head(100)))
                execution.output.close()
        return found

    return [sample for samples in await asyncio.gather(*map(on, cores)) for sample in samples]


async def _repeated(judges: Sequence[Judge]) -> dict[str, Any]:
    """Every solution so many times, dealt to all slots; how many had another verdict than the first."""
    limits = Limits(cpu_ms=TIME_LIMIT_MS, wall_ms=5_000, memory_bytes=64 * MIB)
    steps = await _steps_of(judges[-1], TIME_LIMIT_MS * 4 // 5)
    found: dict[str, Any] = {}
    for name, source in SOLUTIONS.items():
        order = _order(_HEAD + source.replace("(WORK)", str(steps)), limits)

        async def some(judge: Judge, order: RunOrder = order) -> list[str]:
            return [(await judge.judge(order, Nobody())).results[0].verdict.value for _ in range(TIMES // len(judges))]

        verdicts = [each for part in await asyncio.gather(*map(some, judges)) for each in part]
        strays = sum(verdict != name[: len(verdict)] for verdict in verdicts)
        found[f"{name}, judged {len(verdicts)} times"] = {"value": strays, "unit": "other verdicts", "goal": "0", "is_met": strays == 0}
    return found


async def _steps_of(judge: Judge, wanted_ms: int) -> int:
    """How many steps of the loop take so long here."""
    steps = 20_000_000
    limits = Limits(cpu_ms=10_000, wall_ms=60_000)
    order = _order(_HEAD + SOLUTIONS["AC, four fifths of the time limit"].replace("(WORK)", str(steps)), limits)
    took_ms = [(await judge.judge(order, Nobody())).results[0].time_ms for _ in range(5)]
    return int(steps * wanted_ms / statistics.median(took_ms))


def _order(source: str, limits: Limits) -> RunOrder:
    manifest = JudgingManifest("sums", "v1", limits, (CASE,), Checker(), CaseGroup())
    return RunOrder("attempt", "run", "submission", "cpp", source, "main.cpp", manifest, 30.0)


if __name__ == "__main__":
    for label, figure in measure().items():
        print(label, figure)
