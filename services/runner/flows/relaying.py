"""Owns the relay's process (sandbox/relay.c) from its start to its report. Never decides when who may hear what.

The relay carries the words between two programs and keeps the head of them. Neither side can hear of the other's end but through it.
"""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from mesh.errors import Broken
from services.runner.builds import readable
from services.runner.sandbox.pipes import PipeEnd

HEAD_BYTES = 4 << 10
ANSWER_LIMIT_S = 10.0
_REPORT = struct.Struct("=2I2Q")
_PIECE = struct.Struct("=2I")
_MAGIC = 0x52454C32
_MARKS = (">", "<")


class Relay:
    """One relay at work. ``mute``: the solution will say nothing more, and the interactor was handed all that it said."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.mute = asyncio.Event()
        self.is_flood = False
        """The solution said more than it may."""
        self.is_cut = False
        """The interactor said much to nobody, and is heard no more: it may have died of that."""
        self._answers: asyncio.Queue[bytes] = asyncio.Queue()
        self._is_gone = False
        self._report = b""

    @classmethod
    async def start(cls, program: Path, ends: Sequence[PipeEnd], most_bytes: int) -> Relay:
        """Starts one; the ends, of solution to relay, relay to solution, interactor to relay, relay to interactor, are its own from here on."""
        fds = [end.fd for end in ends]
        process = await asyncio.create_subprocess_exec(
            program, *map(str, fds), str(HEAD_BYTES), str(most_bytes), pass_fds=fds,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, env={},
        )  # fmt: skip
        for end in ends:
            end.close()
        return cls(process)

    async def listen(self, on_flood: Callable[[], None]) -> None:
        """Hears what the relay tells, until its report is there or it has died. ``on_flood``: is called when the solution says too much."""
        assert self._process.stdout is not None
        while event := await self._process.stdout.read(1):
            match event:
                case b"m":
                    self.mute.set()
                case b"f":
                    self.is_flood = True
                    on_flood()
                case b"c":
                    self.is_cut = True
                case b"y" | b"n":
                    self._answers.put_nowait(event)
                case _:
                    self._report = await self._process.stdout.read()
        self._is_gone = True
        self.mute.set()  # nobody shall wait for one that has died
        self._answers.put_nowait(b"y")

    async def has_taken_all(self) -> bool:
        """Whether the interactor has taken everything that was handed to it. What the relay told before is known then.

        Raises: `Broken` (``relay-failed``).
        """
        if self._is_gone:
            return True
        self._order(b"?")
        try:
            async with asyncio.timeout(ANSWER_LIMIT_S):
                return await self._answers.get() == b"y"
        except TimeoutError as late:
            raise _failed() from late

    def tell(self) -> None:
        """Lets the interactor hear that the solution will say nothing more."""
        self._order(b"a")

    async def finish(self) -> None:
        """Ends it: both programs are over. Returns when it is gone."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        async with asyncio.timeout(ANSWER_LIMIT_S):
            await self._process.wait()

    async def kill(self) -> None:
        """Ends it without a report, if it is still there."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def script(self) -> str:
        """The head of what was said: lines of the interactor after ``<``, lines of the solution after ``>``. Raises: `Broken`."""
        report = self._report
        if len(report) < _REPORT.size or _REPORT.unpack_from(report)[0] != _MAGIC:
            raise _failed()
        _, kept, *said = _REPORT.unpack_from(report)
        lines: list[str] = []
        at, shown = _REPORT.size, 0
        while at + _PIECE.size <= min(len(report), _REPORT.size + kept):
            speaker, length = _PIECE.unpack_from(report, at)
            at += _PIECE.size
            piece = readable(report[at : at + length])
            at += length
            shown += length
            lines += [f"{_MARKS[speaker]} {line}" for line in piece.removesuffix("\n").split("\n")]
        if (more := sum(said) - shown) > 0:
            lines.append(f"[{more} more bytes]")
        return "\n".join(lines)

    def _order(self, order: bytes) -> None:
        assert self._process.stdin is not None
        if not self._process.stdin.is_closing():
            self._process.stdin.write(order)


def _failed() -> Broken:
    return Broken("the relay between two programs ended without a report", code="relay-failed")
