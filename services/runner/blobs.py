"""Owns the files that judging needs, on disk, by their SHA-256: fetched once, kept across restarts, bounded by bytes.

Layout: ``FOLDER/ab/abcdef…`` (mode 0444, written apart and renamed). The least recently used go first, what is in use never.
A file from a former life is checked against its name before it is used again.
"""

from __future__ import annotations

import asyncio
import hashlib
import itertools
import os
import re
from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from mesh.errors import Broken, Unavailable
from mesh.rpc.contract import Download
from services.runner.gates import Gates
from services.runner.pause import Pause
from services.runner.threads import hop, hop_open

Fetch = Callable[[str, str], AbstractAsyncContextManager[Download]]
"""Opens the stream of one file of a problem, by problem and digest."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE_BYTES = 1 << 20
_WARM_BYTES = 64 << 10
_WRONG_TRIES = 3
_TRIES = 12


class BlobBroken(Broken):
    """A file does not have the content that its name promises, however often it is fetched."""

    default_code = "blob-broken"


class CacheFull(Unavailable):
    """The runner's disk takes no more: make room, or lower PALESTRA_RUNNER_CACHE_BYTES."""

    default_code = "runner-disk-full"


@dataclass(frozen=True, slots=True)
class Blob:
    """A file that is there. ``fd`` is open for reading, its pages are in memory; it is closed with the pin."""

    fd: int
    size_bytes: int


@dataclass(slots=True)
class _Entry:
    size_bytes: int
    is_checked: bool
    pins: int = 0


class BlobCache:
    """Files by digest. One fetch at a time for each, however many ask."""

    def __init__(self, folder: Path, most_bytes: int, fetch: Fetch) -> None:
        self._folder = folder
        self._most_bytes = most_bytes
        self._fetch = fetch
        self._entries: OrderedDict[str, _Entry] = OrderedDict()
        self._gates = Gates()
        self._drafts = itertools.count(1)
        self.total_bytes = 0
        self.hits = 0
        self.misses = 0
        self.fetched_bytes = 0

    async def open(self) -> None:
        """Finds what a former life left."""
        for digest, size_bytes in await asyncio.to_thread(_scan, self._folder):
            self._entries[digest] = _Entry(size_bytes, is_checked=False)
            self.total_bytes += size_bytes
        await self._evict()

    @asynccontextmanager
    async def pinned(self, problem: str, digest: str) -> AsyncIterator[Blob]:
        """The file, fetched if need be, and not thrown away during the block.

        Raises: `BlobBroken`, `CacheFull`, and what the grader answers when it does not have it.
        """
        if not _DIGEST.fullmatch(digest):
            raise BlobBroken(f"{digest[:80]!r} is not the SHA-256 of a file")
        entry = await self._present(problem, digest)
        try:
            blob = Blob(await self._opened(digest, entry), entry.size_bytes)
            try:
                yield blob
            finally:
                os.close(blob.fd)
        finally:
            entry.pins -= 1

    async def _opened(self, digest: str, entry: _Entry) -> int:
        path = self._path(digest)
        if entry.size_bytes < _WARM_BYTES:  # looked at or written by this process: opening takes microseconds, a hop to a thread more
            return os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return await hop_open(_open_warm, path)

    async def read(self, problem: str, digest: str) -> bytes:
        """A whole small file. Raises: as `pinned`."""
        async with self.pinned(problem, digest) as blob:
            return await hop(os.pread, blob.fd, blob.size_bytes, 0)

    async def _present(self, problem: str, digest: str) -> _Entry:
        async with self._gates.one_at_a_time(digest):
            entry = self._entries.get(digest)
            if entry is not None and not entry.is_checked:
                entry = await self._checked(digest, entry)
            if entry is None:
                self.misses += 1
                entry = await self._fetched(problem, digest)
            else:
                self.hits += 1
            entry.pins += 1
            self._entries.move_to_end(digest)
            return entry

    async def _checked(self, digest: str, entry: _Entry) -> _Entry | None:
        if await hop(_is_whole, self._path(digest), digest):
            entry.is_checked = True
            return entry
        await self._forget(digest)
        return None

    async def _fetched(self, problem: str, digest: str) -> _Entry:
        pause = Pause(most_s=10.0, tries=_TRIES)
        wrong = 0
        while True:
            try:
                size_bytes = await self._fetch_once(problem, digest)
            except BlobBroken:
                wrong += 1
                if wrong >= _WRONG_TRIES:
                    raise
            except Unavailable as away:
                await pause.after(away)
            except OSError as full:
                raise CacheFull(f"cannot write to {self._folder}: {full.strerror}") from full
            else:
                entry = self._entries[digest] = _Entry(size_bytes, is_checked=True, pins=1)
                self.total_bytes += size_bytes
                await self._evict()
                entry.pins -= 1
                return entry

    async def _fetch_once(self, problem: str, digest: str) -> int:
        path = self._path(digest)
        draft = path.with_suffix(f".{next(self._drafts)}.part")
        hasher = hashlib.sha256()
        size_bytes = 0
        fd = -1
        try:
            fd = await hop_open(_create, draft)
            async with self._fetch(problem, digest) as stream:
                async for piece in _gathered(stream):
                    size_bytes += len(piece)
                    if size_bytes > stream.size_bytes:
                        break
                    await hop(_take, fd, hasher, piece)
            is_right = hasher.hexdigest() == digest
            if is_right:
                await hop(os.replace, draft, path)
        finally:
            if fd >= 0:
                os.close(fd)
            await hop(draft.unlink, True)
        if not is_right:
            raise BlobBroken(f"file {digest} of problem {problem!r} came with other content ({size_bytes} bytes)")
        self.fetched_bytes += size_bytes
        return size_bytes

    async def _evict(self) -> None:
        for digest, entry in list(self._entries.items()):
            if self.total_bytes <= self._most_bytes:
                return
            if not entry.pins and digest not in self._gates:
                await self._forget(digest)

    async def _forget(self, digest: str) -> None:
        entry = self._entries.pop(digest, None)
        if entry is not None:
            self.total_bytes -= entry.size_bytes
            await asyncio.to_thread(self._path(digest).unlink, missing_ok=True)

    def _path(self, digest: str) -> Path:
        return self._folder / digest[:2] / digest


