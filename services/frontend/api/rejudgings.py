"""Owns the calls about sets of rejudges: opened, looked at, made to count or forgotten as one."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec

from contest.verdicts import Verdict
from mesh.codec import as_builtins
from services.frontend.access import ContestAccess
from services.frontend.actions import rejudgings
from services.frontend.api.route import Call, NoQuery, Reply, Route, Shape, View, location
from services.frontend.differences import Difference, Move
from services.frontend.reads.rejudgings import Line, Rejudging, Word
from wire.rejudging import Filter, OpenRejudging

Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Wanted(Shape, frozen=True):
    """Which judged submissions of a contest: what is left out does not narrow. Problems by alias or label; ``until`` itself is not included."""

    problems: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    usernames: tuple[str, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    submissions: tuple[str, ...] = ()
    runner: str = ""
    since: Moment | None = None
    until: Moment | None = None


class NewRejudging(Wanted, frozen=True, kw_only=True):
    """A set. ``version`` is a judging version, or a commit, of the one problem that is named then; left out: the newest of each problem."""

    reason: str
    version: str = ""


class LinesQuery(Shape, frozen=True):
    """``show`` is changed, kept (left alone, as a newer word counts) or all; ``after`` the id of the last one seen."""

    show: Literal["changed", "kept", "all"] = "changed"
    after: str = ""
    most: Annotated[int, msgspec.Meta(ge=1, le=500)] = 100


class CountView(View, frozen=True):
    """How many submissions a filter selects now."""

    count: int


class RejudgingLine(View, frozen=True):
    """A set. ``state``: running, ready, applying (asked for, not done yet), applied or dropped; ``changed`` and ``kept`` are null before it is applied."""

    id: str
    contest: str
    state: str
    reason: str
    actor: str
    filter: dict[str, Any]
    version: str
    count: int
    judged: int
    created_at: datetime
    settled_at: datetime | None
    settled_by: str | None
    changed: int | None
    kept: int | None


class ApplyQuery(Shape, frozen=True):
    """``accept_judge_errors=true`` applies a set although it turns verdicts into judge errors."""

    accept_judge_errors: bool = False


class TurnView(View, frozen=True):
    """So many submissions went from one verdict to another; the same twice: their score changed."""

    before: Verdict | None
    after: Verdict
    count: int


class StandingView(View, frozen=True):
    """A team's line on the jury's board."""

    rank: int
    solved: int
    penalty_s: int
    score: str


class MoveView(View, frozen=True):
    """A team whose line on the jury's board changes."""

    username: str
    name: str
    before: StandingView
    after: StandingView


class RejudgingView(RejudgingLine, frozen=True):
    """A set with what it changes, as far as it is judged: verdicts by kind, lines of the board; ``unchanged`` say the same as before."""

    changes: tuple[TurnView, ...]
    board: tuple[MoveView, ...]
    unchanged: int
    left_alone: int


class WordView(View, frozen=True):
    """What one judging says."""

    verdict: Verdict | None
    score: Fraction | None
    time_ms: int | None
    memory_bytes: int | None


class RejudgedView(View, frozen=True):
    """A submission of a set: what counted and what the set says; ``is_kept``: a newer word counts, and stays."""

    id: str
    problem: str
    label: str
    username: str
    language: str
    submitted_at: datetime
    before: WordView
    after: WordView
    is_kept: bool


async def open_set(call: Call[NewRejudging, NoQuery]) -> Reply:
    """Judges what a filter selects again, beside what counts: submissions and boards stay as they are until the set is applied."""
    body = call.body
    made = await rejudgings.open_set(call.desk, call.actor, OpenRejudging(call.name("alias"), _filter(body), body.reason, body.version))
    found, _ = await call.desk.access.rejudging(call.actor, made)
    return Reply(RejudgingLine(**_line_of(found)), 201, location(f"/rejudgings/{made}"))


async def count(call: Call[Wanted, NoQuery]) -> CountView:
    """How many judged submissions a filter selects now."""
    access = await call.desk.access.contest_as_jury(call.actor, call.name("alias"))
    wanted = rejudgings.with_aliases(access, _filter(call.body))
    return CountView(count=await call.desk.rejudgings.count(access.contest.alias, wanted))


async def list_sets(call: Call[None, NoQuery]) -> list[RejudgingLine]:
    """The sets of a contest, newest first, for its jury."""
    access = await call.desk.access.contest_as_jury(call.actor, call.name("alias"))
    return [RejudgingLine(**_line_of(one)) for one in await call.desk.rejudgings.of_contest(access.contest.alias)]


async def show_set(call: Call[None, NoQuery]) -> RejudgingView:
    """A set, and what it changes."""
    found, access = await call.desk.access.rejudging(call.actor, call.name("id"))
    return _view_of(found, await call.desk.previews.difference(access.contest, found))


