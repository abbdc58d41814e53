"""Owns the cache and the shared state on Redis. Keeps no value in this process.

Keys are those that the caller names; beside them lie ``lock:KEY`` (who makes it now) and ``family:NAME`` (its version).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from mesh.cache.contract import Allowance, Rate
from mesh.cache.envelope import Computed, opened, sealed, stored
from mesh.cache.flight import Flights
from mesh.cache.memory import MOST_MEMBERS
from mesh.errors import Unavailable
from mesh.ids import new_id
from mesh.log import Log
from mesh.redis import Line, Script, Server

_UNAVAILABLE: Final = "cache-unavailable"
_LIMIT_S: Final = 1.0
_LOCK_MS: Final = 5000
"""A maker that died holds up the others for so long."""
_SOFT_PART: Final = 0.2
"""In the last fifth of a value's life one caller makes it anew, while the others still get the old one."""
_FAMILY_LIFE_MS: Final = 7 * 86_400_000

_LIMITS: Final = Script("""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local fetched, first = false, 1
if ARGV[1] == '1' then
  fetched, first = redis.call('GET', KEYS[1]), 2
end
local answers = {fetched}
for at = first, #KEYS do
  local place = 2 + 2 * (at - first)
  local interval, burst = tonumber(ARGV[place]), tonumber(ARGV[place + 1])
  local arrival = math.max(tonumber(redis.call('GET', KEYS[at]) or 0), now) + interval
  local excess = arrival - now - burst * interval
  if excess <= 0 then
    redis.call('SET', KEYS[at], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1)
    excess = 0
  end
  answers[#answers + 1] = string.format('%.0f', excess)
end
return answers
""")
"""GCRA. Source: the generic cell rate algorithm, ITU-T I.371; state is the theoretical arrival time of the next cell."""

_GIVE_BACK: Final = Script("""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
for at = 1, #KEYS do
  local arrival = tonumber(redis.call('GET', KEYS[at]) or 0) - tonumber(ARGV[at])
  if arrival > now then
    redis.call('SET', KEYS[at], string.format('%.0f', arrival), 'PX', math.ceil((arrival - now) / 1000) + 1)
  else
    redis.call('DEL', KEYS[at])
  end
end
""")

_KEEP: Final = Script("""
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
redis.call('DEL', KEYS[2])
return 1
""")

_RELEASE: Final = Script("""
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
""")

_APPEND: Final = Script("""
local time = redis.call('TIME')
local score = time[1] * 1000000 + time[2]
local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
if last[2] and tonumber(last[2]) >= score then score = tonumber(last[2]) + 1 end
redis.call('ZADD', KEYS[1], string.format('%.0f', score), ARGV[1])
redis.call('ZREMRANGEBYRANK', KEYS[1], 0, -ARGV[2] - 1)
redis.call('PEXPIRE', KEYS[1], ARGV[3])
""")


