"""Downloads and uploads: exactly the promised bytes, or an error; never a part taken for the whole."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator

import pytest

from mesh.errors import NotFound, TooLarge, Unavailable
from mesh.rpc import Call, Download
from tests.mesh.rpc.houses import House, Row, Shape, Word

BLOB = Row("grader.blob", Word, Word, shape=Shape.DOWNLOAD)
IMPORT = Row("grader.import", Word, Word, shape=Shape.UPLOAD, is_idempotent=False, max_bytes=4 << 20)


async def chunks_of(content: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


async def read(stream: Download) -> bytes:
    return b"".join([chunk async for chunk in stream])


@pytest.mark.parametrize("size", [1000, 64 << 10, 1 << 20, 5 << 20])
async def test_a_download_has_exactly_the_promised_bytes(house: House, size: int) -> None:
    content = os.urandom(3_000_001)

    async def blob(request: Word, call: Call) -> Download:
        return Download(len(content), chunks_of(content, size))

    door = house.door()
    door.serve_download(BLOB, blob)
    async with door.listening(), (await house.caller()).download(BLOB, Word()) as stream:
        assert stream.size_bytes == len(content)
        assert hashlib.sha256(await read(stream)).digest() == hashlib.sha256(content).digest()


async def test_an_empty_download_is_one(house: House) -> None:
    async def blob(request: Word, call: Call) -> Download:
        return Download(0, chunks_of(b"", 1))

    door = house.door()
    door.serve_download(BLOB, blob)
    async with door.listening(), (await house.caller()).download(BLOB, Word()) as stream:
        assert (stream.size_bytes, await read(stream)) == (0, b"")


async def test_a_download_that_is_refused_says_why(house: House) -> None:
    async def blob(request: Word, call: Call) -> Download:
        raise NotFound("there is no such blob", code="no-such-blob")

    door = house.door()
    door.serve_download(BLOB, blob)
    async with door.listening():
        with pytest.raises(NotFound) as missing:
            async with (await house.caller()).download(BLOB, Word()):
                pass
    assert missing.value.code == "no-such-blob"


@pytest.mark.parametrize("fault", ["raises", "short", "long"])
async def test_a_download_that_breaks_is_noticed_and_its_source_closed(house: House, fault: str) -> None:
    closed = asyncio.Event()

    async def broken() -> AsyncIterator[bytes]:
        try:
            yield b"x" * 500_000
            if fault == "raises":
                raise OSError("the disk is gone")
            if fault == "long":
                yield b"x" * 600_000
        finally:
            closed.set()

    async def blob(request: Word, call: Call) -> Download:
        return Download(1_000_000, broken())

    door = house.door()
    door.serve_download(BLOB, blob)
    async with door.listening():
        peer = await house.caller()
        with pytest.raises(Unavailable) as cut:
            async with peer.download(BLOB, Word()) as stream:
                await read(stream)
        assert cut.value.code == "stream-broken"
        async with asyncio.timeout(20):
            await closed.wait()


async def test_a_reader_that_leaves_a_download_closes_its_source(house: House) -> None:
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x" * 100_000
        finally:
            closed.set()

    async def blob(request: Word, call: Call) -> Download:
        return Download(1 << 40, endless())

    door = house.door()
    door.serve_download(BLOB, blob)
    async with door.listening():
        async with (await house.caller()).download(BLOB, Word()) as stream:
            async for _ in stream:
                break
        async with asyncio.timeout(20):
            await closed.wait()


async def test_a_slow_reader_holds_back_the_source(house: House) -> None:
    produced = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal produced
        for _ in range(1000):
            produced += 100_000
            yield b"x" * 100_000

    async def blob(request: Word, call: Call) -> Download:
        return Download(100_000_000, endless())

    door = house.door()
    door.serve_download(BLOB, blob)
    async with door.listening(), (await house.caller()).download(BLOB, Word()) as stream:
        async for _ in stream:
            before = -1
            while produced != before:  # until it stands still
                before = produced
                await asyncio.sleep(0.2)
            assert produced < 30_000_000, "what nobody has read must not pile up"
            break


async def test_an_upload_arrives_as_it_was_sent(house: House) -> None:
    content = os.urandom(2_000_003)

    async def take(request: Word, call: Call, body: AsyncIterator[bytes]) -> Word:
        digest = hashlib.sha256()
        async for chunk in body:
            digest.update(chunk)
        return Word(f"{request.text} {digest.hexdigest()}")

    door = house.door()
    door.serve_upload(IMPORT, take)
    async with door.listening():
        answer = await (await house.caller()).upload(IMPORT, Word("año"), chunks_of(content, 100_000))
    assert answer.text == f"año {hashlib.sha256(content).hexdigest()}"


async def test_an_upload_over_its_limit_is_refused_whatever_it_says_of_its_length(house: House) -> None:
    async def take(request: Word, call: Call, body: AsyncIterator[bytes]) -> Word:
        async for _ in body:
            pass
        return request

    door = house.door()
    door.serve_upload(IMPORT, take)
    async with door.listening():
        with pytest.raises((TooLarge, Unavailable)) as refused:
            await (await house.caller()).upload(IMPORT, Word(), chunks_of(bytes(6 << 20), 1 << 20))
    assert refused.value.code in {"too-large", "peer-disconnected"}


async def test_an_upload_whose_source_fails_is_cut_not_ended(house: House) -> None:
    ends: list[str] = []
    begun, ended = asyncio.Event(), asyncio.Event()

    async def take(request: Word, call: Call, body: AsyncIterator[bytes]) -> Word:
        begun.set()
        try:
            async for _ in body:
                pass
            ends.append("whole")
        except BaseException as cut:
            ends.append(type(cut).__name__)
            raise
        finally:
            ended.set()
        return request

    async def failing() -> AsyncIterator[bytes]:
        yield b"x" * 1000
        await begun.wait()
        raise ZeroDivisionError

    door = house.door()
    door.serve_upload(IMPORT, take)
    async with door.listening():
        with pytest.raises(ZeroDivisionError):
            await (await house.caller()).upload(IMPORT, Word(), failing())
        async with asyncio.timeout(20):
            await ended.wait()
    assert ends != ["whole"]
