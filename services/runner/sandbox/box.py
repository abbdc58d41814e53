"""Owns one box from its start to its end: files in, files out, a prepared child, the reset between executions.

Used by one owner at a time, one request after another. Never opens a path inside itself from outside.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.runner.sandbox import rootfs
from services.runner.sandbox.borrowing import copied
from services.runner.sandbox.channel import Channel, Op, Reply
from services.runner.sandbox.ends import ending, exited, until_exit
from services.runner.sandbox.errors import BoxLost, BoxSlow
from services.runner.sandbox.execution import Execution, Job
from services.runner.sandbox.pump import Pump
from services.runner.sandbox.trial import Prepared, Trial

if TYPE_CHECKING:
    from services.runner.sandbox.sandbox import Sandbox

START_LIMIT_S = 20.0
REQUEST_LIMIT_S = 60.0
RESET_LIMIT_S = 0.1
LAST_WORDS_S = 1.0


@dataclass(frozen=True, slots=True)
class Fetched:
    """A file that came out. ``full_bytes`` is its whole size: more than the content when it was cut."""

    content: bytes
    full_bytes: int


class Box:
    """One box. `start` makes it, `kill` ends it at once, `until_gone` waits for that and gives back what it used."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._namespace = sandbox.namespaces.take() if sandbox.namespaces else None
        self._prepared: Prepared | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pidfd = -1
        self._trial: Trial | None = None
        self.channel, self._theirs = Channel.pair(asks_who=True)
        self.is_dead = False

    async def start(self) -> None:
        """Starts bubblewrap and waits for boxinit. Must run on the loop's own thread: the box dies with the thread that made it.

        Raises: `BoxLost` with what bubblewrap said.
        """
        stderr = os.memfd_create("bwrap", os.MFD_CLOEXEC)
        try:
            with self._theirs:
                self._process = self._spawn(self._theirs, stderr)
            try:
                async with asyncio.timeout(START_LIMIT_S):
                    _, pid = await self.channel.hello()
            except TimeoutError as late:
                raise BoxSlow(f"a box did not start within {START_LIMIT_S:g} s: bubblewrap {await self._last_words(stderr, 0.0)}") from late
            except BoxLost as failed:
                raise BoxLost(f"a box did not start: bubblewrap {await self._last_words(stderr, LAST_WORDS_S)}") from failed
            self._pidfd = os.pidfd_open(pid)
        finally:
            os.close(stderr)

    async def _last_words(self, stderr: int, wait_s: float) -> str:
        """How bubblewrap ended, if it does within so long, and what it said."""
        assert self._process is not None
        await exited(self._process, wait_s)
        said = os.pread(stderr, 2000, 0).decode(errors="replace").strip()
        return f"{ending(self._process.poll())} and said {said or 'nothing'}"

    def _spawn(self, theirs: socket.socket, stderr: int) -> subprocess.Popen[bytes]:
        sandbox = self._sandbox
        namespace = self._namespace.fd if self._namespace else None
        passed = [theirs.fileno(), sandbox.filter_fd, sandbox.init_fd, *([] if namespace is None else [namespace])]
        command = [f"/proc/self/fd/{sandbox.init_fd}", str(theirs.fileno()), str(sandbox.filter_fd)]
        return subprocess.Popen(
            [sandbox.bwrap, *rootfs.arguments(namespace, sandbox.furnished), "--", *command],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, pass_fds=passed, env={}, start_new_session=True,
        )  # fmt: skip

    def prepare(self) -> None:
        """Makes the next execution's cgroup and child now, so that nobody waits for the join. Once per execution, not while one runs."""
        group = self._sandbox.groups.create()
        ours, theirs = Channel.pair()
        self._prepared = Prepared(group, ours)
        try:
            self.channel.request(Op.PREPARE, fds=[theirs.fileno(), *group.join_fds()])
        finally:
            theirs.close()

    async def until_prepared(self) -> None:
        """Prepares if that was not done yet, and returns when the child is in place. Raises: `BoxLost`."""
        if self._prepared is None:
            self.prepare()
        assert self._prepared is not None
        if not self._prepared.is_in_place:
            async with asyncio.timeout(REQUEST_LIMIT_S):
                await self._prepared.channel.until_in_place()
            self._prepared.is_in_place = True

    async def execute(self, job: Job) -> Execution:
        """Runs one program to its end, whichever way it ends. Cancelling kills the box.

        Raises: `BoxLost` when the box broke before the program began.
        """
        try:
            await self.until_prepared()
            assert self._prepared is not None
            prepared, self._prepared = self._prepared, None
            if self._sandbox.is_delegated:
                async with copied(job) as private:
                    execution = await self._tried(prepared, private)
            else:
                execution = await self._tried(prepared, job)
        except BaseException:  # whatever it was, cancellation too: the box is in no known state
            self.kill()
            raise
        self._sandbox.observer.executed(job, execution)
        return execution

    async def _tried(self, prepared: Prepared, job: Job) -> Execution:
        self._trial = Trial(self._sandbox, self, prepared, job)
        try:
            return await self._trial.run()
        finally:
            self._trial = None

    @property
    def trial(self) -> Trial | None:
        """What is executed at the moment, for those who look on: its CPU time, and the end of it."""
        return self._trial

    async def put(self, path: str, source: int, mode: int = 0o444) -> None:
        """Copies a file, from its start, to a path inside; folders on the way are made. The program cannot change it.

        Raises: `BoxLost`.
        """
        reply = await self._ask(Op.PUT, path, source, mode=mode)
        if reply.error:
            raise BoxLost(f"{path} could not be put into the box: {os.strerror(reply.error)}")

    async def get(self, path: str, most_bytes: int) -> Fetched | None:
        """The first bytes of a regular file inside; None when there is none. Links are not followed. Raises: `BoxLost`."""
        read, write = os.pipe2(os.O_CLOEXEC)
        content = bytearray()
        pump = Pump(read, most_bytes, content.extend)
        pump.start()
        try:
            reply = await self._ask(Op.GET, path, write, size=most_bytes, closes=True)
            pump.finish()
        finally:
            pump.close()
        if reply.error in {errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.EINVAL, errno.EACCES}:
            return None
        if reply.error:
            raise BoxLost(f"{path} could not be taken out of the box: {os.strerror(reply.error)}")
        return Fetched(bytes(content), reply.left)

    async def shut(self, folder: str) -> None:
        """Lets the program write into this folder no more, for as long as the box lives. Where it has the uid of PID 1 it may open it again.

        Raises: `BoxLost`.
        """
        reply = await self._ask(Op.MODE, folder, mode=0o555)
        if reply.error:
            raise BoxLost(f"{folder} could not be shut: {os.strerror(reply.error)}")

    async def recycle(self) -> bool:
        """Empties the box and prepares the next child; False when it may not be used again: kill it and take another."""
        if self._sandbox.is_delegated or self.is_dead or self._prepared is not None:
            return False
        try:
            self.channel.request(Op.RESET, rootfs.WRITABLE)
            async with asyncio.timeout(RESET_LIMIT_S):
                reply = await self.channel.reply()
            if reply.error:
                return False
            self.prepare()
        except (BoxLost, TimeoutError):
            return False
        return True

    async def _ask(self, op: Op, path: str, fd: int = -1, *, mode: int = 0, size: int = 0, closes: bool = False) -> Reply:
        try:
            try:
                self.channel.request(op, [path], [fd] if fd >= 0 else [], mode=mode, size=size)
            finally:
                if closes:
                    os.close(fd)
            async with asyncio.timeout(REQUEST_LIMIT_S):
                return await self._answer(op)
        except TimeoutError as late:
            self.kill()
            raise BoxLost(f"the box did not answer within {REQUEST_LIMIT_S:g} s") from late
        except BaseException:  # an answer may still come: whoever asks next would take it for his own
            self.kill()
            raise

    async def _answer(self, op: Op) -> Reply:
        reply = await self.channel.reply()
        if reply.op is not op:  # the end of the prepared child, which came first
            raise BoxLost(f"the child that was prepared in the box did not get into its control group: {os.strerror(reply.error)}")
        return reply

    def end_run(self) -> None:
        """Asks boxinit to kill everything that the program started; the trial hears of the end as usual."""
        if not self.is_dead:
            self.channel.request(Op.KILL)

    def kill(self) -> None:
        """Kills everything in the box at once, whatever state it is in. Safe to call twice."""
        if self.is_dead:
            return
        self.is_dead = True
        self.channel.close()
        self._theirs.close()
        if self._pidfd >= 0:
            _signal(self._pidfd)  # PID 1 of its namespace: the kernel ends the rest before bubblewrap hears of it
        # a box that is starting ends by itself, since its boxinit finds its line closed: bubblewrap killed between its clone and
        # its word to the child would leave that child waiting for ever

    async def until_gone(self) -> None:
        """Returns when no process of a killed box is left, and gives back its namespace and its group."""
        if self._process is not None:
            await until_exit(self._process)
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1
        if self._prepared is not None:
            self._prepared.channel.close()
            self._sandbox.groups.discard(self._prepared.group)
            self._prepared = None
        if self._namespace is not None:
            assert self._sandbox.namespaces is not None
            self._sandbox.namespaces.give_back(self._namespace)
            self._namespace = None

    @property
    def is_alive(self) -> bool:
        """Whether the box can be used."""
        return not self.is_dead and self._process is not None and self._process.poll() is None


def _signal(pidfd: int) -> None:
    try:
        signal.pidfd_send_signal(pidfd, signal.SIGKILL)
    except ProcessLookupError:
        return
