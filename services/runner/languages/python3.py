"""Owns how Python 3 is checked and started. The check is the compiler's: a syntax error is a compile error."""

from __future__ import annotations

from contest.limits import Limits
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools, chosen

SUFFIXES = (".py",)
_FIRST = ("__main__.py", "main.py")


def _plan(sources: Sources, tools: Tools) -> Plan:
    files = chosen(sources, SUFFIXES)
    start = next((name for name in _FIRST if name in files), files[0] if files else "")
    return Plan(steps=((tools.paths["python3"], "-s", "-m", "py_compile", *files),), start=start)


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    argv = (tools.paths["python3"], "-s", "-B", f"/program/{plan.start}")
    return Launch(argv, limits, ("PYTHONHASHSEED=0",))


PYTHON3 = Language(
    id="python3",
    title="Python 3",
    suffixes=SUFFIXES,
    default_source="main.py",
    programs=("python3",),
    version_arguments=("--version",),
    plan=_plan,
    launch=_launch,
)
