"""Owns what interpreted languages have in common: the sources are checked one by one, and one of them is started."""

from __future__ import annotations

from collections.abc import Callable

from contest.limits import Limits
from services.runner.languages.language import Launch, Plan, Sources, Tools, chosen, first_of


def checked_by(program: str, *words: str, suffixes: tuple[str, ...], start: str) -> Callable[[Sources, Tools], Plan]:
    """The plan of an interpreter that finds mistakes of writing in one file per call. ``start``: what the file to start is usually called."""

    def plan(sources: Sources, tools: Tools) -> Plan:
        files = chosen(sources, suffixes)
        return Plan(steps=tuple((tools.paths[program], *words, path) for path in files), start=first_of(files, start), is_check=True)

    return plan


def started_by(program: str, *words: str, environment: tuple[str, ...] = ()) -> Callable[[Plan, Limits, Tools], Launch]:
    """The start of an interpreter whose memory is just the program's."""

    def launch(plan: Plan, limits: Limits, tools: Tools) -> Launch:
        return Launch((tools.paths[program], *words, f"/program/{plan.start}"), limits, environment)

    return launch
