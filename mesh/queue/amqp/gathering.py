"""Owns how frames leave for RabbitMQ over TLS: those of one turn of the event loop together. Never holds one longer than that.

aiormq writes each frame by itself: each is then a record of its own, to encrypt here, to decrypt there, and a system call.
"""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiormq import TransportFactory
from aiormq.exceptions import AMQPConnectionError
from yarl import URL

MOST_GATHERED: Final = 64 * 1024


class GatheringWriter(asyncio.StreamWriter):
    """A stream writer whose small writes leave as one, at the end of the turn or when so many bytes lie here."""

    def __init__(self, transport: asyncio.WriteTransport, protocol: asyncio.StreamReaderProtocol, reader: asyncio.StreamReader) -> None:
        self._turns = asyncio.get_running_loop()
        super().__init__(transport, protocol, reader, self._turns)
        self._gathered = bytearray()

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keeps it until the turn ends."""
        if not self._gathered:
            self._turns.call_soon(self._flush)
        self._gathered += data
        if len(self._gathered) >= MOST_GATHERED:
            self._flush()

    def write_eof(self) -> None:
        """Sends what lies here, and nothing more."""
        self._flush()
        super().write_eof()

    def close(self) -> None:
        """Sends what lies here, and closes."""
        self._flush()
        super().close()

    def _flush(self) -> None:
        if self._gathered:
            whole, self._gathered = self._gathered, bytearray()
            super().write(whole)


class Gathering(TransportFactory):
    """Opens the line to the broker with a `GatheringWriter`."""

    async def create(self, url: URL, **kwargs: Any) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """The line. Raises: `AMQPConnectionError`."""
        contexts = kwargs.pop("ssl_context_provider")
        loop = asyncio.get_running_loop()
        context = await contexts.get_context() if url.scheme == "amqps" else None
        reader = asyncio.StreamReader(loop=loop)
        protocol = asyncio.StreamReaderProtocol(reader, loop=loop)
        try:
            transport, _ = await loop.create_connection(lambda: protocol, url.host or "localhost", url.port or 5672, ssl=context, **kwargs)
        except OSError as wrong:
            raise AMQPConnectionError(*wrong.args) from wrong
        return reader, GatheringWriter(transport, protocol, reader)
