"""Owns every run that the grader holds, and moves it from intake to its one verdict. Pure: time and ids are arguments.

What is promised, whatever the order of claims, reports, silences and repetitions: a run is handed to one runner at a
time; only the live attempt is heard; every run ends with exactly one verdict; a run that is known is not queued twice.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from mesh.queue import Delivery
from services.grader.backlog import Backlog
from services.grader.conclusions import NotJudged, give_up
from services.grader.errands import conclude_any, keep_any, put_off
from services.grader.precedence import Precedence
from services.grader.runs import Attempt, AttemptDead, Errand, Run, Seeker, Stage, Standby
from wire.commands import RecordVerdict
from wire.judging import AttemptEnd, JudgeSubmission, JudgingManifest

_REMEMBERED_ENDS = 10_000


@dataclass(frozen=True, slots=True)
class Patience:
    """How much a run may go through; meaning and units as in the grader's settings."""

    first_sign_s: float
    lease_s: float
    judge_errors: int
    losses: int
    elsewhere_s: float


class Docket:
    """Runs by id and attempts by id. Bounded by the queues' prefetch: the grader holds no more than it took."""

    def __init__(self, patience: Patience, weights: Mapping[str, int], new_id: Callable[[], str]) -> None:
        self._patience = patience
        self._new_id = new_id
        self._runs: dict[str, Run] = {}
        self._attempts: dict[str, Attempt] = {}
        self._ended: OrderedDict[str, None] = OrderedDict()
        self._backlog: Backlog[Run] = Backlog(weights)
        self._precedence = Precedence()

    # ── in ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def admit(self, order: JudgeSubmission, delivery: Delivery, now: float) -> Run | None:
        """Takes a run in, to be pinned. None when it is known: the delivery is settled together with the first.

        A known run that was sent again at another level moves there; an older copy that comes late moves nothing.
        """
        known = self._runs.get(order.run)
        if known is not None:
            known.deliveries.append(delivery)
            if order.sends > known.order.sends:
                self._move(known, order)
            return None
        run = self._runs[order.run] = Run(order, now, [delivery])
        return run

    def enter(self, order: JudgeSubmission, errand: Errand, manifest: JudgingManifest, now: float) -> Run:
        """Takes in a run that no message asked for; its id must be new."""
        run = self._runs[order.run] = Run(order, now, errand=errand)
        self.pin(run, manifest, now)
        return run

    def pin(self, run: Run, manifest: JudgingManifest, now: float) -> None:
        """The run knows by what it is judged: it may be handed out."""
        run.manifest = manifest
        self._wait(run, now, is_return=False)

    # ── with runners ──────────────────────────────────────────────────────────────────────────────────────────────

    def claim(self, seeker: Seeker, now: float, *, has_others: Callable[[Run], bool]) -> Attempt | None:
        """Hands the next suiting run out, as a fresh attempt. ``has_others``: whether another runner could take that run."""

        def suits(run: Run) -> bool:
            if run.order.language not in seeker.languages or (run.wants_quiet and not self._precedence.is_quiet(now)):
                return False
            return run.failed_on != seeker.name or now >= run.elsewhere_until or not has_others(run)

        run = self._backlog.pick(
            lambda run: run.order.version in seeker.warm, self._precedence.narrowed(suits, self._backlog, seeker, now)
        )
        if run is None:
            return None
        first_sign_at = now + self._patience.first_sign_s
        attempt = Attempt(self._new_id(), run, seeker.name, self._patience.lease_s, first_sign_at, began=now, languages=seeker.languages)
        self._precedence.note_claim(attempt, suits, self._backlog)
        run.stage, run.attempt = Stage.RUNNING, attempt
        self._attempts[attempt.id] = attempt
        return attempt

    def call_for(self, run: Run, now: float) -> Attempt | Standby | None:
        """Who works on something that nobody waits for, here or for another grader, and shall give way to a waiting run; None when nobody."""
        return self._precedence.call_for(run, self._backlog, self._attempts.values(), now) if run.stage is Stage.WAITING else None

    def stand_by(self, seeker: Seeker, now: float) -> Standby:
        """A slot works for another grader, and may be called from there until `stand_down`."""
        return self._precedence.stand_by(seeker, now)

    def stand_down(self, standby: Standby, now: float) -> None:
        """That line is over."""
        self._precedence.stand_down(standby, now)

    def arrived(self, slot: str, now: float) -> None:
        """A slot asks for work anew: what it was called for is given to it first."""
        self._precedence.arrived(slot, now)

    def attempt(self, attempt_id: str) -> Attempt:
        """The live attempt of that id. Raises: `AttemptDead`."""
        attempt = self._attempts.get(attempt_id)
        if attempt is None:
            raise AttemptDead(f"attempt {attempt_id} is over: forget it, its run has moved on")
        return attempt

    def has_ended(self, attempt_id: str) -> bool:
        """Whether that attempt's own last word was heard: hearing it again changes nothing."""
        return attempt_id in self._ended

    def finish(self, end: AttemptEnd, now: float) -> Run:
        """Hears a runner's last word. The run is CONCLUDED, or WAITING again. Raises: `AttemptDead`."""
        attempt = self.attempt(end.attempt)
        run = self._release(attempt)
        self._ended[attempt.id] = None
        if len(self._ended) > _REMEMBERED_ENDS:
            self._ended.popitem(last=False)
        if end.outcome == "handed-back":
            self._precedence.gave_way(attempt, now)
            keep_any(run, end)
            ended = put_off(run)
            if ended is not None:
                self._conclude(run, ended)
            else:
                self._wait(run, now, is_return=True)
            return run
        try:
            self._conclude(run, conclude_any(run, end))
        except NotJudged as failed:
            run.judge_errors += 1
            if run.judge_errors >= self._patience.judge_errors:
                self._give_up(run, attempt, f"judge error, {run.judge_errors} times, lastly on {attempt.runner}: {failed}")
            else:
                self._wait_elsewhere(run, attempt, now)
        return run

    def lose(self, attempt: Attempt, now: float) -> Run:
        """The runner is gone or silent: the attempt is dead, the run WAITING again, or CONCLUDED when it was lost too often."""
        run = self._release(attempt)
        run.losses += 1
        if run.losses >= self._patience.losses:
            self._give_up(run, attempt, f"{run.losses} runners were lost with this run, lastly {attempt.runner}")
        else:
            self._wait_elsewhere(run, attempt, now)
        return run

    def take_back(self, attempt: Attempt, now: float) -> Run:
        """The runner never got the order: as if it had not been handed out."""
        run = self._release(attempt)
        self._wait(run, now, is_return=True)
        return run

    def silent(self, now: float) -> list[Attempt]:
        """The attempts whose lease has run out."""
        return [attempt for attempt in self._attempts.values() if attempt.dies_at <= now]

    # ── out ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def abandon(self, run: Run, message: str) -> None:
        """Gives a run that no runner holds the verdict JE."""
        if run.stage is Stage.WAITING:
            self._backlog.remove(run)
        self._conclude(run, give_up(run, message))

    def withdraw(self, run: Run) -> None:
        """Takes a run that no runner holds out of the line: it is handed out no more, to be settled without a verdict."""
        if run.stage is Stage.WAITING:
            self._backlog.remove(run)
        run.stage = Stage.PREPARING

    def unsettled(self, run: Run) -> list[Delivery]:
        """Takes the deliveries to acknowledge; when there are none left, the run is forgotten."""
        taken, run.deliveries = run.deliveries, []
        if not taken:
            del self._runs[run.id]
        return taken

    # ── seen ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def waiting(self) -> Iterator[Run]:
        """Runs that could be handed out, in no order."""
        return iter(self._backlog)

    def running(self) -> list[Attempt]:
        """Live attempts."""
        return list(self._attempts.values())

    def held(self) -> list[Run]:
        """Every run, at any stage."""
        return list(self._runs.values())

    def is_owing(self) -> bool:
        """Whether a submission's run is in a runner's hands, or its verdict not safe yet; trials are begun anew elsewhere."""
        return any(run.errand is None and run.stage in {Stage.RUNNING, Stage.CONCLUDED} for run in self._runs.values())

    def waiting_by_priority(self) -> Counter[str]:
        """How many runs per level have no runner yet, those that wait for a manifest included."""
        return Counter(run.priority for run in self._unclaimed())

    def oldest_by_priority(self, now: float) -> dict[str, float]:
        """For how many seconds the longest waiting run of each level has been here; levels without one are left out."""
        oldest: dict[str, float] = {}
        for run in self._unclaimed():
            oldest[run.priority] = max(oldest.get(run.priority, 0.0), now - run.admitted_at)
        return oldest

    # ── within ────────────────────────────────────────────────────────────────────────────────────────────────────

    def _unclaimed(self) -> Iterator[Run]:
        return (run for run in self._runs.values() if run.stage in {Stage.PREPARING, Stage.WAITING})

    def _move(self, run: Run, order: JudgeSubmission) -> None:
        is_waiting = run.stage is Stage.WAITING
        if is_waiting:
            self._backlog.remove(run)
        run.order = order
        if is_waiting:
            self._backlog.add(run)

    def _release(self, attempt: Attempt) -> Run:
        del self._attempts[attempt.id]
        attempt.run.attempt = None
        return attempt.run

    def _wait_elsewhere(self, run: Run, attempt: Attempt, now: float) -> None:
        run.failed_on, run.elsewhere_until = attempt.runner, now + self._patience.elsewhere_s
        self._wait(run, now, is_return=True)

    def _wait(self, run: Run, now: float, *, is_return: bool) -> None:
        run.stage, run.waits_since = Stage.WAITING, now
        self._backlog.add(run, is_return=is_return)

    def _give_up(self, run: Run, attempt: Attempt, message: str) -> None:
        self._conclude(run, give_up(run, message, attempt=attempt.id, runner=attempt.runner))

    def _conclude(self, run: Run, verdict: RecordVerdict) -> None:
        assert run.verdict is None, f"run {run.id} has its verdict"
        run.stage, run.verdict = Stage.CONCLUDED, verdict
