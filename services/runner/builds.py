"""Owns the building of programs in boxes, and what was built: kept by content, so that nothing is compiled twice.

Never starts what it built, and never opens a path that a compiler wrote: the product comes out through a pipe.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import posixpath
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from contest.limits import COMPILE_LIMITS, MIB, Limits
from mesh.errors import Invalid
from services.runner.gates import Gates
from services.runner.languages.language import Launch, Plan, Sources
from services.runner.languages.table import Toolchain
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.rootfs import PROGRAM, WORK
from services.runner.sandbox.spool import sealed

PRODUCT_BYTES = 64 * MIB
KEPT_BYTES = 32 * MIB
SHOWN_BYTES = 32 << 10


class BuildFailed(Invalid):
    """The compiler refused, or was stopped; the message is what it said, cut, with why it was stopped."""

    default_code = "build-failed"


@dataclass(frozen=True, slots=True)
class Built:
    """A program ready to start: its files as they lie in ``/program``, and how it starts."""

    toolchain: Toolchain
    plan: Plan
    files: Mapping[str, bytes]

    @property
    def size_bytes(self) -> int:
        """All files together."""
        return sum(len(content) for content in self.files.values())

    def launch(self, limits: Limits) -> Launch:
        """How it starts under these limits."""
        return self.toolchain.language.launch(self.plan, limits, self.toolchain.tools)

    async def furnish(self, box: Box) -> None:
        """Puts the program into a box. Raises: `BoxLost`."""
        for path, content in self.files.items():
            await _put(box, f"{PROGRAM}/{path}", content, 0o555)


class Builds:
    """Builds programs, one box each; equal ones at the same time are built once, and the last ones are kept."""

    def __init__(self, pool: BoxPool, toolchains: Mapping[str, Toolchain]) -> None:
        self._pool = pool
        self._toolchains = toolchains
        self._kept: OrderedDict[str, Built] = OrderedDict()
        self._gates = Gates()

    async def build(self, language: str, sources: Sources, limits: Limits = COMPILE_LIMITS) -> Built:
        """The program of these sources, paths relative to its folder.

        Raises: `BuildFailed` with what the compiler said; `Invalid` (``unknown-language``, ``bad-source-path``); `BoxLost`.
        """
        toolchain = self._toolchains.get(language)
        if toolchain is None:
            raise Invalid(f"this runner does not have {language}; it has {', '.join(self._toolchains)}", code="unknown-language")
        for path in sources:
            _check_path(path)
        key = _key(toolchain, sources, limits)
        async with self._gates.one_at_a_time(key):
            built = self._kept.get(key)
            if built is None:
                built = await self._build(toolchain, sources, limits)
                self._keep(key, built)
            self._kept.move_to_end(key)
            return built

    def _keep(self, key: str, built: Built) -> None:
        self._kept[key] = built
        while len(self._kept) > 1 and sum(each.size_bytes for each in self._kept.values()) > KEPT_BYTES:
            self._kept.popitem(last=False)

    async def _build(self, toolchain: Toolchain, sources: Sources, limits: Limits) -> Built:
        plan = toolchain.language.plan(sources, toolchain.tools)
        async with self._pool.box() as box:
            for path, content in sources.items():
                await _put(box, f"{WORK}/{path}", content, 0o444)
            for step in plan.steps:
                await self._step(box, step, limits)
            if not plan.product:
                return Built(toolchain, plan, dict(sources))
            product = await box.get(f"{WORK}/{plan.product}", PRODUCT_BYTES)
        if product is None:
            raise BuildFailed("the compiler ended well and left no program")
        if product.full_bytes > PRODUCT_BYTES:
            raise BuildFailed(f"the program has {product.full_bytes} bytes; at most {PRODUCT_BYTES} are allowed")
        return Built(toolchain, plan, {plan.product: product.content})

    @staticmethod
    async def _step(box: Box, argv: tuple[str, ...], limits: Limits) -> None:
        wide = dataclasses.replace(limits, output_bytes=max(limits.output_bytes, SHOWN_BYTES))
        execution = await box.execute(Job(argv, wide, joins_stderr=True, cuts_output=True, purpose="compiler"))
        try:
            if execution.error or (execution.is_lost and execution.killed_by is None):
                raise BoxLost(execution.detail)
            if execution.verdict is not None:
                raise BuildFailed(_said(execution))
        finally:
            execution.output.close()


def readable(raw: bytes) -> str:
    """Text of what a program printed: bad UTF-8 and NULs are replaced."""
    return raw.decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def _said(execution: Execution) -> str:
    text = readable(execution.output.head(SHOWN_BYTES)).rstrip()
    rest = execution.output.size - SHOWN_BYTES
    if rest > 0:
        text += f"\n[{rest} more bytes]"
    if execution.exit_code is None:
        text += f"\n[the compiler was stopped: {execution.detail}]"
    return text.strip() or f"[the compiler said nothing and ended with exit code {execution.exit_code}]"


def _key(toolchain: Toolchain, sources: Sources, limits: Limits) -> str:
    digest = hashlib.sha256(repr((toolchain.language.id, toolchain.tools.version, limits)).encode())
    for path, content in sorted(sources.items()):
        digest.update(f"{path}\0{len(content)}\0".encode() + hashlib.sha256(content).digest())
    return digest.hexdigest()


def _check_path(path: str) -> None:
    parts = path.split("/")
    if posixpath.isabs(path) or any(part in {"", ".", ".."} or "\0" in part for part in parts) or path.startswith("-") or len(path) > 200:
        raise Invalid(f"{path!r} cannot be the path of a source file", code="bad-source-path")


async def _put(box: Box, path: str, content: bytes, mode: int) -> None:
    fd = sealed(content)
    try:
        await box.put(path, fd, mode)
    finally:
        os.close(fd)
