"""Owns the frontend's questions about queues to the services that consume them. Never moves a message itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from mesh.clock import Clock
from mesh.errors import MeshError, NotFound
from mesh.rpc import Peer
from services.frontend.away import told_plainly
from services.frontend.freshness import Fresh
from wire.judging import Nothing
from wire.methods import UNDERTAKING
from wire.queues import QUEUES
from wire.undertaking import DeadCount, DeadMessages, DeadOrder, DeadRequest, QueueState

OWNERS: Final = {queue.name: service for queue in QUEUES for service in UNDERTAKING if service in queue.consumers}
"""Who answers for each queue; a queue whose consumer is not built yet is not among them."""

_FRESH_S: Final = 2.0
_LIMIT_S: Final = 2.0
_LOOK_S: Final = 8.0
"""Longer than a broker needs to show its dead letters; shorter than a person's patience."""


class Queues:
    """Figures and dead letters of every queue that somebody answers for.

    Every method of a named queue raises: `NotFound` (``no-such-queue``), `Unavailable` (``SERVICE-unavailable``), `DeadlineExceeded`.
    """

    def __init__(self, places: Callable[[str], Awaitable[list[Peer]]], peer: Callable[[str], Peer], clock: Clock) -> None:
        self._places = places
        self._peer = peer
        self._fresh: Fresh[str, dict[str, QueueState]] = Fresh(clock, _FRESH_S)

    async def states(self) -> dict[str, QueueState]:
        """The queues whose consumers answer, a little while old at most."""
        return await self._fresh.read("states", self._ask_all)

    async def letters(self, name: str, most: int, body_bytes: int = 2_000) -> DeadMessages:
        """The oldest dead letters of a queue, with so much of each body."""
        service = self._owner(name)
        with told_plainly(service, _away(service)):
            return await self._peer(service).call(UNDERTAKING[service].dead, DeadRequest(name, most, body_bytes), _LOOK_S)

    async def replay(self, order: DeadOrder) -> int:
        """Puts dead letters back into their queue; how many it were."""
        service = self._owner(order.queue)
        with told_plainly(service, _away(service)):
            done: DeadCount = await self._peer(service).call(UNDERTAKING[service].replay, order)
        self._fresh.forget("states")
        return done.count

    async def purge(self, order: DeadOrder) -> int:
        """Forgets dead letters for ever; how many it were."""
        service = self._owner(order.queue)
        with told_plainly(service, _away(service)):
            done: DeadCount = await self._peer(service).call(UNDERTAKING[service].purge, order)
        self._fresh.forget("states")
        return done.count

    def _owner(self, name: str) -> str:
        if name not in OWNERS:
            raise NotFound(f"there is no queue {name!r} that a service answers for", code="no-such-queue")
        return OWNERS[name]

    async def _ask_all(self) -> dict[str, QueueState]:
        answers = await asyncio.gather(*(self._ask(service) for service in UNDERTAKING))
        return {name: state for answer in answers for name, state in answer.items()}

    async def _ask(self, service: str) -> dict[str, QueueState]:
        """The queues of one service, put together from all its processes: who is away holds nothing."""
        try:
            async with asyncio.timeout(_LIMIT_S):
                heard = await asyncio.gather(*(_heard(service, place) for place in await self._places(service)))
        except (MeshError, TimeoutError):
            return {}
        found: dict[str, QueueState] = {}
        for state in (state for answer in heard for state in answer):
            found[state.name] = _merged(found[state.name], state) if state.name in found else state
        return found


async def _heard(service: str, place: Peer) -> tuple[QueueState, ...]:
    try:
        return (await place.call(UNDERTAKING[service].queues, Nothing())).queues
    except MeshError:
        return ()


def _merged(one: QueueState, other: QueueState) -> QueueState:
    """What lies in the queue both see; what is held and what waits each process knows of itself."""
    dead = max((seen for seen in (one.dead, other.dead) if seen is not None), default=None)
    return replace(
        one, ready=max(one.ready, other.ready), dead=dead, consumers=max(one.consumers, other.consumers),
        unacknowledged=one.unacknowledged + other.unacknowledged, waiting=one.waiting + other.waiting,
    )  # fmt: skip


def _away(service: str) -> str:
    return f"the {service}, which consumes this queue, does not answer just now; its dead letters stay where they are, try again in a moment"
