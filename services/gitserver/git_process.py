"""Owns one git process: its surroundings, its bounds, its streams, its end. Never chooses what git is asked."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import signal
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from mesh.errors import Broken

CHUNK_BYTES: Final = 256 * 1024
_MEMORY_BYTES: Final = 3 << 30
_FILE_BYTES: Final = 64 << 30

_SETTINGS: Final[Mapping[str, str]] = {
    "core.bigFileThreshold": "4m",       # larger files are streamed, never held whole, never compared with each other
    "core.compression": "0",             # cases are read far more often than written: inflating took more than half of what a fetch costs
    "core.fsync": "all",                 # an accepted push survives a power cut
    "core.packedGitLimit": "256m",
    "core.packedGitWindowSize": "16m",
    "core.hooksPath": "/dev/null",       # no repository brings programs of its own
    "gc.auto": "0",
    "init.defaultBranch": "main",
    "pack.threads": "1",
    "pack.windowMemory": "64m",
    "protocol.allow": "never",           # nothing is ever fetched from elsewhere
    "transfer.hideRefs": "refs/palestra",
    "uploadpack.allowFilter": "true",
}  # fmt: skip


class GitFailed(Broken):
    """A git command ended in a way that was not expected; ``stderr`` holds its last words."""

    default_code = "git-failed"

    def __init__(self, command: str, status: int, stderr: str) -> None:
        super().__init__(f"git {command} failed ({status}); the log of the gitserver has the reason")
        self.command = command
        self.exit_status = status
        self.stderr = stderr

    def __str__(self) -> str:
        return f"git {self.command} ended with {self.exit_status}: {self.stderr}"


class GitTooWordy(GitFailed):
    """A git command says more than can be held."""


@dataclass(slots=True)
class GitProcess:
    """A git process at work: bytes in, bytes out, as asyncio streams."""

    command: str
    process: asyncio.subprocess.Process
    stderr: int

    @property
    def stdin(self) -> asyncio.StreamWriter:
        """Where it reads."""
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def stdout(self) -> asyncio.StreamReader:
        """What it says."""
        assert self.process.stdout is not None
        return self.process.stdout

    async def send(self, content: bytes) -> None:
        """Writes all of it and closes; a process that ends early is told by its status, not here."""
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.stdin.write(content)
            await self.stdin.drain()
        self.stdin.close()

    async def feed(self, chunks: AsyncIterator[bytes]) -> None:
        """Writes a stream and closes; what comes after the process has ended early is read and dropped."""
        is_heard = True
        async for chunk in chunks:
            if is_heard:
                try:
                    self.stdin.write(chunk)
                    await self.stdin.drain()
                except (BrokenPipeError, ConnectionResetError):
                    is_heard = False
        self.stdin.close()

    def last_words(self) -> str:
        """The end of what it said to stderr."""
        return tail(self.stderr)

    async def check(self) -> None:
        """Waits for the end. Raises: `GitFailed` when the status is not 0."""
        status = await self.process.wait()
        if status != 0:
            raise GitFailed(self.command, status, self.last_words())


def environment(repository: Path, protocol: str = "") -> dict[str, str]:
    """All that git sees of its surroundings: nothing of ours, of the user's or of the machine's configuration."""
    settings = {f"GIT_CONFIG_KEY_{place}": name for place, name in enumerate(_SETTINGS)}
    values = {f"GIT_CONFIG_VALUE_{place}": value for place, value in enumerate(_SETTINGS.values())}
    found = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C",
        "HOME": "/nonexistent",
        "TZ": "UTC",
        "GIT_DIR": str(repository),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_COUNT": str(len(_SETTINGS)),
        **{f"GIT_{role}_NAME": "Palestra" for role in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{role}_EMAIL": "gitserver@palestra" for role in ("AUTHOR", "COMMITTER")},
    }
    if protocol:
        found["GIT_PROTOCOL"] = protocol
    return found | settings | values


def limit(pid: int, limit_s: float) -> None:
    """Bounds what one git process may use; one that has ended already needs none."""
    seconds = int(limit_s) + 1
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


async def end(process: asyncio.subprocess.Process) -> None:
    """Ends a process that may have ended, with all that it started, and waits for it."""
    if process.stdin is not None:
        process.stdin.close()
    kill(process.pid, is_over=process.returncode is not None)
    await process.wait()


def kill(pid: int, *, is_over: bool) -> None:
    """Kills a process with its whole session, unless it is over."""
    if not is_over:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


@contextlib.contextmanager
def words() -> Iterator[int]:
    """A file in memory for what a process says to stderr."""
    place = os.memfd_create("git-stderr")
    try:
        yield place
    finally:
        os.close(place)


def tail(stderr: int) -> str:
    """The last 4 KiB of a file that `words` made."""
    size = os.lseek(stderr, 0, os.SEEK_END)
    return os.pread(stderr, 4096, max(0, size - 4096)).decode(errors="replace").strip()
