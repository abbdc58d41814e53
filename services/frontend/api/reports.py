"""Owns the calls about reports: what came of trying a problem's package out, and trying it out again."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction

from contest.verdicts import Verdict
from services.frontend.actions import reports
from services.frontend.actions.reports import Look
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View, location
from wire.problems import Finding
from wire.verification import LimitEvidence, SubmissionReport


class ReportQuery(Shape, frozen=True):
    """``commit`` is an earlier one; left out: the newest."""

    commit: str = ""


class CourseView(View, frozen=True):
    """How far a trial is: so many of its runs have ended."""

    done: int
    total: int


class TriedView(View, frozen=True):
    """A submission of the package: what its setter allows, what it got, by the time limit in force. ``time_ms`` is that of its slowest case."""

    path: str
    language: str
    expected: tuple[str, ...]
    verdict: Verdict
    is_allowed: bool
    score: Fraction
    time_ms: int
    memory_bytes: int
    slowest_case: str
    message: str


class LimitView(View, frozen=True):
    """What the time limit rests on. ``is_stated``: the package says it; else it is ``measured_ms``, and judged by once it is ``limit_ms``."""

    limit_ms: int
    is_stated: bool
    accepted_multiplier: Fraction
    exceeding_multiplier: Fraction
    step_ms: int
    slowest_accepted: str
    slowest_accepted_ms: int | None
    fastest_exceeding: str
    fastest_exceeding_ms: int | None
    measured_ms: int | None


class PastView(View, frozen=True):
    """A report of some commit, the newest asked for first."""

    commit: str
    state: str
    asked_at: datetime
    ended_at: datetime | None


class ReportView(View, frozen=True):
    """What came of trying a commit out.

    ``state`` is waiting, passed, warned, failed, overtaken (a newer commit came first), postponed (something was left out; it is tried again)
    or none (nobody has asked). While one waits, the rest is what came of the commit before, if it was tried out before. ``course`` is null unless one waits and is under way.
    """

    alias: str
    commit: str
    version: str
    state: str
    is_newest: bool
    errors: int
    warnings: int
    asked_at: datetime | None
    ended_at: datetime | None
    course: CourseView | None
    findings: tuple[Finding, ...]
    submissions: tuple[TriedView, ...]
    limit: LimitView | None
    history: tuple[PastView, ...]


async def show_report(call: Call[None, ReportQuery]) -> ReportView:
    """What came of trying the package out: its inputs validated, its own submissions judged. For who may change the problem."""
    alias = call.name("alias")
    look = await reports.look_at(call.desk, call.actor, alias, call.query.commit)
    return await _view(call, look)


async def ask_again(call: Call[None, NoQuery]) -> Reply:
    """Has the newest commit tried out once more. 202: it waits; one that is under way goes on."""
    alias = call.name("alias")
    await reports.ask_again(call.desk, call.actor, alias)
    return Reply(await _view(call, await reports.look_at(call.desk, call.actor, alias)), 202, location(f"/problems/{alias}/report"))


async def _view(call: Call[None, ReportQuery] | Call[None, NoQuery], look: Look) -> ReportView:
    report, past = look.report, await call.desk.reports.history(look.problem.alias)
    return ReportView(
        alias=look.problem.alias, commit=look.commit, version=report.version if report is not None else look.problem.version, state=look.state,
        is_newest=look.is_newest, errors=report.count("error") if report is not None else 0, warnings=report.count("warning") if report is not None else 0,
        asked_at=report.asked_at if report is not None else None, ended_at=report.ended_at if report is not None else None,
        course=CourseView(done=look.course.done, total=look.course.total) if look.course is not None else None,
        findings=report.findings if report is not None else (),
        submissions=tuple(_tried(one) for one in report.submissions) if report is not None else (),
        limit=_limit(report.evidence) if report is not None and report.evidence is not None else None,
        history=tuple(PastView(commit=one.commit, state=one.state, asked_at=one.asked_at, ended_at=one.ended_at) for one in past),
    )  # fmt: skip


def _tried(one: SubmissionReport) -> TriedView:
    return TriedView(
        path=one.path, language=one.language, expected=one.expected, verdict=one.verdict, is_allowed=one.is_allowed, score=one.score,
        time_ms=one.time_ms, memory_bytes=one.memory_bytes, slowest_case=one.slowest_case, message=one.message,
    )  # fmt: skip


def _limit(evidence: LimitEvidence) -> LimitView:
    rule = evidence.rule
    return LimitView(
        limit_ms=evidence.limit_ms, is_stated=rule.is_stated, accepted_multiplier=rule.accepted_multiplier,
        exceeding_multiplier=rule.exceeding_multiplier, step_ms=rule.step_ms, slowest_accepted=evidence.slowest_accepted,
        slowest_accepted_ms=evidence.slowest_accepted_ms, fastest_exceeding=evidence.fastest_exceeding,
        fastest_exceeding_ms=evidence.fastest_exceeding_ms, measured_ms=evidence.measured_ms,
    )  # fmt: skip


ROUTES = (
    Route("GET", "/problems/{alias}/report", show_report, ReportView, query=ReportQuery, codes=("no-such-problem", "not-owner", "no-such-report")),
    Route("POST", "/problems/{alias}/report", ask_again, ReportView, status=202, codes=("no-such-problem", "not-owner")),
)  # fmt: skip
