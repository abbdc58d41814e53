"""What judging costs beyond the program itself: per case with 30 ms of rest, and a hundred cases in a row.

The rest matters: joining a control group waits 15 ms for an RCU grace period, which a benchmark that runs back to back hides.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import resource
import shutil
import statistics
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from contest.groups import CaseGroup
from contest.limits import Limits
from contest.results import CaseResult
from mesh.errors import NotFound
from mesh.rpc.contract import Download
from services.runner.blobs import BlobCache
from services.runner.builds import Builds
from services.runner.judging import Judge
from services.runner.languages.table import find_toolchains, shown_files
from services.runner.sandbox.execution import Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import SandboxSettings, open_sandbox
from services.runner.sandbox.spool import sealed
from services.runner.sandbox.turns import taking_turns
from wire.judging import Checker, JudgingManifest, RunOrder, Step, TestCase

REST_S = 0.03
JOINED_S = 0.07
"""In which our box joins its next child to a control group: whoever joins one just after another does not wait, so isolate's rest begins later."""
SAMPLES = 80
CASES = 100
ROUNDS = 9
ISOLATE_BOX = "917"
SOURCE = "#include <cstdio>\nint main() { long a, b; scanf(\"%ld %ld\", &a, &b); printf(\"%ld\\n\", a + b); }\n"
QUESTION = b"20 22\n"


class Nobody:
    """Listens to nothing."""

    gives_way = False

    async def until_urged(self) -> None:
        await asyncio.Event().wait()

    def step(self, step: Step) -> None: ...

    def result(self, result: CaseResult) -> None: ...


def measure() -> dict[str, Any]:
    """Figures by name; see the module."""
    with tempfile.TemporaryDirectory(prefix="palestra-bench-") as folder:
        return asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> dict[str, Any]:
    toolchains = find_toolchains(("cpp",))
    core = max(os.sched_getaffinity(0))
    async with open_sandbox(SandboxSettings(folder, shown_files(toolchains))) as sandbox, BoxPool(sandbox, 2).running() as pool:
        builds = Builds(pool, toolchains)
        built = await builds.build("cpp", {"main.cpp": SOURCE.encode()})
        program = folder / "main"
        program.write_bytes(built.files["main"])
        program.chmod(0o755)
        rested = await _with_rest(pool, built, program, core)
        judge, order = await _hundred(folder, pool, builds, toolchains, core)
        return rested | await _in_a_row(judge, order, program)


async def _with_rest(pool: BoxPool, built: Any, program: Path, core: int) -> dict[str, Any]:
    """One case, each way in turn, so that what else the machine does meets all of them alike."""
    plain: list[float] = []
    boxed: list[float] = []
    isolated: list[float] = []
    has_isolate = shutil.which("isolate") is not None
    if has_isolate:
        await _isolate("--cleanup")  # what a run that was broken off left behind
    question = sealed(QUESTION)
    launch = built.launch(Limits())
    async with taking_turns(pool, built.furnish) as turns:
        for _ in range(SAMPLES):
            await asyncio.sleep(REST_S)
            plain.append(await _bare(program))
            await asyncio.sleep(REST_S)
            began = time.perf_counter()
            async with turns.turn() as box:
                execution = await box.execute(Job(launch.argv, launch.limits, stdin=question, core=core))
            boxed.append(time.perf_counter() - began)
            assert execution.output.head(9) == b"42\n"
            execution.output.close()
            if has_isolate:
                await asyncio.sleep(JOINED_S + REST_S)
                isolated.append(await _isolated(program))
    os.close(question)
    bare_ms, box_ms = (statistics.median(times) * 1000 for times in (plain, boxed))
    return {
        "plain asyncio subprocess, 30 ms rest": {"value": bare_ms, "unit": "ms"},
        "one case in a box, 30 ms rest": {"value": box_ms, "unit": "ms"},
        "a case's overhead": {"value": box_ms - bare_ms, "unit": "ms", "goal": "≤ 1 ms", "is_met": box_ms - bare_ms <= 1},
        "a case / isolate's init, run, cleanup": _against_isolate(box_ms, isolated),
    }


