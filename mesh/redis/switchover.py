"""Owns the moving of the master to another server while everybody writes, without losing what was acknowledged.

Sentinel's own failover leaves the old master accepting for seconds after the new one was chosen; what it takes then is lost.
So writes are held back first, until a replica has all of them; and before they flow again the old master is made a replica
itself: who was held back is told so and asks again at the new one.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, Final

from redis.exceptions import RedisError

from mesh.errors import Conflict, DeadlineExceeded, Unavailable
from mesh.redis.address import Server
from mesh.redis.connection import MeshConnection
from mesh.redis.sentinels import Sentinels

_HELD_MS: Final = 20_000
"""Writes flow again by themselves after so long, whatever becomes of us."""
_CAUGHT_UP_S: Final = 5.0
_MOVED_S: Final = 12.0
_LOOK_S: Final = 0.02

Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Switched:
    """From where to where the master went, and for how long writes were held back."""

    before: Place
    after: Place
    held_s: float


async def switch_over(server: Server, told: Callable[[str], None]) -> Switched:
    """Moves the master to a replica that has everything; ``told`` hears each step.

    Raises: `Conflict` (``redis-no-sentinel``, ``redis-no-replica``), `DeadlineExceeded` (``redis-not-switched``: nothing moved, writes
    flow as before), `Unavailable` (``redis-unavailable``).
    """
    sentinels = server.sentinels
    if sentinels is None:
        raise Conflict("this address names no Sentinels: write rediss+sentinel://host:26379,…/NAME/0", code="redis-no-sentinel")
    try:
        return await _switched(server, sentinels, told)
    except (RedisError, OSError) as wrong:
        text = f"Redis or a Sentinel does not answer or refuses: {type(wrong).__name__} {wrong}"
        raise Unavailable(text, code="redis-unavailable") from wrong


async def _switched(server: Server, sentinels: Sentinels, told: Callable[[str], None]) -> Switched:
    before = await sentinels.master()
    async with _line(server, before) as master:
        replicas = await _until_in_step(sentinels, master)
        if not replicas:
            raise Conflict(f"{before[0]}:{before[1]} has no replica that could take over", code="redis-no-replica")
        told(f"the master is {before[0]}:{before[1]}, with {len(replicas)} replicas")
        began = time.monotonic()
        await _ask(master, "CLIENT", "PAUSE", _HELD_MS, "WRITE")
        try:
            await _until_equal(server, int((await _replication(master))["master_repl_offset"]), replicas)
            told(f"writes are held back; the replicas have all of them after {time.monotonic() - began:.3f} s")
            await sentinels.fail_over()
            after = await _until_moved(server, sentinels, before)
            await _ask(master, "REPLICAOF", after[0], after[1])
        finally:
            await _ask(master, "CLIENT", "UNPAUSE")
        held_s = time.monotonic() - began
        with suppress(RedisError):  # a server without a file of its own has nothing to rewrite
            await _ask(master, "CONFIG", "REWRITE")
    told(f"the master is {after[0]}:{after[1]}; writes were held back for {held_s:.3f} s")
    return Switched(before, after, held_s)


async def _until_in_step(sentinels: Sentinels, master: MeshConnection) -> list[Place]:
    """The replicas, once all that the Sentinels may choose follow the master: one that fetches everything anew has old writes, and may be chosen.

    Those that come back, or that nobody has reached yet since the master was last moved, are waited for; none when none came.
    """
    found: list[Place] = []
    try:
        async with asyncio.timeout(_CAUGHT_UP_S):
            while True:
                found = _replicas(await _replication(master))
                reached = await sentinels.replicas()
                if reached and all(reached) and len(found) >= len(reached):
                    return found
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as late:
        if not found:
            return []
        raise DeadlineExceeded(
            f"a replica is not in step with the master, or not reached by the Sentinels, after {_CAUGHT_UP_S:g} s; nothing was moved: look at its log",
            code="redis-not-switched",
        ) from late


async def _until_equal(server: Server, offset: int, replicas: list[Place]) -> None:
    """Waits until every replica has all that the master had."""
    try:
        async with asyncio.timeout(_CAUGHT_UP_S):
            for place in replicas:
                async with _line(server, place) as replica:
                    while True:
                        if int((await _replication(replica)).get("slave_repl_offset", -1)) >= offset:
                            break
                        await asyncio.sleep(_LOOK_S)
    except TimeoutError as late:
        raise DeadlineExceeded(
            f"a replica lags behind and did not catch up within {_CAUGHT_UP_S:g} s; nothing was moved, writes flow: try again when it has",
            code="redis-not-switched",
        ) from late


async def _until_moved(server: Server, sentinels: Sentinels, before: Place) -> Place:
    """Waits until the Sentinels name another master and it says so itself."""
    try:
        async with asyncio.timeout(_MOVED_S):
            while True:
                with suppress(RedisError, OSError):  # who is changing his part may be deaf for a moment
                    now = await sentinels.master()
                    if now != before and await _is_master(server, now):
                        return now
                await asyncio.sleep(_LOOK_S)
    except TimeoutError as late:
        raise DeadlineExceeded(
            f"the Sentinels named no other master within {_MOVED_S:g} s; writes flow at the old one: look into their logs", code="redis-not-switched"
        ) from late


async def _is_master(server: Server, place: Place) -> bool:
    async with _line(server, place) as line:
        return bool((await _ask(line, "ROLE"))[0] == b"master")


@asynccontextmanager
async def _line(server: Server, place: Place) -> AsyncIterator[MeshConnection]:
    """A connection to that very server, signed in."""
    line = MeshConnection(**{**server.options, "host": place[0], "port": place[1]})
    try:
        async with asyncio.timeout(2.0):
            await line.connect()
        yield line
    finally:
        with suppress(RedisError, OSError):
            await line.disconnect(nowait=True)


async def _ask(line: MeshConnection, *words: Any) -> Any:
    async with asyncio.timeout(2.0):
        await line.send_command(*words)
        return await line.read_response()


async def _replication(line: MeshConnection) -> dict[str, str]:
    """The section ``replication`` of INFO."""
    text: bytes = await _ask(line, "INFO", "replication")
    return dict(row.split(":", 1) for row in text.decode().splitlines() if ":" in row)


def _replicas(replication: dict[str, str]) -> list[Place]:
    """Where the replicas are that are online."""
    found = []
    for name, text in replication.items():
        if name.startswith("slave") and name[5:].isdecimal():
            one = dict(part.split("=", 1) for part in text.split(","))
            if one["state"] == "online":
                found.append((one["ip"], int(one["port"])))
    return found