async def list_lines(call: Call[None, LinesQuery]) -> list[RejudgedView]:
    """The submissions of a set, oldest first, each with both words."""
    found, access = await call.desk.access.rejudging(call.actor, call.name("id"))
    whole, query = await call.desk.previews.difference(access.contest, found), call.query
    lines = [line for line in whole.lines if query.show == "all" or (line.is_kept if query.show == "kept" else line.is_change and not line.is_kept)]
    begin = next((place + 1 for place, line in enumerate(lines) if line.id == query.after), 0) if query.after else 0
    return [_rejudged(line, access) for line in lines[begin : begin + query.most]]


async def apply_set(call: Call[None, ApplyQuery]) -> Reply:
    """Makes every verdict of a set that is ready the one that counts, in one step; what was judged anew or overridden since stays.

    Answered with 202 and the state ``applying`` when that takes longer than eight seconds: look at the set, or ask again, to know how it ended.
    """
    is_done = await rejudgings.apply_set(call.desk, call.actor, call.name("id"), accept_judge_errors=call.query.accept_judge_errors)
    return Reply(RejudgingLine(**_line_of((await call.desk.access.rejudging(call.actor, call.name("id")))[0])), 200 if is_done else 202)


async def drop_set(call: Call[None, NoQuery]) -> RejudgingLine:
    """Forgets a set: what counts stays."""
    await rejudgings.drop_set(call.desk, call.actor, call.name("id"))
    return RejudgingLine(**_line_of((await call.desk.access.rejudging(call.actor, call.name("id")))[0]))


def _filter(body: Wanted) -> Filter:
    return Filter(
        problems=body.problems, languages=body.languages, usernames=body.usernames, verdicts=tuple(str(one) for one in body.verdicts),
        submissions=body.submissions, runner=body.runner, since=body.since, until=body.until,
    )  # fmt: skip


def _line_of(one: Rejudging) -> dict[str, Any]:
    names = ("id", "contest", "state", "reason", "actor", "version", "count", "judged", "created_at", "settled_at", "settled_by", "changed", "kept")
    return {name: getattr(one, name) for name in names} | {"filter": {name: value for name, value in as_builtins(one.filter).items() if value}}


def _view_of(one: Rejudging, whole: Difference) -> RejudgingView:
    return RejudgingView(
        **_line_of(one), changes=tuple(TurnView(before=turn.before, after=turn.after, count=turn.count) for turn in whole.turns),
        board=tuple(_move(move) for move in whole.moves), unchanged=whole.unchanged, left_alone=whole.kept,
    )  # fmt: skip


def _move(move: Move) -> MoveView:
    before, after = (StandingView(**{name: row[name] for name in ("rank", "solved", "penalty_s", "score")}) for row in (move.before, move.after))
    return MoveView(username=move.username, name=move.name, before=before, after=after)


def _rejudged(line: Line, access: ContestAccess) -> RejudgedView:
    return RejudgedView(
        id=line.id, problem=line.problem, label=access.contest.label_of(line.problem), username=line.username, language=line.language,
        submitted_at=line.submitted_at, before=_word(line.before), after=_word(line.after), is_kept=line.is_kept,
    )  # fmt: skip


def _word(word: Word) -> WordView:
    return WordView(verdict=word.verdict, score=word.score, time_ms=word.time_ms, memory_bytes=word.memory_bytes)


_RUNNING = ("no-such-contest", "not-jury")
_SETTLING = ("no-such-rejudging", "rejudging-settled")
_SETS = "/contests/{alias}/rejudgings"

ROUTES = (
    Route(
        "POST", _SETS, open_set, RejudgingLine, NewRejudging, status=201,
        codes=(*_RUNNING, "rejudging-invalid", "rejudging-empty", "rejudging-too-large", "too-many-rejudgings"),
    ),
    Route("GET", _SETS, list_sets, list[RejudgingLine], codes=_RUNNING),
    Route("POST", f"{_SETS}/count", count, CountView, Wanted, codes=_RUNNING),
    Route("GET", "/rejudgings/{id}", show_set, RejudgingView, codes=("no-such-rejudging",)),
    Route("GET", "/rejudgings/{id}/submissions", list_lines, list[RejudgedView], query=LinesQuery, codes=("no-such-rejudging",)),
    Route(
        "POST", "/rejudgings/{id}/apply", apply_set, RejudgingLine, query=ApplyQuery,
        codes=(*_SETTLING, "rejudging-not-ready", "rejudging-has-judge-errors"),
    ),
    Route("POST", "/rejudgings/{id}/drop", drop_set, RejudgingLine, codes=_SETTLING),
)  # fmt: skip
