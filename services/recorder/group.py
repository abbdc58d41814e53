"""Owns the applying of a group of commands in one transaction, each once. Never knows where a command came from.

A command that breaks (not: is refused) is found by halving, so that it cannot take the others with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import Connection

from mesh.clock import Clock
from mesh.database.writer import WRITE_TIMEOUT_S
from mesh.errors import Conflict, MeshError, Unavailable
from mesh.log import Log
from services.recorder import rows
from services.recorder.loading import load
from services.recorder.record import Record
from services.recorder.rules import ALONE, apply, needs_of
from services.recorder.rules.forms import TEXT_LIMIT, without_nul
from services.recorder.view import Bounds, View
from services.recorder.writing import Writer
from wire.commands import Command, Outcome
from wire.news import Headline


LARGE_TIMEOUT_S: Final = 60.0
"""For a command that has a transaction of its own, as it may be about 20,000 rows: seconds on a quiet database, more on a busy one."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of one command. ``is_repeated``: its outcome was there already."""

    command: Command
    result: Outcome | MeshError
    is_repeated: bool = False


@dataclass(slots=True)
class Done:
    """What became of a group: answers in the order of its commands, and what is to be told and sent after the commit."""

    answers: list[Answer] = field(default_factory=list)
    events: list[rows.Event] = field(default_factory=list)
    work: list[rows.Work] = field(default_factory=list)
    hints: list[tuple[str, Headline]] = field(default_factory=list)

    def add(self, other: Done) -> None:
        """Takes another group's in."""
        self.answers += other.answers
        self.events += other.events
        self.work += other.work
        self.hints += other.hints


class Applier:
    """Applies commands to the record."""

    def __init__(self, record: Record, clock: Clock, bounds: Bounds, log: Log) -> None:
        self._record = record
        self._clock = clock
        self._bounds = bounds
        self._log = log
        self._writer = Writer(record)

    async def apply(self, commands: Sequence[Command]) -> Done:
        """Applies them in order; all are committed when it returns, save those whose answer is an error of ours.

        Raises: `Unavailable` (``record-unavailable``): do it again with the same commands, part of them may be in.
        """
        done = Done()
        for part in _parts(commands):
            done.add(await self._apply_part(part))
        return done

    async def _apply_part(self, commands: Sequence[Command]) -> Done:
        try:
            return await self._apply_together(commands)
        except Unavailable:
            raise
        except Exception as broken:  # noqa: BLE001  whatever breaks one command must not stop the others; told below
            if len(commands) > 1:
                middle = len(commands) // 2
                done = await self._apply_part(commands[:middle])
                done.add(await self._apply_part(commands[middle:]))
                return done
            return await self._apply_again(commands[0], broken)

    async def _apply_again(self, command: Command, first: Exception) -> Done:
        """Once more, alone: another recorder may have been faster, and its outcome is there now."""
        try:
            return await self._apply_together([command])
        except Unavailable:
            raise
        except Exception as broken:  # noqa: BLE001  logged with its cause; the command is retried or buried by its queue
            self._log.error("command-broken", kind=command.kind, command=command.id, correlation=command.correlation, cause=broken)
            error = MeshError("the command could not be recorded; the operator has been told", code="internal")
            error.__cause__ = first
            return Done([Answer(command, error)])

    async def _apply_together(self, commands: Sequence[Command]) -> Done:
        def work(connection: Connection) -> Done:
            done, view = Done(), View(self._clock.now(), self._bounds)
            load(connection, self._record, needs_of(commands), view)
            for command in commands:
                self._decide(command, view, done)
            self._writer.write(connection, view)
            return done

        is_large = len(commands) == 1 and commands[0].kind in ALONE
        return await self._record.transact(work, LARGE_TIMEOUT_S if is_large else WRITE_TIMEOUT_S)

    def _decide(self, command: Command, view: View, done: Done) -> None:
        known = view.find(rows.Settled, command.id)
        if known is not None:
            done.answers.append(Answer(command, _answer_again(known, command), is_repeated=True))
            return
        try:
            effects = apply(command, view)
        except MeshError as refusal:
            settled = rows.Settled(
                command.id, command.kind, command.actor, False, refusal.code, without_nul(refusal.message)[:TEXT_LIMIT],
                refusal.status, 0, view.now,
            )  # fmt: skip
        else:
            events, seq = view.accept(effects, command)
            settled = rows.Settled(command.id, command.kind, command.actor, True, "", "", 200, seq, view.now)
            done.events += events
            done.work += effects.work
            done.hints += effects.hints
        view.settle(settled)
        done.answers.append(Answer(command, _outcome(settled)))


def _parts(commands: Sequence[Command]) -> Iterator[Sequence[Command]]:
    """The commands in order, cut so that those of `ALONE` have a transaction of their own."""
    begin = 0
    for place, command in enumerate(commands):
        if command.kind in ALONE:
            if place > begin:
                yield commands[begin:place]
            yield commands[place : place + 1]
            begin = place + 1
    if begin < len(commands):
        yield commands[begin:]


def _outcome(settled: rows.Settled) -> Outcome:
    return Outcome(settled.id, settled.is_applied, settled.code, settled.message, settled.seq, settled.status)


def _answer_again(known: rows.Settled, command: Command) -> Outcome | MeshError:
    if (known.kind, known.actor) != (command.kind, command.actor):
        return Conflict("this id belongs to another command; make a new one", code="command-id-taken")
    return _outcome(known)
