"""Owns the door to live news, `/events`: a WebSocket or a stream of events, handed on to the broadcaster. Never reads the news.

Who brings a ticket shows it as ``?ticket=``. Who brings none gets one made here, for himself and for the contests that he names
with ``?contest=``: so a browser needs its session alone, and no ticket stands in a log.
"""

from __future__ import annotations

from aiohttp import web

from services.frontend.away import told_plainly
from services.frontend.gatekeeping import check_origin
from services.frontend.keys import actor_of, desk_of
from wire.methods import BROADCASTER_EVENTS

TICKET_HEADER = "Palestra-Ticket"
_MOST_CONTESTS = 20


def add_events(app: web.Application) -> None:
    """Puts the door on the site."""
    app.router.add_get("/events", listen, allow_head=False)


async def listen(request: web.Request) -> web.StreamResponse:
    """Hands one listener on. Raises: `Forbidden` (``foreign-origin``), `NotFound` (``no-such-contest``), `Unavailable`."""
    desk, actor = desk_of(request), actor_of(request)
    check_origin(request, desk.config.public_url)
    headers = {"Cookie": "", "Authorization": ""}
    if "ticket" not in request.query:
        wanted = list(dict.fromkeys(request.query.getall("contest", [])))[:_MOST_CONTESTS]
        accesses = [await desk.access.contest(actor, alias) for alias in wanted]
        headers[TICKET_HEADER] = desk.tickets.issue(actor, accesses).ticket
    with told_plainly("broadcaster"):
        return await desk.broadcaster.pass_on(BROADCASTER_EVENTS, request, "", headers)
