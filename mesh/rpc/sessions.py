"""Owns the HTTP sessions over which whole exchanges are handed on: one per generation of our credentials.

A swap of credentials opens a new one; the old one serves what is under way and is then closed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
import aiohttp

from mesh.rpc.lines import CONNECT_S, KEEPALIVE_S
from mesh.tls import Credentials

class _Session:
    def __init__(self, session: aiohttp.ClientSession, generation: int) -> None:
        self.session = session
        self.generation = generation
        self.uses = 0


class Sessions:
    """The sessions for one peer. Used inside the loop only; `close` ends them all."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._current: _Session | None = None
        self._retired: list[_Session] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The session to use for one exchange, kept open until the exchange has ended."""
        line = self._current
        if line is None or line.generation != self._credentials.generation:
            line = await self._replaced()
        line.uses += 1
        try:
            yield line.session
        finally:
            line.uses -= 1
            if self._retired:
                await self._close_idle()

    async def close(self) -> None:
        """Closes everything, whatever runs on it."""
        lines = [*self._retired, *([self._current] if self._current else [])]
        self._retired, self._current = [], None
        for line in lines:
            await line.session.close()

    async def _replaced(self) -> _Session:
        if self._current is not None:
            self._retired.append(self._current)
        connector = aiohttp.TCPConnector(
            ssl=self._credentials.client_context(), limit=0, keepalive_timeout=KEEPALIVE_S, ttl_dns_cache=10
        )
        session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            auto_decompress=False,
            skip_auto_headers=("User-Agent", "Accept", "Accept-Encoding"),
        )
        line = self._current = _Session(session, self._credentials.generation)
        await self._close_idle()
        return line

    async def _close_idle(self) -> None:
        idle = [line for line in self._retired if line.uses == 0]
        self._retired = [line for line in self._retired if line.uses]
        for line in idle:
            await line.session.close()
