"""Owns what is said between an operator and a service about the queues that it consumes. Never moves a message."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class QueueState:
    """How full a queue is, in messages. ``unacknowledged`` and ``waiting`` are those that the answering process knows of.

    ``dead`` is None when the broker has no queue for what is given up.
    """

    name: str
    ready: int
    unacknowledged: int
    waiting: int
    dead: int | None
    consumers: int


@dataclass(frozen=True, slots=True)
class QueueStates:
    """The queues of one service. ``strays`` are messages on the whole broker that no queue took; it should be 0.

    ``missing`` are those that the broker does not have, a queue for dead letters as NAME.dead, the one for strays as palestra.strays:
    somebody deleted them.
    """

    queues: tuple[QueueState, ...]
    strays: int = 0
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DeadRequest:
    """Asks for the oldest dead letters of a queue, at most so many; with ``body_bytes`` of each body."""

    queue: str
    most: int = 20
    body_bytes: int = 2_000


@dataclass(frozen=True, slots=True)
class DeadMessage:
    """A message that was given up, and why. ``body`` is its beginning, as text."""

    id: str
    error: str
    attempts: int
    correlation: str
    size_bytes: int
    body: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadMessages:
    """The oldest dead letters of a queue, and how many there are in all."""

    messages: tuple[DeadMessage, ...]
    dead: int


@dataclass(frozen=True, slots=True)
class DeadOrder:
    """Names dead letters of a queue to replay or to purge; ``is_all`` must be said when no ids are."""

    queue: str
    ids: tuple[str, ...] = ()
    is_all: bool = False


@dataclass(frozen=True, slots=True)
class DeadCount:
    """How many were replayed or purged."""

    count: int
