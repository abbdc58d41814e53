"""Owns every change that can be asked of the record. Never says whether one is allowed: the recorder does.

A command is applied once, whatever is redelivered: its outcome is kept by its id.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import TypeAlias

from contest.limits import Limits
from contest.results import CaseResult, GroupResult
from contest.rules import Mode
from contest.verdicts import Verdict
from wire.verification import AskForReport, RecordReport
from wire.rejudging import ApplyRejudging, DropRejudging, OpenRejudging, OverrideVerdict
from wire.webhooks import RecordDelivery, ReplayDelivery, SetWebhook, TryWebhook


@dataclass(frozen=True, slots=True)
class CreateAccount:
    """A new account. ``password_hash`` is an argon2id string, never a password; ``role`` is admin, organiser or contestant."""

    username: str
    name: str
    password_hash: str
    role: str = "contestant"
    email: str = ""


@dataclass(frozen=True, slots=True)
class ChangePassword:
    """A new password for an account; every session of it ends."""

    username: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class RecordProblem:
    """A package was accepted by the gitserver. ``version`` is the hash of its private tree: the judging version.

    ``samples`` is how many samples it shows, ``statement_languages`` the languages it has a statement in,
    ``max_score`` is 1 for pass-fail; ``languages`` are those that the problem takes, empty: what the contest takes.
    """

    alias: str
    title: str
    commit: str
    version: str
    limits: Limits
    owner: str
    case_count: int
    samples: int = 0
    statement_languages: tuple[str, ...] = ("en",)
    has_pdf: bool = False
    is_scoring: bool = False
    max_score: Fraction = Fraction(1)
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ContestProblem:
    """One problem of a contest. ``label`` is short ("A"), ``color`` a CSS hex colour of its balloon, ``points`` for IOI."""

    alias: str
    label: str
    color: str = ""
    points: Fraction = Fraction(100)


@dataclass(frozen=True, slots=True)
class CreateContest:
    """A new contest; its creator becomes its organiser. ``languages`` empty means every language that runners have.

    ``feedback`` is what contestants see of their own judging: one of `contest.visibility.FEEDBACK`; ``compile_feedback`` when they see what the
    compiler said: one of `contest.visibility.COMPILE_FEEDBACK`.
    """

    alias: str
    title: str
    mode: Mode
    start: datetime
    duration_s: int
    problems: tuple[ContestProblem, ...]
    freeze_s: int = 0
    penalty_s: int = 1200
    languages: tuple[str, ...] = ()
    description: str = ""
    is_public: bool = True
    feedback: str = "verdict"
    compile_feedback: str = "always"


@dataclass(frozen=True, slots=True)
class ChangeContest:
    """The contest as it shall be from now on; the alias says which. Same fields and rules as `CreateContest`."""

    alias: str
    title: str
    mode: Mode
    start: datetime
    duration_s: int
    problems: tuple[ContestProblem, ...]
    freeze_s: int = 0
    penalty_s: int = 1200
    languages: tuple[str, ...] = ()
    description: str = ""
    is_public: bool = True
    feedback: str = "verdict"
    compile_feedback: str = "always"


@dataclass(frozen=True, slots=True)
class ThawContest:
    """Shows the public what the freeze hid. Refused before the end."""

    contest: str


@dataclass(frozen=True, slots=True)
class Team:
    """One contestant of a contest: an existing account, the name that the board shows, an optional group."""

    username: str
    name: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class RegisterTeams:
    """Registers accounts as contestants of a contest; one already registered takes the new name and group."""

    contest: str
    teams: tuple[Team, ...]


@dataclass(frozen=True, slots=True)
class Submit:
    """A submission. Its id is the command's id. ``source`` is UTF-8 text, at most 256 KiB; ``priority`` as `wire.priorities` says.

    ``webhook_url`` is where this verdict is told to, besides the account's own webhook.
    """

    contest: str
    problem: str
    language: str
    source: str
    filename: str = ""
    priority: str = ""
    webhook_url: str = ""


@dataclass(frozen=True, slots=True)
class RecordVerdict:
    """The end of one run. ``run`` names the judging of ``submission`` that ended; a verdict on a run that has one changes nothing.

    ``compile_output`` is cut to 64 KiB, case messages to 4 KiB each, before it is sent. ``groups`` are the test groups of a scoring problem,
    parents before what is in them.
    """

    submission: str
    run: str
    attempt: str
    version: str
    verdict: Verdict
    score: Fraction
    time_ms: int
    memory_bytes: int
    cases: tuple[CaseResult, ...]
    compile_output: str = ""
    runner: str = ""
    decisive_case: int | None = None
    groups: tuple[GroupResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Rejudge:
    """Judges a submission once more, with a new run against the problem's newest version."""

    submission: str


