"""Frames of one turn of the loop leave together, in order, and none is left behind."""

from __future__ import annotations

import asyncio

from aiormq.connection import SSLContextProvider
from yarl import URL

from mesh.queue.amqp.gathering import MOST_GATHERED, Gathering, GatheringWriter


async def heard_of(tell: list[bytes], *, closes_at_once: bool) -> tuple[bytes, int]:
    """What a server hears of these, written in one turn, and how often the transport was written to."""
    whole = asyncio.get_running_loop().create_future()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        whole.set_result(await reader.read())
        writer.close()

    async with asyncio.timeout(10), await asyncio.start_server(hear, "127.0.0.1", 0) as server:
        port = server.sockets[0].getsockname()[1]
        loop = asyncio.get_running_loop()
        provider = SSLContextProvider(ssl_context=None, ssl_certs=None, loop=loop)
        _, writer = await Gathering().create(URL(f"amqp://127.0.0.1:{port}"), ssl_context_provider=provider)
        assert isinstance(writer, GatheringWriter)
        count, write = 0, writer.transport.write

        def counted(piece: bytes) -> None:
            nonlocal count
            count += 1
            write(piece)

        writer.transport.write = counted  # type: ignore[method-assign]  # only watches
        for piece in tell:
            writer.write(piece)
        if not closes_at_once:
            await asyncio.sleep(0)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        return await whole, count


async def test_what_is_written_in_one_turn_leaves_as_one_and_in_order() -> None:
    pieces = [b"%d," % number for number in range(1000)]
    assert await heard_of(pieces, closes_at_once=False) == (b"".join(pieces), 1)


async def test_closing_in_the_same_turn_leaves_nothing_behind() -> None:
    pieces = [b"publish", b"close"]
    assert await heard_of(pieces, closes_at_once=True) == (b"publishclose", 1)


async def test_much_does_not_wait_for_the_end_of_the_turn() -> None:
    pieces = [bytes(10_000) for _ in range(30)]
    heard, count = await heard_of(pieces, closes_at_once=False)
    assert len(heard) == 300_000
    assert count > 300_000 // (MOST_GATHERED + 10_000)
