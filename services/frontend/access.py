"""Owns the way to objects of the record: whoever wants one gets it here, with what he may do, or an error. Nothing else decides.

What one may not see is not there (404), so that names cannot be guessed; what one may see and not do is 403.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from contest import visibility
from contest.feedback import Sight, may_see_progress, shown_cases, shown_figures, shown_groups, sight_of_case
from contest.results import CaseResult
from contest.rules import Audience, Phase
from contest.visibility import Viewer
from mesh.clock import Clock
from mesh.errors import Forbidden, NotFound, Unauthenticated, Unavailable
from mesh.ids import is_id
from services.frontend.actor import Actor
from services.frontend.freshness import Fresh
from services.frontend.kept_contests import KeptContests
from services.frontend.reads.contests import Contest, Contestant, Contests
from services.frontend.reads.problems import Problem, Problems
from services.frontend.reads.rejudgings import Rejudging, Rejudgings
from services.frontend.reads.submissions import Progress, Submission, SubmissionDetail, Submissions
from services.frontend.together import both


@dataclass(frozen=True, slots=True)
class ContestAccess:
    """A contest that the actor may see, and what he is in it. ``contestant`` is None when he is not registered.

    ``away`` says that the record does not answer: then all this is as it was when it last did, and who has registered since is not known.
    """

    contest: Contest
    actor: Actor
    contestant: Contestant | None
    now: datetime
    away: Unavailable | None = None

    @property
    def viewer(self) -> Viewer:
        """The actor in the light of this contest."""
        return viewer_of(self.actor, self.contest, is_contestant=self.contestant is not None)

    @property
    def is_jury(self) -> bool:
        """Whether he sees and does everything in it."""
        return visibility.may_run_contest(self.viewer)

    @property
    def phase(self) -> Phase:
        """Where the contest stands."""
        return self.contest.phase(self.now)

    @property
    def shows_problems(self) -> bool:
        """Whether he may see the problems."""
        return visibility.may_see_problems(self.viewer, self.contest.rules, self.now, is_public=self.contest.is_public)

    @property
    def may_submit(self) -> bool:
        """Whether a submission would be taken now."""
        return visibility.may_submit(self.viewer, self.contest.rules, self.now)

    @property
    def may_ask(self) -> bool:
        """Whether he may ask the jury."""
        return visibility.may_ask_clarification(self.viewer, self.contest.rules, self.now)

    @property
    def audience(self) -> Audience:
        """The board that he sees unless he asks for less."""
        return Audience.JURY if self.may_see_board(Audience.JURY) else Audience.PUBLIC

    def shown(self, detail: SubmissionDetail) -> SubmissionDetail:
        """As much of a submission as he may see, which he may see at all."""
        viewer, feedback, author = self.viewer, self.contest.feedback, detail.submission.username
        if not visibility.may_see_source(viewer, author):
            detail = replace(detail, source="")
        if not visibility.may_see_compile_output(viewer, author, self.contest.compile_feedback, detail.submission.verdict):
            detail = replace(detail, compile_output="")
        cases = shown_cases(viewer, author, feedback, detail.cases)
        decisive = detail.decisive_case if any(case.index == detail.decisive_case for case in cases) else None
        if not visibility.may_see_cases(viewer):
            detail = replace(detail, runner="", trimmed_at=None)
        groups = shown_groups(viewer, author, feedback, detail.groups)
        return replace(detail, submission=self.shown_line(detail.submission), cases=cases, groups=groups, decisive_case=decisive)

    def shows_figures(self, detail: SubmissionDetail, case: CaseResult) -> bool:
        """Whether he may know time and memory of one case."""
        author = detail.submission.username
        return sight_of_case(self.viewer, author, self.contest.feedback, is_sample=case.is_sample or case.is_open) >= Sight.FIGURES

    def shown_line(self, submission: Submission) -> Submission:
        """As much of a submission in a list as he may see: how far its judging is tells where it failed, and figures may carry a secret out."""
        feedback, author = self.contest.feedback, submission.username
        time_ms, memory_bytes = shown_figures(self.viewer, author, feedback, submission.time_ms, submission.memory_bytes)
        submission = replace(submission, time_ms=time_ms, memory_bytes=memory_bytes)
        if submission.progress is None or may_see_progress(self.viewer, author, feedback):
            return submission
        return replace(submission, progress=Progress(submission.progress.step))

    def shown_lines(self, submissions: Iterable[Submission]) -> list[Submission]:
        """The same for a list."""
        return [self.shown_line(one) for one in submissions]

    def may_see_board(self, audience: Audience) -> bool:
        """Whether he may see that board."""
        return visibility.may_see_board(self.viewer, audience, is_public=self.contest.is_public)


_STALE_S = 900.0


class Access:
    """The door to every object. Contests and registrations are fresh to within a second or so (`contest_fresh_s`).

    While the record is away, what the frontends have kept of them counts (`kept_contests`), and without the state store what this one
    saw in the last minutes, so that a contest goes on: what is asked for then waits in the queue, and the recorder has the last word.
    """

    def __init__(self, contests: Contests, problems: Problems, submissions: Submissions, clock: Clock, fresh_s: float, *, rejudgings: Rejudgings, kept: KeptContests) -> None:
        self._contests = contests
        self._kept = kept
        self._problems = problems
        self._submissions = submissions
        self._rejudgings = rejudgings
        self._clock = clock
        self._fresh: Fresh[str, Contest | None] = Fresh(clock, fresh_s, stale_s=_STALE_S)
        self._registered: Fresh[tuple[str, str], Contestant | None] = Fresh(clock, fresh_s, most=20_000, stale_s=_STALE_S)

    async def contest(self, actor: Actor, alias: str) -> ContestAccess:
        """A contest that the actor may see. Raises: `NotFound` (``no-such-contest``); `Unavailable` while nobody can tell."""
        away = None
        try:
            contest, contestant = await both(self._fresh.read(alias, lambda: self._read(alias)), self._contestant(actor, alias))
        except Unavailable as wrong:
            away = wrong
            contest, contestant = await self._remembered(actor, alias, wrong)
        if contest is not None:
            access = ContestAccess(contest, actor, contestant, self._clock.now(), away)
            if visibility.may_see_contest(access.viewer, is_public=contest.is_public):
                return access
        if away is not None:
            raise away  # he may have registered since; and nobody learns from this whether there is such a contest
        raise NotFound(f"there is no contest {alias!r} that you may see", code="no-such-contest")

    async def contest_as_jury(self, actor: Actor, alias: str) -> ContestAccess:
        """A contest that the actor runs. Raises: `NotFound`; `Forbidden` (``not-jury``)."""
        access = await self.contest(actor, alias)
        if not access.is_jury:
            raise Forbidden("only the jury of this contest may do that", code="not-jury")
        return access

    async def problem(self, actor: Actor, alias: str) -> Problem:
        """A problem that the actor may see: his own, or one of a contest that he may see and that has begun.

        Raises: `NotFound` (``no-such-problem``).
        """
        problem = await self._problems.find(alias)
        if problem is not None and (visibility.may_change_problem(actor.viewer, problem.owner) or await self._is_shown(actor, problem)):
            return problem
        raise NotFound(f"there is no problem {alias!r} that you may see", code="no-such-problem")

    async def submission(self, actor: Actor, submission: str) -> tuple[SubmissionDetail, ContestAccess]:
        """A submission that the actor may see, with as much of it as he may. Raises: `NotFound` (``no-such-submission``)."""
        missing = NotFound("there is no such submission that you may see", code="no-such-submission")
        if not actor.is_signed_in or not is_id(submission):
            raise missing
        detail = await self._submissions.find(submission)
        if detail is None:
            raise missing
        try:
            access = await self.contest(actor, detail.submission.contest)
        except NotFound:
            raise missing from None
        if not visibility.may_see_submission(access.viewer, detail.submission.username):
            raise missing
        return access.shown(detail), access

    async def rejudging(self, actor: Actor, rejudging: str) -> tuple[Rejudging, ContestAccess]:
        """A set of rejudges of a contest that the actor runs. Raises: `NotFound` (``no-such-rejudging``)."""
        missing = NotFound("there is no such set of rejudges that you may see", code="no-such-rejudging")
        found = await self._rejudgings.find(rejudging) if actor.is_signed_in and is_id(rejudging) else None
        if found is None:
            raise missing
        try:
            return found, await self.contest_as_jury(actor, found.contest)
        except (NotFound, Forbidden):
            raise missing from None

    def forget_contest(self, alias: str, registered: Iterable[str] = ()) -> None:
        """The contest was changed here, or these accounts registered: the next to ask reads anew."""
        self._fresh.forget(alias)
        self._kept.renew(alias)
        for username in registered:
            self._registered.forget((alias, username))

    async def _read(self, alias: str) -> Contest | None:
        contest = await self._contests.find(alias)
        if contest is not None:
            self._kept.note(contest)
        return contest

    async def _remembered(self, actor: Actor, alias: str, away: Unavailable) -> tuple[Contest | None, Contestant | None]:
        """The same while the record is away. Raises: ``away`` when nothing is known."""
        kept = await self._kept.find(alias)
        if kept is not None:
            return kept.contest, kept.by_username.get(actor.username)
        seen, registered = self._fresh.stale(alias), self._registered.stale((alias, actor.username))
        if seen is None or (registered is None and actor.is_signed_in):
            raise away
        return seen[0], registered[0] if registered is not None else None

    async def _contestant(self, actor: Actor, alias: str) -> Contestant | None:
        if not actor.is_signed_in:
            return None
        return await self._registered.read((alias, actor.username), lambda: self._contests.contestant(alias, actor.username))

    async def _is_shown(self, actor: Actor, problem: Problem) -> bool:
        now = self._clock.now()
        for contest in await self._contests.with_problem(problem.alias):
            registered = not contest.is_public and await self._contestant(actor, contest.alias) is not None
            viewer = viewer_of(actor, contest, is_contestant=registered)
            if visibility.may_see_problems(viewer, contest.rules, now, is_public=contest.is_public):
                return True
        return False


def viewer_of(actor: Actor, contest: Contest, *, is_contestant: bool) -> Viewer:
    """An actor in the light of one contest."""
    is_organiser = actor.is_signed_in and actor.username == contest.organiser
    return Viewer(actor.username, actor.role.value, is_jury=is_organiser, is_contestant=is_contestant)


def check_signed_in(actor: Actor) -> None:
    """Lets accounts pass. Raises: `Unauthenticated`."""
    if not actor.is_signed_in:
        raise Unauthenticated("sign in first")


def check_admin(actor: Actor) -> None:
    """Lets admins pass. Raises: `Unauthenticated`; `Forbidden` (``not-admin``)."""
    check_signed_in(actor)
    if not visibility.may_administer(actor.viewer):
        raise Forbidden("only an admin may do that", code="not-admin")


def check_organiser(actor: Actor) -> None:
    """Lets organisers and admins pass. Raises: `Unauthenticated`; `Forbidden` (``not-organiser``)."""
    check_signed_in(actor)
    if not visibility.may_bring_problem(actor.viewer):
        raise Forbidden("only organisers may do that; ask an admin to make your account one", code="not-organiser")
