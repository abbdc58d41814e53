"""Owns one keep-alive connection to a peer, as the calling end: HTTP/1.1, one exchange at a time, answers of stated length.

A general HTTP client costs the caller more than the whole call costs the server; both ends here are ours, so this reads only
what `mesh.rpc.server` writes and takes anything else for a broken peer. curl and other clients may call just as well.
Never decides when to connect or to try again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator
from typing import Final, cast

HELD_BACK_BYTES: Final = 512 * 1024
"""What a slow reader of a stream may leave lying before the peer is held back."""

_HEAD_BYTES: Final = 32 * 1024
_END: Final = b"\r\n\r\n"


class Connection(asyncio.Protocol):
    """One connection. Used by one exchange at a time; `is_reusable` says whether another may follow."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self.idle_since = 0.0
        self.belongs_to: tuple[tuple[str, int], int] = (("", 0), -1)
        self.status = 0
        self.length = 0
        self.is_lost = False
        self._loop = asyncio.get_running_loop()
        self._waiter: asyncio.Future[None] | None = None
        self._head = bytearray()
        self._pieces: deque[bytes] = deque()
        self._missing = 0
        self._lying = 0
        self._is_awaiting_head = False
        self._is_last = False
        self._is_paused = False
        self._can_write = asyncio.Event()
        self._can_write.set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002  asyncio's signature
        self.is_lost = True
        self._can_write.set()
        self._wake()

    def pause_writing(self) -> None:
        self._can_write.clear()

    def resume_writing(self) -> None:
        self._can_write.set()

    def data_received(self, data: bytes) -> None:
        if self._is_awaiting_head:
            rest = self._take_head(data)
            if rest is None:
                return
            data = rest
        if len(data) > self._missing:
            self._break()  # more than was promised: whatever this is, it is not our protocol
            return
        if data:
            self._missing -= len(data)
            self._lying += len(data)
            self._pieces.append(data)
            if self._lying > HELD_BACK_BYTES and self._missing and not self._is_paused:
                self._is_paused = True
                self.transport.pause_reading()
        self._wake()

    @property
    def is_reusable(self) -> bool:
        """Whether the last exchange ended as it should and another may follow."""
        is_done = not self._is_awaiting_head and self._missing == 0 and not self._pieces
        return is_done and not self._is_last and not self.is_lost and not self.transport.is_closing()

    async def open(self, request: bytes) -> None:
        """Sends a whole request and returns when the answer's head is here. Raises: ConnectionResetError."""
        self._begin()
        self.transport.write(request)
        await self._head_has_come()

    async def send(self, head: bytes, chunks: AsyncIterable[bytes]) -> None:
        """Sends a request with a chunked body, as far as the peer wants it; returns when the answer's head is here.

        Raises: ConnectionResetError, and what ``chunks`` raises, after which the connection is gone.
        """
        self._begin()
        self.transport.write(head)
        async for chunk in chunks:
            if not self._is_awaiting_head or self.is_lost:
                break
            if chunk:
                self.transport.writelines([b"%x\r\n" % len(chunk), chunk, b"\r\n"])
                await self._can_write.wait()
        if self._is_awaiting_head:
            self.transport.write(b"0\r\n\r\n")
            await self._head_has_come()
        else:
            self._is_last = True  # it answered before it had everything: it wants no more

    async def rest(self) -> bytes:
        """What is left of the body, whole. Raises: ConnectionResetError when it ends early."""
        while self._missing:
            if self._is_paused:
                self._read_on()
            await self._wait()
        body = self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)
        self._pieces.clear()
        self._lying = 0
        return body

    async def chunks(self) -> AsyncIterator[bytes]:
        """What is left of the body, as it comes. Raises: ConnectionResetError when it ends early."""
        while self._missing or self._pieces:
            while not self._pieces:
                await self._wait()
            chunk = self._pieces.popleft()
            self._lying -= len(chunk)
            if self._is_paused and self._lying <= HELD_BACK_BYTES // 2:
                self._read_on()
            yield chunk

    def close(self) -> None:
        """Ends the connection at once; the peer's handler, if one runs, is cancelled."""
        self.transport.abort()

    def _begin(self) -> None:
        self._head.clear()
        self._pieces.clear()
        self._missing = self._lying = self.length = self.status = 0
        self._is_awaiting_head = True
        if self.is_lost:
            raise ConnectionResetError("the connection was closed while it was idle")

    async def _head_has_come(self) -> None:
        while self._is_awaiting_head:
            await self._wait()

    async def _wait(self) -> None:
        if self.is_lost:
            raise ConnectionResetError("closed without an answer" if self._is_awaiting_head else "closed in the middle of an answer")
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _take_head(self, data: bytes) -> bytes | None:
        """Reads the head when it is whole; returns what came behind it, None when there is nothing to go on with."""
        if self._head:
            self._head += data
            data = bytes(self._head)
        end = data.find(_END)
        if end < 0:
            if len(data) > _HEAD_BYTES:
                self._break()
            elif not self._head:
                self._head += data
            return None
        self._head.clear()
        line, *fields = data[:end].lower().split(b"\r\n")
        length = -1
        for field in fields:
            if field.startswith(b"content-length:"):
                stated = field[15:].strip()
                length = int(stated) if stated.isdigit() else -1
            elif field.startswith(b"connection:"):
                self._is_last = b"close" in field
        if length < 0 or not line.startswith(b"http/1.1 ") or not line[9:12].isdigit():
            self._break()
            return None
        self.status, self.length, self._missing = int(line[9:12]), length, length
        self._is_awaiting_head = False
        return data[end + 4 :]

    def _read_on(self) -> None:
        self._is_paused = False
        if not self.is_lost:
            self.transport.resume_reading()

    def _break(self) -> None:
        self._is_last = True
        self.transport.abort()
