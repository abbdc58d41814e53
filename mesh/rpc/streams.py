"""Owns the bytes of downloads and uploads at the server's end: in pieces, bounded, of the promised number."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing

from aiohttp import web

from mesh.errors import Broken
from mesh.rpc.answers import too_large
from mesh.rpc.contract import Download, pieces


async def send_download(request: web.Request, download: Download) -> web.StreamResponse:
    """Answers with the bytes, closing their source in any case. Raises: `Broken` (``stream-broken``) for another number of them."""
    response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
    response.content_length = download.size_bytes
    sent = 0
    async with aclosing(_closable(download)) as chunks:
        await response.prepare(request)
        async for chunk in chunks:
            sent += len(chunk)
            if sent > download.size_bytes:
                break
            for piece in pieces(chunk):
                await response.write(piece)
    if sent != download.size_bytes:
        raise Broken(f"{sent} bytes came where {download.size_bytes} were promised", code="stream-broken")
    await response.write_eof()
    return response


async def _closable(download: Download) -> AsyncGenerator[bytes, None]:
    chunks = aiter(download)
    try:
        async for chunk in chunks:
            yield chunk
    finally:
        close = getattr(chunks, "aclose", None)
        if close is not None:
            await close()


async def received(request: web.Request, max_bytes: int) -> AsyncIterator[bytes]:
    """A body as it comes. Raises: `TooLarge` (``too-large``) as soon as it is; the bytes before it have been given out."""
    count = 0
    async for chunk in request.content.iter_any():
        count += len(chunk)
        if count > max_bytes:
            raise too_large(max_bytes)
        yield chunk
