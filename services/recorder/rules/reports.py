"""Owns the rules of trying packages out: a new commit asks for a trial, its report comes once, its owner may ask again. Never tries one out."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Final

from contest import visibility
from contest.limits import Limits
from mesh.codec import as_builtins, convert, encode
from mesh.errors import Invalid, NotFound
from mesh.ids import derived_id
from services.recorder import rows
from services.recorder.effects import Effects
from services.recorder.rules.rights import actor_of, require, require_service, viewer_as
from services.recorder.view import Needs, View
from wire import services
from wire.commands import Command
from wire.queues import VERIFICATIONS
from wire.verification import OVERTAKEN, STATES, WAITING, AskForReport, RecordReport, VerifyProblem

MOST_FINDINGS: Final = 1_000
MOST_SUBMISSIONS: Final = 2_000


def try_out(problem: rows.Problem, known: rows.Problem | None, view: View, effects: Effects) -> None:
    """What follows from a commit that the record did not have: a report that waits, and the word to make it.

    A report that waits for the commit before is not waited for any more: if it comes all the same, it is kept.
    """
    if not view.bounds.has_trials or view.find(rows.ProblemReport, problem.alias, problem.commit_hash) is not None:
        return
    if known is not None:
        before = view.find(rows.ProblemReport, known.alias, known.commit_hash)
        if before is not None and before.state == WAITING:
            effects.change(before, state=OVERTAKEN, ended_at=view.now)
    _begin(problem, None, view.now, effects)


def work_of(report: rows.ProblemReport, owner: str, now: datetime) -> rows.Work:
    """The message that asks for a trial; its id follows from the commit and from how often it was asked for."""
    message = VerifyProblem(report.alias, report.commit_hash, report.version, owner, sends=report.sends)
    return rows.Work(derived_id("trial", report.alias, report.commit_hash, str(report.sends)), VERIFICATIONS.name, encode(message), "", now)


def needs_of_report(command: Command, needs: Needs) -> None:
    """The report of that commit, and the problem."""
    assert isinstance(command.body, RecordReport)
    needs.problems.add(command.body.alias)
    needs.reports.add((command.body.alias, command.body.commit))
    needs.wants_last_seq = True


def record_report(command: Command, view: View) -> Effects:
    """The grader alone says so. The first report of a trial counts; what comes again, of whatever message, changes nothing.

    A measured limit becomes that of the problem when the version is still its own.
    Raises: `Forbidden` (``forbidden``), `NotFound` (``no-such-report``), `Invalid` (``report-invalid``).
    """
    body = command.body
    assert isinstance(body, RecordReport)
    require_service(command, services.GRADER)
    known = view.find(rows.ProblemReport, body.alias, body.commit)
    if known is None:
        raise NotFound(f"nobody asked to try {body.alias} at {body.commit[:12]} out", code="no-such-report")
    if body.state not in STATES or body.state == WAITING or len(body.findings) > MOST_FINDINGS or len(body.submissions) > MOST_SUBMISSIONS:
        raise Invalid("the report has no state of a report that ended, or is too long", code="report-invalid")
    effects = Effects()
    if known.state not in {WAITING, OVERTAKEN}:
        return effects
    effects.change(
        known, state=body.state, findings=as_builtins(body.findings), submissions=as_builtins(body.submissions),
        evidence=as_builtins(body.limit) if body.limit is not None else None, ended_at=view.now,
    )  # fmt: skip
    problem = view.find(rows.Problem, body.alias)
    if problem is None:
        return effects
    limit = body.limit
    if limit is not None and not limit.rule.is_stated and problem.version == body.version:
        limits = convert(Limits, problem.limits)
        if limits.cpu_ms != limit.limit_ms:
            effects.change(problem, limits=as_builtins(limits.at_cpu(limit.limit_ms)))
    severities = [finding.severity for finding in body.findings]
    effects.tell(
        "", "problem-tried", alias=body.alias, commit=body.commit, version=body.version, state=body.state, owner=problem.owner,
        errors=severities.count("error"), warnings=severities.count("warning"), is_newest=problem.commit_hash == body.commit,
    )  # fmt: skip
    return effects


def needs_of_wish(command: Command, needs: Needs) -> None:
    """The problem, and the report of its newest commit."""
    assert isinstance(command.body, AskForReport)
    needs.problems.add(command.body.alias)
    needs.newest_reports.add(command.body.alias)
    needs.wants_last_seq = True


def ask_for_report(command: Command, view: View) -> Effects:
    """The problem's owner and admins. A trial that is under way is the one.

    Raises: `NotFound` (``no-such-problem``), `Forbidden` (``forbidden``, ``actor-unknown``).
    """
    body = command.body
    assert isinstance(body, AskForReport)
    problem = view.find(rows.Problem, body.alias)
    actor = actor_of(command, view)
    if problem is None:
        raise NotFound(f"there is no problem {body.alias}", code="no-such-problem")
    require(visibility.may_change_problem(viewer_as(actor), problem.owner), f"{problem.owner}, who owns {body.alias}, and admins")
    known = view.find(rows.ProblemReport, problem.alias, problem.commit_hash)
    effects = Effects()
    if known is None or known.state != WAITING:
        _begin(problem, known, view.now, effects)
        effects.tell("", "trial-asked", alias=problem.alias, commit=problem.commit_hash, owner=problem.owner)
    return effects


def _begin(problem: rows.Problem, known: rows.ProblemReport | None, now: datetime, effects: Effects) -> None:
    if known is None:
        report = rows.ProblemReport(problem.alias, problem.commit_hash, problem.version, WAITING, now, now, 1, [], [])
        effects.insert(report)
    else:
        report = replace(known, state=WAITING, asked_at=now, sent_at=now, sends=known.sends + 1, ended_at=None)
        effects.change(known, state=WAITING, asked_at=now, sent_at=now, sends=report.sends, ended_at=None)
    effects.give(work_of(report, problem.owner, now))
