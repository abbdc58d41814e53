"""Owns what both ends of a call agree on: the form of a method, headers, deadlines, pieces of a stream. Never opens a connection.

On the wire: ``POST /rpc/SERVICE.VERB`` with JSON both ways; ``/pass/SERVICE.VERB/TAIL`` for a whole HTTP exchange.
``Palestra-Timeout-Ms`` is what is left of the caller's time, ``Palestra-Correlation`` the piece of work,
``Palestra-Request`` the JSON of an upload in base64. Errors are `MeshError.as_object` with their HTTP status.
"""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import AsyncIterable, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final, Protocol, TypeVar

from multidict import istr

Req_co = TypeVar("Req_co", covariant=True)
Resp_co = TypeVar("Resp_co", covariant=True)

CALL_PATH: Final = "/rpc/"
PASS_PATH: Final = "/pass/"  # noqa: S105  hands on, and is no password
TIMEOUT_HEADER: Final = istr("Palestra-Timeout-Ms")
CORRELATION_HEADER: Final = istr("Palestra-Correlation")
REQUEST_HEADER: Final = istr("Palestra-Request")
PIECE_BYTES: Final = 256 * 1024
"""The largest single write of a stream; 64 to 256 KiB run at the speed of C, larger ones are copied about."""

MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
"""The largest JSON answer that a caller takes; larger things are downloads."""


class Method(Protocol[Req_co, Resp_co]):
    """One row of the table of calls; `wire.methods.Method` is one, and says what each field means."""

    @property
    def name(self) -> str: ...
    @property
    def callers(self) -> frozenset[str]: ...
    @property
    def request(self) -> type[Req_co]: ...
    @property
    def response(self) -> type[Resp_co]: ...
    @property
    def is_idempotent(self) -> bool: ...
    @property
    def timeout_s(self) -> float: ...
    @property
    def patience_s(self) -> float: ...
    @property
    def max_bytes(self) -> int: ...
    @property
    def shape(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler knows of its caller. ``peer`` comes from the certificate; ``deadline`` is on the loop's clock, in seconds.

    ``tail`` is the rest of the path of a passed exchange.
    """

    peer: str
    deadline: float
    correlation: str
    method: str
    tail: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """Bytes of a known number as they come: a handler returns one, `Peer.download` yields one. Iterate it once."""

    size_bytes: int
    chunks: AsyncIterable[bytes]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return aiter(self.chunks)


deadline: contextvars.ContextVar[float | None] = contextvars.ContextVar("deadline", default=None)
"""When the work that runs now must be done, on the loop's clock: calls that it makes inherit what is left."""


def deadline_of(timeout_s: float) -> float:
    """The nearer of so many seconds from now and the deadline of the work that runs now."""
    own = asyncio.get_running_loop().time() + timeout_s
    inherited = deadline.get()
    return own if inherited is None else min(own, inherited)


def pieces(chunk: bytes) -> Iterator[bytes | memoryview]:
    """A chunk in writes of bounded size, without copying."""
    if len(chunk) <= PIECE_BYTES:
        yield chunk
        return
    view = memoryview(chunk)
    for start in range(0, len(chunk), PIECE_BYTES):
        yield view[start : start + PIECE_BYTES]
