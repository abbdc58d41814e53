"""Owns the calls about contests: made, changed, shown, thawed; teams, boards, the audit log."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web

from contest.rules import Audience, Mode
from mesh.errors import Forbidden
from services.frontend.access import ContestAccess
from services.frontend.actions import contests
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View, location
from services.frontend.reads.contests import Contest, ContestProblem
from wire import commands

Feedback = Literal["verdict", "samples", "cases", "full"]
CompileFeedback = Literal["always", "errors", "never"]
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class ShownProblem(Shape, frozen=True):
    """A problem of a contest. ``color`` is a CSS hex colour, ``points`` its worth on an IOI board (an exact number as text)."""

    alias: str
    label: str
    color: str = ""
    points: Fraction = msgspec.field(default_factory=lambda: Fraction(100))


class NewContest(Shape, frozen=True):
    """A contest to make. ``languages`` empty: all that runners have. ``feedback`` and ``compile_feedback``: what contestants see of their own judging, and when they see what the compiler said."""

    alias: str
    title: str
    mode: Mode
    start: Moment
    duration_s: int
    problems: tuple[ShownProblem, ...]
    freeze_s: int = 0
    penalty_s: int = 1200
    languages: tuple[str, ...] = ()
    description: str = ""
    is_public: bool = True
    feedback: Feedback = "verdict"
    compile_feedback: CompileFeedback = "always"


class ContestChange(Shape, frozen=True):
    """What shall change; the rest stays."""

    title: str | None = None
    mode: Mode | None = None
    start: Moment | None = None
    duration_s: int | None = None
    problems: tuple[ShownProblem, ...] | None = None
    freeze_s: int | None = None
    penalty_s: int | None = None
    languages: tuple[str, ...] | None = None
    description: str | None = None
    is_public: bool | None = None
    feedback: Feedback | None = None
    compile_feedback: CompileFeedback | None = None


class NewTeam(Shape, frozen=True):
    """An existing account, the name that the board shows, a group such as a school."""

    username: str
    name: str
    group: str = ""


class NewTeams(Shape, frozen=True):
    """Contestants to register."""

    teams: tuple[NewTeam, ...]


class ContestProblemView(View, frozen=True):
    """A problem as a contest shows it. ``languages`` are those that may be submitted in, for it, there."""

    alias: str
    label: str
    title: str
    color: str
    points: Fraction
    languages: tuple[str, ...]


class ContestView(View, frozen=True):
    """A contest as the caller sees it. ``problems`` is null while they are hidden; ``is_jury`` and the like are about the caller."""

    alias: str
    title: str
    description: str
    organiser: str
    mode: Mode
    start: datetime
    end: datetime
    duration_s: int
    freeze_s: int
    penalty_s: int
    phase: str
    is_frozen: bool
    thawed_at: datetime | None
    languages: tuple[str, ...]
    is_public: bool
    feedback: str
    compile_feedback: str
    is_jury: bool
    is_registered: bool
    may_submit: bool
    problems: tuple[ContestProblemView, ...] | None = None


class ContestLine(View, frozen=True):
    """A contest in a list."""

    alias: str
    title: str
    mode: Mode
    start: datetime
    end: datetime
    duration_s: int
    phase: str
    is_public: bool


class TeamView(View, frozen=True):
    """A contestant."""

    username: str
    name: str
    group: str
    registered_at: datetime


class EventView(View, frozen=True):
    """A row of the audit log."""

    seq: int
    kind: str
    at: datetime
    actor: str
    command: str
    body: Any


class Made(View, frozen=True):
    """What was made."""

    alias: str


class BoardQuery(Shape, frozen=True):
    """``as=jury`` asks for the jury's board."""

    audience: Audience = msgspec.field(default=Audience.PUBLIC, name="as")


class EventsQuery(Shape, frozen=True):
    """Events behind a sequence number."""

    after: int = 0
    most: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 500


async def list_contests(call: Call[None, NoQuery]) -> list[ContestLine]:
    """The contests that the caller may see: running ones, coming ones, past ones."""
    now = call.desk.clock.now()
    return [
        ContestLine(
            alias=one.alias, title=one.title, mode=one.rules.mode, start=one.start, end=one.end, duration_s=one.rules.duration_s,
            phase=one.phase(now), is_public=one.is_public,
        )
        for one in await call.desk.contests.list_visible(call.actor, now)
    ]  # fmt: skip


async def create_contest(call: Call[NewContest, NoQuery]) -> Reply:
    """Makes a contest; the caller runs it."""
    wanted = call.body
    fields = {name: getattr(wanted, name) for name in wanted.__struct_fields__ if name != "problems"}
    await contests.create_contest(call.desk, call.actor, commands.CreateContest(**fields, problems=_shown(wanted.problems)))
    return Reply(Made(alias=wanted.alias), 201, location(f"/contests/{wanted.alias}"))


async def show_contest(call: Call[None, NoQuery]) -> ContestView:
    """A contest, and what the caller may do in it."""
    return view_of(await call.desk.access.contest(call.actor, call.name("alias")))


async def change_contest(call: Call[ContestChange, NoQuery]) -> ContestView:
    """Changes some of a contest's rules, problems or texts."""
    contest = (await call.desk.access.contest_as_jury(call.actor, call.name("alias"))).contest
    change, rules = call.body, contest.rules
    now_so: dict[str, Any] = {
        "title": contest.title, "mode": rules.mode, "start": rules.start, "duration_s": rules.duration_s, "freeze_s": rules.freeze_s,
        "penalty_s": rules.penalty_s, "languages": contest.languages, "description": contest.description, "is_public": contest.is_public,
        "feedback": contest.feedback, "compile_feedback": contest.compile_feedback,
    }  # fmt: skip
    wanted = {name: value if getattr(change, name) is None else getattr(change, name) for name, value in now_so.items()}
    problems = _shown(contest.problems if change.problems is None else change.problems)
    await contests.change_contest(call.desk, call.actor, commands.ChangeContest(contest.alias, **wanted, problems=problems))
    return view_of(await call.desk.access.contest(call.actor, contest.alias))