@dataclass(frozen=True, slots=True)
class SetPriority:
    """Moves a submission that waits to be judged to another level of `wire.queues.PRIORITIES`; who runs the contest may."""

    submission: str
    priority: str


@dataclass(frozen=True, slots=True)
class MarkPhase:
    """A contest has come to ``phase`` by the clock: "started", "frozen" or "ended". Said by the scheduler, once each."""

    contest: str
    phase: str


@dataclass(frozen=True, slots=True)
class AskClarification:
    """A question of a contestant. Its id is the command's id; ``problem`` is an alias, or empty for a general one."""

    contest: str
    text: str
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AnswerClarification:
    """An answer; ``is_public`` shows question and answer to every contestant. Answering again replaces the answer."""

    clarification: str
    text: str
    is_public: bool = False


@dataclass(frozen=True, slots=True)
class Announce:
    """A message of the jury to everybody in the contest."""

    contest: str
    text: str
    problem: str = ""


CommandBody: TypeAlias = (
    CreateAccount
    | ChangePassword
    | RecordProblem
    | CreateContest
    | ChangeContest
    | ThawContest
    | RegisterTeams
    | Submit
    | RecordVerdict
    | Rejudge
    | SetPriority
    | MarkPhase
    | AskClarification
    | AnswerClarification
    | Announce
    | SetWebhook
    | TryWebhook
    | RecordDelivery
    | ReplayDelivery
    | RecordReport
    | AskForReport
    | OpenRejudging
    | ApplyRejudging
    | DropRejudging
    | OverrideVerdict
)

COMMANDS: dict[str, type[CommandBody]] = {
    kind.__name__: kind
    for kind in (
        CreateAccount, ChangePassword, RecordProblem, CreateContest, ChangeContest, ThawContest, RegisterTeams,
        Submit, RecordVerdict, Rejudge, SetPriority, MarkPhase, AskClarification, AnswerClarification, Announce,
        SetWebhook, TryWebhook, RecordDelivery, ReplayDelivery, RecordReport, AskForReport,
        OpenRejudging, ApplyRejudging, DropRejudging, OverrideVerdict,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Command:
    """One wish, ready to travel: JSON object, ``body`` shaped by ``kind`` (a key of `COMMANDS`).

    ``id`` is a UUIDv7 made once per user action and reused in every retry. ``actor`` is a username, or
    ``service:NAME``. ``at`` is when it was wished (aware UTC): for a submission, the time that counts.
    ``correlation`` follows the work through every service. ``assertion`` is the frontend's signed word that the
    actor is who he is; empty when a service speaks for itself.
    """

    id: str
    kind: str
    actor: str
    at: datetime
    body: CommandBody
    correlation: str = ""
    assertion: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command: applied, or refused with a kebab-case ``code`` and a ``message`` fit for the actor.

    ``seq`` is the contest's event sequence number that it reached, 0 when it touched no contest. ``status`` is the HTTP
    status that fits a refusal, 200 when applied.
    """

    id: str
    is_applied: bool
    code: str = ""
    message: str = ""
    seq: int = 0
    status: int = 200
