"""Owns the promise of topics: live news with a short memory. Kept by `mesh.topics.memory` and `mesh.topics.redis`.

What is promised: news of one topic arrive in order, at most once; a break in the line is *told* (`Gap`), never silent;
the last news of each topic (``memory_length``) can be read again by id. What is not promised: that none is lost.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class News:
    """One piece of news. ``id`` orders the news of a topic: ``milliseconds-number``, as a Redis Stream's entry id."""

    topic: str
    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Gap:
    """The line was down: news may be missing on every followed topic. Replay, or read the record."""


@dataclass(frozen=True, slots=True)
class Replay:
    """News after an id, oldest first. ``is_complete`` is False when older ones had been forgotten already.

    ``is_known`` is False when the id is not one of this topic's: a guess, or heard from a server that was master no more. Who holds it
    as what he heard last may have missed news from before it.
    """

    news: tuple[News, ...]
    is_complete: bool
    is_known: bool = True


class Subscription(Protocol):
    """A listener that follows topics; bounded: a reader that does not keep up gets a `Gap` in place of what it missed."""

    async def follow(self, *topics: str) -> None:
        """Hears these from now on."""
        ...

    async def unfollow(self, *topics: str) -> None:
        """Hears these no more."""
        ...

    async def next(self) -> News | Gap:
        """Waits for the next. Safe to cancel."""
        ...

    def renew(self, why: str) -> None:
        """The line stands and does not bring what was said: it is made anew, and a `Gap` comes."""
        ...

    @property
    def is_heard(self) -> bool:
        """Whether the line to the server stands, as far as is known; when it is back after a break, a `Gap` comes."""
        ...


class Topics(Protocol):
    """Every topic of an installation; a topic is there as soon as it is named."""

    async def publish(self, items: Sequence[tuple[str, bytes]]) -> None:
        """Tells (topic, body) pairs in order. Raises: `Unavailable` (``topics-unavailable``) within two seconds."""
        ...

    def subscribe(self) -> AbstractAsyncContextManager[Subscription]:
        """Opens a listener that follows nothing yet."""
        ...

    async def replay(self, topic: str, after: str, most: int = 1000) -> Replay:
        """What was said on a topic after that id (exclusive). Raises: `Unavailable` (``topics-unavailable``)."""
        ...

    async def refusals(self) -> str:
        """What the server refuses this user, and what to do about it; empty when nothing. A wrong configuration, no outage."""
        ...

    async def close(self) -> None:
        """Lets go of the server."""
        ...
