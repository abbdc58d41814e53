"""Owns the promise of a durable queue. Two implementations keep it: `mesh.queue.file` and `mesh.queue.amqp`.

What is promised: a message is on disk when `publish` returns; it is delivered until acknowledged, at least once, in
order within a queue as long as nothing fails; a consumer that dies gives back what it held; retries wait in between,
and after the declared number of tries the message lies in the dead-letter queue, where it can be read, replayed, purged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Final, Protocol

STRAYS: Final = "palestra.strays"
"""Where a broker keeps what no queue took."""


class Declaration(Protocol):
    """What a queue must be told of itself; `wire.queues.QueueSpec` is one. Meaning and units are documented there."""

    @property
    def name(self) -> str: ...
    @property
    def dead(self) -> str: ...
    @property
    def publishers(self) -> frozenset[str]: ...
    @property
    def consumers(self) -> frozenset[str]: ...
    @property
    def prefetch(self) -> int: ...
    @property
    def max_tries(self) -> int: ...
    @property
    def backoff_s(self) -> tuple[int, ...]: ...
    @property
    def ttl_s(self) -> int | None: ...
    @property
    def max_length(self) -> int: ...
    @property
    def rate_per_minute(self) -> int | None: ...
    @property
    def is_single_active(self) -> bool: ...
    @property
    def exchange(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Message:
    """What is published: ``id`` is reused when the same message is published again; ``body`` at most 16 MiB."""

    id: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    correlation: str = ""


class Delivery(Protocol):
    """One message in a consumer's hands. Exactly one of `ack`, `retry`, `reject` is called, once."""

    @property
    def message(self) -> Message: ...
    @property
    def attempt(self) -> int:
        """1 at the first try; grows with every `retry` and every give-back by a dead consumer."""
        ...

    @property
    def age_s(self) -> float | None:
        """Seconds since it was published, by the clocks of both machines; None when its publisher did not say."""
        ...

    async def ack(self) -> None:
        """Done: never delivered again."""
        ...

    async def retry(self, error: str) -> None:
        """Not now: comes back after the declared back-off with jitter, or goes to the dead letters when tried often enough."""
        ...

    async def reject(self, error: str) -> None:
        """Never: goes to the dead letters at once."""
        ...


class Consumer(Protocol):
    """An open tap on one queue; leaving its context gives back what was not acknowledged."""

    async def take(self, most: int = 1) -> Sequence[Delivery]:
        """Waits until there is at least one message, returns what is there, at most ``most``. Safe to cancel: loses nothing.

        Reconnects by itself; never raises for a broker that is away.
        """
        ...

    async def ack(self, deliveries: Sequence[Delivery]) -> None:
        """Acknowledges many at once. Raises: `Unavailable` when the line broke first: they will come again."""
        ...


@dataclass(frozen=True, slots=True)
class Depth:
    """How full a queue is, in messages; ``consumers`` are the taps that are open on it.

    ``dead`` is None when the queue is there and its dead-letter queue is not: somebody deleted that one alone.
    """

    ready: int
    unacknowledged: int
    waiting: int
    dead: int | None
    consumers: int = 0


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A message that was given up, and why."""

    message: Message
    error: str
    attempts: int


class Queue(Protocol):
    """Every declared queue of an installation."""

    @property
    def sees_all(self) -> bool:
        """Whether `depth` counts what others hold and what waits for others: an embedded queue does, one user of a broker cannot."""
        ...

    @property
    def connections(self) -> int:
        """How often the line to a broker was made: when it grows, a broker was away, and may have lost something. 0 without a broker."""
        ...

    async def health(self) -> str:
        """What is wrong with the broker or the file, and since when; empty when nothing is."""
        ...

    async def refusal(self) -> str:
        """Which queue this process wants to consume and may not just now, and why; empty when there is none."""
        ...

    async def publish(self, queue: str, message: Message) -> None:
        """Returns when the message is safe.

        Raises: `Unavailable` (``queue-unavailable``: not known whether it is safe, publish again with the same id;
        ``queue-full``, ``queue-blocked``, ``queue-away``, ``queue-not-allowed``: it is not), `NotFound` (``no-such-queue``), `TooLarge` (``message-too-large``).
        """
        ...

    def consumer(self, queue: str) -> AbstractAsyncContextManager[Consumer]:
        """Opens a tap with the declared prefetch."""
        ...

    async def depth(self, queue: str) -> Depth:
        """How full it is now. Raises: `Unavailable` (``queue-missing``: the broker answers, and has no such queue)."""
        ...

    async def strays(self) -> int | None:
        """How many messages lie where no queue took them: of a queue that was deleted, or is declared no more.

        None when the broker has no `STRAYS`: somebody deleted it.
        """
        ...

    async def dead_letters(self, queue: str, most: int = 100) -> Sequence[DeadLetter]:
        """The oldest dead letters of a queue, left where they are. Raises: `Unavailable` (``queue-missing``: the broker has none for them)."""
        ...

    async def replay(self, queue: str, ids: Sequence[str]) -> int:
        """Publishes dead letters again with their tries forgotten; returns how many. No ids: all."""
        ...

    async def purge(self, queue: str, ids: Sequence[str]) -> int:
        """Forgets dead letters; returns how many. No ids: all."""
        ...

    async def close(self) -> None:
        """Lets go of the broker or the file; what was not acknowledged will be delivered again."""
        ...
