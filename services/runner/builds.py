"""Owns the building of programs in boxes: what was built is kept by content, in memory and on disk, so that nothing is compiled twice.

Never starts what it built, and never opens a path that a compiler wrote: the product comes out through a pipe. A refusal is kept too,
when it was the compiler's own word; one that was stopped (time, memory, processes) may go better another time.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import platform
import posixpath
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

from contest.limits import COMPILE_LIMITS, MIB, Limits
from mesh.errors import Invalid
from services.runner.folders import read_folder
from services.runner.gates import Gates
from services.runner.languages.language import Launch, Plan, Sources
from services.runner.languages.table import Toolchain
from services.runner.products import Product, Products
from services.runner.sandbox.box import Box
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job, KilledBy
from services.runner.sandbox.pool import BoxPool
from services.runner.sandbox.rootfs import PROGRAM, WORK
from services.runner.sandbox.spool import sealed
from services.runner.threads import hop

PRODUCT_BYTES = 64 * MIB
KEPT_BYTES = 32 * MIB
SHOWN_BYTES = 32 << 10
FORMAT = 1
"""Goes up when a product of the same sources would be another one for a reason that the key does not name."""


class BuildFailed(Invalid):
    """The compiler refused, or was stopped; the message is what it said, cut, with why it was stopped.

    ``is_lasting``: it would say the same again.
    """

    default_code = "build-failed"
    is_lasting = False


@dataclass(frozen=True, slots=True)
class Built:
    """A program ready to start: its files as they lie in ``/program``, and how it starts.

    ``output`` is what the compiler said: warnings. ``is_new``: it was built now, and not found. ``sources`` are what it was built of, by those
    who need them again, ``data`` those among them that it reads in its working directory; ``entry`` is what starts it: a file, or a class.
    """

    toolchain: Toolchain
    plan: Plan
    files: Mapping[str, bytes]
    output: str = ""
    is_new: bool = False
    sources: Sources = field(default_factory=dict)
    data: Sources = field(default_factory=dict)
    entry: str = ""

    def launch(self, limits: Limits) -> Launch:
        """How it starts under these limits."""
        return self.toolchain.language.launch(self.plan, limits, self.toolchain.tools)

    async def furnish(self, box: Box) -> None:
        """Puts the program into a box. Raises: `BoxLost`."""
        for path, content in self.files.items():
            await _put(box, f"{PROGRAM}/{path}", content, 0o555)


class Builds:
    """Builds programs, one box each. Equal ones at the same time are built once; what was built is found again, after a restart too.

    ``products`` is the keep on disk; without one only memory is used. ``counts`` tells of "memory", "disk", "built".
    """

    def __init__(self, pool: BoxPool, toolchains: Mapping[str, Toolchain], products: Products | None = None) -> None:
        self._pool = pool
        self._toolchains = toolchains
        self._products = products
        self._kept: OrderedDict[str, Product] = OrderedDict()
        self._gates = Gates()
        self.counts: Counter[str] = Counter()

    async def build(
        self, language: str, sources: Sources, limits: Limits = COMPILE_LIMITS, *, start_with: tuple[str, ...] = (), executables: tuple[str, ...] = ()
    ) -> Built:
        """The program of these sources, paths relative to its folder. ``start_with`` are those that must start it, whatever others can;
        ``executables`` those that a script of its own may execute while it builds.

        Raises: `BuildFailed` with what the compiler said; `Invalid` (``unknown-language``, ``bad-source-path``); `BoxLost`.
        """
        toolchain = self._toolchains.get(language)
        if toolchain is None:
            raise Invalid(f"this runner does not have {language}; it has {', '.join(self._toolchains)}", code="unknown-language")
        for path in sources:
            _check_path(path)
        plan = toolchain.language.plan(sources, toolchain.tools)
        if start_with:
            starting = toolchain.language.plan({path: sources[path] for path in start_with}, toolchain.tools)
            plan = starting if toolchain.language.finds_the_rest else dataclasses.replace(plan, start=starting.start)
        key = _key(toolchain, plan, sources, (limits, executables) if executables else limits)
        async with self._gates.one_at_a_time(key):
            product = await self._found(key)
            is_new = product is None
            if product is None:
                product = await self._made(plan, sources, limits, executables)
                self.counts["built"] += 1
                if self._products is not None:
                    await self._products.keep(key, product)
            self._remember(key, product)
        if product.is_refused:
            raise BuildFailed(product.output)
        return Built(toolchain, plan, product.files, product.output, is_new)

    async def _found(self, key: str) -> Product | None:
        product = self._kept.get(key)
        if product is not None:
            self.counts["memory"] += 1
        elif self._products is not None:
            product = await self._products.find(key)
            self.counts["disk"] += product is not None
        return product

    def _remember(self, key: str, product: Product) -> None:
        self._kept[key] = product
        self._kept.move_to_end(key)
        while len(self._kept) > 1 and sum(map(_size_bytes, self._kept.values())) > KEPT_BYTES:
            self._kept.popitem(last=False)

    async def _made(self, plan: Plan, sources: Sources, limits: Limits, executables: tuple[str, ...]) -> Product:
        try:
            return await self._build(plan, sources, limits, executables)
        except BuildFailed as refused:
            if refused.is_lasting:
                return Product({}, refused.message, is_refused=True)
            raise

    async def _build(self, plan: Plan, sources: Sources, limits: Limits, executables: tuple[str, ...]) -> Product:
        if not plan.steps:
            return Product(dict(sources))
        async with self._pool.box() as box:
            for path, content in {**plan.files, **sources}.items():
                if plan.packing:  # whoever copies it may change his copy
                    await _put(box, f"{PROGRAM}/{path}", content, 0o755 if path in executables else 0o644)
                else:
                    await _put(box, f"{WORK}/{path}", content, 0o444)
            said = [await self._step(box, step, plan, limits) for step in plan.steps]
            output = "" if plan.is_check else "\n".join(filter(None, said))[:SHOWN_BYTES]
            if plan.packing:
                return Product(await self._folder(box, plan, limits, output), output)
            if not plan.product:
                return Product(dict(sources), output)
            product = await box.get(f"{WORK}/{plan.product}", PRODUCT_BYTES)
        if product is None:
            raise BuildFailed("the compiler ended well and left no program")
        if product.full_bytes > PRODUCT_BYTES:
            raise BuildFailed(f"the program has {product.full_bytes} bytes; at most {PRODUCT_BYTES} are allowed")
        return Product({plan.product: product.content}, output)

    @staticmethod
    async def _folder(box: Box, plan: Plan, limits: Limits, said: str) -> dict[str, bytes]:
        """All that lies in the working directory. Raises: `BuildFailed` when that cannot be a program, with what its maker ``said``; `BoxLost`."""
        execution = await box.execute(Job(plan.packing, dataclasses.replace(limits, output_bytes=PRODUCT_BYTES), plan.environment, purpose="compiler"))
        try:
            if execution.error or (execution.is_lost and execution.killed_by is None):
                raise BoxLost(execution.detail)
            if execution.verdict is not None:
                why = f"is more than {PRODUCT_BYTES} bytes" if execution.killed_by is KilledBy.OUTPUT else f"cannot be read: {execution.detail}"
                raise _lasting(f"the folder that {plan.maker} left {why}\n{readable(execution.stderr)[:SHOWN_BYTES]}\n{said}")
            members = await hop(read_folder, execution.output.head(execution.output.size))
        except ValueError as wrong:
            raise _lasting(f"the folder that {plan.maker} left cannot be a program: {wrong}\n{said}") from wrong
        finally:
            execution.output.close()
        start = next((member for member in members if member.path == plan.start), None)
        if start is None or not start.is_executable:
            what = f"no {plan.start}" if start is None else f"a {plan.start} that is not executable"
            raise _lasting(f"{plan.maker} ended well and left {what}\n{said}")
        return {member.path: member.content for member in members}

    @staticmethod
    async def _step(box: Box, argv: tuple[str, ...], plan: Plan, limits: Limits) -> str:
        """What the compiler said while it succeeded. Raises: `BuildFailed`, `BoxLost`."""
        wide = dataclasses.replace(limits, output_bytes=max(limits.output_bytes, SHOWN_BYTES))
        execution = await box.execute(Job(argv, wide, plan.environment, joins_stderr=True, cuts_output=True, purpose="compiler"))
        try:
            if execution.error or (execution.is_lost and execution.killed_by is None):
                raise BoxLost(execution.detail)
            if execution.verdict is not None:
                refused = BuildFailed(_said(execution, plan.maker) or f"[{plan.maker} said nothing and ended with exit code {execution.exit_code}]")
                refused.is_lasting = execution.exit_code is not None and not (
                    execution.killed_by or execution.oom_kills or execution.refused_forks
                )
                raise refused
            return _said(execution, plan.maker)
        finally:
            execution.output.close()


def readable(raw: bytes) -> str:
    """Text of what a program printed: bad UTF-8 and NULs are replaced."""
    return raw.decode("utf-8", errors="replace").replace("\x00", "\ufffd")


def _lasting(words: str) -> BuildFailed:
    """A refusal that would be the same again."""
    refused = BuildFailed(words.strip())
    refused.is_lasting = True
    return refused


def _said(execution: Execution, maker: str) -> str:
    text = readable(execution.output.head(SHOWN_BYTES)).rstrip()
    rest = execution.output.size - SHOWN_BYTES
    if rest > 0:
        text += f"\n[{rest} more bytes]"
    if execution.exit_code is None or execution.oom_kills:
        text += f"\n[{maker} was stopped: {execution.detail}]"
    return text.strip()


def _size_bytes(product: Product) -> int:
    return len(product.output) + sum(len(content) for content in product.files.values())


def _key(toolchain: Toolchain, plan: Plan, sources: Sources, limits: object) -> str:
    """Whatever may change what a compiler makes: who it is, its call, its limits, the files."""
    maker = (FORMAT, toolchain.language.id, toolchain.tools.version, platform.machine(), plan, limits)
    digest = hashlib.sha256(repr(maker).encode())
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
