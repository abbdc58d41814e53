"""Owns one execution from its order to its figures: pipes, limits, clocks, kill, and nothing after that."""

from __future__ import annotations

import asyncio
import math
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.runner.sandbox import userns
from services.runner.sandbox.cgroup import RunGroup
from services.runner.sandbox.channel import Channel, Reply, Rlimits
from services.runner.sandbox.errors import BoxLost
from services.runner.sandbox.execution import Execution, Job, KilledBy
from services.runner.sandbox.pump import Pump
from services.runner.sandbox.rootfs import PROGRAM
from services.runner.sandbox.spool import Spool
from services.runner.sandbox.stillness import Stillness, stillness
from services.runner.sandbox.watch import MOST_HELD_UP, Watch

if TYPE_CHECKING:
    from services.runner.sandbox.box import Box
    from services.runner.sandbox.sandbox import Sandbox

ENVIRONMENT = ("PATH=/usr/local/bin:/usr/bin:/bin", "HOME=/box", "LANG=C.UTF-8", "TMPDIR=/tmp")
STDERR_BYTES = 16 << 10
OPEN_FILES = 256
HARD_KILL_S = 0.5
READING_STARTS_S = 0.002
"""Most programs are over by then, and what they wrote is in the pipe: read once, at the end, in place of waking up for each piece."""
LOST_AFTER_S = 30.0


@dataclass(slots=True)
class Prepared:
    """A child that has joined, or is joining, the group of the next execution, and waits for its order."""

    group: RunGroup
    channel: Channel
    is_in_place: bool = False


