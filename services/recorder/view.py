"""Owns what a group of commands sees: the rows that were loaded for it, with what the group itself has changed so far.

Rules read it; `writing` carries its changes to the database in one transaction. Never talks to a database.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Any, TypeVar, cast

from services.recorder import rows
from services.recorder.effects import Effects, LetGo, PutInForce
from services.recorder.rows import Key, Row, key_of
from services.recorder.seal import Seal
from wire.commands import Command
from wire.rejudging import Filter

R = TypeVar("R", bound=Row)


@dataclass(slots=True)
class Needs:
    """What must be loaded before a group's rules can be asked: keys by table. `loading` adds what hangs on them."""

    accounts: set[str] = field(default_factory=set)
    problems: set[str] = field(default_factory=set)
    contests: set[str] = field(default_factory=set)
    contestants: set[tuple[str, str]] = field(default_factory=set)
    submissions: set[str] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)
    runs: set[str] = field(default_factory=set)
    clarifications: set[str] = field(default_factory=set)
    used_problems: set[str] = field(default_factory=set)
    outcomes: set[str] = field(default_factory=set)
    webhooks: set[str] = field(default_factory=set)
    deliveries: set[str] = field(default_factory=set)
    told_submissions: set[str] = field(default_factory=set)
    jobs: set[str] = field(default_factory=set)
    runs_in_force: set[str] = field(default_factory=set)
    """Submissions whose run in force is wanted with them."""
    rejudgings: set[str] = field(default_factory=set)
    applied_sets: set[str] = field(default_factory=set)
    """Sets whose runs are compared with what is in force."""
    selections: dict[str, tuple[str, Filter]] = field(default_factory=dict)
    """What of a contest a set shall judge, by the set."""
    versions: set[tuple[str, str]] = field(default_factory=set)
    """Judging versions, or commits, that are asked for, each with its problem: which of them the record knows is wanted."""
    reports: set[tuple[str, str]] = field(default_factory=set)
    newest_reports: set[str] = field(default_factory=set)
    """Problems whose report of the newest commit is wanted with them."""
    wants_last_seq: bool = False


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the installation sets: ``languages`` that exist at all, ``clock_tolerance_s`` that other clocks may be ahead.

    ``has_trials``: a new commit of a problem is tried out by itself. ``seal`` is what secrets are kept under.
    """

    languages: frozenset[str]
    clock_tolerance_s: float = 120.0
    has_trials: bool = True
    seal: Seal = field(default_factory=Seal)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A run of a set beside the one in force. ``is_due``: the set was opened later than that one was asked for."""

    run: str
    submission: str
    verdict: str
    score: Fraction
    time_ms: int
    memory_bytes: int
    was_verdict: str | None
    was_score: Fraction | None
    is_due: bool

    @property
    def is_change(self) -> bool:
        """Whether putting it in force changes what is known of the submission."""
        return self.is_due and (self.verdict, self.score) != (self.was_verdict, self.was_score)


