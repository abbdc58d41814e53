"""Owns the organiser's page of problems: the list, uploading a package, the report of its checks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

from aiohttp import web

from mesh.codec import convert
from mesh.errors import MeshError
from services.frontend.access import check_organiser
from services.frontend.actions import problems
from services.frontend.gatekeeping import CSRF_FIELD, check_field
from services.frontend.keys import actor_of, desk_of, session_of
from services.frontend.pages.forms import sentence
from services.frontend.pages.paint import paint
from services.frontend.pages.problem import site_of
from services.frontend.uploads import received
from wire.problems import Finding

_TOLD_ON_PAGE: Final = frozenset({400, 403, 409, 413, 422, 429, 503, 504})


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a package, and what its checks found."""

    is_accepted: bool
    text: str = ""
    title: str = ""
    alias: str = ""
    version: str = ""
    findings: tuple[Finding, ...] = ()


async def show_problems(request: web.Request) -> web.Response:
    """The problems that the actor may change, and the form to upload one."""
    check_organiser(actor_of(request))
    return await _page(request, alias=request.query.get("alias", "")[:60])


async def upload(request: web.Request) -> web.Response:
    """Takes a package and shows the report."""
    desk, actor, alias = desk_of(request), actor_of(request), ""
    check_organiser(actor)
    try:
        async with received(request, "package", desk.uploads, desk.config.max_package_bytes) as package:
            alias = package.fields.get("alias", "").strip()
            check_field(request, session_of(request), package.fields.get(CSRF_FIELD, ""))
            imported = await problems.upload_problem(desk, actor, alias, package.chunks())
    except MeshError as refused:
        if refused.status not in _TOLD_ON_PAGE:
            raise
        report = Report(is_accepted=False, text=sentence(refused.message), findings=tuple(findings_of(refused.details)))
        return await _page(request, status=refused.status, alias=alias, report=report)
    card = imported.answer.card
    text = "" if imported.is_recorded else "It is recorded as soon as the record is back."
    report = Report(True, text, card.title, card.alias, card.version, imported.answer.findings)
    return await _page(request, status=201, report=report)


def findings_of(details: Any) -> Iterable[Finding]:
    """The findings in an error's details, whatever else may stand there."""
    listed = details.get("findings", details.get("errors", [])) if isinstance(details, dict) else details
    for entry in listed if isinstance(listed, list | tuple) else ():
        try:
            yield convert(Finding, entry)
        except MeshError:
            continue


async def _page(request: web.Request, *, status: int = 200, alias: str = "", report: Report | None = None) -> web.Response:
    listed = await problems.list_own(desk_of(request), actor_of(request))
    states = await desk_of(request).reports.states(one.alias for one in listed)
    return paint(request, "problems.html", status=status, problems=listed, states=states, alias=alias, report=report, site=site_of(request))
