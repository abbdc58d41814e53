"""Owns the marks of trials that pages show: how a problem's newest version stands, in a word and in a sentence. Never a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.actions import reports
from services.frontend.actions.reports import Look
from services.frontend.desk import Desk
from services.frontend.keys import actor_of, desk_of
from services.frontend.reads.contests import ContestProblem
from services.frontend.reads.problems import Problem
from services.frontend.reads.reports import NONE, Report
from wire.problems import ProblemCard
from wire.verification import OVERTAKEN, PASSED, WAITING, WARNED

_GOOD: Final = frozenset({PASSED, WARNED})
_NOT_MEASURED: Final = "limit-not-measured"


@dataclass(frozen=True, slots=True)
class TrialMark:
    """How a version stands; ``is_provisional`` and ``is_measured`` are about its time limit."""

    look: Look
    summary: str
    is_provisional: bool
    is_measured: bool


async def doubts_of(desk: Desk, problems: Iterable[ContestProblem]) -> list[tuple[ContestProblem, str]]:
    """The problems of a contest that an organiser should look at before it starts: those that did not pass, with their state."""
    listed = list(problems)
    try:
        states = await desk.reports.states(problem.alias for problem in listed)
    except MeshError:
        return []
    return [(problem, states.get(problem.alias, NONE)) for problem in listed if states.get(problem.alias, NONE) not in _GOOD]


async def trial_of(request: web.Request, card: ProblemCard | None, problem: Problem) -> TrialMark:
    """The mark of a problem's newest version, for who may change it."""
    look = await reports.look_at(desk_of(request), actor_of(request), problem.alias)
    evidence = look.report.evidence if look.report is not None else None
    is_provisional = has_provisional_limit(card, look.report)
    return TrialMark(look, summary_of(look), is_provisional, is_measured=not is_provisional and evidence is not None and not evidence.rule.is_stated)


def has_provisional_limit(card: ProblemCard | None, report: Report | None) -> bool:
    """Whether the time limit is one that nobody stated or measured; a card may be older than its report. Without a card it is not known."""
    if card is None or not card.is_provisional:
        return False
    if report is None or report.evidence is None:
        return True
    return any(finding.code == _NOT_MEASURED for finding in report.findings)


def summary_of(look: Look) -> str:
    """One sentence on how the package stands."""
    report = look.report
    if report is None:
        return "Nobody has tried this version out yet."
    if look.state == WAITING:
        if look.course is not None and look.course.total:
            return f"It is being tried out: {look.course.done} of {look.course.total} runs have ended."
        return "It waits to be tried out, behind every submission of a contest."
    if look.state == OVERTAKEN and not report.has_content:
        return "A newer version came before this one was tried out."
    fine = sum(one.is_allowed for one in report.submissions)
    judged = f"{fine} of {_count(len(report.submissions), 'submission')} got a verdict that the setter allows"
    faults = [_count(report.count(severity), severity) for severity in ("error", "warning") if report.count(severity)]
    return f"{judged}; {' and '.join(faults)}." if faults else f"{judged}, and nothing stands against it."


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
