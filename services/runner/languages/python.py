"""Owns how Python 3 is checked and started, by CPython and by PyPy. The check is the compiler's: a syntax error is a compile error."""

from __future__ import annotations

from contest.limits import MIB, Limits
from services.runner.languages.language import HeapFull, Language, Launch, Plan, Sources, Tools, chosen, first_of, wider

SUFFIXES = (".py", ".py3")
PYPY_BYTES = 64 * MIB
_GREETING = 'a, b = map(int, input().split())\nprint("hello", a + b)\n'
_HEAP_FULL = HeapFull(b"MemoryError", exit_code=1)
_CHECK = """
import sys
for name in sys.argv[1:]:
    try:
        with open(name, "rb") as file:
            compile(file.read(), name, "exec", dont_inherit=True)
    except Exception as error:
        from py_compile import PyCompileError
        sys.stderr.write(str(PyCompileError(type(error), error, name)))
        sys.exit(1)
"""
"""What ``-m py_compile`` says and does, without a file that nobody reads. Folders of the sources are not writable in the box, and a folder for
what is compiled hides what the library keeps compiled from itself: 140 ms of CPU time for each submission instead of 20."""


def _plan(sources: Sources, tools: Tools) -> Plan:
    files = chosen(sources, SUFFIXES)
    check = (_interpreter(tools), "-I", "-c", _CHECK, *files)  # isolated: a source may be named like a module of the library
    return Plan(steps=(check,), start=first_of(files, "__main__.py", "main.py"), is_check=True)


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    argv = (_interpreter(tools), "-s", "-B", f"/program/{plan.start}")
    return Launch(argv, limits, ("PYTHONHASHSEED=0",))


def _launch_pypy(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    """The limit is that of its heap; compiled code comes on top."""
    argv = (_interpreter(tools), "-s", "-B", f"/program/{plan.start}")
    return Launch(argv, wider(limits, memory_bytes=PYPY_BYTES), ("PYTHONHASHSEED=0", f"PYPY_GC_MAX={limits.memory_bytes // MIB}MB"))


def _interpreter(tools: Tools) -> str:
    return next(iter(tools.paths.values()))


PYTHON3 = Language(
    id="python3",
    title="Python 3",
    suffixes=SUFFIXES,
    default_source="main.py",
    programs=("python3",),
    version_arguments=("--version",),
    plan=_plan,
    launch=_launch,
    heap_full=_HEAP_FULL,
    greeting=_GREETING,
)
PYPY3 = Language(
    id="pypy3",
    title="PyPy 3",
    suffixes=SUFFIXES,
    default_source="main.py",
    programs=("pypy3",),
    version_arguments=("--version",),
    plan=_plan,
    launch=_launch_pypy,
    heap_full=_HEAP_FULL,
    greeting=_GREETING,
)
