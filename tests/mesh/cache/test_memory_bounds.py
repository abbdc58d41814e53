"""What the cache in memory does at its bounds."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mesh.cache import Rate
from mesh.cache.memory import MemoryCache
from mesh.clock import TurnedClock
from mesh.errors import Unavailable


def cache_of(max_bytes: int, *, evicts: bool = True) -> tuple[MemoryCache, TurnedClock]:
    clock = TurnedClock(datetime(2026, 1, 1, tzinfo=UTC))
    return MemoryCache(clock, max_bytes=max_bytes, evicts=evicts), clock


async def test_full_cache_drops_what_was_used_longest_ago() -> None:
    cache, _ = cache_of(10_000)
    for name in "abcdefgh":
        await cache.store(name, bytes(1000), 60)
    assert await cache.fetch("a") is not None
    await cache.store("i", bytes(1000), 60)
    assert [name for name in "abcdefghi" if await cache.fetch(name) is None] == ["b"]


async def test_what_has_ended_leaves_before_what_lives() -> None:
    cache, clock = cache_of(5000)
    await cache.store("old", bytes(1000), 600)
    for name in "abc":
        await cache.store(name, bytes(1000), 1)
    clock.turn(2)
    await cache.store("new", bytes(1500), 60)
    assert await cache.fetch("old") is not None


async def test_state_refuses_rather_than_forget() -> None:
    cache, clock = cache_of(3000, evicts=False)
    await cache.store("session:a", bytes(1000), 60)
    await cache.store("session:b", bytes(1000), 60)
    with pytest.raises(Unavailable) as refused:
        await cache.store("session:c", bytes(1000), 60)
    assert refused.value.code == "cache-full"
    assert await cache.fetch("session:a") is not None
    await cache.store("session:b", bytes(500), 60)
    clock.turn(61)
    await cache.store("session:c", bytes(1000), 60)


async def test_value_that_can_never_fit_is_refused_and_a_computed_one_is_given_but_not_kept() -> None:
    cache, _ = cache_of(3000)
    await cache.store("small", b"1", 60)
    with pytest.raises(Unavailable):
        await cache.store("large", bytes(5000), 60)
    assert await cache.fetch("small") == b"1"

    async def make() -> bytes:
        return bytes(5000)

    assert len(await cache.compute("large", 60, make)) == 5000
    assert await cache.fetch("large") is None
    assert await cache.fetch("small") == b"1"


async def test_flood_of_limits_keeps_the_bound_and_the_tightest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mesh.cache.memory._MOST_LIMITS", 100)
    cache, _ = cache_of(10_000)
    strict = {"strict": Rate(1, 3600, 1)}
    assert (await cache.allow(strict))["strict"].is_allowed
    for number in range(1000):
        await cache.allow({f"address:{number}": Rate(10, 1, 10)})
    assert len(cache._arrivals) <= 100
    assert not (await cache.allow(strict))["strict"].is_allowed


async def test_families_leave_no_trace_of_values_that_are_gone() -> None:
    cache, clock = cache_of(100_000)

    async def make() -> bytes:
        return b"1"

    async def fail() -> bytes:
        raise ValueError("no such thing")

    await cache.compute("a", 1, make, family="f")
    with pytest.raises(ValueError, match="no such"):
        await cache.compute("b", 1, fail, family="g")
    clock.turn(2)
    assert await cache.fetch("a") is None
    assert cache._families == {}


async def test_closed_cache_says_so() -> None:
    cache, _ = cache_of(1000)
    await cache.close()
    with pytest.raises(Unavailable) as refused:
        await cache.fetch("a")
    assert refused.value.code == "cache-unavailable"
