"""Owns running the git binary: argument lists, a clean environment, limits on time, memory and number. Never a shell.

Only `Repository` and what it is built on know what git is asked; everything else speaks of commits and trees.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from mesh.errors import Broken, DeadlineExceeded, MeshError, Unavailable

T = TypeVar("T")

CHUNK_BYTES: Final = 256 * 1024
_MEMORY_BYTES: Final = 3 << 30
_FILE_BYTES: Final = 64 << 30
_QUEUE_LIMIT_S: Final = 30.0

_SETTINGS: Final[Mapping[str, str]] = {
    "core.bigFileThreshold": "4m",       # larger files are streamed, never held whole, never compared with each other
    "core.compression": "1",
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


OLDEST: Final = (2, 36)
"""The oldest git that keeps what we ask of it (``core.fsync``)."""


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
        return _tail(self.stderr)

    async def check(self) -> None:
        """Waits for the end. Raises: `GitFailed` when the status is not 0."""
        status = await self.process.wait()
        if status != 0:
            raise GitFailed(self.command, status, self.last_words())


class Git:
    """The git binary with bounds: at most so many processes at once, each so long. Closed by whoever made it."""

    def __init__(self, binary: str, *, processes: int, limit_s: float) -> None:
        self._binary = binary
        self._limit_s = limit_s
        self._places = asyncio.Semaphore(processes)
        self._threads = ThreadPoolExecutor(processes + 8, thread_name_prefix="gitserver")

    def close(self) -> None:
        """Lets go of the threads; those at work end with their processes."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def examine(self) -> str:
        """What is wrong with the binary, empty when nothing is: too old, or not there."""
        try:
            said = (await self.run(Path("/nonexistent"), "version")).decode()
        except (MeshError, OSError) as wrong:
            return f"{self._binary} cannot be run: {wrong}"
        numbers = re.search(r"(\d+)\.(\d+)", said)
        if numbers is None or (int(numbers.group(1)), int(numbers.group(2))) < OLDEST:
            return f"{said.strip()} is too old: {OLDEST[0]}.{OLDEST[1]} or newer is needed"
        return ""

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs something that blocks in a thread of ours."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def run(self, repository: Path, *arguments: str, stdin: bytes = b"", most_bytes: int = 64 << 20) -> bytes:
        """What the command says. Raises: `GitFailed`, also when it says more than ``most_bytes``; `DeadlineExceeded`."""
        async with self.open(repository, *arguments) as running:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(running.send(stdin))
                said = await running.stdout.read(most_bytes + 1)
                while chunk := await running.stdout.read(CHUNK_BYTES) if len(said) <= most_bytes else b"":
                    said += chunk
            if len(said) > most_bytes:
                raise GitFailed(running.command, -1, f"said more than {most_bytes} bytes")
            await running.check()
        return said

    @asynccontextmanager
    async def open(self, repository: Path, *arguments: str, protocol: str = "") -> AsyncIterator[GitProcess]:
        """A process to talk with; leaving ends it, whatever it does, with all that it started."""
        async with self._place(arguments[0]):
            with _words() as stderr:
                process = await asyncio.create_subprocess_exec(
                    self._binary, *arguments,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=stderr,
                    env=environment(repository, protocol), start_new_session=True, limit=CHUNK_BYTES,
                )  # fmt: skip
                try:
                    _limit(process.pid, self._limit_s)
                    async with asyncio.timeout(self._limit_s):
                        yield GitProcess(arguments[0], process, stderr)
                except TimeoutError as late:
                    raise DeadlineExceeded(f"git {arguments[0]} took longer than {self._limit_s:g} s", code="git-too-slow") from late
                finally:
                    await _end(process)

    async def work(self, repository: Path, *arguments: str, work: Callable[[subprocess.Popen[bytes]], T]) -> T:
        """Talks with a process by blocking calls in a thread of ours; for streams of size.

        The process is killed when the caller is cancelled or the time is over; that ends the thread's reads and writes.
        Raises: `GitFailed`, `DeadlineExceeded`, and what ``work`` raises.
        """
        async with self._place(arguments[0]):
            with _words() as stderr:
                process = await self.in_thread(lambda: self._popen(repository, arguments, stderr))
                try:
                    async with asyncio.timeout(self._limit_s):
                        done = await self.in_thread(lambda: _worked(process, work))
                except TimeoutError as late:
                    raise DeadlineExceeded(f"git {arguments[0]} took longer than {self._limit_s:g} s", code="git-too-slow") from late
                except (BrokenPipeError, EOFError) as broken:
                    raise GitFailed(arguments[0], process.returncode or -1, _tail(stderr)) from broken
                finally:
                    _kill(process.pid, is_over=process.returncode is not None)
                    await self.in_thread(process.wait)
                if process.returncode != 0:
                    raise GitFailed(arguments[0], process.returncode, _tail(stderr))
                return done

    def _popen(self, repository: Path, arguments: tuple[str, ...], stderr: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [self._binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            env=environment(repository), start_new_session=True,
        )  # fmt: skip
        _limit(process.pid, self._limit_s)
        return process

    @asynccontextmanager
    async def _place(self, command: str) -> AsyncIterator[None]:
        """Waits for one of the places; refuses when none comes free for long."""
        try:
            async with asyncio.timeout(_QUEUE_LIMIT_S):
                await self._places.acquire()
        except TimeoutError as full:
            raise Unavailable(f"too many git processes are at work to start git {command}; try again", code="git-busy") from full
        try:
            yield
        finally:
            self._places.release()


@asynccontextmanager
async def open_git(binary: str, *, processes: int, limit_s: float) -> AsyncIterator[Git]:
    """The binary, closed when left. Raises: `Unavailable` (``git-unusable``) when it is missing or too old."""
    git = Git(binary, processes=processes, limit_s=limit_s)
    try:
        if fault := await git.examine():
            raise Unavailable(f"{fault}: install it, or set gitserver.git_binary", code="git-unusable")
        yield git
    finally:
        git.close()


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


def _worked(process: subprocess.Popen[bytes], work: Callable[[subprocess.Popen[bytes]], T]) -> T:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        done = work(process)
    process.wait()
    return done


def _limit(pid: int, limit_s: float) -> None:
    """Bounds what one git process may use; one that has ended already needs none."""
    seconds = int(limit_s) + 1
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_AS, (_MEMORY_BYTES, _MEMORY_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CPU, (seconds, seconds))
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (_FILE_BYTES, _FILE_BYTES))
        resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0))


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None:
        process.stdin.close()
    _kill(process.pid, is_over=process.returncode is not None)
    await process.wait()


def _kill(pid: int, *, is_over: bool) -> None:
    if not is_over:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)


@contextlib.contextmanager
def _words() -> Iterator[int]:
    """A file in memory for what a process says to stderr."""
    place = os.memfd_create("git-stderr")
    try:
        yield place
    finally:
        os.close(place)


def _tail(stderr: int) -> str:
    size = os.lseek(stderr, 0, os.SEEK_END)
    return os.pread(stderr, 4096, max(0, size - 4096)).decode(errors="replace").strip()
