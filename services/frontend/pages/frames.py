"""Owns what every page of a contest has around it: who looks, the time, how many questions wait. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.access import ContestAccess
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.paint import paint
from services.frontend.reads.contests import ContestProblem
from services.frontend.reads.submissions import Submission


async def access_of(request: web.Request) -> ContestAccess:
    """The contest that the address names, as the actor may see it. Raises: `NotFound` (``no-such-contest``)."""
    return await desk_of(request).access.contest(actor_of(request), request.match_info["alias"])


async def jury_access_of(request: web.Request) -> ContestAccess:
    """The same for its jury only. Raises: `NotFound`, `Forbidden` (``not-jury``)."""
    return await desk_of(request).access.contest_as_jury(actor_of(request), request.match_info["alias"])


async def contest_page(
    request: web.Request, template: str, access: ContestAccess, tab: str, /, *, status: int = 200, **values: Any
) -> web.Response:
    """A page of a contest, with its bar above."""
    open_questions = values.pop("open_questions", None)
    if open_questions is None:
        open_questions = await _open_questions(request, access) if access.is_jury else 0
    return paint(
        request, template, status=status, access=access, now=access.now, tab=tab, open_questions=open_questions,
        has_big_clock=template == "contest.html", **values,
    )  # fmt: skip


def submit_values(request: web.Request, access: ContestAccess, languages: Iterable[object], key: str, **more: Any) -> dict[str, Any]:
    """What the form to submit with wants to know."""
    entered = {"problem": "", "language": "", "source": "", **more.pop("entered", {})}
    return {
        "contest": access.contest, "languages": list(languages), "entered": entered, "key": key, "faults": {},
        "max_source_bytes": desk_of(request).config.max_source_bytes, "is_fixed": False, **more,
    }  # fmt: skip


def best_of(submissions: Iterable[Submission], problems: Iterable[ContestProblem]) -> dict[str, Submission]:
    """How an author stands at each problem, by alias: the accepted one, else the best score, else the newest."""
    known = {problem.alias for problem in problems}
    best: dict[str, Submission] = {}
    for one in submissions:
        if one.problem in known and (one.problem not in best or _merit(one) > _merit(best[one.problem])):
            best[one.problem] = one
    return best


def _merit(one: Submission) -> tuple[bool, Any]:
    return (one.verdict == "AC", one.score or 0)


async def _open_questions(request: web.Request, access: ContestAccess) -> int:
    try:
        items = await desk_of(request).clarifications.of_jury(access.contest.alias)
    except MeshError:
        return 0
    return sum(item.status == "asked" for item in items)
