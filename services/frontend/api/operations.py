"""Owns the calls about the running of the site: languages, the queue, tickets for live news."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from mesh.errors import MeshError
from services.frontend.access import check_signed_in
from services.frontend.api.route import Call, NoQuery, Route, Shape, View
from services.frontend.languages import LANGUAGES, versions_of
from services.frontend.tickets import each_once
from wire.languages import ONLY_WHEN_NAMED
from wire.runners import RunnerStatus


class LanguageView(View, frozen=True):
    """A language. ``is_available`` says whether a runner has it now, null when nobody can tell; ``versions`` are what runners say of
    theirs, each once. ``is_output``: not a program but an output, taken by the problems that ask for one.
    """

    id: str
    name: str
    extensions: tuple[str, ...]
    is_available: bool | None
    versions: tuple[str, ...]
    is_output: bool


class DepthView(View, frozen=True):
    """A queue, in messages: ready, in somebody's hands, waiting to be tried again, given up."""

    ready: int | None
    unacknowledged: int | None
    waiting: int | None
    dead: int | None


class LevelView(View, frozen=True):
    """A priority: runs that wait for a runner, runs without a verdict (they may be running), the age of the oldest of those."""

    waiting: int | None
    unjudged: int | None
    oldest_s: float | None


class QueueView(View, frozen=True):
    """How judging goes. A figure that nobody can tell just now is null, never 0.

    ``waiting`` counts runs by priority, ``lacking`` those by language that no runner in service has, ``running`` those in the hands of runners; ``judged_per_minute`` is of the last five
    minutes. ``estimated_wait_s`` is a guess how long a submission to a running contest would wait for a runner. ``queues`` is
    null for all but organisers and admins, ``runners`` for all but admins.
    """

    waiting: dict[str, int | None]
    lacking: dict[str, int] | None
    running: int | None
    runner_count: int | None
    judged_since_start: int | None
    oldest_waiting_s: float | None
    levels: dict[str, LevelView]
    judged_per_minute: float | None
    mean_run_s: float | None
    estimated_wait_s: float | None
    queues: dict[str, DepthView] | None
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
    """Every language, whether a runner has it now, and in which versions."""
    try:
        runners = (await call.desk.judging.status()).runners
    except MeshError:
        runners = None
    have, versions = {language for runner in runners or () for language in runner.languages}, versions_of(runners or ())
    return [
        LanguageView(
            id=one.id, name=one.name, extensions=one.extensions, is_available=None if runners is None else one.id in have,
            versions=versions.get(one.id, ()), is_output=one.id in ONLY_WHEN_NAMED,
        )
        for one in LANGUAGES.values()
    ]  # fmt: skip


async def show_queue(call: Call[None, NoQuery]) -> QueueView:
    """How much waits and runs and how fast it goes, for everybody who is signed in; queues for organisers, runners for admins."""
    check_signed_in(call.actor)
    figures = await call.desk.glance.figures()
    status = figures.status
    queues = {name: DepthView(**asdict(depth)) for name, depth in figures.queues.items()}
    return QueueView(
        waiting={priority: level.waiting for priority, level in figures.levels.items()},
        lacking=status.lacking if status else None,
        running=status.running if status else None,
        runner_count=len(status.runners) if status else None,
        judged_since_start=status.judged_since_start if status else None,
        oldest_waiting_s=status.oldest_waiting_s if status else None,
        levels={priority: LevelView(**asdict(level)) for priority, level in figures.levels.items()},
        judged_per_minute=figures.judged_per_minute,
        mean_run_s=status.mean_run_s if status else None,
        estimated_wait_s=status.estimated_wait_s if status else None,
        queues=queues if call.actor.is_organiser else None,
        runners=status.runners if status and call.actor.is_admin else None,
    )


async def issue_ticket(call: Call[TicketRequest, NoQuery]) -> TicketView:
    """A ticket for live news of oneself and of contests that one may see; passers-by get one for public contests."""
    accesses = [await call.desk.access.contest(call.actor, alias) for alias in each_once(call.body.contests)]
    ticket = call.desk.tickets.issue(call.actor, accesses)
    return TicketView(ticket=ticket.ticket, topics=ticket.topics, expires_at=ticket.expires_at)


ROUTES = (
    Route("GET", "/languages", list_languages, list[LanguageView]),
    Route("GET", "/queue/stats", show_queue, QueueView),
    Route("POST", "/tickets", issue_ticket, TicketView, TicketRequest, status=201, codes=("no-such-contest", "too-many-contests")),
)
