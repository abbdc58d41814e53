"""Owns the question who the master is now. Never remembers the answer: it is asked at every connect."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any, Final

from redis.exceptions import RedisError

_LIMIT_S: Final = 0.3
"""A Sentinel that does not answer within this is passed over, and asked last the next time."""


class Sentinels:
    """The watchers of one master, by its name. Safe to share between connections."""

    def __init__(self, hosts: Sequence[tuple[str, int]], master: str, secure: Mapping[str, Any]) -> None:
        self._hosts = deque(hosts)
        self._master = master
        self._secure = dict(secure)

    async def master(self) -> tuple[str, int]:
        """Where the master is, as the first Sentinel that answers says. Raises: OSError when none knows."""
        wrongs: list[str] = []
        for host, port in list(self._hosts):
            try:
                async with asyncio.timeout(_LIMIT_S):
                    found = await self._asked(host, port)
            except (RedisError, OSError) as wrong:  # a timeout is an OSError
                wrongs.append(f"{host}:{port}: {type(wrong).__name__} {wrong}".rstrip())
                self.doubt(host, port)
                continue
            if found is not None:
                return found
            wrongs.append(f"{host}:{port}: knows no master {self._master!r}")
        raise ConnectionError("no Sentinel says who the master is: " + "; ".join(wrongs))

    def doubt(self, host: str = "", port: int = 0) -> None:
        """What that one said did not hold, or it said nothing (none named: the first): it is asked last from now on."""
        each = (host, port) if host else self._hosts[0]
        with suppress(ValueError):  # another connection was quicker
            self._hosts.remove(each)
            self._hosts.append(each)

    async def _asked(self, host: str, port: int) -> tuple[str, int] | None:
        from mesh.redis.connection import MeshConnection  # noqa: PLC0415  a connection asks us first, we ask through one

        line = MeshConnection(
            host=host, port=port, protocol=2, socket_connect_timeout=_LIMIT_S, socket_timeout=_LIMIT_S, driver_info=None, **self._secure
        )
        try:
            await line.connect()
            await line.send_command("SENTINEL", "get-master-addr-by-name", self._master)
            answer = await line.read_response()
        finally:
            with suppress(RedisError, OSError):
                await line.disconnect(nowait=True)
        return (answer[0].decode(), int(answer[1])) if answer else None
