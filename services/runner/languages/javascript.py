"""Owns how JavaScript is checked and started, by Node.js.

V8's heap is the memory limit; the machine itself, its compiled code and its threads come on top. It reserves address space
without end and touches little of it.
"""

from __future__ import annotations

import signal

from contest.limits import MIB, Limits
from services.runner.languages import scripts
from services.runner.languages.language import HeapFull, Language, Launch, Plan, Tools, wider

SUFFIXES = (".js", ".mjs", ".cjs")
NODE_BYTES = 96 * MIB
NODE_THREADS = 32
STACK_KIB = 60_000
HEAP_FULL = HeapFull(b"JavaScript heap out of memory", signal=signal.SIGABRT)


def launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    """Starts Node on one file; its heap and its stack are as the limit says."""
    heap_mib = max(16, limits.memory_bytes // MIB)
    stack_kib = min(STACK_KIB, limits.memory_bytes // 1024 * 3 // 4)  # V8 must see the end before the kernel does
    argv = (tools.paths["node"], f"--max-old-space-size={heap_mib}", f"--stack-size={stack_kib}", f"/program/{plan.product or plan.start}")
    return Launch(argv, wider(limits, memory_bytes=NODE_BYTES, processes=NODE_THREADS), ("NODE_DISABLE_COLORS=1",))


JAVASCRIPT = Language(
    id="javascript",
    title="JavaScript (Node.js)",
    suffixes=SUFFIXES,
    default_source="main.js",
    programs=("node|nodejs",),
    version_arguments=("-p", "'Node.js ' + process.version"),
    plan=scripts.checked_by("node", "--check", suffixes=SUFFIXES, start="main.js"),
    launch=launch,
    heap_full=HEAP_FULL,
    greeting='const [a, b] = require("fs").readFileSync(0, "utf8").split(" ").map(Number);\nconsole.log("hello " + (a + b));\n',
)
