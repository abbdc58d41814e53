"""Owns the line to boxinit: messages with descriptors over a SOCK_SEQPACKET socket. Never knows what they are for.

The structures mirror ``request`` and ``reply`` of boxinit.c.
"""

from __future__ import annotations

import array
import asyncio
import enum
import socket
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.runner.sandbox.errors import BoxLost

_MAGIC = 0x50414C31
_REQUEST = struct.Struct("=8I7Q")
_REPLY = struct.Struct("=IIii3Q")
_SEND_BUFFER_BYTES = 1 << 19
_MOST_BYTES = 250_000
_USUAL_BYTES = 32_768
"""What goes through a socket as it is."""


class Op(enum.IntEnum):
    """What boxinit is asked for."""

    HELLO = 0
    PREPARE = 1
    PUT = 2
    GET = 3
    RESET = 4
    KILL = 5
    MODE = 6


@dataclass(frozen=True, slots=True)
class Rlimits:
    """The kernel's limits on one process, in boxinit's order. Sizes in bytes.

    ``core_bytes`` is 1: at 0 the kernel still starts a crash handler that core_pattern names, as root on the host.
    """

    cpu_s: int
    file_bytes: int
    open_files: int
    stack_bytes: int
    core_bytes: int = 1
    locked_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What boxinit answers. ``error`` is an errno or 0; ``status`` a wait status; ``left`` counts processes killed at the end.

    ``size`` is 1 when ``error`` is what execve said of the program; after GET, the bytes that left the box.
    """

    op: Op
    error: int
    status: int
    wall_ns: int
    left: int
    size: int


class Channel:
    """Our end of one line. Closed by whoever made it."""

    def __init__(self, ours: socket.socket) -> None:
        self._socket = ours
        self._ready: asyncio.Future[None] | None = None

    @classmethod
    def pair(cls, *, asks_who: bool = False) -> tuple[Channel, socket.socket]:
        """Our end and the other, which is for a box: hand it over and close it. ``asks_who``: `hello` tells the sender's pid."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        if asks_who:
            ours.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        return cls(ours), theirs

    def request(self, op: Op, paths: Iterable[str] = (), fds: Sequence[int] = (), *, mode: int = 0, size: int = 0) -> None:
        """Sends one request. Raises: `BoxLost` when nobody listens."""
        header = _REQUEST.pack(_MAGIC, op, 0, 0, 0, 0, mode, 0, size, *([0] * 6))
        self._send(header, paths, fds)

    def order(
        self, folder: str, argv: Sequence[str], environment: Sequence[str], fds: Sequence[int], *, uid: int, limits: Rlimits
    ) -> None:
        """Tells a prepared child what to become. ``fds`` are stdin, stdout, stderr, then files it may read as 4, 5, …

        Raises: `BoxLost`, also for arguments that are too long.
        """
        header = _REQUEST.pack(
            _MAGIC, Op.PREPARE, len(argv), len(environment), uid, uid, 0, 0, 0,
            limits.cpu_s, limits.file_bytes, limits.open_files, limits.stack_bytes, limits.core_bytes, limits.locked_bytes,
        )  # fmt: skip
        self._send(header, [folder, *argv, *environment], fds)

    def _send(self, header: bytes, texts: Iterable[str], fds: Sequence[int]) -> None:
        body = header + b"".join(text.encode("utf-8", "surrogateescape") + b"\0" for text in texts)
        if len(body) > _MOST_BYTES:
            raise BoxLost(f"a request of {len(body)} bytes does not fit the line to the box")
        if len(body) > _USUAL_BYTES:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        try:
            self._socket.sendmsg([body], rights)
        except OSError as gone:
            raise BoxLost(f"the box does not listen any more: {gone.strerror}") from gone

    async def reply(self) -> Reply:
        """The next answer. Raises: `BoxLost` when the box is gone."""
        return (await self.hello())[0]

    async def hello(self) -> tuple[Reply, int]:
        """The next answer and the pid of who sent it, as this process sees it. Raises: `BoxLost`."""
        body, pid = await self._receive()
        if len(body) != _REPLY.size:
            raise BoxLost("the box is gone")
        magic, op, *rest = _REPLY.unpack(body)
        if magic != _MAGIC:
            raise BoxLost("the box answered with something else than an answer")
        return Reply(Op(op), *rest), pid

    async def until_in_place(self) -> None:
        """Returns when the child at the other end says that it has joined its cgroups. Raises: `BoxLost`."""
        body, _ = await self._receive()
        if not body:
            raise BoxLost("the child could not join its cgroup")

    async def _receive(self) -> tuple[bytes, int]:
        while True:
            try:
                body, ancillary, _, _ = self._socket.recvmsg(4096, 64)
            except BlockingIOError:
                await self._readable()
            except OSError as gone:  # ECONNRESET: it died with a message of ours unread
                raise BoxLost(f"the box is gone: {gone.strerror}") from gone
            else:
                pid = 0
                for level, kind, value in ancillary:
                    if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                        pid = struct.unpack("3i", value)[0]
                return body, pid

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        self._ready = loop.create_future()
        loop.add_reader(self._socket.fileno(), _once, self._ready)
        try:
            await self._ready
        finally:
            self._stop_listening()

    def _stop_listening(self) -> None:
        if self._ready is not None:
            self._ready.get_loop().remove_reader(self._socket.fileno())
            _once(self._ready)
            self._ready = None

    def close(self) -> None:
        """Lets go; boxinit exits when its line is closed, and the kernel ends everything in the box. Whoever waits hears of it.

        The loop forgets the number first: it is another file's at once, which the loop would take for one that it listens to.
        """
        self._stop_listening()
        self._socket.close()


def _once(ready: asyncio.Future[None]) -> None:
    if not ready.done():
        ready.set_result(None)
