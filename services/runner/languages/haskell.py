"""Owns how Haskell is built and started. The run-time gets the memory limit as its heap, so that it collects before it is full."""

from __future__ import annotations

from contest.limits import MIB, Limits
from services.runner.languages.language import HeapFull, Language, Launch, Plan, Sources, Tools, chosen, first_of, wider

SUFFIXES = (".hs",)
PRODUCT = "main"
GHC_BYTES = 16 * MIB
GHC_THREADS = 4


def _plan(sources: Sources, tools: Tools) -> Plan:
    root = first_of(chosen(sources, SUFFIXES), "Main.hs", "main.hs")
    call = (tools.paths["ghc"], "-v0", "-O2", "-rtsopts=all", "-outputdir", "objects", "-o", PRODUCT, root)
    return Plan(steps=(call,), product=PRODUCT)


def _launch(plan: Plan, limits: Limits, _tools: Tools) -> Launch:
    heap = f"-M{limits.memory_bytes}"
    argv = (f"/program/{plan.product}", "+RTS", heap, "-K1g", "-RTS")
    return Launch(argv, wider(limits, memory_bytes=GHC_BYTES, processes=GHC_THREADS))


HASKELL = Language(
    id="haskell",
    title="Haskell",
    suffixes=SUFFIXES,
    default_source="Main.hs",
    programs=("ghc",),
    version_arguments=("--version",),
    plan=_plan,
    launch=_launch,
    heap_full=HeapFull(b"Heap exhausted", exit_code=251),
    binds=("/var/lib/ghc",),
    finds_the_rest=True,
    greeting='main :: IO ()\nmain = do\n  numbers <- map read . words <$> getContents\n  putStrLn ("hello " ++ show (sum numbers :: Int))\n',
)
