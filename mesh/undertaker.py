"""Owns a service's answers about the queues that it consumes: how full they are, and their dead letters seen, replayed, purged.

Whoever consumes a queue answers for it, so that nobody else needs a right on the broker, and the embedded queues, which only
their own process can open, are reached in the same way. Never decides what to replay: an operator does.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from mesh import codec
from mesh.errors import NotFound, Refused, Unavailable
from mesh.log import Log
from mesh.queue.contract import STRAYS, DeadLetter, Queue
from mesh.rpc.contract import Call, Method
from mesh.rpc.server import RpcServer

MOST_LETTERS = 500
"""So many dead letters are shown at once."""
_MOST_BODY_BYTES = 64 << 10
_DEAD = ".dead"
"""Ends the name of the queue for what was given up, as people say it."""


class Undertaking(Protocol):
    """The rows of the table of calls; `wire.methods.Undertaking` is one, and its messages say what each field means."""

    @property
    def queues(self) -> Method[Any, Any]: ...
    @property
    def dead(self) -> Method[Any, Any]: ...
    @property
    def replay(self) -> Method[Any, Any]: ...
    @property
    def purge(self) -> Method[Any, Any]: ...


class Undertaker:
    """Answers for these queues of one service. Raises in its answers: `NotFound` (``no-such-queue``), `Refused` (``which-letters``)."""

    def __init__(self, queue: Queue, names: Sequence[str], undertaking: Undertaking, log: Log) -> None:
        self._queue = queue
        self._names = tuple(names)
        self._calls = undertaking
        self._log = log

    def show(self, server: RpcServer) -> None:
        """Adds the calls to a service's door."""
        server.serve(self._calls.queues, self._tell)
        server.serve(self._calls.dead, self._look)
        server.serve(self._calls.replay, self._replay)
        server.serve(self._calls.purge, self._purge)

    async def _tell(self, _: Any, __: Call) -> Any:
        states, missing = [], []
        for name in self._names:
            try:
                depth = await self._queue.depth(name)
            except Unavailable as wrong:
                if wrong.code != "queue-missing":
                    raise
                missing.append(name)
                continue
            if depth.dead is None:
                missing.append(f"{name}{_DEAD}")
            states.append({
                "name": name, "ready": depth.ready, "unacknowledged": depth.unacknowledged, "waiting": depth.waiting,
                "dead": depth.dead, "consumers": depth.consumers,
            })  # fmt: skip
        strays = await self._queue.strays()
        if strays is None:
            missing.append(STRAYS)
        return codec.convert(self._calls.queues.response, {"queues": states, "strays": strays or 0, "missing": missing})

    async def _look(self, request: Any, _: Call) -> Any:
        name = self._own(request.queue)
        letters = await self._queue.dead_letters(name, max(1, min(request.most, MOST_LETTERS)))
        shown = [_shown(letter, max(0, min(request.body_bytes, _MOST_BODY_BYTES))) for letter in letters]
        depth = await self._queue.depth(name)
        return codec.convert(self._calls.dead.response, {"messages": shown, "dead": max(depth.dead or 0, len(shown))})

    async def _replay(self, order: Any, call: Call) -> Any:
        count = await self._queue.replay(self._own(order.queue), _ids(order))
        self._log.info("dead-letters-replayed", queue=order.queue, count=count, by=call.peer)
        return codec.convert(self._calls.replay.response, {"count": count})

    async def _purge(self, order: Any, call: Call) -> Any:
        count = await self._queue.purge(self._own(order.queue), _ids(order))
        self._log.warning("dead-letters-purged", queue=order.queue, count=count, by=call.peer)
        return codec.convert(self._calls.purge.response, {"count": count})

    def _own(self, name: str) -> str:
        name = name.removesuffix(_DEAD)
        if name not in self._names:
            raise NotFound(f"this service does not consume {name!r}, it consumes {', '.join(self._names)}", code="no-such-queue")
        return name


def _ids(order: Any) -> tuple[str, ...]:
    """The ids that were named; none when all are meant, which must be said."""
    if bool(order.ids) == bool(order.is_all):
        raise Refused("name the dead letters by their ids, or say that all are meant: not both, not neither", code="which-letters")
    return tuple(order.ids)


def _shown(letter: DeadLetter, body_bytes: int) -> dict[str, Any]:
    message = letter.message
    return {
        "id": message.id, "error": letter.error, "attempts": letter.attempts, "correlation": message.correlation,
        "size_bytes": len(message.body), "body": message.body[:body_bytes].decode(errors="replace"), "headers": dict(message.headers),
    }  # fmt: skip
