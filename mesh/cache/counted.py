"""Owns the counting of what one service does with a cache or state, over any keeper of it. Never changes what is done.

`mesh.metrics.MESH_METRICS` declares the names: those that begin with ``cache_``. ``kind`` is the key up to its first colon.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from mesh.cache.contract import Allowance, Cache, Rate
from mesh.errors import Unavailable
from mesh.metrics import Metrics

T = TypeVar("T")


class CountedCache:
    """Keeps the promise of `mesh.cache.contract.Cache` through another. ``store`` is its name in metrics: cache or state."""

    def __init__(self, inner: Cache, metrics: Metrics, store: str) -> None:
        self.inner = inner
        self._store = store
        self._reads = metrics.counter("cache_reads_total")
        self._computations = metrics.counter("cache_computations_total")
        self._errors = metrics.counter("cache_errors_total")
        self._seconds = metrics.histogram("cache_seconds")
        self._is_away = metrics.gauge("cache_away").labels(store)

    async def fetch(self, key: str) -> bytes | None:
        value = await self._timed("fetch", self.inner.fetch(key))
        self._read(key, is_hit=value is not None)
        return value

    async def fetch_many(self, keys: Sequence[str]) -> list[bytes | None]:
        values = await self._timed("fetch_many", self.inner.fetch_many(keys))
        for key, value in zip(keys, values, strict=True):
            self._read(key, is_hit=value is not None)
        return values

    async def store(self, key: str, value: bytes, life_s: float) -> None:
        await self._timed("store", self.inner.store(key, value, life_s))

    async def store_if_absent(self, key: str, value: bytes, life_s: float) -> bool:
        return await self._timed("store_if_absent", self.inner.store_if_absent(key, value, life_s))

    async def forget(self, *keys: str) -> None:
        await self._timed("forget", self.inner.forget(*keys))

    async def compute(self, key: str, life_s: float, make: Callable[[], Awaitable[bytes]], *, family: str = "") -> bytes:
        is_made = False

        async def made() -> bytes:
            nonlocal is_made
            is_made = True
            self._computations.labels(self._store, _kind(key)).inc()
            return await make()

        try:
            return await self.inner.compute(key, life_s, made, family=family)
        finally:
            self._read(key, is_hit=not is_made)

    async def forget_family(self, family: str) -> None:
        await self._timed("forget_family", self.inner.forget_family(family))

    async def allow(self, limits: Mapping[str, Rate]) -> dict[str, Allowance]:
        return await self._timed("allow", self.inner.allow(limits))

    async def give_back(self, limits: Mapping[str, Rate]) -> None:
        await self._timed("give_back", self.inner.give_back(limits))

    async def fetch_and_allow(self, key: str, limits: Mapping[str, Rate]) -> tuple[bytes | None, dict[str, Allowance]]:
        value, allowed = await self._timed("fetch_and_allow", self.inner.fetch_and_allow(key, limits))
        self._read(key, is_hit=value is not None)
        return value, allowed

    async def add_to_list(self, key: str, member: str, life_s: float) -> None:
        await self._timed("add_to_list", self.inner.add_to_list(key, member, life_s))

    async def list_members(self, key: str) -> list[str]:
        return await self._timed("list_members", self.inner.list_members(key))

    async def remove_from_list(self, key: str, *members: str) -> None:
        await self._timed("remove_from_list", self.inner.remove_from_list(key, *members))

    async def refusals(self) -> str:
        return await self.inner.refusals()

    async def close(self) -> None:
        await self.inner.close()

    def _read(self, key: str, *, is_hit: bool) -> None:
        self._reads.labels(self._store, _kind(key), "hit" if is_hit else "miss").inc()

    async def _timed(self, call: str, asked: Awaitable[T]) -> T:
        began = time.perf_counter()
        try:
            answer = await asked
        except Unavailable as away:
            self._errors.labels(self._store, away.code).inc()
            self._is_away.set(1)
            raise
        else:
            self._is_away.set(0)
            return answer
        finally:
            self._seconds.labels(self._store, call).observe(time.perf_counter() - began)


def _kind(key: str) -> str:
    return key.partition(":")[0]
