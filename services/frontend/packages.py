"""Owns the asking of the gitserver: cards, statements, files, imports. Never reads a package itself.

Answers about a commit never change, so they are cached by commit: ``problem:{alias}:statement:{lang}:{commit}``, 1 h.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from mesh.cache.contract import Cache
from mesh.codec import decode, encode
from mesh.errors import Unavailable
from mesh.rpc import Download, Peer
from services.frontend.away import told_plainly
from wire.methods import GITSERVER_CASE, GITSERVER_FILE, GITSERVER_IMPORT, GITSERVER_PROBLEM, GITSERVER_STATEMENT
from wire.problems import CaseFileRequest, ImportAnswer, ImportRequest, ProblemCard, ProblemRequest, PublicFileRequest, Statement, StatementRequest

_LIFE_S = 3600.0


class Packages:
    """Problem packages, as the gitserver shows them. Raises: `NotFound` as it says; `Unavailable` when it is away and nothing is cached."""

    def __init__(self, gitserver: Peer, cache: Cache) -> None:
        self._gitserver = gitserver
        self._cache = cache

    async def fault(self) -> str:
        """What is wrong with the cache, for people; empty when it answers. A health check."""
        try:
            await self._cache.fetch("problem:health")
        except Unavailable as away:
            return f"{away.message}: everything works, slower"
        return ""

    async def card(self, alias: str, commit: str) -> ProblemCard:
        """Limits, samples, statements and attachments of a problem at a commit."""

        async def ask() -> bytes:
            with told_plainly("gitserver"):
                return encode(await self._gitserver.call(GITSERVER_PROBLEM, ProblemRequest(alias, commit)))

        return decode(ProblemCard, await self._cache.compute(f"problem:{alias}:card:{commit}", _LIFE_S, ask, family=f"problem:{alias}"))

    async def statement(self, alias: str, language: str, commit: str) -> Statement:
        """A statement's source; falls back to English, then to any. Untrusted text."""

        async def ask() -> bytes:
            with told_plainly("gitserver"):
                return encode(await self._gitserver.call(GITSERVER_STATEMENT, StatementRequest(alias, language, commit)))

        key = f"problem:{alias}:statement:{language}:{commit}"
        return decode(Statement, await self._cache.compute(key, _LIFE_S, ask, family=f"problem:{alias}"))

    @asynccontextmanager
    async def file(self, alias: str, path: str, commit: str) -> AsyncIterator[Download]:
        """A file of the public tree as a stream: ``size_bytes``, then chunks. Untrusted bytes."""
        with told_plainly("gitserver"):
            async with self._gitserver.download(GITSERVER_FILE, PublicFileRequest(alias, path, commit)) as stream:
                yield stream

    @asynccontextmanager
    async def case(self, alias: str, version: str, index: int, part: str) -> AsyncIterator[Download]:
        """The input or the answer (`wire.problems.CASE_PARTS`) of a test case as a stream. Secret, untrusted bytes. Raises: `NotFound` (``no-such-case``)."""
        with told_plainly("gitserver"):
            async with self._gitserver.download(GITSERVER_CASE, CaseFileRequest(alias, version, index, part)) as stream:
                yield stream

    async def import_zip(self, request: ImportRequest, chunks: AsyncIterator[bytes]) -> ImportAnswer:
        """Hands a package over. Raises: `Invalid` with every finding when it is not a valid problem."""
        with told_plainly("gitserver"):
            return await self._gitserver.upload(GITSERVER_IMPORT, request, chunks)
