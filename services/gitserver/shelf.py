"""Owns the folder of repositories: which problems there are, who works on one now, what is half done. Never reads a package.

    FOLDER/{alias}.git        one bare repository per problem
    FOLDER/.incoming/         work under way; emptied at every start
    FOLDER/.unannounced/      one empty file per problem whose newest commit the record may not know yet
    FOLDER/.lock              held while a gitserver owns the folder
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from weakref import WeakValueDictionary

from mesh.errors import Conflict, NotFound
from mesh.ids import new_id
from services.gitserver.git import Git
from services.gitserver.names import parse_alias
from services.gitserver.repository import Repository


class Shelf:
    """Every problem's repository. `open_shelf` makes one."""

    def __init__(self, folder: Path, git: Git) -> None:
        self._folder = folder
        self._git = git
        self._locks: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def git(self) -> Git:
        """The binary, for our own work."""
        return self._git

    @property
    def incoming(self) -> Path:
        """Where work under way lies, on the same disk as the repositories."""
        return self._folder / ".incoming"

    async def find(self, alias: str) -> Repository | None:
        """The repository of a problem; None when there is none. Raises: `Refused` (``bad-alias``)."""
        folder = self._place(alias)
        there = await self._git.in_thread((folder / "HEAD").is_file)
        return Repository(self._git, folder) if there else None

    async def repository(self, alias: str) -> Repository:
        """The repository of a problem. Raises: `NotFound` (``no-such-problem``)."""
        found = await self.find(alias)
        if found is None:
            raise NotFound(f"there is no problem {alias!r}", code="no-such-problem")
        return found

    @asynccontextmanager
    async def holding(self, alias: str) -> AsyncIterator[None]:
        """Nobody else changes the problem meanwhile."""
        lock = self._locks.setdefault(parse_alias(alias), asyncio.Lock())
        async with lock:
            yield

    @asynccontextmanager
    async def workbench(self) -> AsyncIterator[Repository]:
        """An empty repository to work in; gone afterwards unless it was put on the shelf."""
        folder = self.incoming / f"work-{new_id()}"
        bench = Repository(self._git, folder / "bench.git")
        try:
            await self._git.in_thread(folder.mkdir)
            await bench.create()
            yield bench
        finally:
            await self._git.in_thread(lambda: shutil.rmtree(folder, ignore_errors=True))

    async def put(self, alias: str, bench: Repository) -> Repository:
        """Makes the workbench, as it is, the repository of a problem that had none."""
        place = self._place(alias)

        def move() -> None:
            bench.folder.rename(place)
            _sync(self._folder)

        await self._git.in_thread(move)
        return Repository(self._git, place)

    async def adopt(self, bench: Repository, repository: Repository) -> None:
        """Moves the workbench's objects into a repository. What is cut off half way is harmless: objects that nobody names."""
        await self._git.in_thread(lambda: _adopt(bench.folder / "objects", repository.folder / "objects"))

    async def mark_unannounced(self, alias: str) -> None:
        """Notes, before a problem changes, that the record will have to hear of it."""
        mark = self._mark(alias)

        def touch() -> None:
            mark.touch()
            _sync(mark.parent)

        await self._git.in_thread(touch)

    async def mark_announced(self, alias: str) -> None:
        """Notes that the record will hear of the problem's newest commit."""
        await self._git.in_thread(lambda: self._mark(alias).unlink(missing_ok=True))

    async def unannounced(self) -> list[str]:
        """The problems of which the record may not have heard, sorted."""
        return await self._git.in_thread(lambda: sorted(mark.name for mark in (self._folder / ".unannounced").iterdir()))

    def _place(self, alias: str) -> Path:
        return self._folder / f"{parse_alias(alias)}.git"

    def _mark(self, alias: str) -> Path:
        return self._folder / ".unannounced" / parse_alias(alias)


@asynccontextmanager
async def open_shelf(folder: Path, git: Git) -> AsyncIterator[Shelf]:
    """The shelf, owned until left. Raises: `Conflict` (``folder-in-use``) when another gitserver owns the folder."""
    folder = await git.in_thread(folder.absolute)
    lock = await git.in_thread(lambda: _own(folder))
    try:
        yield Shelf(folder, git)
    finally:
        os.close(lock)


def _own(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    lock = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as held:
        os.close(lock)
        raise Conflict(f"another gitserver owns {folder}: stop it, or set another folder", code="folder-in-use") from held
    shutil.rmtree(folder / ".incoming", ignore_errors=True)
    for name in (".incoming", ".unannounced"):
        (folder / name).mkdir(exist_ok=True)
    return lock


def _adopt(source: Path, target: Path) -> None:
    """Objects move one by one, packs before their indexes: what is seen is whole."""
    moves: list[tuple[Path, Path]] = []
    for folder in source.iterdir():
        if len(folder.name) == 2:
            moves += [(file, target / folder.name / file.name) for file in folder.iterdir()]
    packs = source / "pack"
    if packs.is_dir():
        moves += [(file, target / "pack" / file.name) for file in sorted(packs.iterdir(), key=lambda file: file.suffix == ".idx")]
    for file, place in moves:
        place.parent.mkdir(exist_ok=True)
        if not place.exists():
            file.rename(place)
    for folder in {place.parent for _, place in moves}:
        _sync(folder)


def _sync(folder: Path) -> None:
    """Makes the names in a folder survive a power cut."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(number)
    finally:
        os.close(number)
