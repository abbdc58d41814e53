"""A browser that does not read costs the others nothing, gets the newest when it reads, and is let go when it never does."""

from __future__ import annotations

import asyncio
import json
import resource
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mesh.clock import SystemClock
from mesh.topics.memory import MemoryTopics
from services.broadcaster.config import Config
from tests.services.broadcaster.stands import Browser, Stand, stand_on


@asynccontextmanager
async def standing(folder: Path, config: Config, *, is_direct: bool = True) -> AsyncIterator[Stand]:
    async with stand_on(MemoryTopics(SystemClock()), folder, config, is_direct=is_direct) as stand:
        yield stand


class Sleeper:
    """A browser that opened a WebSocket and does not read from it, until told to."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer
        writer.transport.pause_reading()

    @classmethod
    @asynccontextmanager
    async def on(cls, stand: Stand, topic: str) -> AsyncIterator[Sleeper]:
        host, port = stand.url.split("/")[2].split(":")
        reader, writer = await asyncio.open_connection(host, int(port), limit=1 << 24)
        writer.write(
            f"GET /events/ws?ticket={stand.ticket(topic)} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )
        await reader.readuntil(b"\r\n\r\n")
        try:
            yield cls(reader, writer)
        finally:
            writer.transport.abort()

    async def messages(self) -> AsyncIterator[dict[str, object]]:
        """Everything that comes, once it reads."""
        self.writer.transport.resume_reading()
        while True:
            head = await self.reader.readexactly(2)
            length = head[1]
            if length == 126:
                length = int.from_bytes(await self.reader.readexactly(2), "big")
            elif length == 127:
                length = int.from_bytes(await self.reader.readexactly(8), "big")
            payload = await self.reader.readexactly(length)
            if head[0] == 0x81:
                yield json.loads(payload)


async def tell_and_hear(stand: Stand, browser: Browser, start: int, end: int, size: int = 2000, step: int = 20) -> None:
    for number in range(start, end, step):
        await stand.tell("board", *range(number, number + step), size=size)
        assert await browser.numbers(step) == list(range(number, number + step))


@pytest.mark.parametrize("is_direct", [True, False], ids=["direct", "through-a-frontend"])
async def test_the_others_hear_everything_while_some_do_not_read(pki_folder: Path, is_direct: bool) -> None:
    async with (
        standing(pki_folder, Config(), is_direct=is_direct) as stand,
        stand.browser("board") as browser,
        Sleeper.on(stand, "board"),
        Sleeper.on(stand, "board"),
        Sleeper.on(stand, "board"),
    ):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        told = 0
        while stand.count("slow_listeners") < 3 and told < 20_000:  # how much the kernel takes for them is its own affair
            await tell_and_hear(stand, browser, told, told + 4000)
            told += 4000
        assert stand.count("slow_listeners") == 3
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 30_000, "what they do not read must not pile up"


async def test_one_that_missed_little_gets_all_of_it_in_order(pki_folder: Path) -> None:
    async with standing(pki_folder, Config()) as stand, stand.browser("board") as browser, Sleeper.on(stand, "board") as sleeper:
        number = 0
        while not stand.count("slow_listeners"):
            await tell_and_hear(stand, browser, number, number + 5, step=5)
            number += 5
        await tell_and_hear(stand, browser, number, number + 10, size=10, step=5)
        heard: list[int] = []
        async with asyncio.timeout(10):
            async for message in sleeper.messages():
                heard.append(message["body"]["number"])  # type: ignore[index]
                if heard[-1] == number + 9:
                    break
        assert heard == list(range(number + 10))


async def test_one_that_missed_much_is_told_to_read_anew_and_is_live_again(pki_folder: Path) -> None:
    config = Config(memory_length=10)
    async with standing(pki_folder, config) as stand, stand.browser("board") as browser, Sleeper.on(stand, "board") as sleeper:
        await tell_and_hear(stand, browser, 0, 2000)
        heard: list[int] = []
        is_live = False
        async with asyncio.timeout(10):
            async for message in sleeper.messages():
                if message.get("kind") == "gap":
                    await stand.tell("board", 5000)
                    is_live = True
                    continue
                heard.append(message["body"]["number"])  # type: ignore[index]
                if is_live:
                    break
        assert heard[-1] == 5000
        assert heard[:-1] == list(range(len(heard) - 1)), "what came before the gap came whole and in order"
        assert len(heard) < 1500
    async with asyncio.timeout(5):
        while stand.count("slow_listeners"):
            await asyncio.sleep(0.01)


async def test_one_that_never_reads_is_let_go_and_counted(pki_folder: Path) -> None:
    async with standing(pki_folder, Config(slow_limit_s=1)) as stand, stand.browser("board") as browser:
        async with Sleeper.on(stand, "board"):
            await tell_and_hear(stand, browser, 0, 2000)
            async with asyncio.timeout(8):
                while not stand.count("let_go_total", reason="too-slow"):
                    await asyncio.sleep(0.05)
            async with asyncio.timeout(5):
                while stand.count("listeners", way="ws") != 1:
                    await asyncio.sleep(0.01)
        await stand.tell("board", 9)
        assert await browser.numbers(1) == [9]


async def test_pings_go_out_and_do_not_disturb(pki_folder: Path) -> None:
    async with standing(pki_folder, Config(ping_s=1)) as stand, Sleeper.on(stand, "board") as sleeper:
        sleeper.writer.transport.resume_reading()
        async with asyncio.timeout(5):
            assert await sleeper.reader.readexactly(2) == b"\x89\x00"


async def _longest_and_whole(stand: Stand, listeners: int) -> tuple[float, float]:
    """Seconds that a piece of news to so many kept others from the loop, at most, and took in all."""
    longest, is_over, lag_s, delivered = 0.0, False, stand.count("lag_seconds_sum"), stand.count("delivered_total")

    async def feel() -> None:
        nonlocal longest
        while not is_over:
            began = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - began)

    feeling = asyncio.create_task(feel())
    await stand.tell("board", 1)
    async with asyncio.timeout(20):
        while stand.count("delivered_total") < delivered + listeners:
            await asyncio.sleep(0.005)
    is_over = True
    await feeling
    return longest, stand.count("lag_seconds_sum") - lag_s


async def test_a_thousand_browsers_do_not_hold_up_the_loop(pki_folder: Path) -> None:
    """News to many are written in slices: nobody else waits longer than a slice takes."""
    async with standing(pki_folder, Config()) as stand:
        params = {"ticket": stand.ticket("board")}
        sockets = await asyncio.gather(*(stand.session.ws_connect(f"{stand.url}/ws", params=params) for _ in range(100)))
        async with asyncio.timeout(10):
            while stand.count("listeners", way="ws") < 100:
                await asyncio.sleep(0.01)
        listeners = list(stand.hub.upkeep.listeners)
        channel = stand.hub._channels["board"]
        copies = [type(listeners[0])(one.transport, ("board",), one.ends_at, is_stream=False) for one in listeners for _ in range(20)]
        for copy in copies:
            copy.held = None
            channel.listeners[copy] = None
        tries: list[tuple[float, float]] = []
        while not any(longest < max(whole, 0.05) for longest, whole in tries):
            assert len(tries) < 5, f"one slice is shorter than the whole: {tries}"
            tries.append(await _longest_and_whole(stand, 2100))
        for socket in sockets:
            await socket.close()
