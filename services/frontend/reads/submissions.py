"""Owns the reading of submissions: the record first, then refusals, then what is on its way. Never decides who may see what."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from fractions import Fraction
from typing import Any

import sqlalchemy as sa

from contest.results import CaseResult, GroupResult
from contest.verdicts import Verdict
from mesh.cache.contract import Cache
from mesh.codec import convert, decode
from mesh.errors import MeshError, Unavailable
from services.frontend.pending import PendingSubmission, PendingSubmissions
from services.frontend.reads.record import Record


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the judging of a submission is: ``step`` fetching, compiling or running; case ``done`` of ``total``."""

    step: str = ""
    done: int = 0
    total: int = 0


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission. ``status``: accepted (on its way to the record), queued, judging, judged, refused (``code``, ``message``).

    ``team`` is the name that the board shows for its author, the username when there is none.
    """

    id: str
    contest: str
    problem: str
    username: str
    language: str
    filename: str
    submitted_at: datetime
    status: str
    team: str = ""
    is_on_board: bool = True
    run: str = ""
    verdict: Verdict | None = None
    score: Fraction | None = None
    time_ms: int | None = None
    memory_bytes: int | None = None
    judged_at: datetime | None = None
    progress: Progress | None = None
    code: str = ""
    message: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """One judging of a submission, ended or not. ``rejudging`` is its set; ``by_hand`` whose word it is where nothing was run, and why."""

    id: str
    version: str
    created_at: datetime
    verdict: Verdict | None
    score: Fraction | None
    time_ms: int | None
    memory_bytes: int | None
    judged_at: datetime | None
    runner: str
    is_in_force: bool
    rejudging: str = ""
    by_hand: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionDetail:
    """A submission with what its judging in force said, and the ``priority`` of that. ``cases`` in judging order."""

    submission: Submission
    source: str
    cases: tuple[CaseResult, ...] = ()
    groups: tuple[GroupResult, ...] = ()
    decisive_case: int | None = None
    compile_output: str = ""
    version: str = ""
    runner: str = ""
    priority: str = ""
    trimmed_at: datetime | None = None
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class Own:
    """One author's submissions, newest first; not ``is_whole`` while the record is away: then only those on their way are known."""

    found: list[Submission]
    is_whole: bool


