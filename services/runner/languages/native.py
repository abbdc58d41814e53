"""Owns what C and C++ have in common: one compiler call, one static program. Never chooses a standard: the languages do."""

from __future__ import annotations

from collections.abc import Callable

from contest.limits import Limits
from services.runner.languages.language import Launch, Plan, Sources, Tools, chosen

PRODUCT = "main"


def compile_with(compiler: str, *flags: str, suffixes: tuple[str, ...]) -> Callable[[Sources, Tools], Plan]:
    """The plan of a compiler that makes one program of all sources; headers beside them are found."""

    def plan(sources: Sources, tools: Tools) -> Plan:
        static = ("-static",) if tools.has_static else ()
        call = (tools.paths[compiler], *flags, *static, "-I.", "-o", PRODUCT, *chosen(sources, suffixes), "-lm")
        return Plan(steps=(call,), product=PRODUCT)

    return plan


def launch(plan: Plan, limits: Limits, _tools: Tools) -> Launch:
    """Starts the program itself."""
    return Launch((f"/program/{plan.product}",), limits)
