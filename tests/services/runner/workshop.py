"""A judge with real boxes, fed from memory: programs in, results out."""

from __future__ import annotations

import asyncio
import hashlib
import os
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self

from contest.groups import CaseGroup
from contest.limits import MIB, Limits
from contest.results import CaseResult
from mesh.errors import NotFound
from mesh.rpc.contract import Download
from services.runner.blobs import BlobCache
from services.runner.builds import Builds, Built
from services.runner.judging import Judge
from services.runner.languages.table import Toolchain, shown_files
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.sandbox import Observer, SandboxSettings, open_sandbox
from services.runner.sandbox.spool import sealed
from wire.judging import AttemptEnd, Checker, CheckerKind, JudgingManifest, Program, ProgramFile, RunOrder, Step, TestCase

KIND = (
    "is_interactive", "interactor", "passes", "is_output_only", "includes", "source_name", "processes", "talks", "input_file", "output_file",
    "static_validator", "code_bytes", "more_checkers", "writes_files", "grader",
)  # fmt: skip
LIMITS = Limits(cpu_ms=1000, wall_ms=15_000, memory_bytes=128 * MIB, output_bytes=MIB, processes=32)
"""Wide by the clock: a machine that is busy with others keeps a program waiting. Who is to be stopped by the clock gets limits of his own."""


@dataclass
class Shelf:
    """Files by digest, as a grader would stream them."""

    files: dict[str, bytes] = field(default_factory=dict)
    fetched: list[str] = field(default_factory=list)

    def keep(self, content: bytes) -> str:
        digest = hashlib.sha256(content).hexdigest()
        self.files[digest] = content
        return digest

    @asynccontextmanager
    async def fetch(self, _problem: str, digest: str) -> AsyncIterator[Download]:
        if digest not in self.files:
            raise NotFound("no such file", code="no-such-blob")
        self.fetched.append(digest)
        content = self.files[digest]

        async def chunks() -> AsyncIterator[bytes]:
            for start in range(0, len(content), 65536):
                yield content[start : start + 65536]

        yield Download(len(content), chunks())

    def case(self, name: str, given: str | bytes, wanted: str | bytes, **more: object) -> TestCase:
        question, answer = _bytes(given), _bytes(wanted)
        return TestCase(name, self.keep(question), self.keep(answer), len(question), len(answer), **more)

    def program(self, language: str, files: Mapping[str, str]) -> Program:
        made = tuple(ProgramFile(path, self.keep(text.encode()), len(text.encode())) for path, text in files.items())
        return Program(language, made)

    def custom(self, language: str, source: str, name: str, **more: object) -> Checker:
        return Checker(CheckerKind.CUSTOM, program=self.program(language, {name: source}), **more)


@dataclass
class Log:
    """Hears what an attempt says."""

    steps: list[Step] = field(default_factory=list)
    results: list[CaseResult] = field(default_factory=list)
    gives_way: bool = False

    async def until_urged(self) -> None:
        while not self.gives_way:
            await asyncio.sleep(0.01)

    def step(self, step: Step) -> None:
        self.steps.append(step)

    def result(self, result: CaseResult) -> None:
        self.results.append(result)


class Eyes(Observer):
    """Notes the purpose of each execution."""

    def __init__(self) -> None:
        self.purposes: list[str] = []

    def executed(self, job: Job, execution: Execution) -> None:
        self.purposes.append(job.purpose)


class Workshop:
    """Boxes, builds, inputs and a judge, for one test."""

    def __init__(self, folder: Path, programs: Path, toolchains: Mapping[str, Toolchain], *, core: int | None = None) -> None:
        self._folder, self._programs, self._core = folder, programs, core
        self.toolchains = toolchains
        self.shelf = Shelf()
        self.log = Log()
        self.eyes = Eyes()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        folder = self._folder / "runner"
        folder.mkdir()
        (folder / "programs").symlink_to(self._programs)  # compiled once for all tests
        enter = self._stack.enter_async_context
        self.sandbox = await enter(open_sandbox(SandboxSettings(folder, shown_files(self.toolchains)), self.eyes))
        self.pool = await enter(BoxPool(self.sandbox, size=2).running())
        self.blobs = BlobCache(folder / "blobs", 1 << 30, self.shelf.fetch)
        await self.blobs.open()
        self.builds = Builds(self.pool, self.toolchains)
        self.judge = Judge(self.pool, self.builds, self.blobs, self.toolchains, self._core)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def order(self, language: str, source: str, cases: Sequence[TestCase], checker: Checker | None = None, **more: object) -> RunOrder:
        kind = {name: more.pop(name) for name in KIND if name in more}
        manifest = JudgingManifest(
            problem="apples", version="v1", limits=more.pop("limits", LIMITS), cases=tuple(cases), checker=checker or Checker(),
            groups=more.pop("groups", CaseGroup()), is_scoring=more.pop("is_scoring", False), **kind,
        )  # fmt: skip
        return RunOrder(str(uuid.uuid4()), "run", "submission", language, source, more.pop("filename", ""), manifest, 30.0, **more)

    async def judged(self, language: str, source: str, cases: Sequence[TestCase] = (), *args: object, **more: object) -> AttemptEnd:
        cases = cases or (self.shelf.case("1", "", ""),)
        return await self.judge.judge(self.order(language, source, cases, *args, **more), Log())

    async def only_result(self, language: str, source: str, *args: object, **more: object) -> CaseResult:
        end = await self.judged(language, source, *args, **more)
        assert end.results, (end.outcome, end.message, end.compile_output)
        return end.results[0]

    async def run(self, argv: Sequence[str], limits: Limits = LIMITS, stdin: bytes = b"", **more: object) -> tuple[Execution, bytes]:
        """Executes one command in a fresh box; its figures and its output."""
        fd = sealed(stdin)
        try:
            async with self.pool.box() as box:
                execution = await box.execute(Job(tuple(argv), limits, stdin=fd, **more))
        finally:
            os.close(fd)
        output = execution.output.head(1 << 20)
        execution.output.close()
        return execution, output

    async def run_c(self, source: str, limits: Limits = LIMITS, stdin: bytes = b"", *argv: str, **more: object) -> tuple[Execution, bytes]:
        """Compiles C and executes it in a fresh box."""
        return await self.run_built(await self.builds.build("c", {"main.c": source.encode()}), limits, stdin, *argv, **more)

    async def run_built(self, built: Built, limits: Limits = LIMITS, stdin: bytes = b"", *argv: str, **more: object) -> tuple[Execution, bytes]:
        """Executes what was built in a fresh box."""
        fd = sealed(stdin)
        try:
            async with self.pool.box() as box:
                await built.furnish(box)
                execution = await box.execute(Job((*built.launch(limits).argv, *argv), limits, stdin=fd, **more))
        finally:
            os.close(fd)
        output = execution.output.head(1 << 20)
        execution.output.close()
        return execution, output


def _bytes(text: str | bytes) -> bytes:
    return text.encode() if isinstance(text, str) else text
