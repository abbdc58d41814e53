"""Owns the handing on of one plain HTTP exchange: request body there, answer back, as they come, bounded by flow control.

Never reads what it hands on. Hop-by-hop headers stay on their hop. Source: RFC 9110 §7.6.1.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from typing import Final
from urllib.parse import quote

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from mesh.errors import Unavailable
from mesh.rpc.contract import PASS_PATH

HOP_BY_HOP: Final = frozenset(
    {
        "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade", "host", "expect",
    }
)  # fmt: skip
_OURS: Final = "palestra-"
_DECOMPRESSED: Final = frozenset({"gzip", "deflate", "br", "zstd"})


def target_of(method: str, tail: str, request: web.BaseRequest) -> str:
    """The path at the peer, with the query as it came. The tail is quoted: it cannot leave its place."""
    query = f"?{request.rel_url.raw_query_string}" if request.rel_url.raw_query_string else ""
    parts = [part for part in tail.split("/") if part not in {"", ".", ".."}]
    return PASS_PATH + method + "".join(f"/{quote(part, safe='')}" for part in parts) + query


def forwarded(headers: Iterable[tuple[str, str]], extra: Mapping[str, str]) -> CIMultiDict[str]:
    """The headers that go on: not those of one hop, none that only the mesh may set, and ours on top."""
    kept: CIMultiDict[str] = CIMultiDict(
        (name, value) for name, value in headers if name.lower() not in HOP_BY_HOP and not name.lower().startswith(_OURS)
    )
    for name, value in extra.items():
        kept[name] = value
    return kept


async def ask_on(
    session: aiohttp.ClientSession, url: URL, peer: str, request: web.BaseRequest, extra: Mapping[str, str]
) -> aiohttp.ClientResponse:
    """Asks the peer what was asked of us; returns when the head of its answer is here. The caller closes it.

    Raises: `aiohttp.ClientError`, OSError when the peer fails; `BrowserGone` when it is our own caller who did.
    """
    headers = forwarded(request.headers.items(), extra)
    body = None
    if request.body_exists:
        body = request.content
        if headers.get("Content-Encoding", "").lower() in _DECOMPRESSED:  # our server has unpacked it on the way in
            del headers["Content-Encoding"]
            headers.popall("Content-Length", None)
    try:
        return await session.request(request.method, url, data=body, headers=headers, server_hostname=peer, allow_redirects=False)
    except (aiohttp.ClientError, OSError) as wrong:
        if is_gone(request):
            raise BrowserGone from wrong
        raise


async def answer_on(answer: aiohttp.ClientResponse, peer: str, request: web.BaseRequest) -> web.StreamResponse:
    """Answers what the peer answers, as it comes.

    Raises: `Unavailable` (``stream-broken``) when it breaks off: the connection to our caller is cut then, so that he does not
    take a part for the whole; `BrowserGone`.
    """
    response = web.StreamResponse(status=answer.status, reason=answer.reason, headers=forwarded(answer.headers.items(), {}))
    chunks = answer.content.iter_any()
    try:
        await response.prepare(request)
        while chunk := await _next(chunks, peer, request):
            await response.write(chunk)
        await response.write_eof()
    except ConnectionError as wrong:
        raise BrowserGone from wrong
    return response


async def _next(chunks: AsyncIterator[bytes], peer: str, request: web.BaseRequest) -> bytes:
    try:
        return await anext(chunks, b"")
    except (aiohttp.ClientError, OSError) as wrong:
        if request.transport is not None:
            request.transport.abort()
        raise Unavailable(f"{peer} broke off in the middle of its answer", code="stream-broken") from wrong


def is_gone(request: web.BaseRequest) -> bool:
    """Whether our caller's connection has ended."""
    return request.transport is None or request.transport.is_closing()


def unheard() -> web.Response:
    """An answer to a connection that is gone: the server drops it in silence."""
    response = web.Response(status=503)
    response.force_close()
    return response


class BrowserGone(Exception):
    """Our own caller has left in the middle of an exchange; the peer is not to blame."""
