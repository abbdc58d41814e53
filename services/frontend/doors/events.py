"""Owns the door to live news, `/events`: a WebSocket or a stream of events, handed on to the broadcaster. Never reads the news.

Who brings a ticket shows it as ``?ticket=``. Who brings none gets one made here, for himself and for the contests that he names
with ``?contest=``: so a browser needs its session alone, and no ticket stands in a log.
"""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from services.frontend.away import told_plainly
from services.frontend.gatekeeping import check_origin
from services.frontend.keys import actor_of, desk_of
from wire.methods import BROADCASTER_EVENTS

TICKET_HEADER = "Palestra-Ticket"
_MOST_CONTESTS = 20


class EventsDoor:
    """The door, and who stands in it: listeners stay for hours, and are let go at once when the service leaves."""

    def __init__(self) -> None:
        self._listeners: set[asyncio.Task[Any]] = set()

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Hands one listener on. Raises: `Forbidden` (``foreign-origin``), `NotFound` (``no-such-contest``), `Unavailable`."""
        desk, actor = desk_of(request), actor_of(request)
        check_origin(request, desk.config.public_url)
        headers = {"Cookie": "", "Authorization": ""}
        if "ticket" not in request.query:
            wanted = list(dict.fromkeys(request.query.getall("contest", [])))[:_MOST_CONTESTS]
            accesses = [await desk.access.contest(actor, alias) for alias in wanted]
            headers[TICKET_HEADER] = desk.tickets.issue(actor, accesses).ticket
        task = asyncio.current_task()
        assert task is not None, "a handler runs in a task"
        self._listeners.add(task)
        try:
            with told_plainly("broadcaster"):
                return await desk.broadcaster.pass_on(BROADCASTER_EVENTS, request, "", headers)
        finally:
            self._listeners.discard(task)

    async def close(self, _: web.Application) -> None:
        """Lets every listener go; browsers come again by themselves."""
        for task in list(self._listeners):
            task.cancel()


def add_events(app: web.Application) -> None:
    """Puts the door on the site."""
    door = EventsDoor()
    app.router.add_get("/events", door.listen, allow_head=False)
    app.on_shutdown.append(door.close)
