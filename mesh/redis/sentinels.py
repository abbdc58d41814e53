"""Owns the question who the master is now. It is asked at every connect, and from time to time while connections stand."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import RedisError

_LIMIT_S: Final = 0.3
"""A Sentinel that does not answer within this is passed over, and asked last the next time."""
_FAIL_OVER_S: Final = 3.0
_LOOK_S: Final = 1.0


class Sentinels:
    """The watchers of one master, by its name. Safe to share between connections."""

    def __init__(self, hosts: Sequence[tuple[str, int]], master: str, secure: Mapping[str, Any], who: Mapping[str, Any] | None = None) -> None:
        self._hosts = deque(hosts)
        self._master = master
        self._secure = dict(secure)
        self._who = dict(who or {})
        self._known: tuple[str, int] | None = None
        self._epoch = 0
        self._looked_at = 0.0

    async def master(self) -> tuple[str, int]:
        """Where the master is, as the first Sentinel that answers says. Raises: OSError when none knows.

        What was known once is not unlearnt: a Sentinel with an older configuration (it hears of a new master within seconds) is passed over.
        """
        wrongs: list[str] = []
        for host, port in list(self._hosts):
            try:
                async with asyncio.timeout(_LIMIT_S):
                    found = await self._asked(host, port)
            except (RedisError, OSError) as wrong:  # a timeout is an OSError
                wrongs.append(f"{host}:{port}: {type(wrong).__name__} {wrong}".rstrip())
                self.doubt(host, port)
                continue
            place, epoch = found
            if place is not None and epoch >= self._epoch:
                self._known, self._epoch, self._looked_at = place, epoch, time.monotonic()
                return place
            wrongs.append(f"{host}:{port}: knows no master {self._master!r}" if place is None else f"{host}:{port}: has not heard of the new master")
        raise ConnectionError("no Sentinel says who the master is: " + "; ".join(wrongs))

    async def is_left(self, place: tuple[str, int]) -> bool:
        """Whether another is the master by now: one that was frozen or cut off may not know it, and answers with what once was.

        They are asked once in a while; when none answers, nothing is left.
        """
        if time.monotonic() - self._looked_at > _LOOK_S:
            self._looked_at = time.monotonic()
            with suppress(OSError):
                await self.master()
        return self._known is not None and self._known != place

    async def fail_over(self) -> None:
        """Has them choose another master; needs a user who may. Raises: RedisError, OSError."""
        wrong: Exception | None = None
        for host, port in list(self._hosts):
            try:
                async with asyncio.timeout(_FAIL_OVER_S):
                    await self._said(host, port, self._who, ("FAILOVER", self._master))
            except OSError as away:
                wrong = away
            except RedisError as refused:
                wrong = refused
            else:
                return
        raise wrong or ConnectionError("no Sentinel is named")

    async def replicas(self) -> list[bool]:
        """For each replica that they do not take for dead, whether they reach it, and so could choose it; needs a user who may ask.

        Just after a master was moved they know its replicas and reach none yet. Raises: RedisError, OSError.
        """
        wrong: Exception | None = None
        for host, port in list(self._hosts):
            try:
                async with asyncio.timeout(_LIMIT_S):
                    [known] = await self._said(host, port, self._who, ("REPLICAS", self._master))
            except (RedisError, OSError) as away:  # a timeout is an OSError
                wrong = away
                continue
            facts = [dict(zip(one[::2], one[1::2], strict=False)) for one in known]
            flags = [set(one[b"flags"].split(b",")) for one in facts]
            return [b"disconnected" not in one for one in flags if not one & {b"s_down", b"o_down"}]
        raise wrong or ConnectionError("no Sentinel is named")

    def doubt(self, host: str = "", port: int = 0) -> None:
        """What that one said did not hold, or it said nothing (none named: the first): it is asked last from now on."""
        each = (host, port) if host else self._hosts[0]
        with suppress(ValueError):  # another connection was quicker
            self._hosts.remove(each)
            self._hosts.append(each)

    async def _asked(self, host: str, port: int) -> tuple[tuple[str, int] | None, int]:
        """Where that one says the master is (None: it watches none of that name), and the number of its configuration."""
        place, about = await self._said(host, port, {}, ("get-master-addr-by-name", self._master), ("master", self._master))
        if not place:
            return None, 0
        facts = dict(zip(about[::2], about[1::2], strict=False))
        return (place[0].decode(), int(place[1])), int(facts.get(b"config-epoch", 0))

    async def _said(self, host: str, port: int, who: Mapping[str, Any], *questions: tuple[str, str]) -> list[Any]:
        from mesh.redis.connection import MeshConnection  # noqa: PLC0415  a connection asks us first, we ask through one

        line = MeshConnection(host=host, port=port, protocol=2, socket_connect_timeout=_LIMIT_S, driver_info=None, **self._secure, **who)
        try:
            await line.connect()
            for words in questions:
                await line.send_command("SENTINEL", *words)
            return [await line.read_response() for _ in questions]
        finally:
            with suppress(RedisError, OSError):
                await line.disconnect(nowait=True)