def _against_isolate(box_ms: float, isolated: list[float]) -> dict[str, Any]:
    goal = "≤ 0.2"
    if not isolated:
        return {"value": "not installed here", "goal": goal}
    isolate_ms = statistics.median(isolated) * 1000
    return {"value": box_ms / isolate_ms, "goal": goal, "is_met": box_ms <= 0.2 * isolate_ms, "note": f"isolate: {isolate_ms:.1f} ms"}


async def _isolated(program: Path) -> float:
    """isolate with control groups, the whole way of one case."""
    began = time.perf_counter()
    folder = Path((await _isolate("--init")).decode().strip()) / "box"
    shutil.copy2(program, folder / "main")
    (folder / "input").write_bytes(QUESTION)
    assert await _isolate("--processes=64", "--stdin=input", "--run", "--", "main") == b"42\n"
    await _isolate("--cleanup")
    return time.perf_counter() - began


async def _isolate(*arguments: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "isolate", "--cg", f"--box-id={ISOLATE_BOX}", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    output, _ = await process.communicate()
    assert process.returncode == 0, f"isolate {arguments[0]} failed"
    return output


class Shelf:
    """Files by digest, as a grader would stream them."""

    def __init__(self) -> None:
        self._files: dict[str, bytes] = {}

    def case(self, name: str, question: bytes, answer: bytes) -> TestCase:
        """A case whose files are here."""
        return TestCase(name, self._keep(question), self._keep(answer), len(question), len(answer))

    def _keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self._files[digest] = content
        return digest

    @asynccontextmanager
    async def fetch(self, _problem: str, digest: str) -> AsyncIterator[Download]:
        if digest not in self._files:
            raise NotFound("no such file")

        async def chunks() -> AsyncIterator[bytes]:
            yield self._files[digest]

        yield Download(len(self._files[digest]), chunks())

    async def opened(self, folder: Path) -> BlobCache:
        """A runner's cache that fetches from here."""
        blobs = BlobCache(folder / "blobs", 1 << 30, self.fetch)
        await blobs.open()
        return blobs


async def _hundred(folder: Path, pool: BoxPool, builds: Builds, toolchains: Any, core: int) -> tuple[Judge, RunOrder]:
    shelf = Shelf()
    cases = tuple(shelf.case(str(number), f"{number} 22\n".encode(), f"{number + 22}\n".encode()) for number in range(CASES))
    manifest = JudgingManifest("sums", "v1", Limits(), cases, Checker(), CaseGroup())
    order = RunOrder("attempt", "run", "submission", "cpp", SOURCE, "main.cpp", manifest, 30.0)
    return Judge(pool, builds, await shelf.opened(folder), toolchains, core), order


async def _in_a_row(judge: Judge, order: RunOrder, program: Path) -> dict[str, Any]:
    await judge.judge(order, Nobody())  # compiled and fetched
    bare: list[float] = []
    judged: list[float] = []
    own_cpu: list[float] = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(CASES):
            await _bare(program)
        bare.append(time.perf_counter() - began)
        began, cpu = time.perf_counter(), _cpu_s()
        end = await judge.judge(order, Nobody())
        judged.append(time.perf_counter() - began)
        await asyncio.sleep(0.1)  # its boxes end, and are counted
        own_cpu.append(_cpu_s() - cpu)
        assert [result.verdict for result in end.results] == ["AC"] * CASES
    ratio = statistics.median(judged) / statistics.median(bare)
    cpu_ms = statistics.median(own_cpu) * 1000 / CASES
    return {
        f"{CASES} cases judged": {"value": statistics.median(judged) * 1000, "unit": "ms", "note": f"bare: {statistics.median(bare) * 1000:.0f} ms"},
        f"{CASES} cases judged / bare": {"value": ratio, "goal": "< 2", "is_met": ratio < 2},
        "CPU per case, the program's own with it": {"value": cpu_ms, "unit": "ms", "goal": "≤ 2.5 ms", "is_met": cpu_ms <= 2.5},
    }


async def _bare(program: Path) -> float:
    began = time.perf_counter()
    process = await asyncio.create_subprocess_exec(program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate(QUESTION)
    assert output == b"42\n"
    return time.perf_counter() - began


def _cpu_s() -> float:
    return sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))


if __name__ == "__main__":
    for name, figure in measure().items():
        print(name, figure)
