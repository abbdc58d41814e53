"""Owns one connection to RabbitMQ and its coming back. Never publishes or consumes: who does opens channels on it.

aio-pika's robust connections restore consumers and topology by themselves and in the dark (a queue that was opened
without ``ensure`` stays silent for ever); here whoever uses the link is told that it broke, and starts again.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import aio_pika
import aiormq.abc
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import CONNECTION_EXCEPTIONS
from yarl import URL

from mesh.errors import MeshError, Unavailable
from mesh.log import Log
from mesh.queue.amqp.gathering import Gathering
from mesh.tasks import heeded

CONNECT_LIMIT_S: Final = 10.0
CALL_LIMIT_S: Final = 10.0
"""One declaration, one look at a queue, one closing."""
HEARTBEAT_S: Final = 10
"""A frozen peer is noticed after three of these."""
_SHORTEST_PAUSE_S: Final = 0.2
_LONGEST_PAUSE_S: Final = 2.0


@dataclass(frozen=True, slots=True)
class Address:
    """Where the broker is: one URL a node, tried in turn; ``tls`` gives the context, asked anew at every connection."""

    urls: tuple[str, ...]
    name: str
    heartbeat_s: int = HEARTBEAT_S
    tls: Callable[[], ssl.SSLContext] | None = None


class Link:
    """One connection, made again whenever it breaks. ``run`` keeps it; everybody else asks for `connection`."""

    def __init__(self, address: Address, log: Log, prepare: Callable[[AbstractConnection], Awaitable[None]]) -> None:
        self._address = address
        self._log = log
        self._prepare = prepare
        self._connection: AbstractConnection | None = None
        self._is_up = asyncio.Event()
        self._is_unwanted = asyncio.Event()
        self.is_ended = False
        self.failure: MeshError | None = None
        self._away_since: float | None = None
        self.has_tried = asyncio.Event()
        self.times_made = 0

    async def connection(self) -> AbstractConnection:
        """The living connection, waited for without end: whoever asks sets the limit.

        Raises: `Unavailable` (``queue-unavailable``) after `end`.
        """
        while self._connection is None:
            self.check_wanted()
            await self._is_up.wait()
        return self._connection

    def check_wanted(self) -> None:
        """Raises: `Unavailable` (``queue-unavailable``) after `end`."""
        if self.is_ended:
            raise Unavailable("the queue is closed: this process is stopping", code="queue-unavailable")

    def drop(self) -> None:
        """Makes it break and come back, prepared anew: it answers, but not as it should."""
        self._connection = None
        self._is_up.clear()
        self._is_unwanted.set()

    def end(self) -> None:
        """Lets it go for good."""
        self.is_ended = True
        self.drop()
        self._is_up.set()  # who waits for it hears that it will not come

    @property
    def away_s(self) -> float:
        """For how long there has been no line; 0 while there is one."""
        return 0.0 if self._away_since is None else asyncio.get_running_loop().time() - self._away_since

    def health(self) -> str:
        """What is wrong with the line, and since when; empty: nothing."""
        if self._away_since is None or self.failure is None:
            return ""
        return f"away since {asyncio.get_running_loop().time() - self._away_since:.0f} s: {self.failure.message}"

    async def run(self) -> None:
        """Keeps the link up until cancelled or ended."""
        pause_s, turn = _SHORTEST_PAUSE_S, 0
        while not self.is_ended:
            try:
                connection = await self._connected(self._address.urls[turn % len(self._address.urls)])
            except MeshError as wrong:
                if self.failure is None:
                    self._log.warning("broker-away", broker=self._address.name, reason=wrong.message)
                self._fail(wrong)
                self.has_tried.set()
                turn += 1
                await asyncio.sleep(pause_s * random.uniform(0.75, 1.25))  # noqa: S311 (no secret)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)
                continue
            pause_s = _SHORTEST_PAUSE_S
            await self._keep(connection)

    async def _keep(self, connection: AbstractConnection) -> None:
        """Offers it until it breaks or is not wanted any more."""
        if self.failure is not None:
            self._log.info("broker-back", broker=self._address.name)
        self.failure = self._away_since = None
        if not self.is_ended:
            self._is_unwanted.clear()
        self._connection = connection
        self.times_made += 1
        self._is_up.set()
        self.has_tried.set()
        unwanted = asyncio.ensure_future(self._is_unwanted.wait())
        try:
            await asyncio.wait([underlay(connection).closing, unwanted], return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._connection = None
            if not self.is_ended:
                self._is_up.clear()
            unwanted.cancel()
            await close_quietly(connection)
        if not self.is_ended:
            self._fail(Unavailable("the line to the broker broke", code="queue-unavailable"))
            self._log.warning("broker-lost", broker=self._address.name)

    def _fail(self, wrong: MeshError) -> None:
        self.failure = wrong
        if self._away_since is None:
            self._away_since = asyncio.get_running_loop().time()

    async def _connected(self, url: str) -> AbstractConnection:
        tls = self._address.tls() if self._address.tls is not None else None
        address = URL(url).update_query(heartbeat=str(self._address.heartbeat_s))
        # built by hand: what aio_pika.connect leaves behind when it fails is closed by the garbage collector, or not
        connection = aio_pika.Connection(address, ssl_context=tls, client_properties={"connection_name": self._address.name})
        if tls is not None:
            connection.kwargs["transport_factory"] = Gathering()
        try:
            with line("RabbitMQ cannot be reached"):
                async with asyncio.timeout(CONNECT_LIMIT_S):
                    await connection.connect()
                    await self._prepare(connection)
        except BaseException:
            await close_quietly(connection)
            raise
        return connection


def underlay(connection: AbstractConnection) -> aiormq.abc.AbstractConnection:
    """The connection below aio-pika's. Raises: `Unavailable` when there is none any more."""
    if connection.transport is None:
        raise Unavailable("the line to the broker broke", code="queue-unavailable")
    return connection.transport.connection


@contextmanager
def line(text: str) -> Iterator[None]:
    """Turns every way in which a line breaks into `Unavailable` (``queue-unavailable``); our own cancellation passes.

    aiormq ends what waits on a stuck connection by CancelledError though nobody cancelled it: ``except Exception`` does not
    see that, and whoever waited would be gone without a word. What waits on a channel that goes with its connection it may end
    by an Exception without a kind, and without a word.
    """
    with heeded() as is_cancelled:
        try:
            yield
        except CONNECTION_EXCEPTIONS as wrong:  # a timeout is among them: it is an OSError
            reason = f"{text}: {type(wrong).__name__} {wrong}".rstrip()
            raise Unavailable(reason, code="queue-unavailable", retry_after_s=5) from wrong
        except asyncio.CancelledError as wrong:
            if is_cancelled():
                raise
            raise Unavailable(f"{text}: the line broke", code="queue-unavailable", retry_after_s=5) from wrong
        except Exception as wrong:
            if type(wrong) is not Exception:
                raise
            raise Unavailable(f"{text}: the line broke", code="queue-unavailable", retry_after_s=5) from wrong


async def close_quietly(what: AbstractConnection | aiormq.abc.AbstractChannel) -> None:
    """Closes it; a broker that does not answer the farewell is left behind."""
    with suppress(Unavailable), line("closing"):
        async with asyncio.timeout(2):
            await what.close()