async def _gathered(stream: Download) -> AsyncIterator[bytes]:
    """The stream in larger pieces: a hop to a thread for every 16 KiB would cost more than the writing."""
    held = bytearray()
    async for chunk in stream:
        held += chunk
        if len(held) >= _PIECE_BYTES:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _scan(folder: Path) -> list[tuple[str, int]]:
    """Digests and sizes, the least recently used first; what was not finished is removed."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    found: list[tuple[int, str, int]] = []
    for path in folder.glob("??/*"):
        if _DIGEST.fullmatch(path.name):
            status = path.stat()
            found.append((status.st_mtime_ns, path.name, status.st_size))
        else:
            path.unlink(missing_ok=True)
    return [(digest, size_bytes) for _, digest, size_bytes in sorted(found)]


def _create(draft: Path) -> int:
    draft.parent.mkdir(mode=0o700, exist_ok=True)
    draft.unlink(missing_ok=True)
    fd = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o444)
    os.fchmod(fd, 0o444)
    return fd


def _take(fd: int, hasher: hashlib._Hash, piece: bytes) -> None:
    hasher.update(piece)
    view = memoryview(piece)
    while view:
        view = view[os.write(fd, view) :]


def _is_whole(path: Path, digest: str) -> bool:
    try:
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return False
        os.utime(path)
    except FileNotFoundError:
        return False
    return True


def _open_warm(path: Path) -> int:
    """Opens, and reads once: cold pages would count as the memory of the program that reads them first."""
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    buffer = bytearray(_PIECE_BYTES)
    at = 0
    while count := os.preadv(fd, [buffer], at):
        at += count
    return fd
