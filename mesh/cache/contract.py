"""Owns the promise of the cache and of small shared state. Kept by `mesh.cache.memory` and `mesh.cache.redis`.

What is promised: a value lives at most as long as was said and may vanish sooner (cache) or not (state: sessions,
limits); whoever computes a missing value does it once for all who wait (single flight). What is not promised: anything
that cannot be computed again. Losing all of it may log people out, never lose a submission.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``count`` in ``per_s`` seconds, evenly, with ``burst`` at once. GCRA."""

    count: int
    per_s: float
    burst: int


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a rate limit said; ``retry_after_s`` is 0 when allowed."""

    is_allowed: bool
    retry_after_s: float


class Cache(Protocol):
    """Bytes by key. Every call raises `Unavailable` (``cache-unavailable``) within a second when the server is away."""

    async def fetch(self, key: str) -> bytes | None:
        """The value, None when there is none."""
        ...

    async def fetch_many(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values in the order of the keys, in one round trip."""
        ...

    async def store(self, key: str, value: bytes, life_s: float) -> None:
        """Keeps a value for so long."""
        ...

    async def store_if_absent(self, key: str, value: bytes, life_s: float) -> bool:
        """Keeps it unless there is one; True when kept. A lock, an idempotency key."""
        ...

    async def forget(self, *keys: str) -> None:
        """Drops these."""
        ...

    async def compute(self, key: str, life_s: float, make: Callable[[], Awaitable[bytes]], *, family: str = "") -> bytes:
        """The value, made by ``make`` when missing: once for all who wait, in all processes. With the cache away: made.

        ``family`` groups keys that `forget_family` drops together.
        """
        ...

    async def forget_family(self, family: str) -> None:
        """Drops every value that was computed in that family, without looking for keys."""
        ...

    async def allow(self, limits: Mapping[str, Rate]) -> dict[str, Allowance]:
        """Asks several rate limits (key → rate) in one round trip and takes from each that allows."""
        ...

    async def give_back(self, limits: Mapping[str, Rate]) -> None:
        """Undoes what `allow` has just taken from these: what it was taken for did not come about."""
        ...

    async def fetch_and_allow(self, key: str, limits: Mapping[str, Rate]) -> tuple[bytes | None, dict[str, Allowance]]:
        """`fetch` and `allow` in one round trip: a session and its limits."""
        ...

    async def add_to_list(self, key: str, member: str, life_s: float) -> None:
        """Puts a member into a small ordered set (newest last) that lives on for so long."""
        ...

    async def list_members(self, key: str) -> list[str]:
        """The members, oldest first."""
        ...

    async def remove_from_list(self, key: str, *members: str) -> None:
        """Takes members out."""
        ...

    async def refusals(self) -> str:
        """What the server refuses this user, and what to do about it; empty when nothing. A wrong configuration, no outage."""
        ...

    async def close(self) -> None:
        """Lets go of the server."""
        ...
