"""Owns the ends of bubblewrap's processes: waited for, told in words, brought about where one does not end by itself. Never starts one."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
from contextlib import suppress

from services.runner.sandbox.cgroup import read_file

GONE_LIMIT_S = 30.0


def ending(code: int | None) -> str:
    """How a process ended, in words; ``code`` as `subprocess` has it."""
    if code is None:
        return "goes on"
    return f"ended with exit status {code}" if code >= 0 else f"was ended by signal {-code}"


async def until_exit(process: subprocess.Popen[bytes]) -> None:
    """Returns when it has ended; who does not end by itself is killed with its children."""
    if not await exited(process, GONE_LIMIT_S):
        _kill_with_children(process)
    process.wait()


async def exited(process: subprocess.Popen[bytes], limit_s: float) -> bool:
    """Whether it has ended, or does within so long (seconds)."""
    if process.poll() is not None:
        return True
    loop = asyncio.get_running_loop()
    fd = os.pidfd_open(process.pid)
    gone: asyncio.Future[None] = loop.create_future()
    loop.add_reader(fd, _once, gone)
    try:
        async with asyncio.timeout(limit_s):
            await gone
    except TimeoutError:
        return False
    finally:
        loop.remove_reader(fd)
        os.close(fd)
    return True


def _kill_with_children(process: subprocess.Popen[bytes]) -> None:
    """Stopped first: then it makes no child any more that would be missed. Any of them may be over by now."""
    process.send_signal(signal.SIGSTOP)
    with suppress(FileNotFoundError, ProcessLookupError):
        for child in read_file(f"/proc/{process.pid}/task/{process.pid}/children").split():
            with suppress(ProcessLookupError):
                os.kill(int(child), signal.SIGKILL)
    process.kill()


def _once(gone: asyncio.Future[None]) -> None:
    if not gone.done():
        gone.set_result(None)
