"""Owns running the git binary: argument lists, a clean environment, limits on time, memory and number. Never a shell.

Only `Repository` and what it is built on know what git is asked; everything else speaks of commits and trees.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import re
import subprocess
import threading
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final, Generic, TypeVar

from mesh.errors import DeadlineExceeded, MeshError, Unavailable
from services.gitserver.git_process import CHUNK_BYTES, GitFailed, GitProcess, GitTooWordy, end, environment, kill, limit, tail, words

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

    async def in_thread(self, work: Callable[[], T], *, on_cancel: Callable[[], None] | None = None) -> T:
        """Runs something that blocks in a thread of ours.

        When cancelled, it waits until the thread has ended, so that nothing happens behind the caller's back;
        ``on_cancel`` makes it end soon.
        """
        held = self._threads.submit(lambda: _disk_full_told(work))
        done = asyncio.wrap_future(held)
        try:
            return await asyncio.shield(done)
        except asyncio.CancelledError:
            if not held.cancel():
                if on_cancel is not None:
                    on_cancel()
                await asyncio.wait({done})
            raise

    async def run(self, repository: Path, *arguments: str, stdin: bytes = b"", most_bytes: int = 64 << 20) -> bytes:
        """What the command says. Raises: `GitFailed`, `GitTooWordy` when it says more than ``most_bytes``, `DeadlineExceeded`."""
        async with self.open(repository, *arguments) as running:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(running.send(stdin))
                said = await running.stdout.read(most_bytes + 1)
                while chunk := await running.stdout.read(CHUNK_BYTES) if len(said) <= most_bytes else b"":
                    said += chunk
            if len(said) > most_bytes:
                raise GitTooWordy(running.command, -1, f"said more than {most_bytes} bytes")
            await running.check()
        return said

    async def settle(self, repository: Path, *arguments: str, stdin: bytes) -> None:
        """Runs a command to its end even when the caller is cancelled: for what must not be torn, as it leaves locks behind.

        Raises: `GitFailed`, `DeadlineExceeded`.
        """

        def run() -> None:
            with words() as stderr:
                process = self._popen(repository, arguments, stderr)
                try:
                    process.communicate(stdin, timeout=self._limit_s)
                finally:
                    kill(process.pid, is_over=process.poll() is not None)
                    process.communicate()
                if process.returncode != 0:
                    raise GitFailed(arguments[0], process.returncode, tail(stderr))

        async with self._place(arguments[0]):
            try:
                await self.in_thread(run)
            except subprocess.TimeoutExpired as late:
                raise DeadlineExceeded(f"git {arguments[0]} took longer than {self._limit_s:g} s", code="git-too-slow") from late

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

        The process is killed when the caller is cancelled or the time is over.
        Raises: `GitFailed`, `DeadlineExceeded`, and what ``work`` raises.
        """
        async with self._place(arguments[0]):
            with words() as stderr:
                job = _Job(lambda: self._popen(repository, arguments, stderr), work)
                try:
                    async with asyncio.timeout(self._limit_s):
                        done = await self.in_thread(job.run, on_cancel=job.abandon)
                except TimeoutError as late:
                    raise DeadlineExceeded(f"git {arguments[0]} took longer than {self._limit_s:g} s", code="git-too-slow") from late
                except (BrokenPipeError, EOFError) as broken:
                    raise GitFailed(arguments[0], -1, tail(stderr)) from broken
                if job.status != 0:
                    raise GitFailed(arguments[0], job.status, tail(stderr))
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


def _disk_full_told(work: Callable[[], T]) -> T:
    try:
        return work()
    except OSError as wrong:
        if wrong.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise Unavailable("the disk of the problems is full: free some space", code="problems-disk-full") from wrong
        raise


class _Job(Generic[T]):
    """One talk with a process in a thread; `abandon`, from outside, ends it whatever it is at."""

    def __init__(self, begin: Callable[[], subprocess.Popen[bytes]], work: Callable[[subprocess.Popen[bytes]], T]) -> None:
        self._begin, self._work = begin, work
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._is_abandoned = False
        self.status = -1

    def run(self) -> T:
        """All of it, in the thread. The process is over when this ends, however it ends."""
        with self._lock:
            process = self._process = self._begin()
            if self._is_abandoned:
                kill(process.pid, is_over=False)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            with process.stdout:
                done = self._work(process)
                process.stdin.close()
            self.status = process.wait()
            return done
        finally:
            kill(process.pid, is_over=process.poll() is not None)
            process.wait()
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()

    def abandon(self) -> None:
        """Kills the process; the thread's reads and writes end with it."""
        with self._lock:
            self._is_abandoned = True
            if self._process is not None:
                kill(self._process.pid, is_over=self._process.returncode is not None)
