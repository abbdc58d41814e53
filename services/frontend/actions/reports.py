"""Owns asking for trials and looking at their reports: for those who may change the problem. Never tries a package out."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from contest import visibility
from mesh.errors import Forbidden, NotFound
from services.frontend.access import check_signed_in
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.reads.problems import Problem
from services.frontend.reads.reports import NONE, Course, Report
from wire.verification import WAITING, AskForReport

_LOOK_AGAIN_S = 5.0
"""So long nobody waits for news alone: they may be lost."""


@dataclass(frozen=True, slots=True)
class Look:
    """A commit of a problem, its report if there is one, and how far its trial is if it is under way."""

    problem: Problem
    commit: str
    report: Report | None
    course: Course | None

    @property
    def state(self) -> str:
        """How it stands."""
        return self.report.state if self.report is not None else NONE

    @property
    def is_newest(self) -> bool:
        """Whether no later commit was accepted."""
        return self.commit == self.problem.commit


async def own_problem(desk: Desk, actor: Actor, alias: str) -> Problem:
    """A problem that the actor may change. Raises: `Unauthenticated`, `NotFound` (``no-such-problem``), `Forbidden` (``not-owner``)."""
    check_signed_in(actor)
    problem = await desk.access.problem(actor, alias)
    if not visibility.may_change_problem(actor.viewer, problem.owner):
        raise Forbidden(f"only {problem.owner}, who owns {alias!r}, and admins see what came of trying it out", code="not-owner")
    return problem


async def look_at(desk: Desk, actor: Actor, alias: str, commit: str = "") -> Look:
    """The report of the newest commit, or of another. Raises: as `own_problem`; `NotFound` (``no-such-report``) for a commit without one."""
    problem = await own_problem(desk, actor, alias)
    report = await desk.reports.find(alias, commit or problem.commit)
    if report is None and commit not in {"", problem.commit}:
        raise NotFound(f"commit {commit[:40]!r} of {alias!r} was never tried out", code="no-such-report")
    course = await desk.reports.course(alias) if report is not None and report.is_under_way else None
    at = commit or problem.commit
    return Look(problem, at, report, course if course is not None and course.commit == at else None)


async def ask_again(desk: Desk, actor: Actor, alias: str) -> None:
    """Has the newest commit tried out once more. Raises: as `own_problem`; `Unavailable`."""
    await own_problem(desk, actor, alias)
    await desk.commands.apply(desk.commands.make(actor.username, AskForReport(alias)), reader=actor.username)


async def when_tried(desk: Desk, actor: Actor, alias: str, wait_s: float) -> Look:
    """The newest report when it has come, or what there is after that time; at once when none is awaited. Raises: as `own_problem`."""
    look = await look_at(desk, actor, alias)
    if wait_s <= 0 or look.state != WAITING:
        return look
    now_s = asyncio.get_running_loop().time
    ends_at = now_s() + wait_s
    async with desk.bell.waiting(f"report:{alias}", look.problem.owner) as rung:
        while True:
            look = await look_at(desk, actor, alias)
            left_s = ends_at - now_s()
            if look.state != WAITING or left_s <= 0 or desk.bell.is_closed:
                return look
            try:
                async with asyncio.timeout(min(left_s, _LOOK_AGAIN_S)):
                    await rung.wait()
            except TimeoutError:
                continue
            rung.clear()
