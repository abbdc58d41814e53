"""Owns the lending of files to a program that runs under the runner's own uid. Never needed where it has a uid of its own.

Whoever owns a file may change its mode and write to it: such a program gets sealed copies, the runner's files stay as they are.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from services.runner.sandbox.execution import Job
from services.runner.sandbox.spool import seal, write_all
from services.runner.threads import hop

_PIECE_BYTES = 1 << 20


@asynccontextmanager
async def copied(job: Job) -> AsyncIterator[Job]:
    """The same job with sealed copies of its files, in memory, for the length of a block."""
    async with AsyncExitStack() as stack:

        async def copy(fd: int) -> int:
            made = os.memfd_create("copy", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
            stack.callback(os.close, made)
            await hop(_copy, fd, made)
            return made

        stdin = None if job.stdin is None else await copy(job.stdin)
        files = tuple([await copy(fd) for fd in job.files])
        yield dataclasses.replace(job, stdin=stdin, files=files)


def _copy(source: int, target: int) -> None:
    at = 0
    while piece := os.pread(source, _PIECE_BYTES, at):
        at += len(piece)
        write_all(target, piece)
    os.lseek(target, 0, os.SEEK_SET)
    seal(target)

