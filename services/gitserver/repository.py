"""Owns one bare git repository: reading objects, listing trees, moving refs in transactions. Never knows what a problem is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from mesh.errors import Broken
from services.gitserver.git import Git
from services.gitserver.git_process import CHUNK_BYTES, GitFailed, GitProcess, GitTooWordy

NOTHING: Final = "0" * 40
"""The id that stands for: no object."""

MAIN: Final = "refs/heads/main"

EXECUTABLE_MODE: Final = "100755"

FILE_MODES: Final = frozenset({"100644", EXECUTABLE_MODE, "100664"})


@dataclass(frozen=True, slots=True)
class TreeEntry:
    """One entry of a tree, walked to the leaves. ``mode`` as git writes it; ``size_bytes`` is 0 for what is no file."""

    path: str
    mode: str
    oid: str
    size_bytes: int


@dataclass(frozen=True, slots=True)
class RefChange:
    """One ref that moves from ``old`` (`NOTHING`: must not exist; empty: whatever it was) to ``new``."""

    name: str
    new: str
    old: str = ""


@dataclass(frozen=True, slots=True)
class GitObject:
    """A small object, whole."""

    oid: str
    kind: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Blob:
    """A file's content as a stream of known size, to be read once and to its end."""

    oid: str
    size_bytes: int
    chunks: AsyncIterator[bytes]


class Repository:
    """One bare repository in a folder. Names of objects that come in here were parsed or made by us."""

    def __init__(self, git: Git, folder: Path) -> None:
        self._git = git
        self.folder = folder

    @property
    def git(self) -> Git:
        """The binary that works on it."""
        return self._git

    async def create(self) -> None:
        """Makes an empty one in the folder, which must not exist."""
        await self._git.run(self.folder, "init", "--bare", "--quiet", "--template=", str(self.folder))

    async def borrow(self, lender: Repository) -> None:
        """Sees the objects of another from now on, as if they were here."""
        await self._git.in_thread(lambda: _lend(lender.folder, self.folder))

    async def resolve(self, *names: str) -> list[str | None]:
        """The ids that names (refs, ``tree:path``) stand for, None for those that stand for nothing."""
        said = await self._git.run(self.folder, "cat-file", "--batch-check=%(objectname)", stdin=_lines(names))
        found = [line.split(b" ")[-1] for line in said.splitlines()]
        return [None if word == b"missing" else word.decode() for word in found]

    async def read(self, *names: str, most_bytes: int = 16 << 20) -> list[GitObject | None]:
        """Small objects, None for each that is not there. Raises: `Broken` when they are larger together than they may be."""
        found: list[GitObject | None] = []
        async with self._git.open(self.folder, "cat-file", "--batch") as running:
            for name in names:
                running.stdin.write(_lines([name]))
                await running.stdin.drain()
                header = await _header(running)
                if header is None:
                    found.append(None)
                    continue
                oid, kind, size_bytes = header
                most_bytes -= size_bytes
                if most_bytes < 0:
                    raise Broken(f"{name} is larger than it may be", code="object-too-large")
                content = await _exactly(running, size_bytes + 1)
                found.append(GitObject(oid, kind, content[:-1]))
        return found

    @asynccontextmanager
    async def blob(self, name: str) -> AsyncIterator[Blob | None]:
        """A file's content as a stream; None when the name stands for no file."""
        async with self._git.open(self.folder, "cat-file", "--batch") as running:
            running.stdin.write(_lines([name]))
            running.stdin.close()
            header = await _header(running)
            if header is None or header[1] != "blob":
                yield None
            else:
                yield Blob(header[0], header[2], _chunks(running, header[2]))

    async def tree(self, name: str, most_entries: int) -> list[TreeEntry] | None:
        """Every leaf of a tree, sorted by path; None when there are more than so many."""
        try:
            said = await self._git.run(self.folder, "ls-tree", "-r", "-l", "-z", "--full-tree", name, most_bytes=most_entries * 512)
        except GitTooWordy:
            return None
        lines = said.split(b"\0")[:-1]
        return None if len(lines) > most_entries else [_entry(line) for line in lines]

    async def is_ancestor(self, older: str, newer: str) -> bool:
        """Whether every commit of the older is in the newer."""
        try:
            await self._git.run(self.folder, "merge-base", "--is-ancestor", older, newer)
        except GitFailed as no:
            if no.exit_status == 1:
                return False
            raise
        return True

    async def commit_tree(self, tree: str, parents: Sequence[str], message: str, author: str, at: datetime) -> str:
        """Makes a commit of a tree; its id. ``author`` is a username."""
        name = "".join(letter for letter in author if letter.isprintable() and letter not in "<>").strip() or "nobody"
        lines = [
            f"tree {tree}",
            *(f"parent {parent}" for parent in parents),
            f"author {name} <{name}@palestra> {int(at.timestamp())} +0000",
            f"committer Palestra <gitserver@palestra> {int(at.timestamp())} +0000",
            "",
            message,
        ]
        made = await self._git.run(self.folder, "hash-object", "-t", "commit", "-w", "--stdin", stdin=_lines(lines))
        return made.decode().strip()

    async def move(self, changes: Iterable[RefChange]) -> bool:
        """Moves all the refs or none of them, on disk when it returns; False when one was not where it should be."""
        commands = ["start", *(f"update {change.name} {change.new} {change.old}".rstrip() for change in changes), "prepare", "commit"]
        for is_last in (False, True):
            try:
                await self._git.settle(self.folder, "update-ref", "--stdin", "--no-deref", stdin=_lines(commands))
            except GitFailed as refused:
                if "File exists" in refused.stderr and not is_last:
                    await self._git.in_thread(self._remove_locks)
                    continue
                if "cannot lock ref" in refused.stderr:
                    return False
                raise
            return True
        return False

    def _remove_locks(self) -> None:
        """Removes what a git that was killed has left. Nobody else moves refs: the alias's lock is held, the folder is ours."""
        for lock in [self.folder / "packed-refs.lock", self.folder / "HEAD.lock", *(self.folder / "refs").rglob("*.lock")]:
            lock.unlink(missing_ok=True)


