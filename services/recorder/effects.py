"""Owns what one command does to the record, as a value: rows, events, work. Never does it: `view` and `writing` do."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from services.recorder.rows import Row, Work
from wire.news import Headline


@dataclass(frozen=True, slots=True)
class Told:
    """An event before it has its number: contest (empty: of none), kind and body as `wire.record.EVENTS` lists them."""

    contest: str
    kind: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class PutInForce:
    """The runs of a set become those in force, all but the ``kept`` (run ids). Done by the database itself: there may be 20,000."""

    rejudging: str
    kept: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LetGo:
    """The runs of a set that wait are not waited for any more: they count as ended at ``at``, without a verdict."""

    rejudging: str
    at: datetime


@dataclass(slots=True)
class Effects:
    """All that follows from one command that is applied. Empty: it changes nothing, and that is fine."""

    inserts: list[Row] = field(default_factory=list)
    changes: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)
    deletes: list[Row] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)
    sets: list[PutInForce | LetGo] = field(default_factory=list)
    hints: list[tuple[str, Headline]] = field(default_factory=list)

    def insert(self, row: Row) -> None:
        """A new row."""
        self.inserts.append(row)

    def change(self, row: Row, **values: Any) -> None:
        """Other values in some columns of a row that is there."""
        self.changes.append((row, values))

    def delete(self, row: Row) -> None:
        """A row less."""
        self.deletes.append(row)

    def tell(self, contest: str, kind: str, **body: Any) -> None:
        """An event."""
        self.events.append(Told(contest, kind, body))

    def settle_set(self, how: PutInForce | LetGo) -> None:
        """What becomes of the runs of a set."""
        self.sets.append(how)

    def hint(self, topic: str, headline: Headline) -> None:
        """News that nobody misses when they are lost, as the next of the same kind says more."""
        self.hints.append((topic, headline))

    def give(self, work: Work) -> None:
        """Work for another service, published after the commit."""
        self.work.append(work)
