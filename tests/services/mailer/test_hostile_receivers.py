"""Whatever a receiver answers, the mailer has an answer soon, and stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest

from tests.services.mailer.test_gate import call, calling

OK = b"HTTP/1.1 200 OK\r\n"
ANSWERS: dict[str, tuple[bytes, bool | None]] = {
    "nothing": (b"", False),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.2p1\r\n", False),
    "binary": (bytes(range(256)) * 64, False),
    "half a status line": (b"HTTP/1.1 2", False),
    "a status of letters": (b"HTTP/1.1 OK OK\r\n\r\n", False),
    "a status beyond all": (b"HTTP/1.1 99999 OK\r\n\r\n", False),
    "a header without a colon": (OK + b"broken\r\n\r\n", False),
    "a header of a megabyte": (OK + b"X: " + b"a" * (1 << 20) + b"\r\n\r\n", False),
    "a hundred thousand headers": (OK + b"X: a\r\n" * 100_000 + b"\r\n", False),
    "two lengths": (OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", False),
    "a wrong chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", None),
    "a body that never ends": (OK + b"Content-Length: 999999999999\r\n\r\n" + b"a" * (1 << 20), True),
    "a compressed bomb's beginning": (OK + b"Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc", True),
    "a cookie for somebody else": (OK + b"Set-Cookie: a=b; Domain=example.com\r\nContent-Length: 0\r\n\r\n", True),
    "an upgrade": (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", False),
    "continue and continue": (b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, False),
}


@pytest.mark.parametrize("name", ANSWERS)
async def test_odd_answers_end_the_call_and_no_more(name: str) -> None:
    sent, is_delivered = ANSWERS[name]

    async def say(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await writer.drain()

    async with _answering(say) as url, calling("127.0.0.0/8", timeout_s=1.0) as caller:
        answer = await call(caller, url)
        if is_delivered and answer.is_timeout:  # the machine may have stood still, but not twice
            answer = await call(caller, url)
        assert is_delivered in {None, answer.is_delivered}, answer  # None: as it happens to arrive
        assert bool(answer.error) != answer.is_delivered


async def test_an_answer_that_drips_is_cut_off_in_time() -> None:
    async def drip(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(OK)
        while True:
            writer.write(b"X: a\r\n")
            await writer.drain()
            await asyncio.sleep(0.05)

    began = asyncio.get_running_loop().time()
    async with _answering(drip) as url, calling("127.0.0.0/8", timeout_s=0.5) as caller:
        assert (await call(caller, url)).is_timeout
        assert asyncio.get_running_loop().time() - began < 3


@asynccontextmanager
async def _answering(say: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> AsyncIterator[str]:
    """A server that reads a little and then speaks as it is told."""

    serving: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving[task] = writer
        with suppress(ConnectionError):
            await reader.read(65536)
            await say(reader, writer)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    finally:
        server.close()
        for task, writer in serving.items():
            task.cancel()
            writer.transport.abort()
        await asyncio.gather(*serving, return_exceptions=True)
        await server.wait_closed()
