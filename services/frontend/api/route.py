"""Owns what one call of the API is: its row in the table, its body and query checked at the door, its answer encoded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Generic, TypeVar

import msgspec
from aiohttp import web

from mesh.codec import decode, encode
from mesh.errors import Refused
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.keys import actor_of, address_of, desk_of

B = TypeVar("B")
Q = TypeVar("Q")

PREFIX: Final = "/api/v1"

MOST_INTEGER: Final = (1 << 63) - 1
"""No parameter is larger: databases cannot hold it."""


class Shape(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What may be sent: a field that is not named is refused by name."""


class View(msgspec.Struct, frozen=True, kw_only=True):
    """What is answered."""


class NoQuery(Shape, frozen=True):
    """No parameters."""


@dataclass(frozen=True, slots=True)
class Call(Generic[B, Q]):
    """One call: who asks, the checked body (None where there is none) and the checked query."""

    desk: Desk
    actor: Actor
    request: web.Request
    body: B
    query: Q

    def name(self, part: str) -> str:
        """A part of the path."""
        return self.request.match_info[part]

    @property
    def address(self) -> str:
        """The client's address."""
        return address_of(self.request)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that has more to say than its value: another status, headers."""

    value: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


Handler = Callable[[Call[Any, Any]], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """A row of the table. The handler's docstring is what the document says of it; ``codes`` are the errors worth knowing.

    A handler returns a value, a `Reply`, or a whole response. ``others`` are answers under another status; ``headers`` names
    request headers that it understands, ``upload`` the parts of a form, the file first.
    """

    method: str
    path: str
    handler: Handler
    answer: Any = None
    body: type[Shape] | None = None
    query: type[Shape] = NoQuery
    status: int = 200
    others: Mapping[int, Any] = field(default_factory=dict)
    codes: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    upload: Mapping[str, str] = field(default_factory=dict)

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answers one request."""
        call = Call(desk_of(request), actor_of(request), request, await self._body_of(request), self._query_of(request))
        result = await self.handler(call)
        if isinstance(result, web.StreamResponse):
            return result
        reply = result if isinstance(result, Reply) else Reply(result, self.status)
        body = encode(reply.value) if reply.value is not None else None
        return web.Response(body=body, status=reply.status, headers=reply.headers, content_type="application/json" if body else None)

    async def _body_of(self, request: web.Request) -> Any:
        if self.body is None:
            return None
        if request.content_type != "application/json":
            raise Refused("send the body as JSON, with Content-Type: application/json", code="bad-content-type")
        return decode(self.body, await request.read())

    def _query_of(self, request: web.Request) -> Any:
        known = self.query.__struct_encode_fields__
        for name in request.query:
            if name not in known:
                raise Refused(f"there is no parameter {name!r} here; known are: {', '.join(known) or 'none'}", code="unknown-parameter")
        try:
            asked = msgspec.convert(dict(request.query), type=self.query, strict=False)
        except msgspec.ValidationError as wrong:
            raise Refused(str(wrong), code="bad-parameter") from wrong
        for field_name, name in zip(self.query.__struct_fields__, known, strict=True):
            value = getattr(asked, field_name)
            if isinstance(value, int) and not -MOST_INTEGER <= value <= MOST_INTEGER:
                raise Refused(f"a number between -{MOST_INTEGER} and {MOST_INTEGER} is wanted - at `$.{name}`", code="bad-parameter")
        return asked


def location(path: str) -> dict[str, str]:
    """The header that says where what was made can be found."""
    return {"Location": f"{PREFIX}{path}"}
