"""Owns what plain text means: a source that is the output itself. Nothing is compiled and nothing of the contestant's is run.

Whoever starts it all the same gets it printed.
"""

from __future__ import annotations

from contest.limits import Limits
from services.runner.languages.language import Language, Launch, Plan, Sources, Tools

SUFFIXES = (".txt", ".out", ".ans")
NAME = "output.txt"


def _plan(sources: Sources, _tools: Tools) -> Plan:
    return Plan(steps=(), start=min(sources, default=NAME))


def _launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
    return Launch((tools.paths["cat"], f"/program/{plan.start}"), limits)


TEXT = Language(
    id="text",
    title="Text (output only)",
    suffixes=SUFFIXES,
    default_source=NAME,
    programs=("cat",),
    version_arguments=(),
    read_version=lambda _paths: "as it is",
    plan=_plan,
    launch=_launch,
    greeting="hello 42\n",
    is_output=True,
)
