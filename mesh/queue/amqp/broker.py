"""Owns the queues on RabbitMQ as one service sees them. Keeps the promises of `mesh.queue.contract`.

Two connections: RabbitMQ stops reading from one that publishes when it runs out of memory or disk, and acknowledgements
must still get through then. Both come back by themselves.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from aio_pika.abc import AbstractConnection
from aiormq.exceptions import ChannelAccessRefused, ChannelNotFoundEntity

from mesh.cache.contract import Cache
from mesh.clock import Clock
from mesh.errors import Unavailable
from mesh.log import Log
from mesh.queue import backoff
from mesh.queue.amqp import graveyard, topology
from mesh.queue.amqp.envelope import Envelope, packed
from mesh.queue.amqp.link import CONNECT_LIMIT_S, Address, Link, line
from mesh.queue.amqp.publisher import Publisher
from mesh.queue.amqp.tap import AmqpTap
from mesh.queue.contract import STRAYS, Consumer, DeadLetter, Declaration, Depth, Message
from mesh.queue.pace import gait_of
from mesh.tasks import alongside

T = TypeVar("T")

_LOOK_LIMIT_S: Final = 5.0
_SETTLE_LIMIT_S: Final = 300.0


class AmqpQueue:
    """Every declared queue of an installation, on RabbitMQ; keeps the promise of `mesh.queue.contract.Queue`.

    ``depth`` knows what lies ready and dead everywhere, but of what is held or waits only this object's own part.
    """

    def __init__(  # noqa: PLR0917 (as every opening: where, who, what)
        self, address: Address, service: str, declarations: Iterable[Declaration], clock: Clock, log: Log, state: Cache | None
    ) -> None:
        self._declarations = {declaration.name: declaration for declaration in declarations}
        self._service = service
        self._clock = clock
        self._log = log
        self._state = state
        self._sending = Link(replace(address, name=f"{address.name} publishes"), log, self._declare)
        self._taking = Link(replace(address, name=f"{address.name} consumes"), log, _nothing)
        self._publisher = Publisher(self._sending, self._is_full)
        self._taps: dict[str, list[AmqpTap]] = {name: [] for name in self._declarations}
        self._waits: dict[str, list[float]] = {name: [] for name in self._declarations}

    @classmethod
    @asynccontextmanager
    async def open(  # noqa: PLR0917 (as every opening: where, who, what)
        cls, address: Address, service: str, declarations: Iterable[Declaration], clock: Clock, log: Log, state: Cache | None = None
    ) -> AsyncIterator[AmqpQueue]:
        """Opens the links and declares what is missing. A broker that is away at the start is waited for in the background.

        Raises: `Conflict` (``queue-declared-otherwise``).
        """
        for driver in ("aiormq", "aio_pika"):
            logging.getLogger(driver).setLevel(logging.CRITICAL)  # they tell of each torn line with a trace; `Link` says it once
        queue = cls(address, service, declarations, clock, log, state)
        async with alongside(queue._sending.run(), queue._taking.run()):
            await queue._first_try()
            yield queue

    async def publish(self, queue: str, message: Message) -> None:
        self._declaration(queue)
        backoff.check_size(len(message.body))
        await self._send(topology.WORK, queue, Envelope(message))

    def consumer(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        return self._open_tap(self._declaration(queue))

    async def health(self) -> str:
        return self._sending.health() or self._taking.health()

    async def refusal(self) -> str:
        return next((tap.refused for taps in self._taps.values() for tap in taps if tap.refused), "")

    @property
    def connections(self) -> int:
        return self._sending.times_made + self._taking.times_made

    @property
    def sees_all(self) -> bool:
        return False

    async def depth(self, queue: str) -> Depth:
        declaration = self._declaration(queue)
        now = self._clock.monotonic()
        ready, consumers = await self._counts(queue)
        dead = await self._ready(declaration.dead)
        return Depth(
            ready=ready,
            unacknowledged=sum(tap.held for tap in self._taps[queue]),
            waiting=sum(until > now for until in self._waits[queue]),
            dead=dead,
            consumers=consumers,
        )

    async def strays(self) -> int | None:
        return await self._ready(STRAYS)

    async def dead_letters(self, queue: str, most: int = 100) -> Sequence[DeadLetter]:
        dead = self._declaration(queue).dead
        return await self._asked(dead, partial(graveyard.dead_letters, dead_queue=dead, most=most))

    async def replay(self, queue: str, ids: Sequence[str]) -> int:
        dead = self._declaration(queue).dead

        async def again(envelope: Envelope) -> None:
            await self._send(topology.AGAIN, queue, Envelope(envelope.message))

        return await self._asked(dead, partial(graveyard.settle_dead, dead_queue=dead, ids=ids, settle=again), _SETTLE_LIMIT_S)

    async def purge(self, queue: str, ids: Sequence[str]) -> int:
        dead = self._declaration(queue).dead
        return await self._asked(dead, partial(graveyard.settle_dead, dead_queue=dead, ids=ids, settle=_nothing), _SETTLE_LIMIT_S)

    async def close(self) -> None:
        self._sending.end()
        self._taking.end()

    # ── within ────────────────────────────────────────────────────────────────────────────────────────────────────

    async def _first_try(self) -> None:
        """Waits for the first answer; when there is none, the link goes on trying and publishing says so meanwhile."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_LIMIT_S + 1):
                await self._sending.has_tried.wait()
        failure = self._sending.failure
        if failure is not None and not failure.is_retryable:
            raise failure

    async def _declare(self, connection: AbstractConnection) -> None:
        await topology.declare_topology(connection, tuple(self._declarations.values()), self._service)

    @asynccontextmanager
    async def _open_tap(self, declaration: Declaration) -> AsyncIterator[Consumer]:
        gait = gait_of(declaration, self._state, self._clock, self._log)
        tap = AmqpTap(self._taking, declaration, gait, self._clock, self._log, retry=self._wait, bury=self._bury)
        self._taps[declaration.name].append(tap)
        try:
            async with alongside(tap.run()):
                yield tap
        finally:
            self._taps[declaration.name].remove(tap)

    async def _wait(self, declaration: Declaration, envelope: Envelope, error: str) -> None:
        wait_s = backoff.wait_s(declaration, envelope.tries + 1)
        exchange = topology.retry_exchange(topology.as_wait_ms(wait_s))
        await self._send(exchange, declaration.name, replace(envelope, tries=envelope.tries + 1, error=error))
        waits = self._waits[declaration.name]
        now = self._clock.monotonic()
        waits[:] = [until for until in waits if until > now] + [now + wait_s]

    async def _bury(self, declaration: Declaration, envelope: Envelope, error: str) -> None:
        await self._send(topology.DEAD, declaration.name, replace(envelope, tries=envelope.tries + 1, error=error))

    async def _send(self, exchange: str, queue: str, envelope: Envelope) -> None:
        body, properties = await packed(envelope, self._clock.now())
        await self._publisher.send(exchange, queue, body, properties)

    async def _is_full(self, queue: str) -> bool:
        declaration = self._declarations.get(queue)
        if declaration is None:
            return True  # a wait queue
        try:
            ready, _ = await self._counts(queue, 2)
        except Unavailable as wrong:
            return isinstance(wrong.__cause__, ChannelAccessRefused)  # may not look; but a no that is clear is nearly always this one
        return ready >= declaration.max_length

    async def _counts(self, queue: str, limit_s: float = _LOOK_LIMIT_S) -> tuple[int, int]:
        """How many lie ready in it, and how many consume it. Raises: `Unavailable` (``queue-unavailable``, ``queue-missing``)."""
        return await self._asked(queue, partial(graveyard.counts, queue=queue), limit_s)

    async def _ready(self, queue: str) -> int | None:
        """How many lie ready in it; None when it is missing. Raises: `Unavailable` (``queue-unavailable``)."""
        try:
            return (await self._counts(queue))[0]
        except Unavailable as wrong:
            if wrong.code != "queue-missing":
                raise
            return None

    async def _asked(self, queue: str, question: Callable[[AbstractConnection], Awaitable[T]], limit_s: float = _LOOK_LIMIT_S) -> T:
        """The broker's answer about this queue. Raises: `Unavailable` (``queue-unavailable``, ``queue-missing``)."""
        with line("RabbitMQ does not answer"):
            async with asyncio.timeout(limit_s):
                try:
                    return await question(await self._taking.connection())
                except ChannelNotFoundEntity as wrong:
                    raise _missing(queue) from wrong

    def _declaration(self, queue: str) -> Declaration:
        declaration = self._declarations.get(queue)
        if declaration is None:
            raise backoff.unknown_queue(queue)
        return declaration


def _missing(queue: str) -> Unavailable:
    return Unavailable(f"RabbitMQ has no queue {queue}: it was deleted; import the definitions, or restart a service that may make it", code="queue-missing", retry_after_s=5)


async def _nothing(_: object) -> None:
    """For a link that needs no preparation, and dead letters that are only forgotten."""
