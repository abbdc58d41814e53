"""Owns telling the record of accepted problems: before the answer, and again until the queue has taken it. Never writes the record.

The command's id follows from alias and commit, so that saying it twice changes nothing.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

from mesh.clock import Clock
from mesh.codec import encode
from mesh.errors import MeshError, Unavailable
from mesh.ids import derived_id
from mesh.log import Log, correlation
from mesh.queue.contract import Message, Queue
from services.gitserver.library import Library
from services.gitserver.shelf import Shelf
from wire.commands import Command, RecordProblem
from wire.problems import ImportAnswer, ProblemRequest
from wire.queues import COMMANDS
from wire.services import GITSERVER


class Gauge(Protocol):
    """A number that can be seen from outside."""

    def set(self, value: float) -> None:
        """The number is this now."""
        ...


class Announcer:
    """Puts `RecordProblem` commands on the command queue."""

    def __init__(
        self, shelf: Shelf, library: Library, queue: Queue, *, clock: Clock, log: Log, waiting: Gauge, retry_s: float
    ) -> None:
        self._shelf, self._library, self._queue = shelf, library, queue
        self._clock, self._log, self._waiting, self._retry_s = clock, log, waiting, retry_s

    async def announce(self, answer: ImportAnswer) -> None:
        """Puts the command on the queue; when that is away, it is said again later: the mark on the shelf stays.

        The alias's lock is held.
        """
        command = Command(
            id=derived_id("problem", answer.card.alias, answer.card.commit),
            kind="RecordProblem",
            actor=f"service:{GITSERVER}",
            at=self._clock.now(),
            body=wish_of(answer),
            correlation=correlation.get(),
        )
        try:
            await self._queue.publish(COMMANDS.name, Message(command.id, encode(command), correlation=command.correlation))
        except Unavailable as away:
            self._log.warning("problem-not-announced", alias=answer.card.alias, code=away.code)
            return
        await self._shelf.mark_announced(answer.card.alias)

    async def announce_newest(self, alias: str) -> None:
        """Says the newest commit of a marked problem again, if it has one. Raises: `MeshError` when it cannot be read."""
        async with self._shelf.holding(alias):
            if alias not in await self._shelf.unannounced():
                return
            if await self._shelf.find(alias) is None:
                await self._shelf.mark_announced(alias)
                return
            await self.announce(await self._library.problem(ProblemRequest(alias)))

    async def keep_announcing(self) -> None:
        """Says again, now and then, what the queue has not taken yet. Ends by being cancelled."""
        while True:
            waiting = await self._shelf.unannounced()
            for alias in waiting:
                try:
                    await self.announce_newest(alias)
                except MeshError as wrong:
                    self._log.error("problem-unreadable", cause=wrong, alias=alias)
            self._waiting.set(len(await self._shelf.unannounced()) if waiting else 0)
            await asyncio.sleep(self._retry_s)


def wish_of(answer: ImportAnswer) -> RecordProblem:
    """The change of the record that follows from an accepted package."""
    card = answer.card
    return RecordProblem(
        alias=card.alias, title=card.title, commit=card.commit, version=card.version, limits=card.limits, owner=answer.owner,
        case_count=card.case_count, samples=len(card.samples),
        statement_languages=tuple(dict.fromkeys(statement.language for statement in card.statements)),
        has_pdf=any(statement.format == "pdf" for statement in card.statements),
        is_scoring=card.is_scoring, max_score=card.max_score, languages=card.languages,
    )  # fmt: skip