class View:
    """Rows by table and key. ``now`` is when the group is recorded (aware UTC)."""

    def __init__(self, now: datetime, bounds: Bounds) -> None:
        self.now = now
        self.bounds = bounds
        self.last_seq = 0
        self.inserted: dict[tuple[type[Row], Key], Row] = {}
        self.changed: dict[tuple[type[Row], Key], dict[str, Any]] = {}
        self.deleted: dict[tuple[type[Row], Key], Row] = {}
        self._rows: dict[tuple[type[Row], Key], Row] = {}
        self._shown: defaultdict[str, dict[str, rows.ContestProblem]] = defaultdict(dict)
        self._used: defaultdict[str, set[str]] = defaultdict(set)
        self.sets: list[PutInForce | LetGo] = []
        self.selections: dict[str, list[tuple[str, str]]] = {}
        """Submissions and their problems that a set shall judge, oldest first, by the set."""
        self.open_sets: dict[str, int] = {}
        """How many sets of a contest are neither applied nor dropped."""
        self.known_versions: dict[tuple[str, str], str] = {}
        """What each of `Needs.versions` was published as; empty for one that never was."""
        self.candidates: dict[str, list[Candidate]] = {}
        """The runs of a set that is to be applied."""

    # ── what rules ask ────────────────────────────────────────────────────────────────────────────────────────────

    def find(self, kind: type[R], *key: str) -> R | None:
        """The row of that key, None when there is none. Only what was asked for in `Needs` is found."""
        return cast("R | None", self._rows.get((cast("type[Row]", kind), key)))

    def problems_of(self, contest: str) -> list[rows.ContestProblem]:
        """The problems of a contest in its order."""
        return sorted(self._shown[contest].values(), key=lambda shown: shown.place)

    def label_of(self, contest: str, problem: str) -> str:
        """What the contest calls a problem; its alias when it has none there."""
        shown = self._shown[contest].get(problem)
        return shown.label if shown is not None else problem

    def team_of(self, contest: str, username: str) -> str:
        """The name that the board shows for an account; the username when it is no contestant."""
        team = self.find(rows.Contestant, contest, username)
        return team.name if team is not None else username

    def used_problems(self, contest: str) -> set[str]:
        """The problems of a contest that somebody has submitted to."""
        return self._used[contest]

    # ── what loading puts in ──────────────────────────────────────────────────────────────────────────────────────

    def put(self, loaded: Iterable[Row]) -> None:
        """Rows as the record has them."""
        for row in loaded:
            self._set((type(row), key_of(row)), row)

    def put_used(self, contest: str, problem: str) -> None:
        """Somebody has submitted to that problem there."""
        self._used[contest].add(problem)

    # ── what a command does ───────────────────────────────────────────────────────────────────────────────────────

    def accept(self, effects: Effects, command: Command) -> tuple[list[rows.Event], int]:
        """Takes an applied command's effects in; returns its events, numbered, and the last number (0: no contest's)."""
        for row in effects.deletes:
            self._delete(row)
        for row in effects.inserts:
            self._insert(row)
        for row, values in effects.changes:
            self._change(row, values)
        for work in effects.work:
            self._insert(work)
        self.sets += effects.sets
        events, reached = [], 0
        for told in effects.events:
            seq = self._next_seq(told.contest)
            event = rows.Event(told.contest, seq, told.kind, self.now, command.actor, command.id, told.body)
            self._insert(event)
            events.append(event)
            reached = seq if told.contest else reached
        return events, reached

    def settle(self, outcome: rows.Settled) -> None:
        """Keeps what became of a command."""
        self._insert(outcome)

    def _next_seq(self, contest: str) -> int:
        if not contest:
            self.last_seq += 1
            return self.last_seq
        row = self.find(rows.Contest, contest)
        assert row is not None, "an event's contest is always loaded"
        self._change(row, {"seq": row.seq + 1})
        return row.seq + 1

    def _insert(self, row: Row) -> None:
        place = (type(row), key_of(row))
        if self.deleted.pop(place, None) is not None:
            self.changed[place] = rows.values_of(row)
        else:
            self.inserted[place] = row
        self._set(place, row)
        if isinstance(row, rows.Submission):
            self.put_used(row.contest, row.problem)

    def _change(self, row: Row, values: dict[str, Any]) -> None:
        place = (type(row), key_of(row))
        changed = rows.changed(self._rows[place], values)
        if place in self.inserted:
            self.inserted[place] = changed
        else:
            self.changed.setdefault(place, {}).update(values)
        self._set(place, changed)

    def _delete(self, row: Row) -> None:
        place = (type(row), key_of(row))
        if self.inserted.pop(place, None) is None:
            self.changed.pop(place, None)
            self.deleted[place] = row
        self._rows.pop(place, None)
        if isinstance(row, rows.ContestProblem):
            self._shown[row.contest].pop(row.alias, None)

    def _set(self, place: tuple[type[Row], Key], row: Row) -> None:
        self._rows[place] = row
        if isinstance(row, rows.ContestProblem):
            self._shown[row.contest][row.alias] = row
