"""Owns the connections to one peer: a keep-alive pool per generation of our credentials. Never bounds calls: the peer's bulkhead does.

A swap of credentials opens a new pool; the old one serves what is under way and is then closed. So a new certificate, a new
CA and a revocation of the peer take hold with the next call, and no call is broken off.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

import aiohttp

from mesh.tls import Credentials

CONNECT_S: Final = 3.0
KEEPALIVE_S: Final = 30.0
"""Shorter than the server's, so that a pooled connection is not closed under a call that just took it."""


class _Line:
    def __init__(self, session: aiohttp.ClientSession, generation: int) -> None:
        self.session = session
        self.generation = generation
        self.uses = 0


class Lines:
    """The pools of one peer. Used inside the loop only; `close` ends them all."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials
        self._current: _Line | None = None
        self._retired: list[_Line] = []

    @asynccontextmanager
    async def session(self) -> AsyncIterator[aiohttp.ClientSession]:
        """The pool to use for one call, kept open until the call has ended."""
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

    async def _replaced(self) -> _Line:
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
        line = self._current = _Line(session, self._credentials.generation)
        await self._close_idle()
        return line

    async def _close_idle(self) -> None:
        idle = [line for line in self._retired if line.uses == 0]
        self._retired = [line for line in self._retired if line.uses]
        for line in idle:
            await line.session.close()
