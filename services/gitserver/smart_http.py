"""Owns git's smart HTTP: clone and fetch by the git binary, push by `Receiving`. Never decides who may: the frontend says it.

``Palestra-User``, ``Palestra-Rights`` (read or write) and ``Palestra-Site`` are believed because only the frontend may call. Source: git's
gitprotocol-http(5) and gitprotocol-v2(5).
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web
from prometheus_client import Counter

from mesh.errors import Forbidden, MeshError, NotFound, Refused
from mesh.rpc.contract import Call
from services.gitserver.git import Git
from services.gitserver.git_process import CHUNK_BYTES
from services.gitserver.names import parse_alias
from services.gitserver.pktlines import FLUSH, RequestBody, pkt_line
from services.gitserver.push_commands import CAPABILITIES
from services.gitserver.receiving import Receiving
from services.gitserver.repository import MAIN, NOTHING, Repository
from services.gitserver.shelf import Shelf

UPLOAD_PACK, RECEIVE_PACK = "git-upload-pack", "git-receive-pack"
MOST_WANTS_BYTES: Final = 16 << 20
_TAIL = re.compile(r"([a-z0-9-]+)\.git/(info/refs|git-upload-pack|git-receive-pack)")
_NO_CACHE: Final = {"Cache-Control": "no-cache, max-age=0, must-revalidate", "Expires": "Fri, 01 Jan 1980 00:00:00 GMT", "Pragma": "no-cache"}


@dataclass(frozen=True, slots=True)
class SmartHttp:
    """Answers git clients. ``git`` has places of its own, so that slow clients do not stop our own work."""

    shelf: Shelf
    git: Git
    receiving: Receiving
    fetches: Counter

    async def answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        """One exchange; an error that a person can act on is text that git shows."""
        try:
            return await self._answer(request, call)
        except MeshError as wrong:
            if wrong.status >= 500:
                raise
            return web.Response(status=wrong.status, text=f"{wrong.message}\n", headers=_NO_CACHE)

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        found = _TAIL.fullmatch(call.tail)
        if found is None:
            raise NotFound("git is served as ALIAS.git", code="no-such-problem")
        alias, action = parse_alias(found.group(1)), found.group(2)
        is_advertised = action == "info/refs"
        service = request.query.get("service", "") if is_advertised else action
        if service not in {UPLOAD_PACK, RECEIVE_PACK}:
            raise Refused("only the smart protocol is spoken: use git 1.6.6 or newer", code="dumb-git")
        if request.method != ("GET" if is_advertised else "POST"):
            raise Refused(f"{action} is asked for by {'GET' if is_advertised else 'POST'}", code="bad-method")
        user, rights = request.headers.get("Palestra-User", ""), request.headers.get("Palestra-Rights", "")
        if not user or rights not in ({"read", "write"} if service == UPLOAD_PACK else {"write"}):
            wish = "read" if service == UPLOAD_PACK else "push to"
            raise Forbidden(f"you may not {wish} the problem {alias!r}", code="no-rights")
        if service == RECEIVE_PACK:
            if is_advertised:
                return await self._advertise_push(alias)
            return await self.receiving.answer(request, _body(request, self.receiving.bounds.packed_bytes), alias, user)
        repository = Repository(self.git, (await self.shelf.repository(alias)).folder)
        protocol = _protocol(request)
        if is_advertised:
            return await self._advertise_fetch(repository, protocol)
        self.fetches.inc()
        return await self._fetch(request, repository, protocol)

    async def _advertise_fetch(self, repository: Repository, protocol: str) -> web.StreamResponse:
        async with self.git.open(repository.folder, "upload-pack", "--http-backend-info-refs", str(repository.folder), protocol=protocol) as running:
            running.stdin.close()
            said = await running.stdout.read(-1)
            await running.check()
        head = b"" if protocol == "version=2" else pkt_line(b"# service=git-upload-pack\n") + FLUSH
        return _advertisement(UPLOAD_PACK, head + said)

    async def _advertise_push(self, alias: str) -> web.StreamResponse:
        """Main as it stands; a problem that is not there yet is empty, and made by the first push."""
        repository = await self.shelf.find(alias)
        main = (await repository.resolve(MAIN))[0] if repository is not None else None
        named = f"{main} {MAIN}" if main is not None else f"{NOTHING} capabilities^{{}}"
        line = pkt_line(named.encode() + b"\0" + CAPABILITIES.encode() + b"\n")
        return _advertisement(RECEIVE_PACK, pkt_line(b"# service=git-receive-pack\n") + FLUSH + line + FLUSH)

    async def _fetch(self, request: web.Request, repository: Repository, protocol: str) -> web.StreamResponse:
        """What the client wants goes to git, and git's pack to the client, both as they come."""
        body = _body(request, MOST_WANTS_BYTES)
        response = web.StreamResponse(headers={"Content-Type": f"application/x-{UPLOAD_PACK}-result", **_NO_CACHE})
        async with self.git.open(repository.folder, "upload-pack", "--stateless-rpc", str(repository.folder), protocol=protocol) as running:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(running.feed(body.rest()))
                await response.prepare(request)
                while chunk := await running.stdout.read(CHUNK_BYTES):
                    await response.write(chunk)
            await running.check()
        await response.write_eof()
        return response


def _body(request: web.Request, most_bytes: int) -> RequestBody:
    """The request's body; git clients pack what they want when it is long."""
    is_gzip = request.headers.get("Content-Encoding", "").lower() in {"gzip", "x-gzip"}
    return RequestBody(request.content.iter_any(), is_gzip=is_gzip, most_bytes=most_bytes)


def _protocol(request: web.Request) -> str:
    """The protocol version that the client asks for; empty for what we do not know."""
    asked = request.headers.get("Git-Protocol", "").split(":")
    return next((word for word in ("version=2", "version=1") if word in asked), "")


def _advertisement(service: str, content: bytes) -> web.Response:
    return web.Response(body=content, headers={"Content-Type": f"application/x-{service}-advertisement", **_NO_CACHE})
