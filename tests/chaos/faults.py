"""Owns what is done to a house: processes killed, stopped and continued, lines cut in the middle of a frame or gone silent, a disk that is full.

Each fault tells when it began, when it was over, and when its victim answered again. Never decides what is a failure.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from compose.local.pids import Pid
from tests.support.proxy import Proxy

READY_LIMIT_S = 90.0
BALLAST = "ballast"


@dataclass
class Fault:
    """One thing that goes wrong. Times are on the monotonic clock; ``ready_at`` is when the victim answered again after it."""

    kind: str
    victim: str
    detail: str = ""
    began_at: float = 0.0
    over_at: float = 0.0
    ready_at: float | None = None

    def __str__(self) -> str:
        return f"{self.kind} {self.victim}"


@dataclass
class Hands:
    """What faults are done with: who runs, who stands in between, which folders are small disks."""

    pid_of: Callable[[str], Pid | None]
    is_ready: Callable[[str], bool]
    proxies: dict[str, Proxy] = field(default_factory=dict)
    disks: dict[str, Path] = field(default_factory=dict)


class Faults:
    """Does them, one by one or several at once."""

    def __init__(self, hands: Hands, chance: random.Random, *, stop_s: float, full_s: float) -> None:
        self.done: list[Fault] = []
        self._hands = hands
        self._chance = chance
        self._stop_s = stop_s
        self._full_s = full_s

    async def do(self, fault: Fault) -> None:
        """The fault from its beginning until its victim answers again."""
        fault.began_at = time.monotonic()
        match fault.kind:
            case "kill":
                await self._kill(fault)
            case "stop":
                await self._stop(fault)
            case "cut":
                await self._cut(fault)
            case "stall":
                await self._stall(fault)
            case "fill":
                await self._fill(fault)
        fault.over_at = time.monotonic()
        self.done.append(fault)
        while time.monotonic() < fault.over_at + READY_LIMIT_S:
            if await asyncio.to_thread(self._hands.is_ready, fault.victim):
                fault.ready_at = time.monotonic()
                return
            await asyncio.sleep(0.1)

    async def _kill(self, fault: Fault) -> None:
        """kill -9 of the whole process group, as when the memory killer takes a container."""
        pid = await self._pid(fault)
        if pid is not None:
            pid.signal(signal.SIGKILL)
            await asyncio.to_thread(pid.until_gone, 5)

    async def _stop(self, fault: Fault) -> None:
        """SIGSTOP of it and all that it started, and later SIGCONT: a machine that stands still, its connections open."""
        pid = await self._pid(fault)
        if pid is None:
            return
        frozen = _with_descendants(pid.number)
        _signal_each(frozen, signal.SIGSTOP)
        try:
            await asyncio.sleep(self._stop_s)
        finally:
            _signal_each(reversed(frozen), signal.SIGCONT)

    async def _cut(self, fault: Fault) -> None:
        """Every connection to it is broken after some more bytes, in the middle of whatever goes by; nobody gets through for a while."""
        proxy, count = self._hands.proxies[fault.victim], self._chance.randrange(1, 4000)
        direction = self._chance.choice(("up", "down"))
        refused_s = self._chance.uniform(0.0, 4.0)
        fault.detail = f"{count} bytes {direction}, refused for {refused_s:.1f} s"
        proxy.cut_after(count, direction)
        await asyncio.sleep(1.0)
        proxy.cut()
        proxy.refuse()
        await asyncio.sleep(refused_s)
        proxy.admit()

    async def _stall(self, fault: Fault) -> None:
        """Nothing gets through, nothing is closed: a network that lost the way. Afterwards all that waited arrives."""
        proxy = self._hands.proxies[fault.victim]
        proxy.stall()
        await asyncio.sleep(self._stop_s)
        proxy.resume()

    async def _fill(self, fault: Fault) -> None:
        """Its disk is full to the last byte, for a while."""
        ballast = self._hands.disks[fault.victim] / BALLAST
        try:
            ends_at = time.monotonic() + self._full_s
            while time.monotonic() < ends_at:
                await asyncio.to_thread(_fill_up, ballast)
                await asyncio.sleep(0.5)
        finally:
            ballast.unlink(missing_ok=True)

    async def _pid(self, fault: Fault) -> Pid | None:
        for _ in range(100):
            pid = self._hands.pid_of(fault.victim)
            if pid is not None:
                return pid
            await asyncio.sleep(0.1)
        fault.detail = "was not there"
        return None


def _fill_up(path: Path) -> None:
    with suppress(OSError), path.open("ab") as ballast:
        for size in (1 << 20, 1 << 12, 1):
            with suppress(OSError):
                while True:
                    os.write(ballast.fileno(), b"\0" * size)


def _with_descendants(pid: int) -> list[int]:
    found = [pid]
    for one in found:
        with suppress(OSError):
            found += [int(child) for task in Path(f"/proc/{one}/task").iterdir() for child in (task / "children").read_text().split()]
    return found


def _signal_each(pids: object, number: int) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, number)


def plan_faults(seed: int, victims: dict[str, list[str]], *, is_short: bool) -> list[Fault]:
    """What goes wrong, in order, the same for the same seed. ``victims`` by kind of fault.

    Long: every kind to every victim. Short: every victim once, every kind at least once.
    """
    chance = random.Random(f"faults-{seed}")
    everything = [Fault(kind, victim) for kind, names in victims.items() for victim in names]
    chance.shuffle(everything)
    if not is_short:
        return everything
    chosen: list[Fault] = []
    for kind in victims:
        chosen += [next(one for one in everything if one.kind == kind and one.victim not in {other.victim for other in chosen})]
    for one in everything:
        if one.victim not in {other.victim for other in chosen}:
            chosen.append(one)
    chance.shuffle(chosen)
    return chosen