class RedisCache:
    """Bytes by key on one server; keeps the promise of `mesh.cache.contract.Cache`."""

    def __init__(self, server: Server, log: Log) -> None:
        self._line = Line(server, _UNAVAILABLE, _LIMIT_S, log)
        self._flights = Flights()
        self._families: dict[str, set[str]] = {}

    async def fetch(self, key: str) -> bytes | None:
        return (await self.fetch_many([key]))[0]

    async def fetch_many(self, keys: Sequence[str]) -> list[bytes | None]:
        if not keys:
            return []
        raw = await self._line.ask("MGET", *keys)
        found = [opened(each) if each is not None else None for each in raw]
        families = sorted({each.family for each in found if each is not None and each.family})
        versions = dict(zip(families, await self._line.ask("MGET", *map(_family, families)), strict=True)) if families else {}
        return [
            each.value if each is not None and (not each.family or versions[each.family] == each.version) else None for each in found
        ]

    async def store(self, key: str, value: bytes, life_s: float) -> None:
        self._flights.abandon(key)
        await self._line.together(
            ("SET", key, stored(value), "PX", _ms(life_s)),
            ("DEL", _lock(key)),  # whoever is making it has an older one
            is_atomic=True,
        )

    async def store_if_absent(self, key: str, value: bytes, life_s: float) -> bool:
        return bool(await self._line.ask("SET", key, stored(value), "NX", "PX", _ms(life_s), is_repeatable=False))

    async def forget(self, *keys: str) -> None:
        if not keys:
            return
        for key in keys:
            self._flights.abandon(key)
        await self._line.ask("UNLINK", *keys, *map(_lock, keys))

    async def compute(self, key: str, life_s: float, make: Callable[[], Awaitable[bytes]], *, family: str = "") -> bytes:
        members = self._families.setdefault(family, set())
        members.add(key)
        try:
            return await self._flights.join(key, partial(self._compute, key, life_s, make, family))
        finally:
            members.discard(key)
            if not members:
                self._families.pop(family, None)

    async def forget_family(self, family: str) -> None:
        for key in list(self._families.get(family, ())):
            self._flights.abandon(key)
        await self._line.ask("SET", _family(family), new_id(), "PX", _FAMILY_LIFE_MS)

    async def allow(self, limits: Mapping[str, Rate]) -> dict[str, Allowance]:
        return (await self._limits([], limits))[1] if limits else {}

    async def give_back(self, limits: Mapping[str, Rate]) -> None:
        if limits:
            await self._line.run(_GIVE_BACK, list(limits), [_interval_us(rate) for rate in limits.values()])

    async def fetch_and_allow(self, key: str, limits: Mapping[str, Rate]) -> tuple[bytes | None, dict[str, Allowance]]:
        return await self._limits([key], limits)

    async def add_to_list(self, key: str, member: str, life_s: float) -> None:
        await self._line.run(_APPEND, [key], [member, MOST_MEMBERS, _ms(life_s)])

    async def list_members(self, key: str) -> list[str]:
        return [member.decode() for member in await self._line.ask("ZRANGE", key, 0, -1)]

    async def remove_from_list(self, key: str, *members: str) -> None:
        if members:
            await self._line.ask("ZREM", key, *members)

    async def refusals(self) -> str:
        return str(self._line.refusals)

    async def close(self) -> None:
        await self._line.close()

    async def _compute(
        self, key: str, life_s: float, make: Callable[[], Awaitable[bytes]], family: str, _: Callable[[], bool]
    ) -> bytes:
        """The living value, or the one that this process makes under the lock, or the one that another made meanwhile."""
        token = new_id()
        try:
            try:
                async with asyncio.timeout(_LOCK_MS / 1000):
                    found = await self._found_or_locked(key, family, token)
                    version = b"" if found is not None else await self._version(family)
            except (Unavailable, TimeoutError):
                return await make()
            if found is not None:
                return found
            value = await make()
        except BaseException:
            await self._under_lock(_RELEASE, [_lock(key)], [token])  # also one that was set while the caller was cancelled
            raise
        computed = Computed(value, _ms(life_s), family, version)
        await self._under_lock(_KEEP, [key, _lock(key)], [token, sealed(computed), computed.life_ms])
        return value

    async def _found_or_locked(self, key: str, family: str, token: str) -> bytes | None:
        """A value to give, or None: then this caller holds the lock and makes it."""
        pause_s = 0.01
        while True:
            found, is_young = await self._living(key, family)
            if found is not None and is_young:
                return found
            if await self._line.ask("SET", _lock(key), token, "NX", "PX", _LOCK_MS, is_repeatable=False):
                again, is_young = await self._living(key, family)  # made between the look and the lock?
                if again is None or not is_young:
                    return None
                await self._under_lock(_RELEASE, [_lock(key)], [token])
                return again
            if found is not None:
                return found
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)
            pause_s = min(pause_s * 1.5, 0.1)

    async def _under_lock(self, script: Script, keys: list[str], arguments: list[Any]) -> None:
        """Stores or releases, unless the lock was taken away by `forget` or by time."""
        try:
            await self._line.run(script, keys, arguments)
        except Unavailable:
            return  # made, and not kept: the next one makes it again

    async def _living(self, key: str, family: str) -> tuple[bytes | None, bool]:
        """The value, when its family was not forgotten since, and whether it is far from its end."""
        questions = [("GET", key), ("PTTL", key), *([("GET", _family(family))] if family else [])]
        raw, left_ms, *versions = await self._line.together(*questions)
        computed = opened(raw) if raw is not None else None
        if computed is None or (computed.family and [computed.version] != versions):
            return None, False
        return computed.value, left_ms >= computed.life_ms * _SOFT_PART

    async def _version(self, family: str) -> bytes:
        """The family's version, made when there is none: a lost one must never fit a value again."""
        if not family:
            return b""
        made = ("SET", _family(family), new_id(), "NX", "PX", _FAMILY_LIFE_MS)
        _, version = await self._line.together(made, ("GET", _family(family)))
        return bytes(version or b"")

    async def _limits(self, fetched: list[str], limits: Mapping[str, Rate]) -> tuple[bytes | None, dict[str, Allowance]]:
        arguments: list[Any] = [len(fetched)]
        for rate in limits.values():
            arguments += [_interval_us(rate), rate.burst]
        raw, *excesses = await self._line.run(_LIMITS, [*fetched, *limits], arguments)
        answers = {
            key: Allowance(is_allowed=int(excess) == 0, retry_after_s=int(excess) / 1e6)
            for key, excess in zip(limits, excesses, strict=True)
        }
        computed = opened(raw) if raw is not None else None
        if computed is not None and computed.family:
            return await self.fetch(fetched[0]), answers
        return (computed.value if computed is not None else None), answers


def _lock(key: str) -> str:
    return f"lock:{key}"


def _family(name: str) -> str:
    return f"family:{name}"


def _interval_us(rate: Rate) -> int:
    return round(rate.per_s / rate.count * 1e6)


def _ms(life_s: float) -> int:
    return max(1, round(life_s * 1000))