def _lend(lender: Path, borrower: Path) -> None:
    alternates = borrower / "objects" / "info" / "alternates"
    alternates.parent.mkdir(exist_ok=True)
    alternates.write_text(f"{lender / 'objects'}\n", encoding="utf-8")


def _lines(names: Iterable[str]) -> bytes:
    return "".join(f"{name}\n" for name in names).encode()


async def _header(running: GitProcess) -> tuple[str, str, int] | None:
    """What ``cat-file --batch`` says before an object: id, kind, size; None when there is none."""
    line = (await running.stdout.readline()).decode(errors="replace").rstrip("\n")
    if not line:
        await running.check()
        raise GitFailed(running.command, 0, "said nothing")
    parts = line.rsplit(" ", 2)
    if len(parts) != 3 or not parts[2].isdecimal():
        return None
    return parts[0], parts[1], int(parts[2])


async def _exactly(running: GitProcess, size: int) -> bytes:
    try:
        return await running.stdout.readexactly(size)
    except asyncio.IncompleteReadError as short:
        await running.check()
        raise GitFailed(running.command, 0, f"ended {size - len(short.partial)} bytes early") from short


async def _chunks(running: GitProcess, size_bytes: int) -> AsyncIterator[bytes]:
    left = size_bytes
    while left:
        chunk = await running.stdout.read(min(left, CHUNK_BYTES))
        if not chunk:
            await running.check()
            raise GitFailed(running.command, 0, f"ended {left} bytes early")
        left -= len(chunk)
        yield chunk


def _entry(line: bytes) -> TreeEntry:
    """One line of ``ls-tree -r -l -z``. A path that is not UTF-8 keeps a mark that no allowed name has."""
    facts, _, path = line.partition(b"\t")
    mode, _kind, oid, size = facts.split()
    return TreeEntry(path.decode(errors="replace"), mode.decode(), oid.decode(), int(size) if size.isdigit() else 0)
