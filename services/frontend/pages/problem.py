"""Owns the page of a problem: its statement, samples and limits, the form beside it; and the files that the statement shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import quote

from aiohttp import web
from markupsafe import Markup

from contest import visibility
from mesh.clock import Clock
from mesh.errors import MeshError, NotFound
from mesh.ids import new_id
from services.frontend.access import ContestAccess, viewer_of
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.freshness import Fresh
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.choices import languages_of
from services.frontend.pages.frames import access_of, contest_page, submit_values
from services.frontend.pages.paint import paint
from services.frontend.pages.trials import trial_of
from services.frontend.reads.contests import Contest
from services.frontend.reads.problems import Problem
from services.frontend.reads.submissions import Submission
from services.frontend.statements import RenderedStatement, parts_of, render_statement
from services.frontend.together import both
from wire.problems import ProblemCard

_SHOWN_INLINE: Final = {
    "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "gif": "image/gif", "webp": "image/webp", "svg": "image/svg+xml",
    "pdf": "application/pdf",
}  # fmt: skip
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:-[A-Z]{2})?(?![A-Za-z0-9-])")
_MOST_TRIES: Final = 8
_FILE_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
_PDF_POLICY: Final = "default-src 'none'; frame-ancestors 'self'"


class Statements:
    """Rendered statements, the ones asked for last: rendering takes milliseconds and a statement of a commit never changes."""

    def __init__(self, clock: Clock) -> None:
        self._rendered: Fresh[tuple[str, str, str], RenderedStatement] = Fresh(clock, 3600.0, most=300)

    async def read(self, desk: Desk, problem: Problem, language: str) -> tuple[ProblemCard | None, RenderedStatement | None]:
        """The card and the statement in a language (or what there is); None while the gitserver is away."""
        try:
            card, statement = await both(desk.packages.card(problem.alias, problem.commit), self._statement(desk, problem, language))
        except MeshError as away:
            if not away.is_retryable:
                raise
            return None, None
        return card, statement

    async def _statement(self, desk: Desk, problem: Problem, language: str) -> RenderedStatement | None:
        async def render() -> RenderedStatement:
            source = await desk.packages.statement(problem.alias, language, problem.commit)
            return await asyncio.to_thread(render_statement, source, linker(problem))

        try:
            return await self._rendered.read((problem.alias, problem.commit, language), render)
        except NotFound:
            return None


STATEMENTS = web.AppKey("statements", Statements)


async def show_problem(request: web.Request) -> web.Response:
    """A problem of a contest."""
    desk, access = desk_of(request), await access_of(request)
    shown = access.contest.problem(request.match_info["label"]) if access.shows_problems else None
    if shown is None:
        raise NotFound(f"there is no such problem in {access.contest.title}", code="no-such-problem")
    problem = await desk.access.problem(actor_of(request), shown.alias)
    (values, tries), (languages, conditions) = await both(
        both(statement_values(request, problem), _tries(request, access, shown.alias)),
        both(languages_of(desk, access, shown), desk.conditions.of_submitting()),
    )
    return await contest_page(
        request, "problem.html", access, "home", problem=shown, limits=problem.limits, tries=tries, **values,
        own_limits=desk.allowances.others_ms(problem.limits.cpu_ms, {one.id for one in languages}),
        **submit_values(request, access, languages, new_id(), entered={"problem": shown.label, "language": _last_language(tries)}, is_fixed=True),
        conditions=conditions,
    )  # fmt: skip


async def show_own_problem(request: web.Request) -> web.Response:
    """A problem as its owner, or anyone who may see it, reads it outside a contest."""
    actor = actor_of(request)
    problem = await desk_of(request).access.problem(actor, request.match_info["alias"])
    values = await statement_values(request, problem)
    is_owner = visibility.may_change_problem(actor.viewer, problem.owner)
    trial = await trial_of(request, values["card"], problem) if is_owner else None
    desk = desk_of(request)
    versions = await desk.problems.versions(problem.alias, _MOST_VERSIONS) if is_owner else []
    contests = [one for one in await desk.contests.with_problem(problem.alias) if versions and _runs(actor, one)]
    return paint(
        request, "problem_card.html", problem=problem, is_owner=is_owner, trial=trial, site=site_of(request), versions=versions,
        own_limits=desk.allowances.others_ms(problem.limits.cpu_ms, problem.languages),
        contests=sorted(contests, key=lambda one: one.start, reverse=True)[:_MOST_CONTESTS], **values,
    )  # fmt: skip


def _runs(actor: Actor, contest: Contest) -> bool:
    return visibility.may_run_contest(viewer_of(actor, contest, is_contestant=False))


_MOST_VERSIONS: Final = 20
_MOST_CONTESTS: Final = 3


async def show_file(request: web.Request) -> web.StreamResponse:
    """A file of a problem's public tree: shown where that is safe, else saved."""
    desk = desk_of(request)
    problem = await desk.access.problem(actor_of(request), request.match_info["alias"])
    path = request.match_info["path"]
    if request.match_info["commit"] != problem.commit:
        raise web.HTTPFound(linker(problem)(path))
    kind = _SHOWN_INLINE.get(path.rpartition(".")[2].lower())
    is_pdf = kind == "application/pdf"
    async with desk.packages.file(problem.alias, path, problem.commit) as stream:
        response = web.StreamResponse(headers={
            "Content-Type": kind or "application/octet-stream",
            "Content-Disposition": "inline" if kind else "attachment",
            "Content-Security-Policy": _PDF_POLICY if is_pdf else _FILE_POLICY,
            "X-Frame-Options": "SAMEORIGIN" if is_pdf else "DENY",
            "Cache-Control": "private, max-age=86400, immutable",
            "Content-Length": str(stream.size_bytes),
        })  # fmt: skip
        await response.prepare(request)
        async for chunk in stream:
            await response.write(chunk)
        await response.write_eof()
        return response


