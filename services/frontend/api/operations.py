"""Owns the calls about the running of the site: languages, the queue, tickets for live news."""

from __future__ import annotations

from datetime import datetime

from services.frontend.access import check_signed_in
from services.frontend.api.route import Call, NoQuery, Route, Shape, View
from services.frontend.languages import LANGUAGES
from wire.judging import RunnerStatus

_MOST_CONTESTS = 20


class LanguageView(View, frozen=True):
    """A language. ``is_available`` says whether a runner has it now, null when nobody can tell."""

    id: str
    name: str
    extensions: tuple[str, ...]
    is_available: bool | None


class QueueView(View, frozen=True):
    """How judging goes. ``waiting`` counts runs by priority; ``runners`` is null for all but admins."""

    waiting: dict[str, int]
    running: int
    runner_count: int
    judged_since_start: int
    oldest_waiting_s: float
    runners: tuple[RunnerStatus, ...] | None


class TicketRequest(Shape, frozen=True):
    """The contests whose news are wanted."""

    contests: tuple[str, ...] = ()


class TicketView(View, frozen=True):
    """A right to listen: show it as ``/events?ticket=…``. ``topics`` is all that it opens."""

    ticket: str
    topics: tuple[str, ...]
    expires_at: datetime


async def list_languages(call: Call[None, NoQuery]) -> list[LanguageView]:
    """Every language, and whether a runner has it now."""
    have = await call.desk.judging.languages()
    return [
        LanguageView(id=one.id, name=one.name, extensions=one.extensions, is_available=None if have is None else one.id in have)
        for one in LANGUAGES.values()
    ]


async def show_queue(call: Call[None, NoQuery]) -> QueueView:
    """How many runs wait and run, for everybody who is signed in; which runners there are, for admins."""
    check_signed_in(call.actor)
    status = await call.desk.judging.status()
    return QueueView(
        waiting=status.waiting, running=status.running, runner_count=len(status.runners), judged_since_start=status.judged_since_start,
        oldest_waiting_s=status.oldest_waiting_s, runners=status.runners if call.actor.is_admin else None,
    )  # fmt: skip


async def issue_ticket(call: Call[TicketRequest, NoQuery]) -> TicketView:
    """A ticket for live news of oneself and of contests that one may see; passers-by get one for public contests."""
    accesses = [await call.desk.access.contest(call.actor, alias) for alias in dict.fromkeys(call.body.contests[:_MOST_CONTESTS])]
    ticket = call.desk.tickets.issue(call.actor, accesses)
    return TicketView(ticket=ticket.ticket, topics=ticket.topics, expires_at=ticket.expires_at)


ROUTES = (
    Route("GET", "/languages", list_languages, list[LanguageView]),
    Route("GET", "/queue/stats", show_queue, QueueView, codes=("unavailable",)),
    Route("POST", "/tickets", issue_ticket, TicketView, TicketRequest, status=201, codes=("no-such-contest",)),
)
