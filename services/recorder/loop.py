"""Owns the one loop in which every change of the record is made: takes what has piled up, commits it, answers.

Greedy, without a timer: alone, a command is committed at once; under load, groups grow by themselves.
While the database is away nothing is acknowledged, callers are told so at once (while the record is being opened: after a moment), and what
came by queue waits.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from mesh.clock import Clock
from mesh.errors import MeshError, Unavailable
from mesh.log import Log
from mesh.metrics import Metrics
from services.recorder import rows
from services.recorder.clocks import Clocks
from services.recorder.group import Answer, Applier
from services.recorder.murmur import Murmur
from services.recorder.pulse import Pulse
from services.recorder.record import Record
from services.recorder.relay import Relay
from services.recorder.teller import Teller
from wire.commands import Command, Outcome

INBOX_SIZE = 1000
BACKOFF_S = (0.1, 0.25, 0.5, 1.0, 2.0)
_OPENING_S = 1.5
"""So long a caller waits for a record that is being opened, before he is told that it cannot be written."""


@dataclass(frozen=True, slots=True)
class Item:
    """A command in the inbox. ``settle`` is called once with its answer; ``is_patient`` items wait while the record is away."""

    command: Command
    settle: Callable[[Answer], None]
    is_patient: bool


class CommandLoop:
    """The active consumer of every command, from whichever door. Relay and teller hear of every commit before it is answered."""

    def __init__(
        self,
        applier: Applier,
        record: Record,
        relay: Relay,
        teller: Teller,
        murmur: Murmur,
        *,
        pulse: Pulse,
        clock: Clock,
        metrics: Metrics,
        log: Log,
        group_size: int,
    ) -> None:
        self._applier = applier
        self._record = record
        self._relay = relay
        self._teller = teller
        self._murmur = murmur
        self._pulse = pulse
        self._clock = clock
        self._log = log
        self._group_size = group_size
        self._listeners: list[Callable[[Sequence[rows.Event]], None]] = []
        self._inbox: asyncio.Queue[Item] = asyncio.Queue(INBOX_SIZE)
        self._away = "the record is being opened"
        self._begun = asyncio.Event()
        self.clocks = Clocks(clock, metrics=metrics, log=log)
        self._decided = metrics.counter("commands_total")
        self._sizes = metrics.histogram("group_commands")
        self._seconds = metrics.histogram("commit_seconds")
        self._away_gauge = metrics.gauge("record_away")

    def listen(self, listener: Callable[[Sequence[rows.Event]], None]) -> None:
        """Has the events of every commit told to somebody, who must not wait."""
        self._listeners.append(listener)

    async def call(self, command: Command) -> Outcome:
        """Applies a command for somebody who waits.

        Raises: `Unavailable` (``record-unavailable``, ``recorder-busy``), `Conflict` (``command-id-taken``), `MeshError` (``internal``).
        """
        await self._until_begun()
        if self._away:
            raise Unavailable("the record cannot be written just now; try again in a moment", code="record-unavailable", retry_after_s=2)
        answered: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()

        def settle(answer: Answer) -> None:
            self._pulse.end(command)
            if answered.done():
                return
            if isinstance(answer.result, Outcome):
                answered.set_result(answer.result)
            else:
                answered.set_exception(answer.result)

        try:
            self._inbox.put_nowait(Item(command, settle, is_patient=False))
        except asyncio.QueueFull:
            raise Unavailable("the recorder has too much to do; try again in a moment", code="recorder-busy", retry_after_s=1) from None
        self._pulse.begin(command)
        return await answered

    async def _until_begun(self) -> None:
        """Lets who comes while the record is being opened wait a moment: most who meet a recorder that is started again are not refused."""
        if not self._begun.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(_OPENING_S):
                    await self._begun.wait()

    async def put(self, command: Command, settle: Callable[[Answer], None]) -> None:
        """Hands in a command that can wait; returns when there is room for it."""
        await self._inbox.put(Item(command, settle, is_patient=True))

    async def drained(self) -> None:
        """Returns when everything that was handed in is answered."""
        await self._inbox.join()

    async def health(self) -> str:
        """What is wrong, empty when nothing is."""
        return self._away

    async def run(self) -> None:
        """Works until it is cancelled; a transaction that is cut off is rolled back."""
        self._away = ""
        self._begun.set()
        while True:
            group = [await self._inbox.get()]
            while len(group) < self._group_size and not self._inbox.empty():
                group.append(self._inbox.get_nowait())
            taken = len(group)
            await self._apply(group)
            for _ in range(taken):
                self._inbox.task_done()

    async def _apply(self, group: Sequence[Item]) -> None:
        while group:
            began = self._clock.monotonic()
            try:
                done = await self._applier.apply([item.command for item in group])
            except Unavailable as away:
                self._note_away(away)
                group = _patient(group, away)
                await self._until_back()
                continue
            self._sizes.observe(len(group))
            self._seconds.observe(self._clock.monotonic() - began)
            self._relay.offer(done.work)
            self._teller.offer(done.events)
            self._murmur.offer(done.hints)
            for listener in self._listeners:
                listener(done.events)
            for item, answer in zip(group, done.answers, strict=True):
                self._note(answer)
                item.settle(answer)
            return

    def _note_away(self, away: Unavailable) -> None:
        self._away = away.message
        self._away_gauge.set(1)
        self._log.warning("record-away", cause=away.__cause__)

    async def _until_back(self) -> None:
        tries = 0
        while True:
            await asyncio.sleep(BACKOFF_S[min(tries, len(BACKOFF_S) - 1)] * random.uniform(0.8, 1.2))  # noqa: S311  jitter, no secret
            tries += 1
            try:
                await self._record.probe()
            except Unavailable as away:
                self._away = away.message
                continue
            self._away = ""
            self._away_gauge.set(0)
            self._log.info("record-back", tries=tries)
            self._relay.look_again()  # something may be committed whose answer was lost
            self._teller.look_back()
            return

    def _note(self, answer: Answer) -> None:
        command, result = answer.command, answer.result
        if isinstance(result, MeshError):
            outcome = "broken"
        elif answer.is_repeated:
            outcome = "repeated"
        else:
            outcome = "applied" if result.is_applied else "refused"
            self.clocks.note(command, result)
        self._decided.labels(command.kind, outcome).inc()
        write = self._log.error if isinstance(result, MeshError) else self._log.info
        fields: dict[str, Any] = {"kind": command.kind, "command": command.id, "actor": command.actor, "outcome": outcome}
        if command.correlation:
            fields["correlation"] = command.correlation
        if isinstance(result, MeshError) or not result.is_applied:
            fields |= {"code": result.code, "message": result.message}
        else:
            fields["seq"] = result.seq
        write("command-decided", **fields)


def _patient(group: Sequence[Item], away: Unavailable) -> list[Item]:
    """Tells those who cannot wait, keeps the others in order."""
    for item in group:
        if not item.is_patient:
            item.settle(Answer(item.command, away))
    return [item for item in group if item.is_patient]