async def thaw(call: Call[None, NoQuery]) -> web.Response:
    """Lifts the freeze after the end: the public sees everything."""
    await contests.thaw(call.desk, call.actor, call.name("alias"))
    return web.Response(status=204)


async def register_teams(call: Call[NewTeams, NoQuery]) -> Reply:
    """Registers existing accounts as contestants; one already registered takes the new name and group."""
    teams = tuple(commands.Team(team.username, team.name, team.group) for team in call.body.teams)
    await contests.register_teams(call.desk, call.actor, call.name("alias"), teams)
    return Reply({"registered": len(teams)}, 200)


async def list_teams(call: Call[None, NoQuery]) -> list[TeamView]:
    """The contestants, by name."""
    access = await call.desk.access.contest(call.actor, call.name("alias"))
    return [
        TeamView(username=team.username, name=team.name, group=team.group, registered_at=team.registered_at)
        for team in await call.desk.contests.contestants(access.contest.alias)
    ]


async def show_scoreboard(call: Call[None, BoardQuery]) -> web.Response:
    """The board: what the public may know, or with ``as=jury`` everything."""
    access = await call.desk.access.contest(call.actor, call.name("alias"))
    audience = call.query.audience
    if not access.may_see_board(audience):
        raise Forbidden("only the jury of this contest sees the jury's board", code="not-jury")
    snapshot = await call.desk.scoreboards.snapshot(access.contest, audience, access.now)
    headers = {"ETag": snapshot.etag, "Cache-Control": "private, no-cache", "Vary": "Accept-Encoding, Authorization, Cookie"}
    if call.request.headers.get("If-None-Match") == snapshot.etag:
        return web.Response(status=304, headers=headers)
    if "gzip" in call.request.headers.get("Accept-Encoding", "") and snapshot.gzipped:
        headers["Content-Encoding"] = "gzip"
        return web.Response(body=snapshot.gzipped, headers=headers, content_type="application/json")
    return web.Response(body=snapshot.body, headers=headers, content_type="application/json")


async def list_events(call: Call[None, EventsQuery]) -> list[EventView]:
    """The audit log of a contest, for its jury: everything that happened, in order."""
    access = await call.desk.access.contest_as_jury(call.actor, call.name("alias"))
    return [
        EventView(seq=event.seq, kind=event.kind, at=event.at, actor=event.actor, command=event.command, body=event.body)
        for event in await call.desk.events.of_contest(access.contest.alias, call.query.after, call.query.most)
    ]


def view_of(access: ContestAccess) -> ContestView:
    """A contest in the eyes of whoever has this access."""
    contest, rules = access.contest, access.contest.rules
    return ContestView(
        alias=contest.alias, title=contest.title, description=contest.description, organiser=contest.organiser, mode=rules.mode,
        start=contest.start, end=contest.end, duration_s=rules.duration_s, freeze_s=rules.freeze_s, penalty_s=rules.penalty_s,
        phase=access.phase, is_frozen=rules.is_frozen(access.now), thawed_at=rules.thawed_at, languages=contest.languages,
        is_public=contest.is_public, feedback=contest.feedback, compile_feedback=contest.compile_feedback, is_jury=access.is_jury, is_registered=access.contestant is not None,
        may_submit=access.may_submit, problems=_problems(contest) if access.shows_problems else None,
    )  # fmt: skip


def _problems(contest: Contest) -> tuple[ContestProblemView, ...]:
    return tuple(
        ContestProblemView(alias=one.alias, label=one.label, title=one.title, color=one.color, points=one.points, languages=contest.languages_for(one))
        for one in contest.problems
    )


def _shown(problems: tuple[ShownProblem | ContestProblem, ...]) -> tuple[commands.ContestProblem, ...]:
    return tuple(commands.ContestProblem(one.alias, one.label, one.color, one.points) for one in problems)


_RUNNING = ("no-such-contest", "not-jury")

ROUTES = (
    Route("GET", "/contests", list_contests, list[ContestLine]),
    Route(
        "POST", "/contests", create_contest, Made, NewContest, status=201,
        codes=("not-organiser", "contest-exists", "contest-invalid", "no-such-problem", "unknown-language"),
    ),
    Route("GET", "/contests/{alias}", show_contest, ContestView, codes=("no-such-contest",)),
    Route("PATCH", "/contests/{alias}", change_contest, ContestView, ContestChange, codes=(*_RUNNING, "contest-invalid")),
    Route("POST", "/contests/{alias}/thaw", thaw, status=204, codes=(*_RUNNING, "contest-not-over", "no-freeze")),
    Route("GET", "/contests/{alias}/teams", list_teams, list[TeamView], codes=("no-such-contest",)),
    Route(
        "POST", "/contests/{alias}/teams", register_teams, dict[str, int], NewTeams,
        codes=(*_RUNNING, "no-such-account", "teams-invalid"),
    ),
    Route("GET", "/contests/{alias}/scoreboard", show_scoreboard, dict[str, Any], query=BoardQuery, codes=_RUNNING),
    Route("GET", "/contests/{alias}/events", list_events, list[EventView], query=EventsQuery, codes=_RUNNING),
)  # fmt: skip
