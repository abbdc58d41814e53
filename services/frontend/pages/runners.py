"""Owns the operators' page of runners: the inventory, and the buttons that hold one and take it into service. Works without scripts."""

from __future__ import annotations

from aiohttp import web

from mesh.errors import MeshError, NotFound, Refused, Unavailable
from services.frontend.access import check_admin
from services.frontend.inventory import WORDS, Runner, inventory_of
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import read_form, see_other, sentence
from services.frontend.pages.paint import paint

_TOLD = {"held": "It is held: it ends what it has and takes no more.", "resumed": "It takes work again."}


async def show_runners(request: web.Request) -> web.Response:
    """The inventory, for admins."""
    check_admin(actor_of(request))
    return await _page(request)


async def direct(request: web.Request) -> web.Response:
    """Holds the runner that the form names, or takes it into service."""
    desk, actor = desk_of(request), actor_of(request)
    check_admin(actor)
    form = await read_form(request)
    host, act = form.text("host"), form.text("act")
    if act not in {"hold", "resume"} or not host:
        raise Refused("this form names no runner, or not what to do with it; load the page again", code="bad-form")
    try:
        await desk.judging.direct(host, is_held=act == "hold", by=actor.username)
    except (NotFound, Unavailable) as failed:
        return await _page(request, status=failed.status, problem=sentence(failed.message))
    raise see_other(f"/operations/runners?told={'held' if act == 'hold' else 'resumed'}")


async def _page(request: web.Request, *, status: int = 200, problem: str = "") -> web.Response:
    runners: tuple[Runner, ...] | None
    try:
        runners = inventory_of((await desk_of(request).judging.status()).runners)
    except MeshError:
        runners = None
    return paint(
        request, "runners.html", status=status, runners=runners, words=WORDS, problem=problem, told=_TOLD.get(request.query.get("told", ""), "")
    )
