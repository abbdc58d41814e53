"""Owns the operators' page of one queue: its figures, its oldest dead letters, and the forms to replay and to forget them. Works without scripts."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from mesh.errors import DeadlineExceeded, Refused, Unavailable
from services.frontend.access import check_admin
from services.frontend.actions import dead_letters
from services.frontend.glance import Depth
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import read_form, see_other, sentence
from services.frontend.pages.operations import depth_of
from services.frontend.pages.paint import paint
from services.frontend.queues import OWNERS
from wire.undertaking import DeadMessages, DeadOrder

_SHOWN: Final = 20
_MOST_DIGITS: Final = 9
_TOLD: Final = frozenset({"replayed", "forgotten"})
_LATE: Final = "Its consumer did not answer in time. Load the page again in a moment."
_NONE: Final = "Nothing was there to be {done}: these are no dead letters any more."
_UNSURE: Final = "Nothing was forgotten. Tick “yes, forget all” first: what is forgotten is gone for ever."


async def show_queue(request: web.Request) -> web.Response:
    """The queue, for admins."""
    check_admin(actor_of(request))
    return await _page(request)


async def carry_out(request: web.Request) -> web.Response:
    """Replays or forgets the dead letters that the form names, or all of them."""
    desk, actor, name = desk_of(request), actor_of(request), request.match_info["name"]
    check_admin(actor)
    form = await read_form(request)
    act, ids = form.text("act"), [one for one in form.all("id") if one]
    if act not in {"replay", "forget"} or bool(ids) == form.is_ticked("all"):
        raise Refused("this form names no dead letters, or not what to do with them; load the page again", code="bad-form")
    order = DeadOrder(name, tuple(ids), is_all=not ids)
    if act == "replay":
        done, count = "replayed", await dead_letters.replay(desk, actor, order)
    elif not ids and not form.is_ticked("sure"):
        return await _page(request, status=422, problem=_UNSURE)
    else:
        done, count = "forgotten", await dead_letters.purge(desk, actor, order)
    raise see_other(f"/operations/queues/{name}?told={done}&count={count}")


async def _page(request: web.Request, *, status: int = 200, problem: str = "") -> web.Response:
    desk, name = desk_of(request), request.match_info["name"]
    found: DeadMessages | None = None
    away, depth = "", Depth()
    try:
        found = await desk.queues.letters(name, _SHOWN)
        states = await desk.queues.states()
        depth = depth_of(states[name]) if name in states else Depth(dead=found.dead)
    except Unavailable as gone:
        away = sentence(gone.message)
    except DeadlineExceeded:
        away = _LATE
    return paint(
        request, "queue.html", status=status, name=name, owner=OWNERS[name], depth=depth, found=found, away=away, problem=problem, told=_told(request),
    )  # fmt: skip


def _told(request: web.Request) -> str:
    done, count = request.query.get("told", ""), request.query.get("count", "")
    if done not in _TOLD or not (count.isascii() and count.isdecimal()) or len(count) > _MOST_DIGITS:
        return ""
    return f"{int(count)} {done}." if int(count) else _NONE.format(done=done)
