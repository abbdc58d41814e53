"""Owns what one command does to the record, as a value: rows, events, work. Never does it: `view` and `writing` do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from services.recorder.rows import Row, Work


@dataclass(frozen=True, slots=True)
class Told:
    """An event before it has its number: contest (empty: of none), kind and body as `wire.record.EVENTS` lists them."""

    contest: str
    kind: str
    body: dict[str, Any]


@dataclass(slots=True)
class Effects:
    """All that follows from one command that is applied. Empty: it changes nothing, and that is fine."""

    inserts: list[Row] = field(default_factory=list)
    changes: list[tuple[Row, dict[str, Any]]] = field(default_factory=list)
    deletes: list[Row] = field(default_factory=list)
    events: list[Told] = field(default_factory=list)
    work: list[Work] = field(default_factory=list)

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

    def give(self, work: Work) -> None:
        """Work for another service, published after the commit."""
        self.work.append(work)
