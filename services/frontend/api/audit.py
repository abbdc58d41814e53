"""Owns the call that reads the audit log of everything, for admins; that of one contest is with its contest."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec

from mesh.errors import Refused
from services.frontend.access import check_admin
from services.frontend.api.route import Call, Route, Shape, View
from services.frontend.reads.events import Wanted, is_mark


class AuditLine(View, frozen=True):
    """Something that happened. ``contest`` is empty for what belongs to none; ``mark`` is its place, for ``before``."""

    contest: str
    seq: int
    kind: str
    at: datetime
    actor: str
    command: str
    body: Any
    mark: str


class AuditQuery(Shape, frozen=True):
    """Filters; none of them shows everything. An empty ``contest`` that is said: what belongs to none. ``before`` is the mark of the last one seen."""

    contest: str | None = None
    actor: str = ""
    kind: str = ""
    before: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


async def list_audit(call: Call[None, AuditQuery]) -> list[AuditLine]:
    """The audit log of the whole house, newest first: who did what when, in which contest or in none."""
    check_admin(call.actor)
    query = call.query
    if query.before and not is_mark(query.before):
        raise Refused("this is no mark of a line of the audit log - at `$.before`", code="bad-parameter")
    wanted = Wanted(contest=query.contest, actor=query.actor, kinds=frozenset({query.kind} - {""}), before=query.before)
    return [
        AuditLine(
            contest=event.contest, seq=event.seq, kind=event.kind, at=event.at, actor=event.actor, command=event.command, body=event.body,
            mark=event.mark,
        )
        for event in await call.desk.events.page(wanted, query.most)
    ]  # fmt: skip


ROUTES = (Route("GET", "/audit", list_audit, list[AuditLine], query=AuditQuery, codes=("not-admin",)),)
