"""Owns what admins do about dead letters: look, replay, forget. Never moves a message: whoever consumes the queue does."""

from __future__ import annotations

from services.frontend.access import check_admin
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from wire.undertaking import DeadMessages, DeadOrder


async def look(desk: Desk, actor: Actor, queue: str, most: int, body_bytes: int = 2_000) -> DeadMessages:
    """The oldest dead letters of a queue, with so much of each body.

    Raises: `Unauthenticated`, `Forbidden` (``not-admin``), and as `services.frontend.queues.Queues`.
    """
    check_admin(actor)
    return await desk.queues.letters(queue, most, body_bytes)


async def replay(desk: Desk, actor: Actor, order: DeadOrder) -> int:
    """Puts dead letters back into their queue; how many it were. Raises: as `look`; `Refused` (``which-letters``)."""
    check_admin(actor)
    return _told(desk, actor, order, "replayed", await desk.queues.replay(order))


async def purge(desk: Desk, actor: Actor, order: DeadOrder) -> int:
    """Forgets dead letters for ever; how many it were. Raises: as `replay`."""
    check_admin(actor)
    return _told(desk, actor, order, "forgotten", await desk.queues.purge(order))


def _told(desk: Desk, actor: Actor, order: DeadOrder, done: str, count: int) -> int:
    desk.log.info("dead-letters-ordered", queue=order.queue, done=done, count=count, by=actor.username)
    return count
