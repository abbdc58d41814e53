"""Owns the cache inside one process: for the embedded default and for tests. Never keeps more bytes than it was given."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from mesh.cache.contract import Allowance, Rate
from mesh.cache.flight import Flights
from mesh.clock import Clock
from mesh.errors import Unavailable

MOST_MEMBERS = 1000
"""A list keeps so many members; the oldest leave first."""

_ENTRY_COST_BYTES = 200
_MOST_LIMITS = 100_000


class MemoryCache:
    """Bytes by key in one process and one event loop; keeps the promise of `mesh.cache.contract.Cache`.

    When ``max_bytes`` are full, the least recently used values leave; with ``evicts=False`` (state: sessions, limits)
    storing is refused instead. Raises: `Unavailable` (``cache-full``), (``cache-unavailable``) when closed.
    """

    def __init__(self, clock: Clock, *, max_bytes: int = 64 << 20, evicts: bool = True) -> None:
        self.clock = clock
        self._max_bytes = max_bytes
        self._evicts = evicts
        self.entries: OrderedDict[str, Entry] = OrderedDict()
        self._used_bytes = 0
        self._families: dict[str, set[str]] = {}
        self._flights = Flights()
        self._arrivals: dict[str, float] = {}
        self.is_closed = False

    async def fetch(self, key: str) -> bytes | None:
        entry = self._living(key)
        return entry.value if entry is not None else None

    async def fetch_many(self, keys: Sequence[str]) -> list[bytes | None]:
        return [await self.fetch(key) for key in keys]

    async def store(self, key: str, value: bytes, life_s: float) -> None:
        self._flights.abandon(key)
        self.put(key, Entry(self.clock.monotonic() + life_s, value))

    async def store_if_absent(self, key: str, value: bytes, life_s: float) -> bool:
        if self._living(key) is not None:
            return False
        await self.store(key, value, life_s)
        return True

    async def forget(self, *keys: str) -> None:
        for key in keys:
            self._flights.abandon(key)
            self.drop(key)

    async def compute(self, key: str, life_s: float, make: Callable[[], Awaitable[bytes]], *, family: str = "") -> bytes:
        entry = self._living(key)
        if entry is not None and entry.value is not None:
            return entry.value
        if family:
            self._families.setdefault(family, set()).add(key)
        try:
            return await self._flights.join(key, partial(self._make, key, life_s, make, family))
        finally:
            if key not in self.entries:
                self._leave_family(key, family)

    async def forget_family(self, family: str) -> None:
        await self.forget(*self._families.pop(family, ()))

    async def allow(self, limits: Mapping[str, Rate]) -> dict[str, Allowance]:
        self._check_open()
        return {key: self._take_from(key, rate) for key, rate in limits.items()}

    async def give_back(self, limits: Mapping[str, Rate]) -> None:
        self._check_open()
        for key, rate in limits.items():
            if key in self._arrivals:
                self._arrivals[key] -= rate.per_s / rate.count

    async def fetch_and_allow(self, key: str, limits: Mapping[str, Rate]) -> tuple[bytes | None, dict[str, Allowance]]:
        return await self.fetch(key), await self.allow(limits)

    async def add_to_list(self, key: str, member: str, life_s: float) -> None:
        entry = self._living(key)
        members = dict(entry.members) if entry is not None and entry.members is not None else {}
        members.pop(member, None)
        members[member] = None
        while len(members) > MOST_MEMBERS:
            del members[next(iter(members))]
        self.put(key, Entry(self.clock.monotonic() + life_s, members=members))

    async def list_members(self, key: str) -> list[str]:
        entry = self._living(key)
        return list(entry.members) if entry is not None and entry.members is not None else []

    async def remove_from_list(self, key: str, *members: str) -> None:
        entry = self._living(key)
        if entry is None or entry.members is None:
            return
        left = {member: None for member in entry.members if member not in members}
        if left:
            self.put(key, Entry(entry.ends_at, members=left))
        else:
            self.drop(key)

    async def refusals(self) -> str:
        return ""

    async def close(self) -> None:
        self.is_closed = True
        self.entries.clear()
        self._families.clear()
        self._arrivals.clear()
        self._used_bytes = 0

    async def _make(
        self, key: str, life_s: float, make: Callable[[], Awaitable[bytes]], family: str, is_wanted: Callable[[], bool]
    ) -> bytes:
        value = await make()
        if is_wanted() and not self.is_closed:
            try:
                self.put(key, Entry(self.clock.monotonic() + life_s, value, family=family, is_computed=True))
            except Unavailable:
                return value  # no room to keep it: it is still the value
        return value

    def _living(self, key: str) -> Entry | None:
        self._check_open()
        entry = self.entries.get(key)
        if entry is None:
            return None
        if entry.ends_at <= self.clock.monotonic():
            self.drop(key)
            return None
        self.entries.move_to_end(key)
        return entry

    def put(self, key: str, entry: Entry) -> None:
        """Keeps it, in place of what was there. Raises: `Unavailable` (``cache-full``)."""
        self._check_open()
        cost = _cost(key, entry)
        self._make_room(cost, key)
        self._remove(key)
        entry.cost_bytes = cost
        self.entries[key] = entry
        self._used_bytes += cost
        if entry.family:
            self._families.setdefault(entry.family, set()).add(key)

    def _make_room(self, cost_bytes: int, spared: str) -> None:
        old = self.entries.get(spared)
        growth_bytes = cost_bytes - (old.cost_bytes if old is not None else 0)
        if self._used_bytes + growth_bytes <= self._max_bytes:
            return
        if cost_bytes > self._max_bytes:
            raise self._full()
        now = self.clock.monotonic()
        for key in [key for key, entry in self.entries.items() if entry.ends_at <= now and key != spared]:
            self.drop(key)
        while self._evicts and self._used_bytes + growth_bytes > self._max_bytes:
            victim = next((key for key in self.entries if key != spared), None)
            if victim is None:
                break
            self.drop(victim)
        if self._used_bytes + growth_bytes > self._max_bytes:
            raise self._full()

    def _full(self) -> Unavailable:
        return Unavailable(
            f"the memory of this process holds {self._max_bytes} bytes and is full: raise its limit, or use Redis", code="cache-full"
        )

    def drop(self, key: str) -> None:
        """Lets it go."""
        self._remove(key)

    def _remove(self, key: str) -> None:
        entry = self.entries.pop(key, None)
        if entry is None:
            return
        self._used_bytes -= entry.cost_bytes
        self._leave_family(key, entry.family)

    def _leave_family(self, key: str, family: str) -> None:
        keys = self._families.get(family)
        if keys is not None:
            keys.discard(key)
            if not keys:
                del self._families[family]

    def _take_from(self, key: str, rate: Rate) -> Allowance:
        now = self.clock.monotonic()
        interval_s = rate.per_s / rate.count
        arrival = max(self._arrivals.get(key, now), now) + interval_s
        excess_s = arrival - now - rate.burst * interval_s
        if excess_s > 1e-9:
            return Allowance(is_allowed=False, retry_after_s=excess_s)
        if len(self._arrivals) >= _MOST_LIMITS and key not in self._arrivals:
            self._forget_limits(now)
        self._arrivals[key] = arrival
        return Allowance(is_allowed=True, retry_after_s=0.0)

    def _forget_limits(self, now: float) -> None:
        """Drops limits that have run out, and, under a flood of keys, the half that runs out first."""
        living = sorted((item for item in self._arrivals.items() if item[1] > now), key=lambda item: item[1])
        self._arrivals = dict(living[-_MOST_LIMITS // 2 :])

    def _check_open(self) -> None:
        if self.is_closed:
            raise Unavailable("the cache of this process is closed: it is stopping", code="cache-unavailable")


@dataclass(slots=True)
class Entry:
    """What lies under a key: a value, or the members of a list. ``ends_at`` is monotonic."""

    ends_at: float
    value: bytes | None = None
    members: dict[str, None] | None = None
    family: str = ""
    is_computed: bool = False
    cost_bytes: int = 0


def _cost(key: str, entry: Entry) -> int:
    content = len(entry.value) if entry.value is not None else sum(len(member) + 100 for member in entry.members or ())
    return _ENTRY_COST_BYTES + len(key) + len(entry.family) + content
