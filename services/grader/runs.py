"""Owns what the grader knows of one run and of one attempt at it. Never moves them on: `services.grader.docket` does."""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

from contest.results import CaseResult
from contest.rulings import Ruling
from mesh.errors import Conflict
from mesh.queue import Delivery
from wire.commands import RecordVerdict
from wire.judging import JUDGE, MOST_BREAKS, Examined, InputValidator, JudgeSubmission, JudgingManifest, Probe, Step
from wire.problems import Finding
from wire.runners import RunnerFacts

YIELDING = frozenset({"low"})
"""Rejudges and trials of packages. Every other level has somebody who waits."""


class AttemptDead(Conflict):
    """The attempt is over: its lease ran out, its line broke, or it was never ours. Forget it; the run has moved on."""

    default_code = "attempt-dead"


class Stage(enum.StrEnum):
    """Where a run stands.

        PREPARING ──pin──▶ WAITING ──claim──▶ RUNNING ──finish──▶ CONCLUDED ──settle──▶ gone
            │                 ▲                  │                    ▲
            │                 └────── lost, handed back, error ───────┤ (tried often enough)
            └───────────────── no such problem ───────────────────────┘
    """

    PREPARING = "preparing"
    WAITING = "waiting"
    RUNNING = "running"
    CONCLUDED = "concluded"


@dataclass(frozen=True, slots=True)
class Seeker:
    """A slot that asks for work: its name, the languages it has, the problem versions whose inputs it holds, what its runner says of itself.

    ``is_choosy``: it takes nothing that yields when that is all there is.
    """

    name: str
    languages: frozenset[str]
    warm: frozenset[str] = frozenset()
    facts: RunnerFacts | None = None
    is_choosy: bool = False

    @property
    def host(self) -> str:
        """The runner whose slot it is; itself when it does not say."""
        return self.facts.host if self.facts is not None else self.name

    @property
    def is_out(self) -> bool:
        """Whether its runner takes no work."""
        return self.facts is not None and self.facts.is_out


@dataclass(slots=True, eq=False)
class Errand:
    """What makes a run one of a trial: nobody's submission, its end is told to ``hear`` and not to the record.

    ``task`` is one of `wire.judging.TASKS`; ``findings`` is what came of a `VALIDATE`, ``examined`` what
    attempts before the next one have done of it. ``is_put_off``: it ended without a verdict, since it kept what is urgent waiting again and again.
    """

    hear: Callable[[Run], None]
    task: str = JUDGE
    input_validators: tuple[InputValidator, ...] = ()
    probes: tuple[Probe, ...] = ()
    findings: tuple[Finding, ...] = ()
    examined: Examined | None = None
    is_put_off: bool = False


@dataclass(slots=True, eq=False)
class Run:
    """One judging of one submission while the grader holds it. Times are monotonic seconds.

    ``deliveries`` are the messages that asked for it and are acknowledged with its verdict (the queue's prefetch bounds
    them); ``failed_on`` names the
    runner of its last failed attempt, which others are asked before until ``elsewhere_until``. ``kept`` are the cases that attempts
    before the next one ended before they were handed back; ``rulings`` is what the package's own grader said by then, and ``broken_off`` how often
    what comes next was broken off.
    """

    order: JudgeSubmission
    admitted_at: float
    deliveries: list[Delivery] = field(default_factory=list)
    stage: Stage = Stage.PREPARING
    manifest: JudgingManifest | None = None
    attempt: Attempt | None = None
    waits_since: float = 0.0
    judge_errors: int = 0
    losses: int = 0
    failed_on: str = ""
    elsewhere_until: float = 0.0
    verdict: RecordVerdict | None = None
    kept: tuple[CaseResult, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    broken_off: int = 0
    errand: Errand | None = None

    @property
    def id(self) -> str:
        """The run's id."""
        return self.order.run

    @property
    def priority(self) -> str:
        """Its level."""
        return self.order.priority

    @property
    def author(self) -> str:
        """Whose share it counts against."""
        return self.order.author

    @property
    def yields(self) -> bool:
        """Whether nobody waits for it."""
        return self.order.priority in YIELDING

    @property
    def wants_quiet(self) -> bool:
        """Whether it kept what is urgent waiting so often that it is begun only when nothing urgent is about."""
        return self.yields and self.broken_off >= MOST_BREAKS


@dataclass(slots=True, eq=False)
class Attempt:
    """One try at a run, in the hands of one runner since ``began``. Dead when silent until ``dies_at`` (monotonic seconds).

    ``languages`` are its runner's. ``is_called``: it shall give way to something more urgent, and ``is_told`` so.
    """

    id: str
    run: Run
    runner: str
    lease_s: float
    dies_at: float
    step: Step = Step.FETCHING
    done: set[int] = field(default_factory=set)
    began: float = 0.0
    languages: frozenset[str] = frozenset()
    is_called: bool = False
    is_told: bool = False

    @property
    def yields(self) -> bool:
        """Whether it may have to give way."""
        return self.run.yields

    def extend(self, now: float) -> None:
        """The runner gave a sign."""
        self.dies_at = max(self.dies_at, now + self.lease_s)

    def is_to_be_told(self) -> bool:
        """Whether its runner is to hear now that it shall give way: it is told once on its line, and with every report."""
        is_news = self.is_called and not self.is_told
        self.is_told |= is_news
        return is_news

    def note(self, step: Step, results: tuple[CaseResult, ...]) -> None:
        """How far it says that it is."""
        self.step = step
        self.done.update(result.index for result in results)


@dataclass(slots=True, eq=False)
class Standby:
    """A slot that works for another grader, on a run that yields, seen here since ``began`` (monotonic seconds).

    It keeps a line open, or ``lines`` while one takes the other's place; without one since ``left_at``. ``is_called``: something
    urgent that waits here wants it.
    """

    seeker: Seeker
    began: float
    lines: int = 0
    left_at: float = 0.0
    is_called: bool = False

    @property
    def id(self) -> str:
        """The name of its line."""
        return f"standby {self.seeker.name}"

    @property
    def languages(self) -> frozenset[str]:
        """What it could be given."""
        return self.seeker.languages

    @property
    def yields(self) -> bool:
        """Whether it can be told: by a line that is open."""
        return self.lines > 0