async def statement_values(request: web.Request, problem: Problem) -> dict[str, Any]:
    """What a page with a statement wants to know: ``card``, ``statement``, ``statements`` (one per language), ``file_url``.

    ``parts`` are those of the statement with the samples that stand in it, ``samples`` those that are left for the end.
    """
    language = request.query.get("lang", "")[:16] or wished_language(request)
    card, statement = await request.config_dict[STATEMENTS].read(desk_of(request), problem, language)
    by_language = {one.language: one for one in (card.statements if card else ())}
    empty = RenderedStatement(language, "", html=Markup())
    shown = statement or empty
    parts, left = parts_of(shown.html, card.samples if card else ())
    return {
        "card": card, "statement": shown, "statements": list(by_language.values()), "file_url": linker(problem), "parts": parts, "samples": left,
    }  # fmt: skip


def wished_language(request: web.Request) -> str:
    """The language that the browser asks for first; English when it asks for none that a statement could have."""
    first = _LANGUAGE.match(request.headers.get("Accept-Language", ""))
    return first[0] if first is not None else "en"


def linker(problem: Problem) -> Callable[[str], str]:
    """Makes addresses of paths in the problem's public tree."""
    return lambda path: f"/problems/{problem.alias}/files/{problem.commit}/{quote(path)}"


def site_of(request: web.Request) -> str:
    """Where people reach the site, for what they write down."""
    return desk_of(request).config.public_url.rstrip("/") or f"{request.scheme}://{request.host}"


async def _tries(request: web.Request, access: ContestAccess, alias: str) -> list[Submission]:
    if not access.actor.is_signed_in:
        return []
    own = access.shown_lines(await desk_of(request).submissions.of_user(access.contest.alias, access.actor.username))
    return [one for one in own if one.problem == alias][:_MOST_TRIES]


def _last_language(tries: list[Submission]) -> str:
    return tries[0].language if tries else ""

