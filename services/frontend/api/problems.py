"""Owns the calls about problems: brought, listed, shown, their statements."""

from __future__ import annotations

from datetime import datetime
from fractions import Fraction
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web

from contest.limits import Limits
from mesh.errors import MeshError
from services.frontend.access import check_organiser, check_signed_in
from services.frontend.actions import problems, reports
from services.frontend.api.route import PREFIX, Call, NoQuery, Reply, Route, Shape, View, location
from services.frontend.reads.problems import Problem
from services.frontend.uploads import received
from wire.problems import Finding, ProblemCard, Sample, Statement, StatementFile
from wire.verification import WAITING


class UploadQuery(Shape, frozen=True):
    """``alias`` may stand here instead of in the form. ``wait=report`` answers when the package was tried out, or after ``wait_s``."""

    alias: str = ""
    wait: Literal["", "report"] = ""
    wait_s: Annotated[float, msgspec.Meta(gt=0, le=600)] = 600.0


class LanguageQuery(Shape, frozen=True):
    """Which language of the statement; English, then any, when there is none."""

    language: str = "en"


class ImportView(View, frozen=True):
    """An accepted package. ``version`` is its judging version; ``report`` what the checks had to say.

    ``is_recorded`` is false while the recorder is away: contests can show the problem as soon as it is back. ``trial`` is the state of the
    report on its inputs and its own submissions, which will be at ``trial_url``: waiting, passed, warned, failed, or none.
    """

    alias: str
    title: str
    version: str
    commit: str
    report: tuple[Finding, ...]
    case_count: int
    is_recorded: bool
    trial: str
    trial_url: str


class ProblemLine(View, frozen=True):
    """A problem in a list."""

    alias: str
    title: str
    owner: str
    version: str
    is_scoring: bool
    max_score: Fraction
    changed_at: datetime


class ProblemView(ProblemLine, frozen=True):
    """A problem. What only its package knows is null while the gitserver is away. ``languages`` empty: every one that can be run.

    ``language_cpu_ms`` are the limits of CPU time of the languages whose own differs from ``limits``.
    """

    commit: str
    limits: Limits
    language_cpu_ms: dict[str, int]
    languages: tuple[str, ...]
    statement_languages: tuple[str, ...]
    has_pdf: bool
    case_count: int
    statements: tuple[StatementFile, ...] | None
    samples: tuple[Sample, ...] | None
    attachments: tuple[str, ...] | None
    source: str | None
    license: str | None
    author: str | None
    is_interactive: bool | None
    passes: int | None
    is_output_only: bool | None


async def upload_problem(call: Call[None, UploadQuery]) -> Reply:
    """Brings a package as a zip, in the part ``package``; an alias of one's own that exists gets a new version."""
    desk = call.desk
    check_organiser(call.actor)
    config = desk.config
    async with received(call.request, "package", desk.uploads, config.max_package_bytes, config.upload_timeout_s) as upload:
        alias = upload.fields.get("alias", "").strip() or call.query.alias
        imported = await problems.upload_problem(desk, call.actor, alias, upload.chunks())
    card = imported.answer.card
    wait_s = min(call.query.wait_s, float(config.max_wait_s)) if call.query.wait else 0.0
    look = await reports.when_tried(desk, call.actor, card.alias, wait_s) if imported.is_recorded else None
    view = ImportView(
        alias=card.alias, title=card.title, version=card.version, commit=card.commit, report=imported.answer.findings,
        case_count=card.case_count, is_recorded=imported.is_recorded, trial=look.state if look is not None else WAITING,
        trial_url=f"{PREFIX}/problems/{card.alias}/report",
    )  # fmt: skip
    return Reply(view, 201 if imported.is_recorded else 202, location(f"/problems/{card.alias}"))


async def list_problems(call: Call[None, NoQuery]) -> list[ProblemLine]:
    """The problems that the caller owns; an admin sees all. Those of a contest are listed by the contest."""
    check_signed_in(call.actor)
    return [ProblemLine(**_line(one)) for one in await problems.list_own(call.desk, call.actor)]


async def show_problem(call: Call[None, NoQuery]) -> ProblemView:
    """A problem: one's own, or one of a contest that one may see and that has begun."""
    problem = await call.desk.access.problem(call.actor, call.name("alias"))
    try:
        card = await call.desk.packages.card(problem.alias, problem.commit)
    except MeshError as away:
        if not away.is_retryable:
            raise
        card = None
    return ProblemView(
        **_line(problem), commit=problem.commit, limits=problem.limits, languages=problem.languages,
        language_cpu_ms=call.desk.allowances.others_ms(problem.limits.cpu_ms, problem.languages), statement_languages=problem.statement_languages,
        has_pdf=problem.has_pdf, case_count=problem.case_count, **_of_package(card),
    )  # fmt: skip


async def show_statement(call: Call[None, LanguageQuery]) -> Statement:
    """A statement as its setter wrote it. Never put it into a page without cleaning it."""
    problem = await call.desk.access.problem(call.actor, call.name("alias"))
    return await call.desk.packages.statement(problem.alias, call.query.language[:32], problem.commit)


async def show_file(call: Call[None, NoQuery]) -> web.StreamResponse:
    """A file of the problem that everybody may see: an image, a PDF, an attachment."""
    problem = await call.desk.access.problem(call.actor, call.name("alias"))
    path = call.name("path")
    async with call.desk.packages.file(problem.alias, path, problem.commit) as stream:
        response = web.StreamResponse(headers={
            "Content-Type": "application/octet-stream", "Content-Disposition": "attachment",
            "Content-Security-Policy": "default-src 'none'; sandbox", "Content-Length": str(stream.size_bytes),
        })  # fmt: skip
        await response.prepare(call.request)
        async for chunk in stream:
            await response.write(chunk)
        await response.write_eof()
        return response


def _of_package(card: ProblemCard | None) -> dict[str, Any]:
    names = ("statements", "samples", "attachments", "source", "license", "author", "is_interactive", "passes", "is_output_only")
    return {name: getattr(card, name) if card else None for name in names}


def _line(one: Problem) -> dict[str, Any]:
    return {
        "alias": one.alias, "title": one.title, "owner": one.owner, "version": one.version, "is_scoring": one.is_scoring,
        "max_score": one.max_score, "changed_at": one.changed_at,
    }  # fmt: skip


ROUTES = (
    Route(
        "POST", "/problems", upload_problem, ImportView, query=UploadQuery, status=201,
        codes=("not-organiser", "not-owner", "bad-alias", "bad-upload", "too-large"),
        upload={"package": "The zip of the package", "alias": "Its alias; taken from the package when left out"},
    ),
    Route("GET", "/problems", list_problems, list[ProblemLine]),
    Route("GET", "/problems/{alias}", show_problem, ProblemView, codes=("no-such-problem",)),
    Route("GET", "/problems/{alias}/statement", show_statement, Statement, query=LanguageQuery, codes=("no-such-problem",)),
    Route("GET", "/problems/{alias}/files/{path:.+}", show_file, bytes, codes=("no-such-problem", "no-such-file")),
)  # fmt: skip
