"""Owns the framing of git's smart protocol: pkt-lines, side bands, the body of a request piece by piece. Never knows a command.

Source: git's gitprotocol-common(5) and gitprotocol-pack(5).
"""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator
from typing import Final

from mesh.errors import Refused, TooLarge

FLUSH: Final = b"0000"
MOST_LINE_BYTES: Final = 65_520
REPORT, PROGRESS, FATAL = 1, 2, 3
"""The side bands: what git reads, what people read, why it ended."""


def pkt_line(content: bytes) -> bytes:
    """One line with its length before it."""
    return b"%04x" % (len(content) + 4) + content


def side_band(band: int, content: bytes) -> bytes:
    """Content in lines of one band, as many as it takes."""
    most = MOST_LINE_BYTES - 5
    return b"".join(pkt_line(bytes([band]) + content[start : start + most]) for start in range(0, len(content), most))


class RequestBody:
    """The bytes of a request in the order they come, unpacked when they are gzip, never more than the bound."""

    def __init__(self, chunks: AsyncIterator[bytes], *, is_gzip: bool, most_bytes: int) -> None:
        self._chunks = chunks
        self._inflater = zlib.decompressobj(wbits=31) if is_gzip else None
        self._left = most_bytes
        self._held = b""

    async def line(self) -> bytes | None:
        """The next pkt-line's content; None for a flush, and at the end. Raises: `Refused` (``bad-pkt-line``)."""
        head = await self._exactly(4)
        if head in {b"", FLUSH}:
            return None
        try:
            size = int(head, 16)
        except ValueError:
            size = -1
        if not 4 <= size <= MOST_LINE_BYTES:
            raise Refused("this is not git's protocol", code="bad-pkt-line")
        return await self._exactly(size - 4)

    async def rest(self) -> AsyncIterator[bytes]:
        """Everything that is left."""
        if self._held:
            held, self._held = self._held, b""
            yield held
        while chunk := await self._next():
            yield chunk

    async def _exactly(self, size: int) -> bytes:
        while len(self._held) < size and (chunk := await self._next()):
            self._held += chunk
        if self._held and len(self._held) < size:
            raise Refused("the request ends in the middle of a line", code="bad-pkt-line")
        taken, self._held = self._held[:size], self._held[size:]
        return taken

    async def _next(self) -> bytes:
        """The next piece that is not empty; empty at the end. Raises: `TooLarge` (``push-too-large``)."""
        while True:
            if self._inflater is not None and self._inflater.unconsumed_tail:
                chunk = self._inflate(self._inflater.unconsumed_tail)
            else:
                raw = await anext(self._chunks, b"")
                if not raw:
                    return b""
                chunk = raw if self._inflater is None else self._inflate(raw)
            if chunk:
                self._left -= len(chunk)
                if self._left < 0:
                    raise TooLarge("more bytes than this installation takes in one push or fetch", code="push-too-large")
                return chunk

    def _inflate(self, raw: bytes) -> bytes:
        assert self._inflater is not None
        try:
            return self._inflater.decompress(raw, 256 * 1024)
        except zlib.error as wrong:
            raise Refused(f"the request says that it is gzip, and is not: {wrong}", code="bad-pkt-line") from wrong