class Submissions:
    """Submissions, as the record, its refusals and the overlay together have them."""

    def __init__(self, record: Record, pending: PendingSubmissions, cache: Cache) -> None:
        self._record = record
        self._pending = pending
        self._cache = cache
        self._table = record.table("submissions")
        self._runs = record.table("runs")
        self._outcomes = record.table("outcomes")
        self._contestants = record.table("contestants")

    async def find(self, submission: str) -> SubmissionDetail | None:
        """One, by id, with everything. With the database away: what the overlay knows, when it knows it."""
        try:
            recorded = await self._recorded(submission)
        except Unavailable:
            pending = await self._pending.find(submission)
            if pending is None or pending.submitted_at is None:
                raise
            return SubmissionDetail(_of_pending(pending), "")
        if recorded is not None:
            return recorded
        pending = await self._pending_or_none(submission)
        refusal = await self._refusal(submission)
        if refusal is not None:
            known = pending or PendingSubmission(submission, username=refusal.actor)
            known = replace(known, submitted_at=known.submitted_at or refusal.at)
            shown = replace(_of_pending(known), status="refused", code=refusal.code, message=refusal.message)
            return SubmissionDetail(shown, "")
        if pending is None or pending.submitted_at is None:
            return await self._recorded(submission)  # it may have gone from the overlay into the record since we looked
        return SubmissionDetail(_of_pending(pending), "")

    async def of_user(self, contest: str, username: str) -> list[Submission]:
        """One author's in a contest, as far as they can be known."""
        return (await self.own(contest, username)).found

    async def own(self, contest: str, username: str, most: int = 500) -> Own:
        """One author's in a contest, with those on their way. Raises: `Unavailable` (``record-unavailable``) when none at all can be told."""
        waiting = await self._waiting_of(username, [])  # first: what leaves the overlay meanwhile is in the record by then
        mine = [_of_pending(pending) for pending in waiting if pending.contest == contest and pending.submitted_at is not None]
        is_whole = True
        try:
            recorded = await self._list([self._table.c.contest == contest, self._table.c.username == username], "", most)
        except Unavailable:
            recorded, is_whole = [], False
            if not mine:
                raise
        known = {submission.id for submission in recorded}
        fresh = [submission for submission in mine if submission.id not in known]
        if len(fresh) < len(mine):
            await self._waiting_of(username, sorted(known))  # strikes off the list what the record has
        return Own(sorted([*fresh, *recorded], key=lambda submission: (submission.submitted_at, submission.id), reverse=True), is_whole)

    async def of_contest(
        self, contest: str, *, problem: str = "", username: str = "", verdict: str = "", status: str = "", language: str = "", before: str = "", most: int = 100
    ) -> list[Submission]:
        """A contest's, newest first, filtered; ``before`` is the id of the last one seen. Only what the record has."""
        table = self._table
        wanted = {"problem": problem, "username": username, "verdict": verdict, "status": status, "language": language}
        where = [table.c.contest == contest, *(table.c[name] == value for name, value in wanted.items() if value)]
        return await self._list(where, before, most)

    async def judging_faults(self, contest: str) -> dict[str, int]:
        """How many of a contest's verdicts say that the judging itself broke, by verdict; only those that there are."""
        table, count = self._table, sa.func.count()
        where = sa.and_(table.c.contest == contest, table.c.verdict.in_([Verdict.VE.value, Verdict.JE.value]))
        rows = await self._record.rows(sa.select(table.c.verdict, count.label("number")).where(where).group_by(table.c.verdict))
        return {row.verdict: row.number for row in rows}

    async def runs_of(self, submission: str, most: int = 50) -> list[Run]:
        """Every judging of a submission, oldest first."""
        runs, table = self._runs, self._table
        statement = (
            sa.select(runs, table.c.run.label("in_force"))
            .join(table, table.c.id == runs.c.submission)
            .where(runs.c.submission == submission)
            .order_by(runs.c.created_at, runs.c.id)
            .limit(most)
        )
        return [_run(row) for row in await self._record.rows(statement)]

    async def _recorded(self, submission: str) -> SubmissionDetail | None:
        table, runs = self._table, self._runs
        statement = (
            self._with_team(table, runs.c.version, runs.c.cases, runs.c.group_results, runs.c.decisive_case, runs.c.compile_output, runs.c.runner, runs.c.trimmed_at, runs.c.priority.label("level"))
            .outerjoin(runs, runs.c.id == table.c.run)
            .where(table.c.id == submission)
        )
        row = await self._record.row(statement)
        if row is None:
            return None
        [shown] = await self._with_progress([_submission(row)])
        return SubmissionDetail(
            submission=shown, source=row.source, cases=convert(tuple[CaseResult, ...], row.cases or ()),
            groups=convert(tuple[GroupResult, ...], row.group_results or ()),
            decisive_case=row.decisive_case, compile_output=row.compile_output or "", version=row.version or "", runner=row.runner or "",
            priority=row.level or "", trimmed_at=row.trimmed_at, webhook_url=row.webhook_url or "",
        )  # fmt: skip

    async def _list(self, where: Sequence[sa.ColumnElement[bool]], before: str, most: int) -> list[Submission]:
        table = self._table
        light = [column for column in table.c if column.name != "source"]
        statement = self._with_team(*light).where(*where)
        if before:
            last = sa.select(table.c.submitted_at).where(table.c.id == before).scalar_subquery()
            earlier = sa.and_(table.c.submitted_at == last, table.c.id < before)
            statement = statement.where(sa.or_(table.c.submitted_at < last, earlier))
        statement = statement.order_by(table.c.submitted_at.desc(), table.c.id.desc()).limit(most)
        return await self._with_progress([_submission(row) for row in await self._record.rows(statement)])

    def _with_team(self, *columns: Any) -> sa.Select[Any]:
        table, teams = self._table, self._contestants
        is_team = sa.and_(teams.c.contest == table.c.contest, teams.c.username == table.c.username)
        return sa.select(*columns, teams.c.name.label("team")).select_from(table).outerjoin(teams, is_team)

    async def _refusal(self, submission: str) -> sa.Row[Any] | None:
        where = (self._outcomes.c.id == submission, self._outcomes.c.is_applied.is_(sa.false()))
        return await self._record.row(sa.select(self._outcomes).where(*where))

    async def _pending_or_none(self, submission: str) -> PendingSubmission | None:
        try:
            return await self._pending.find(submission)
        except Unavailable:
            return None

    async def _waiting_of(self, username: str, known: Sequence[str]) -> list[PendingSubmission]:
        try:
            return await self._pending.of_user(username, known)
        except Unavailable:
            return []

    async def _with_progress(self, found: Sequence[Submission]) -> list[Submission]:
        waiting = [submission.id for submission in found if submission.status == "queued"][:_MOST_PROGRESS]
        told = await self._progress_of(waiting)
        return [_judging(submission, told.get(submission.id)) for submission in found]

    async def _progress_of(self, submissions: Sequence[str]) -> dict[str, Progress]:
        if not submissions:
            return {}
        try:
            bodies = await self._cache.fetch_many([f"progress:{submission}" for submission in submissions])
        except MeshError:
            return {}
        return dict(_progress(zip(submissions, bodies, strict=True)))


_MOST_PROGRESS = 100


def _progress(told: Iterable[tuple[str, bytes | None]]) -> Iterable[tuple[str, Progress]]:
    for submission, body in told:
        if body is not None:
            try:
                yield submission, decode(Progress, body)
            except MeshError:
                continue


def _judging(submission: Submission, progress: Progress | None) -> Submission:
    if progress is None:
        return submission
    return replace(submission, status="judging" if progress.step else "queued", progress=progress)


def _of_pending(pending: PendingSubmission) -> Submission:
    assert pending.submitted_at is not None, "only what has a time is shown"
    return Submission(
        id=pending.id, contest=pending.contest, problem=pending.problem, username=pending.username, language=pending.language,
        filename=pending.filename, submitted_at=pending.submitted_at, status=pending.status, team=pending.username,
        code=pending.code, message=pending.message,
    )  # fmt: skip


def _submission(row: sa.Row[Any]) -> Submission:
    return Submission(
        id=row.id, contest=row.contest, problem=row.problem, username=row.username, language=row.language, filename=row.filename,
        submitted_at=row.submitted_at, status=row.status, team=row.team or row.username, is_on_board=row.is_on_board, run=row.run,
        verdict=Verdict(row.verdict) if row.verdict else None, score=row.score, time_ms=row.time_ms,
        memory_bytes=row.memory_bytes, judged_at=row.judged_at,
    )  # fmt: skip


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        id=row.id, version=row.version, created_at=row.created_at, verdict=Verdict(row.verdict) if row.verdict else None,
        score=row.score, time_ms=row.time_ms, memory_bytes=row.memory_bytes, judged_at=row.judged_at, runner=row.runner or "",
        is_in_force=row.id == row.in_force, rejudging=row.rejudging or "", by_hand=row.by_hand or "", reason=row.reason or "",
    )  # fmt: skip
