"""Owns how C# is built and started, by Mono. Its heap is bounded in view of the memory limit; the machine itself comes on top."""

from __future__ import annotations

from contest.limits import MIB, Limits
from services.runner.languages.language import HeapFull, Language, Launch, Plan, Sources, Tools, chosen, wider

SUFFIXES = (".cs",)
PRODUCT = "main.exe"
MONO_BYTES = 64 * MIB
MONO_THREADS = 32
LEAST_HEAP_MIB = 16
_LIBRARIES = ("System.Numerics.dll",)


def _plan(sources: Sources, tools: Tools) -> Plan:
    libraries = tuple(f"-r:{name}" for name in _LIBRARIES)
    call = (tools.paths["mcs"], "-optimize+", "-nologo", *libraries, f"-out:{PRODUCT}", *chosen(sources, SUFFIXES))
    return Plan(steps=(call,), product=PRODUCT)


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    heap_mib = max(LEAST_HEAP_MIB, limits.memory_bytes // MIB * 3 // 2)  # what lies between its objects counts too
    environment = (f"MONO_GC_PARAMS=max-heap-size={heap_mib}m", "MONO_ENV_OPTIONS=")
    wide = wider(limits, memory_bytes=MONO_BYTES, processes=MONO_THREADS)
    return Launch((tools.paths["mono"], f"/program/{plan.product}"), wide, environment)


CSHARP = Language(
    id="csharp",
    title="C# (Mono)",
    suffixes=SUFFIXES,
    default_source="main.cs",
    programs=("mono", "mcs"),
    version_arguments=("--version",),
    plan=_plan,
    launch=_launch,
    heap_full=HeapFull(b"System.OutOfMemoryException", exit_code=1),
    binds=("/etc/mono",),
    greeting="""using System;
using System.Linq;
class Program {
    static void Main() {
        Console.WriteLine("hello " + Console.ReadLine().Split(' ').Select(int.Parse).Sum());
    }
}
""",
)
