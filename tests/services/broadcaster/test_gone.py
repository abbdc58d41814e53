"""A browser whose line is closing may still be on every list: nobody asks it for more, and nobody falls over it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.broadcaster.listener import Listener


@pytest.fixture
async def closing(pki_folder: Path) -> AsyncIterator[asyncio.Transport]:
    """The server's side of a TLS line that was closed and then aborted: asyncio forgets TLS's side of it."""
    ours = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    ours.load_cert_chain(pki_folder / "broadcaster.crt", pki_folder / "broadcaster.key")
    made: asyncio.Future[asyncio.Transport] = asyncio.get_running_loop().create_future()

    async def meet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        made.set_result(writer.transport)

    server = await asyncio.start_server(meet, "127.0.0.1", 0, ssl=ours)
    async with server:
        context = ssl.create_default_context(cafile=str(pki_folder / "ca.crt"))
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname(), ssl=context, server_hostname="broadcaster")
        transport = await made
        transport.close()
        transport.close()
        yield transport
        writer.transport.abort()


async def test_a_line_that_is_closing_holds_nothing_and_is_not_asked(closing: asyncio.Transport) -> None:
    listener = Listener(closing, (), 0.0, is_stream=False)
    assert listener.is_gone
    assert listener.unsent_bytes() == 0
    listener.ping()
