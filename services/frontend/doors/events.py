"""Owns the door to live news, `/events`: a WebSocket or a stream of events, handed on to the broadcaster. Never reads the news.

Who brings a ticket shows it as ``?ticket=``. Who brings none gets one made here, for himself and for the contests that he names
with ``?contest=``: so a browser needs its session alone, and no ticket stands in a log. A listener is let go when his session ends.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from aiohttp import web

from mesh.errors import MeshError
from mesh.tasks import alongside
from services.frontend.away import told_plainly
from services.frontend.gatekeeping import check_origin
from services.frontend.desk import Desk
from services.frontend.keys import DESK, actor_of, desk_of, session_of
from services.frontend.sessions import Session
from services.frontend.tickets import each_once
from wire.methods import BROADCASTER_EVENTS

TICKET_HEADER = "Palestra-Ticket"
_LOOKED_AFTER_S = 5.0


class EventsDoor:
    """The door, and who stands in it: listeners stay for hours, and are let go at once when the service leaves."""

    def __init__(self) -> None:
        self._listeners: dict[asyncio.Task[Any], Session | None] = {}

    async def listen(self, request: web.Request) -> web.StreamResponse:
        """Hands one listener on. Raises: `Forbidden` (``foreign-origin``), `NotFound` (``no-such-contest``), `Refused`
        (``too-many-contests``), `Unavailable`.
        """
        desk, actor = desk_of(request), actor_of(request)
        check_origin(request, desk.config.public_url)
        headers = {"Cookie": "", "Authorization": ""}
        if "ticket" not in request.query:
            accesses = [await desk.access.contest(actor, alias) for alias in each_once(request.query.getall("contest", []))]
            headers[TICKET_HEADER] = desk.tickets.issue(actor, accesses).ticket
        task = asyncio.current_task()
        assert task is not None, "a handler runs in a task"
        self._listeners[task] = session_of(request)
        try:
            with told_plainly("broadcaster"):
                return await desk.broadcaster.pass_on(BROADCASTER_EVENTS, request, "", headers)
        finally:
            self._listeners.pop(task, None)

    async def look_after(self, app: web.Application) -> AsyncIterator[None]:
        """Lets go, while the site is open, of whoever listens with a session that has ended; a context of the application."""
        async with alongside(self._let_go_of_ended(app[DESK])):
            yield

    async def _let_go_of_ended(self, desk: Desk) -> None:
        while True:
            await asyncio.sleep(_LOOKED_AFTER_S)
            by_token: dict[str, list[asyncio.Task[Any]]] = {}
            for task, session in self._listeners.items():
                if session is not None:
                    by_token.setdefault(session.token, []).append(task)
            for token, tasks in by_token.items():
                if not await _is_open(desk, token):
                    for task in tasks:
                        task.cancel()

    async def close(self, _: web.Application) -> None:
        """Lets every listener go; browsers come again by themselves."""
        for task in list(self._listeners):
            task.cancel()


async def _is_open(desk: Desk, token: str) -> bool:
    """Whether the session goes on; it does while nobody can tell."""
    try:
        session, _ = await desk.sessions.find(token, {})
    except MeshError:
        return True
    return session is not None


def add_events(app: web.Application) -> None:
    """Puts the door on the site."""
    door = EventsDoor()
    app.router.add_get("/events", door.listen, allow_head=False)
    app.on_shutdown.append(door.close)
    app.cleanup_ctx.append(door.look_after)
