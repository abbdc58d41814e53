"""Owns the pages of the audit log: who did what when, of a contest for its jury, of everything for admins."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from services.frontend.access import check_admin
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.audit_words import GROUPS, NOISE, actor_said, told
from services.frontend.pages.frames import contest_page, jury_access_of
from services.frontend.pages.paint import paint
from services.frontend.reads.events import Wanted

_AT_ONCE: Final = 50
_ALL: Final = "all"


async def show_contest(request: web.Request) -> web.Response:
    """The log of one contest."""
    access = await jury_access_of(request)
    values = await _values(request, access.contest.alias, {name: group for name, group in GROUPS.items() if name != "site"})
    return await contest_page(request, "audit.html", access, "jury", **values)


async def show_all(request: web.Request) -> web.Response:
    """The log of everything."""
    check_admin(actor_of(request))
    return paint(request, "audit_all.html", **await _values(request, None, GROUPS))


async def _values(request: web.Request, contest: str | None, groups: dict[str, tuple[str, frozenset[str]]]) -> dict[str, Any]:
    query = request.query
    chosen = query.get("what", "") if query.get("what", "") in {*groups, _ALL} else ""
    who = query.get("who", "").strip()[:190]
    wanted = Wanted(
        contest=contest, actor=who, kinds=groups[chosen][1] if chosen in groups else frozenset(),
        without=frozenset() if chosen or who else NOISE, before=query.get("before", "")[:300],
    )  # fmt: skip
    found = await desk_of(request).events.page(wanted, _AT_ONCE + 1)
    shown = found[:_AT_ONCE]
    older = f"?{urlencode({'what': chosen, 'who': who, 'before': shown[-1].mark})}" if len(found) > _AT_ONCE else ""
    return {
        "lines": [(event, actor_said(event.actor), told(event)) for event in shown], "older": older, "groups": groups, "what": chosen, "who": who,
        "is_late": bool(wanted.before),
    }  # fmt: skip

