"""Owns the work on every run between its message and its verdict: pins it, watches over its attempts, settles it.

The rules are the docket's; here is what takes time. A message is acknowledged after its verdict is safe, never before.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from mesh.clock import Clock
from mesh.errors import MeshError, Unavailable
from mesh.log import Log, correlation
from mesh.queue import Delivery, Message
from services.grader.announcer import Announcer
from services.grader.bulletin import Bulletin
from services.grader.calling import Calling
from services.grader.docket import Docket
from services.grader.figures import Figures
from services.grader.handout import Handout
from services.grader.lines import Lines
from services.grader.manifests import Manifests, NoManifest
from services.grader.roster import Roster
from services.grader.runs import Attempt, AttemptDead, Errand, Run, Seeker, Stage
from services.grader.shortage import Shortage
from services.grader.wanted import Wanted
from wire.judging import AttemptEnd, JudgeSubmission, JudgingManifest, Progress, ProgressAnswer
from wire.runners import DirectRunner

_TICK_S = 0.25
_ACK_LIMIT_S = 15.0


class Desk:
    """The grader at work. Keep `working` open for as long as it shall be; outside of it every report is refused."""

    def __init__(
        self, docket: Docket, manifests: Manifests, announcer: Announcer, bulletin: Bulletin, figures: Figures,
        *, clock: Clock, log: Log, language_wait_s: float,
    ) -> None:  # fmt: skip
        self.docket = docket
        self.roster = Roster()
        self.figures = figures
        self._handout = Handout(docket, self.roster, clock)
        self._wanted = Wanted(self._handout, docket, bulletin, clock=clock, log=log, set_aside=self._set_aside)
        self._manifests = manifests
        self._announcer = announcer
        self._bulletin = bulletin
        self._clock, self._log = clock, log
        self.shortage = Shortage(docket, self.roster, language_wait_s)
        self._lines = Lines(figures)
        self._calling = Calling(docket, self.roster, self._lines, figures, clock)
        self._moved = asyncio.Event()
        self._work: asyncio.TaskGroup | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Does the work while the block runs; what is not done then is left unacknowledged, and will be delivered again."""
        async with asyncio.TaskGroup() as work:
            self._work = work
            self._start(self._watch(), "")
            try:
                yield
            finally:
                self._work = None
                self._handout.send_home()
                self._lines.stir_all()
                for task in self._tasks:
                    task.cancel()

    async def drain(self, limit_s: float) -> None:
        """Hands out no more, and waits so long for runners to end and verdicts to be safe."""
        self._handout.close()
        self._calling.close()
        try:
            async with asyncio.timeout(limit_s):
                while self.docket.is_owing():
                    self._moved.clear()
                    await self._moved.wait()
        except TimeoutError:
            self._log.warning("runs-left", running=len(self.docket.running()), waited_s=limit_s)

    # ── from the queue ────────────────────────────────────────────────────────────────────────────────────────────

    def admit(self, order: JudgeSubmission, delivery: Delivery) -> None:
        """Takes a run in. One that is known is settled with the first; one that has its verdict is answered with that."""
        said = self._announcer.said(order.run)
        if said is not None:
            self.figures.duplicates.inc()
            self._start(self._repeat(said, delivery), order.correlation)
            return
        run = self.docket.admit(order, delivery, self._clock.monotonic())
        if run is None:
            self.figures.duplicates.inc()
        else:
            self._bulletin.note(run)
            self._start(self._prepare(run), order.correlation)

    def enter(self, order: JudgeSubmission, errand: Errand, manifest: JudgingManifest) -> None:
        """Takes in a run of a trial; its end, JE included, is told to the errand's ``hear``, unless the grader leaves before."""
        self._check_open()
        self._advance(self.docket.enter(order, errand, manifest, self._clock.monotonic()))

    # ── from runners ──────────────────────────────────────────────────────────────────────────────────────────────

    async def claim(self, seeker: Seeker, wait_s: float) -> Attempt | None:
        """A fresh attempt at the next run, or None when none comes up in time. Raises: `Unavailable` (``shutting-down``)."""
        self._check_open()
        self.roster.saw(seeker, self._clock.monotonic())
        self.docket.arrived(seeker.name, self._clock.monotonic())
        attempt = await self._wanted.claim(seeker, wait_s)
        if attempt is not None:
            self.figures.handed_out(attempt.run, self._clock.monotonic())
            self._note(attempt.run)
        return attempt

    async def hold(self, attempt_id: str, until: float) -> ProgressAnswer:
        """Waits (until that time of the loop) for the attempt to be over, or to give way: what the runner shall do then.

        Being cancelled means that the line to the runner broke: the run goes to another at once. Raises: `AttemptDead`.
        """
        if self.docket.has_ended(attempt_id):
            return ProgressAnswer()
        attempt = self._heard(attempt_id)
        if attempt.is_to_be_told():
            return ProgressAnswer(give_way=True)
        try:
            if not await self._lines.until_stirred(attempt_id, until):
                return ProgressAnswer()
        except asyncio.CancelledError:
            if self._work is not None and attempt.run.attempt is attempt:
                self._lose(attempt, "line-broken")
            raise
        if attempt.run.attempt is attempt and attempt.is_to_be_told():
            return ProgressAnswer(give_way=True)
        return ProgressAnswer(cancel=not self.docket.has_ended(attempt_id))

    async def stand_by(self, seeker: Seeker, until: float) -> ProgressAnswer:
        """Waits (until that time of the loop) for something urgent that a slot at work for another grader is wanted for.

        Raises: `Unavailable` (``shutting-down``).
        """
        self._check_open()
        self.roster.saw(seeker, self._clock.monotonic())
        return ProgressAnswer(give_way=await self._calling.until_called(seeker, until))

    def direct(self, direction: DirectRunner) -> bool:
        """An operator holds a runner or takes it into service again; whether it was heard of lately."""
        is_known = self.roster.direct(direction)
        self._handout.call_home(direction.host)
        self._log.warning("runner-directed", runner=direction.host, is_held=direction.is_held, by=direction.by, is_known=is_known)
        return is_known

    def progress(self, report: Progress) -> ProgressAnswer:
        """A sign of life, and how far it is. Raises: `AttemptDead`."""
        attempt = self._heard(report.attempt)
        attempt.note(report.step, report.results)
        self._note(attempt.run)
        return ProgressAnswer(give_way=attempt.is_called)

    def finish(self, end: AttemptEnd) -> None:
        """A runner's last word; said again it changes nothing. Raises: `AttemptDead`."""
        self._check_open()
        if self.docket.has_ended(end.attempt):
            return
        attempt, now = self._heard(end.attempt), self._clock.monotonic()
        run = self.docket.finish(end, now)
        self._ended(attempt, end.outcome, end.message)
        if end.outcome != "handed-back":
            self.figures.took(attempt, now)
        self._advance(run)

    # ── within ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _prepare(self, run: Run) -> None:
        if await self._wanted.is_dropped(run):
            await self._let_go(run)
            return
        try:
            manifest = await self._manifests.find(run.order.problem, run.order.version)
        except NoManifest as wrong:
            self.docket.abandon(run, str(wrong))
        else:
            self.docket.pin(run, manifest, self._clock.monotonic())
        self._advance(run)

    async def _settle(self, run: Run) -> None:
        verdict = run.verdict
        assert verdict is not None, "only a run with its verdict is settled"
        await self._announcer.announce(verdict, run.order.correlation)
        now = self._clock.monotonic()
        self.figures.judged_run(run, verdict, now)
        self._log.info(
            "run-judged", run=run.id, submission=run.order.submission, problem=run.order.problem, language=run.order.language,
            verdict=verdict.verdict.value, time_ms=verdict.time_ms, runner=verdict.runner, duration_s=round(now - run.admitted_at, 3),
        )  # fmt: skip
        await self._let_go(run)

    async def _let_go(self, run: Run) -> None:
        """Acknowledges all that asked for the run; then it is forgotten."""
        while deliveries := self.docket.unsettled(run):
            for delivery in deliveries:
                await self._ack(delivery)
        self._moved.set()

    async def _repeat(self, said: Message, delivery: Delivery) -> None:
        await self._announcer.say_again(said)
        await self._ack(delivery)

    async def _ack(self, delivery: Delivery) -> None:
        try:
            async with asyncio.timeout(_ACK_LIMIT_S):
                await delivery.ack()
        except (MeshError, TimeoutError) as wrong:
            self._log.warning("delivery-comes-again", message=delivery.message.id, reason=str(wrong) or "no answer")

    async def _watch(self) -> None:
        while True:
            now = self._clock.monotonic()
            for attempt in self.docket.silent(now):
                self._lose(attempt, "silent")
            self.roster.forget_silent(now)
            self._handout.look_again()
            self._make_room(now)
            self._calling.look()
            self.figures.look(self.docket, self.roster)
            await asyncio.sleep(_TICK_S)

    def _make_room(self, now: float) -> None:
        """A run that no runner can take must not fill the window for those that others could take."""
        for run in self.shortage.hopeless(now):
            if run.errand is not None:
                self.docket.abandon(run, f"no runner has the language {run.order.language!r}: bring one, then rejudge")
                self._advance(run)
            else:
                self._log.warning("run-set-aside", run=run.id, language=run.order.language, reason="no runner has its language")
                self._set_aside(run)

    def _set_aside(self, run: Run) -> None:
        """Forgets a run that waits, without a verdict."""
        self.docket.withdraw(run)
        self._start(self._let_go(run), run.order.correlation)

    def _lose(self, attempt: Attempt, outcome: str) -> None:
        run = self.docket.lose(attempt, self._clock.monotonic())
        self._ended(attempt, outcome, f"step {attempt.step.value}")
        self._advance(run)

    def _ended(self, attempt: Attempt, outcome: str, detail: str) -> None:
        self.figures.attempt_ended(outcome)
        self.roster.ended(attempt.runner, outcome)
        is_fault = outcome in {"silent", "line-broken", "judge-error"} or (outcome == "handed-back" and not attempt.yields)
        if is_fault:
            self._log.warning("attempt-failed", attempt=attempt.id, run=attempt.run.id, runner=attempt.runner, outcome=outcome, detail=detail)
        self._lines.stir(attempt.id)

    def _advance(self, run: Run) -> None:
        self._moved.set()
        if run.stage is not Stage.CONCLUDED:
            self._note(run)
            self._handout.offer(run)
            self._calling.call_for(run)
        elif run.errand is not None:
            self.docket.unsettled(run)
            run.errand.hear(run)
        else:
            self._start(self._settle(run), run.order.correlation)

    def _note(self, run: Run) -> None:
        """Tells how far it is; how far a trial is, the trial tells."""
        if run.errand is None:
            self._bulletin.note(run)

    def _heard(self, attempt_id: str) -> Attempt:
        self._check_open()
        try:
            attempt = self.docket.attempt(attempt_id)
        except AttemptDead:
            self.figures.late_reports.inc()
            raise
        now = self._clock.monotonic()
        attempt.extend(now)
        self.roster.heard(attempt.runner, now)
        return attempt

    def _check_open(self) -> None:
        if self._work is None:
            raise Unavailable("the grader is leaving: come back when it is there again", code="shutting-down", retry_after_s=1)

    def _start(self, work: Coroutine[Any, Any, None], about: str) -> None:
        assert self._work is not None, "the desk works only while `working` is open"
        context = contextvars.Context()  # a caller's deadline is not that of the run
        context.run(correlation.set, about)
        task = self._work.create_task(work, context=context)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
