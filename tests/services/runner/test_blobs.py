"""Inputs on disk: what its name promises, once, bounded, whatever is cut or corrupted."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mesh.errors import MeshError, NotFound, Unavailable
from mesh.rpc.contract import Download
from services.runner import pause
from services.runner.blobs import BlobBroken, BlobCache
from tests.services.runner.workshop import Shelf


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pause, "_FIRST_S", 0.001)


class Peer(Shelf):
    """A grader that can be slow, cut off, lie, or be away."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[MeshError | bytes] = []
        self.gate = asyncio.Event()
        self.gate.set()

    @asynccontextmanager
    async def fetch(self, problem: str, digest: str) -> AsyncIterator[Download]:
        await self.gate.wait()
        fault = self.faults.pop(0) if self.faults else None
        if isinstance(fault, MeshError):
            self.fetched.append(digest)
            raise fault
        if fault is not None:
            self.fetched.append(digest)

            async def lie() -> AsyncIterator[bytes]:
                yield fault

            yield Download(len(self.files[digest]), lie())
            return
        async with super().fetch(problem, digest) as stream:
            yield stream


@pytest.fixture
def peer() -> Peer:
    return Peer()


async def opened(folder: Path, peer: Peer, most_bytes: int = 1 << 20) -> BlobCache:
    cache = BlobCache(folder / "blobs", most_bytes, peer.fetch)
    await cache.open()
    return cache


async def test_file_is_fetched_once_and_read_from_disk_after_that(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"x" * 300_000)
    cache = await opened(tmp_path, peer)
    for _ in range(3):
        async with cache.pinned("apples", digest) as blob:
            assert (blob.size_bytes, os.pread(blob.fd, 400_000, 0)) == (300_000, b"x" * 300_000)
    assert peer.fetched == [digest]
    assert (cache.hits, cache.misses) == (2, 1)


async def test_many_who_want_the_same_file_cause_one_fetch(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"shared")
    cache = await opened(tmp_path, peer)
    assert await asyncio.gather(*(cache.read("apples", digest) for _ in range(20))) == [b"shared"] * 20
    assert peer.fetched == [digest]


async def test_file_is_there_after_a_restart(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"kept")
    await (await opened(tmp_path, peer)).read("apples", digest)
    peer.files.clear()
    again = await opened(tmp_path, peer)
    assert await again.read("apples", digest) == b"kept"
    assert again.total_bytes == 4


async def test_file_corrupted_between_two_lives_is_fetched_again(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"right")
    await (await opened(tmp_path, peer)).read("apples", digest)
    path = tmp_path / "blobs" / digest[:2] / digest
    path.chmod(0o644)
    path.write_bytes(b"wrong")
    again = await opened(tmp_path, peer)
    assert await again.read("apples", digest) == b"right"
    assert peer.fetched == [digest] * 2


async def test_download_that_was_cut_or_forged_is_tried_again(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"right content")
    peer.faults = [b"right", b"other content", Unavailable("broke off", code="stream-broken")]
    cache = await opened(tmp_path, peer)
    assert await cache.read("apples", digest) == b"right content"
    assert len(peer.fetched) == 4


async def test_file_that_is_always_forged_is_never_believed(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"right")
    peer.faults = [b"wrong"] * 10
    cache = await opened(tmp_path, peer)
    with pytest.raises(BlobBroken):
        await cache.read("apples", digest)
    assert not list((tmp_path / "blobs").glob("*/*"))


async def test_file_that_nobody_has_is_said_so_at_once(tmp_path: Path, peer: Peer) -> None:
    cache = await opened(tmp_path, peer)
    with pytest.raises(NotFound):
        await cache.read("apples", hashlib.sha256(b"unknown").hexdigest())
    with pytest.raises(BlobBroken):
        await cache.read("apples", "../../etc/passwd")


async def test_least_recently_used_goes_first_and_what_is_in_use_stays(tmp_path: Path, peer: Peer) -> None:
    a, b, c, d = (peer.keep(bytes([number]) * 400) for number in range(4))
    cache = await opened(tmp_path, peer, 1000)
    await cache.read("apples", a)
    async with cache.pinned("apples", a):
        await cache.read("apples", b)
        await cache.read("apples", c)  # over the limit: b goes, a is in use
        assert {path.name for path in (tmp_path / "blobs").glob("??/*")} == {a, c}
    await cache.read("apples", d)
    assert {path.name for path in (tmp_path / "blobs").glob("??/*")} == {c, d} or {path.name for path in (tmp_path / "blobs").glob("??/*")} == {a, d}
    assert cache.total_bytes == 800


async def test_limit_holds_over_a_restart(tmp_path: Path, peer: Peer) -> None:
    cache = await opened(tmp_path, peer)
    for number in range(10):
        await cache.read("apples", peer.keep(bytes([number]) * 1000))
    assert (await opened(tmp_path, peer, 3000)).total_bytes == 3000
    assert len(list((tmp_path / "blobs").glob("??/*"))) == 3


async def test_one_who_gives_up_waiting_spoils_it_for_nobody(tmp_path: Path, peer: Peer) -> None:
    digest = peer.keep(b"patience")
    peer.gate.clear()
    cache = await opened(tmp_path, peer)
    first = asyncio.create_task(cache.read("apples", digest))
    second = asyncio.create_task(cache.read("apples", digest))
    await asyncio.sleep(0)
    first.cancel()
    peer.gate.set()
    assert await second == b"patience"
    with pytest.raises(asyncio.CancelledError):
        await first
    assert [path.name for path in (tmp_path / "blobs").glob("??/*")] == [digest]


async def test_unfinished_downloads_of_a_former_life_are_removed(tmp_path: Path, peer: Peer) -> None:
    folder = tmp_path / "blobs" / "ab"
    folder.mkdir(parents=True)
    (folder / ("ab" * 32 + ".1.part")).write_bytes(b"half")
    cache = await opened(tmp_path, peer)
    assert cache.total_bytes == 0
    assert not list(folder.iterdir())
