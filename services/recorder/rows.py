"""Owns one row of each table as a value, named as `wire.record` names columns. Never reads or writes one."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from operator import attrgetter
from typing import Any, Final, TypeAlias, TypeVar

from contest.rules import ContestRules, Mode
from services.recorder import judged_rows
from wire.record import TABLES


@dataclass(frozen=True, slots=True)
class Account:
    """A row of ``accounts``."""

    username: str
    name: str
    password_hash: str
    role: str
    email: str
    created_at: datetime
    password_changed_at: datetime


@dataclass(frozen=True, slots=True)
class Problem:
    """A row of ``problems``."""

    alias: str
    title: str
    owner: str
    commit_hash: str
    version: str
    limits: Any
    case_count: int
    samples: int
    statement_languages: Any
    has_pdf: bool
    is_scoring: bool
    max_score: Fraction
    changed_at: datetime
    languages: Any = None


@dataclass(frozen=True, slots=True)
class Contest:
    """A row of ``contests``."""

    alias: str
    title: str
    description: str
    organiser: str
    mode: str
    start_at: datetime
    duration_s: int
    freeze_s: int
    penalty_s: int
    thawed_at: datetime | None
    languages: Any
    is_public: bool
    seq: int
    created_at: datetime
    feedback: str = "verdict"
    compile_feedback: str = "always"

    @property
    def rules(self) -> ContestRules:
        """What scoring and visibility need of it."""
        return ContestRules(Mode(self.mode), self.start_at, self.duration_s, self.freeze_s, self.penalty_s, self.thawed_at)


@dataclass(frozen=True, slots=True)
class ContestProblem:
    """A row of ``contest_problems``."""

    contest: str
    alias: str
    place: int
    label: str
    color: str
    points: Fraction


@dataclass(frozen=True, slots=True)
class Contestant:
    """A row of ``contestants``."""

    contest: str
    username: str
    name: str
    team_group: str
    registered_at: datetime


@dataclass(frozen=True, slots=True)
class Clarification:
    """A row of ``clarifications``."""

    id: str
    contest: str
    problem: str
    username: str
    text: str
    asked_at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None
    is_public: bool
    is_announcement: bool


@dataclass(frozen=True, slots=True)
class Event:
    """A row of ``events``."""

    contest: str
    seq: int
    kind: str
    at: datetime
    actor: str
    command: str
    body: Any


@dataclass(frozen=True, slots=True)
class Settled:
    """A row of ``outcomes``."""

    id: str
    kind: str
    actor: str
    is_applied: bool
    code: str
    message: str
    status: int
    seq: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """A row of ``outbox``."""

    id: str
    queue: str
    body: bytes
    correlation: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Webhook:
    """A row of ``webhooks``."""

    username: str
    url: str
    secret: str
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Delivery:
    """A row of ``deliveries``."""

    id: str
    username: str
    submission: str
    run: str
    url: str
    body: str
    status: str
    tries: int
    http_status: int
    error: str
    created_at: datetime
    changed_at: datetime
    kind: str = "verdict"
    generation: int = 1
    sends: int = 1


@dataclass(frozen=True, slots=True)
class Job:
    """A row of ``jobs``."""

    name: str
    due_at: datetime
    holder: str
    held_until: datetime
    ended_at: datetime | None
    took_ms: int
    failures: int
    error: str


Submission = judged_rows.Submission
Run = judged_rows.Run
Rejudging = judged_rows.Rejudging
ProblemReport = judged_rows.ProblemReport

Row: TypeAlias = (
    Account | Problem | Contest | ContestProblem | Contestant | Submission | Run | Clarification | Event | Settled | Work
    | Webhook | Delivery | Job | Rejudging | ProblemReport
)
Key: TypeAlias = tuple[Any, ...]
R = TypeVar("R", bound=Row)

TABLE_OF: Final[dict[type[Row], str]] = {
    Account: "accounts", Problem: "problems", Contest: "contests", ContestProblem: "contest_problems", Contestant: "contestants",
    Submission: "submissions", Run: "runs", Clarification: "clarifications", Event: "events", Settled: "outcomes", Work: "outbox",
    Webhook: "webhooks", Delivery: "deliveries", Job: "jobs", Rejudging: "rejudgings", ProblemReport: "reports",
}  # fmt: skip
"""In the order in which a transaction writes them."""

_COLUMNS_OF_KEY: Final = {table.name: tuple(column.name for column in table.columns if column.is_key) for table in TABLES}
_FIELDS_OF: Final = {kind: tuple(field.name for field in dataclasses.fields(kind)) for kind in TABLE_OF}
_FIELDS: Final = {kind: attrgetter(*names) for kind, names in _FIELDS_OF.items()}
_KEY: Final = {kind: attrgetter(*_COLUMNS_OF_KEY[table]) for kind, table in TABLE_OF.items()}
_HAS_SHORT_KEY: Final = frozenset(kind for kind, table in TABLE_OF.items() if len(_COLUMNS_OF_KEY[table]) == 1)


def key_columns(kind: type[Row]) -> tuple[str, ...]:
    """The names of the primary key's columns."""
    return _COLUMNS_OF_KEY[TABLE_OF[kind]]


def key_of(row: Row) -> Key:
    """The primary key of a row."""
    kind = type(row)
    key = _KEY[kind](row)
    return (key,) if kind in _HAS_SHORT_KEY else key


def values_of(row: Row) -> dict[str, Any]:
    """Column → value, as SQLAlchemy wants them."""
    kind = type(row)
    return dict(zip(_FIELDS_OF[kind], _FIELDS[kind](row), strict=True))


def changed(row: R, values: dict[str, Any]) -> R:
    """The row with other values in some columns: `dataclasses.replace` in a third of its time."""
    return type(row)(**(values_of(row) | values))