class Trial:
    """One execution in one box."""

    def __init__(self, sandbox: Sandbox, box: Box, prepared: Prepared, job: Job) -> None:
        self._sandbox = sandbox
        self._box = box
        self._prepared = prepared
        self._job = job
        self._killed_by: KilledBy | None = None
        self._hard_kill: asyncio.TimerHandle | None = None
        self._pumps: list[Pump] = []
        self._stderr = bytearray()
        self._output = Spool()

    async def run(self) -> Execution:
        """Orders, watches, waits for the end, and reads the figures. Raises: `BoxLost` when the order cannot be given."""
        group, limits = self._prepared.group, self._job.limits
        began = time.perf_counter_ns()
        try:
            group.limit(limits.memory_bytes, limits.processes, self._job.core)
            base_ns = group.cpu_ns()
            self._order()
            watch = Watch(group, limits, self._job.overtime_ms, 1 if self._job.core is not None else self._sandbox.cores, self.end)
            reading = asyncio.get_running_loop().call_later(READING_STARTS_S, self._read_on)
            try:
                reply = await self._until_end()
            finally:
                reading.cancel()
                watch.stop()
            for pump in self._pumps:
                pump.finish()
            return self._result(reply, base_ns, time.perf_counter_ns() - began, watch.held_up_ns)
        except BaseException:
            self._output.close()
            raise
        finally:
            if self._hard_kill:  # also one that the last bytes called for: the box may be used again by then
                self._hard_kill.cancel()
            for pump in self._pumps:
                pump.close()
            if self._box.is_dead:
                group.kill()
            asyncio.get_running_loop().call_soon(self._sandbox.groups.discard, group)  # while the next program runs

    def _order(self) -> None:
        job, limits = self._job, self._job.limits
        pipes = {place: end.fd for place, end in job.pipes}
        passed: list[int] = []
        try:
            stdin = self._stdin(passed) if 0 not in pipes else pipes.pop(0)
            on_overflow = None if job.cuts_output else lambda: self.end(KilledBy.OUTPUT)
            stdout = self._piped(passed, limits.output_bytes, self._output.write, on_overflow) if 1 not in pipes else pipes.pop(1)
            stderr = stdout if job.joins_stderr else self._piped(passed, STDERR_BYTES, self._stderr.extend, None)
            rlimits = Rlimits(
                # twice: the kernel holds this one against its own count of ticks, which a busy host lets run ahead of the group's
                cpu_s=2 * math.ceil((limits.cpu_ms + job.overtime_ms) / 1000) + 1, file_bytes=limits.file_bytes, open_files=OPEN_FILES,
                stack_bytes=limits.memory_bytes,
            )  # fmt: skip
            uid = 0 if self._sandbox.is_delegated else userns.PROGRAM_UID
            environment = (*ENVIRONMENT, *job.environment)
            self._prepared.channel.order(
                job.folder, job.argv, environment, [stdin, stdout, stderr, *job.files, *pipes.values()], uid=uid, limits=rlimits
            )
        finally:
            self._prepared.channel.close()
            for _, end in job.pipes:
                end.close()
            for fd in passed:
                os.close(fd)

    def _stdin(self, passed: list[int]) -> int:
        """A place in the file, and flags, of the program's own: who reads the same input later must not find them changed."""
        given = "/dev/null" if self._job.stdin is None else f"/proc/self/fd/{self._job.stdin}"
        passed.append(os.open(given, os.O_RDONLY | os.O_CLOEXEC))
        return passed[-1]

    def _piped(self, passed: list[int], most: int, sink: Callable[[bytes], object], on_overflow: Callable[[], None] | None) -> int:
        read, write = os.pipe2(os.O_CLOEXEC)
        passed.append(write)
        self._pumps.append(Pump(read, most, sink, on_overflow))
        return write

    def _read_on(self) -> None:
        for pump in self._pumps:
            pump.start()

    async def _until_end(self) -> Reply | None:
        """The answer of boxinit, None when it died before it could give one."""
        try:
            async with asyncio.timeout((1 + MOST_HELD_UP) * self._job.limits.wall_ms / 1000 + LOST_AFTER_S):
                return await self._box.channel.reply()
        except (BoxLost, TimeoutError):
            self._box.kill()
            return None

    def cpu_ns(self) -> int:
        """CPU time of its group so far."""
        return self._prepared.group.cpu_ns()

    def stillness(self) -> Stillness:
        """Whether anything in its group runs at this moment."""
        return stillness(self._prepared.group.threads())

    def end(self, why: KilledBy) -> None:
        """Has everything killed that the program started; the first reason counts."""
        if self._killed_by is not None:
            return
        self._killed_by = why
        loop = asyncio.get_running_loop()
        self._hard_kill = loop.call_later(HARD_KILL_S, self._box.kill)
        try:
            self._box.end_run()
        except BoxLost:
            return  # it died by itself: `_until_end` hears of it

    def _result(self, reply: Reply | None, base_ns: int, total_ns: int, held_up_ns: int) -> Execution:
        usage = self._prepared.group.usage()
        exit_code = signal_number = None
        if reply is not None and not reply.error:
            if os.WIFSIGNALED(reply.status):
                signal_number = os.WTERMSIG(reply.status)
            else:
                exit_code = os.WEXITSTATUS(reply.status)
        wall_ns = reply.wall_ns if reply is not None and reply.wall_ns else total_ns
        killed_by = self._killed_by
        if killed_by is KilledBy.WALL and self._ended_by_itself(reply, signal_number, held_up_ns):
            killed_by = None  # it was this process that slept, not the program: boxinit's clock tells
        return Execution(
            limits=self._job.limits, exit_code=exit_code, signal=signal_number, cpu_ns=usage.cpu_ns - base_ns, wall_ns=wall_ns,
            memory_bytes=usage.memory_bytes, output=self._output, stderr=bytes(self._stderr), killed_by=killed_by,
            oom_kills=usage.oom_kills, left_behind=reply.left if reply else 0, refused_forks=usage.refused_forks,
            error=reply.error if reply else 0, is_own=self._is_own(reply), is_lost=reply is None, overhead_ns=total_ns - wall_ns,
            held_up_ns=held_up_ns,
        )  # fmt: skip

    def _is_own(self, reply: Reply | None) -> bool:
        """Whether the kernel refused what lies where only builds are put; a tool of the host that it refuses is ours."""
        return reply is not None and bool(reply.size) and self._job.argv[0].startswith(f"{PROGRAM}/")

    def _ended_by_itself(self, reply: Reply | None, signal_number: int | None, held_up_ns: int) -> bool:
        """Whether the program was over, within its limit, before our late clock had it killed."""
        if reply is None or signal_number == signal.SIGKILL:
            return False
        return 0 < reply.wall_ns <= self._job.limits.wall_ms * 1_000_000 + held_up_ns
