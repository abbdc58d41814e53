"""Owns how a setter's program with scripts of its own is built and started: ``build`` is run once, in a copy of the program's folder, and leaves
``run`` there, which is started; or ``run`` is there from the start. Never a contestant's.

A shell starts both, as it would a command: a script without a first line that names its interpreter is the shell's, and what cannot be started
says so on stderr. Where ``run`` is DOMjudge's own wrapper of an interactor, the program that it wraps is started, ``runjury``: DOMjudge calls that
with input, answer and feedback folder as the format has it, and has its wrapper join it with the submission, which is done here in other ways. Source: ICPC problem package format, legacy and 2025-09, "Programs"; what a script may count on is from 2025-09.
"""

from __future__ import annotations

from contest.limits import Limits
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools
from wire.languages import SCRIPTED as ID

BUILD, RUN = "build", "run"
_BUILDING = "cp -R /program/. . && exec ./build"
_STARTING = 'if test -e /program/runjury && grep -q dj-bin/runpipe "$0"; then exec /program/runjury "$@"; fi; exec "$0" "$@"'
_PACKING = ("-chf", "-", "--format=ustar", "--hard-dereference", "--numeric-owner", "--owner=0", "--group=0", "--sort=name", "--mtime=@0", ".")


def _plan(sources: Sources, tools: Tools) -> Plan:
    if BUILD not in sources:
        return Plan(steps=(), start=RUN)
    step = (tools.paths["sh"], "-c", _BUILDING)
    return Plan(steps=(step,), start=RUN, packing=(tools.paths["tar"], *_PACKING), maker="the build script")


def _launch(_plan: Plan, limits: Limits, tools: Tools) -> Launch:
    return Launch((tools.paths["sh"], "-c", _STARTING, f"/program/{RUN}"), limits)


SCRIPTED = Language(
    id=ID,
    title="Setters' programs with scripts",
    suffixes=(),
    default_source=RUN,
    programs=("cc", "c++", "python3", "tar", "sh"),
    version_arguments=("--version",),
    plan=_plan,
    launch=_launch,
    greeting='read -r a b\necho "hello $((a + b))"\n',
    is_setters=True,
)
