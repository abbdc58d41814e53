"""Owns the page of what came of trying a package out. Never tries one out."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.actions import reports
from services.frontend.actions.reports import Look
from services.frontend.desk import Desk
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import see_other
from services.frontend.pages.paint import paint
from services.frontend.pages.trials import has_provisional_limit, summary_of
from services.frontend.reads.reports import Report
from wire.problems import Finding, ProblemCard
from wire.verification import LimitEvidence

_SEVERITIES: Final = {"error": "Errors", "warning": "Warnings", "hint": "Hints"}


@dataclass(frozen=True, slots=True)
class Scale:
    """The times of a table of submissions as bars: ``most_ms`` is the whole width; the limit stands at ``limit_ms``."""

    limit_ms: int
    most_ms: int


async def show_report(request: web.Request) -> web.Response:
    """What came of a commit: the newest, or the one that the address names."""
    desk, actor, alias = desk_of(request), actor_of(request), request.match_info["alias"]
    look = await reports.look_at(desk, actor, alias, request.query.get("commit", "")[:64])
    history = await desk.reports.history(alias)
    report = look.report
    evidence = report.evidence if report is not None else None
    shown = look.problem.limits.cpu_ms if evidence is None else evidence.limit_ms
    return paint(
        request, "trial.html", look=look, report=report, problem=look.problem, history=history, summary=summary_of(look), evidence=evidence,
        groups=_groups(report.findings if report is not None else ()), limit_words=words_of(evidence) if evidence is not None else "",
        scale=_scale(report, shown), has_own_limits=report is not None and any(one.limit_ms for one in report.submissions),
        is_provisional=has_provisional_limit(await _card(desk, look), report),
        told=request.query.get("told", "") == "asked",
    )  # fmt: skip


async def ask_again(request: web.Request) -> web.Response:
    """Has the newest commit tried out once more."""
    alias = request.match_info["alias"]
    await reports.ask_again(desk_of(request), actor_of(request), alias)
    raise see_other(f"/problems/{alias}/report?told=asked")


async def _card(desk: Desk, look: Look) -> ProblemCard | None:
    try:
        return await desk.packages.card(look.problem.alias, look.problem.commit)
    except MeshError:
        return None


def _groups(findings: Iterable[Finding]) -> list[tuple[str, str, list[Finding]]]:
    """Findings by how severe they are, the worst first: severity, heading, findings."""
    order = list(_SEVERITIES)
    listed = sorted((one for one in findings if one.severity in _SEVERITIES), key=lambda one: order.index(one.severity))
    return [(severity, _SEVERITIES[severity], list(members)) for severity, members in groupby(listed, key=lambda one: one.severity)]


def _scale(report: Report | None, limit_ms: int) -> Scale:
    longest = max((max(one.time_ms, one.limit_ms * 5 // 4) for one in report.submissions), default=0) if report is not None else 0
    return Scale(limit_ms, max(longest, limit_ms * 5 // 4, 1))


def words_of(evidence: LimitEvidence) -> str:
    """How the limit came about, in a sentence."""
    rule = evidence.rule
    if rule.is_stated:
        return "The package states it."
    if evidence.measured_ms is None:
        return "The package states none, and none could be measured."
    return (
        f"Measured: the slowest submission that must be accepted, times {float(rule.accepted_multiplier):g},"
        f" rounded up to {rule.step_ms / 1000:g} s."
    )

