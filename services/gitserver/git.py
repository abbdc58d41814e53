"""Owns running the git binary: argument lists, a clean environment, limits on time, memory and number. Never a shell.

Only `Repository` and what it is built on know what git is asked; everything else speaks of commits and trees.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, TypeVar

from mesh.errors import DeadlineExceeded, MeshError, Unavailable
from services.gitserver.git_process import CHUNK_BYTES, GitFailed, GitProcess, end, environment, kill, limit, tail, words

T = TypeVar("T")

_QUEUE_LIMIT_S: Final = 30.0

OLDEST: Final = (2, 36)
"""The oldest git that keeps what we ask of it (``core.fsync``)."""


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
            with words() as stderr:
                process = await asyncio.create_subprocess_exec(
                    self._binary, *arguments,
                    stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=stderr,
                    env=environment(repository, protocol), start_new_session=True, limit=CHUNK_BYTES,
                )  # fmt: skip
                try:
                    limit(process.pid, self._limit_s)
                    async with asyncio.timeout(self._limit_s):
                        yield GitProcess(arguments[0], process, stderr)
                except TimeoutError as late:
                    raise DeadlineExceeded(f"git {arguments[0]} took longer than {self._limit_s:g} s", code="git-too-slow") from late
                finally:
                    await end(process)

    async def work(self, repository: Path, *arguments: str, work: Callable[[subprocess.Popen[bytes]], T]) -> T:
        """Talks with a process by blocking calls in a thread of ours; for streams of size.

        The process is killed when the caller is cancelled or the time is over; that ends the thread's reads and writes.
        Raises: `GitFailed`, `DeadlineExceeded`, and what ``work`` raises.
        """
        async with self._place(arguments[0]):
            with words() as stderr:
                process = await self.in_thread(lambda: self._popen(repository, arguments, stderr))
                try:
                    async with asyncio.timeout(self._limit_s):
                        done = await self.in_thread(lambda: _worked(process, work))
                except TimeoutError as late:
                    raise DeadlineExceeded(f"git {arguments[0]} took longer than {self._limit_s:g} s", code="git-too-slow") from late
                except (BrokenPipeError, EOFError) as broken:
                    raise GitFailed(arguments[0], process.returncode or -1, tail(stderr)) from broken
                finally:
                    kill(process.pid, is_over=process.returncode is not None)
                    await self.in_thread(process.wait)
                if process.returncode != 0:
                    raise GitFailed(arguments[0], process.returncode, tail(stderr))
                return done

    def _popen(self, repository: Path, arguments: tuple[str, ...], stderr: int) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [self._binary, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=stderr,
            env=environment(repository), start_new_session=True,
        )  # fmt: skip
        limit(process.pid, self._limit_s)
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


def _worked(process: subprocess.Popen[bytes], work: Callable[[subprocess.Popen[bytes]], T]) -> T:
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin, process.stdout:
        done = work(process)
    process.wait()
    return done
