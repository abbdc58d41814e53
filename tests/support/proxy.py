"""Owns a TCP proxy that cuts, stalls, delays and truncates: the wire's own faults, in the test's event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Literal

Direction = Literal["up", "down"]
"""``up``: from the client to the server; ``down``: back."""


class Proxy:
    """Stands on ``port`` and passes bytes on to a server. Faults hold for all connections at once.

    ``round_trips`` counts how often a client said something after the server's answer (or first).
    """

    def __init__(self, host: str, port: int) -> None:
        self.port = 0
        self.delay_s = 0.0
        self.accepted = 0
        self.passed_bytes = {"up": 0, "down": 0}
        self.round_trips = 0
        self._target = (host, port)
        self._flows = asyncio.Event()
        self._flows.set()
        self._is_refusing = False
        self._budget: dict[Direction, int | None] = {"up": None, "down": None}
        self._is_asked: dict[int, bool] = {}
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @classmethod
    @asynccontextmanager
    async def to(cls, host: str, port: int) -> AsyncIterator[Proxy]:
        """A standing proxy in front of that server."""
        proxy = cls(host, port)
        proxy._server = await asyncio.start_server(proxy._serve, "127.0.0.1", 0)
        proxy.port = proxy._server.sockets[0].getsockname()[1]
        try:
            yield proxy
        finally:
            proxy._flows.set()
            proxy._is_refusing = True
            proxy.cut()
            proxy._server.close()
            if proxy._tasks:
                await asyncio.wait(proxy._tasks, timeout=2)

    @property
    def connections(self) -> int:
        """How many are open now."""
        return len(self._writers) // 2

    def cut(self) -> None:
        """Breaks every connection at once, both ends, without a farewell; new ones are taken."""
        for writer in list(self._writers):
            writer.transport.abort()

    def cut_after(self, count_bytes: int, direction: Direction = "up") -> None:
        """Passes so many more bytes that way, then cuts everything: in the middle of a frame."""
        self._budget[direction] = count_bytes

    def stall(self) -> None:
        """Passes nothing on, closes nothing: a peer that hears nothing and is told nothing."""
        self._flows.clear()

    def resume(self) -> None:
        """Ends a stall."""
        self._flows.set()

    def refuse(self) -> None:
        """Closes new connections at once."""
        self._is_refusing = True

    def admit(self) -> None:
        """Ends refusing."""
        self._is_refusing = False

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        if self._is_refusing:
            writer.transport.abort()
            return
        try:
            server_reader, server_writer = await asyncio.open_connection(*self._target)
        except OSError:
            writer.transport.abort()
            return
        pair = {writer, server_writer}
        self._writers |= pair
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass("up", reader, server_writer, pair))
                group.create_task(self._pass("down", server_reader, writer, pair))
        finally:
            self._writers -= pair
            self._is_asked.pop(id(pair), None)
            for one in pair:
                one.transport.abort()

    async def _pass(
        self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pair: set[asyncio.StreamWriter]
    ) -> None:
        try:
            while chunk := await reader.read(65536):
                if direction == "up" and not self._is_asked.get(id(pair), False):
                    self.round_trips += 1
                self._is_asked[id(pair)] = direction == "up"
                await self._flows.wait()
                if self.delay_s:
                    await asyncio.sleep(self.delay_s)
                budget = self._budget[direction]
                if budget is not None:
                    chunk, is_spent = chunk[:budget], budget <= len(chunk)
                    self._budget[direction] = None if is_spent else budget - len(chunk)
                    writer.write(chunk)
                    if is_spent:
                        with suppress(TimeoutError, OSError):
                            async with asyncio.timeout(1):
                                await writer.drain()
                        await asyncio.sleep(0.01)  # the bytes leave before the cut
                        self.cut()
                        return
                    continue
                self.passed_bytes[direction] += len(chunk)
                writer.write(chunk)
                await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            for one in pair:
                one.transport.abort()
