"""Owns the jury's page of one test case of a submission: what it was given, what was expected, what it wrote. Nobody else gets there."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from contest.results import CaseResult
from mesh.errors import Forbidden, MeshError, NotFound
from services.frontend.access import ContestAccess, check_signed_in
from services.frontend.desk import Desk
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import sentence
from services.frontend.pages.frames import contest_page
from services.frontend.reads.submissions import SubmissionDetail
from services.frontend.together import both
from wire.problems import ANSWER, INPUT

_HEAD_BYTES: Final = 8 << 10
_ENDINGS: Final = {INPUT: "in", ANSWER: "ans"}


@dataclass(frozen=True, slots=True)
class Head:
    """The beginning of a file, of ``size_bytes`` in all; ``trouble`` says why there is none."""

    text: str = ""
    size_bytes: int = 0
    is_cut: bool = False
    is_binary: bool = False
    trouble: str = ""


async def show_case(request: web.Request) -> web.Response:
    """The case, with the beginnings of its files."""
    detail, access, case = await _case_of(request)
    desk, places = desk_of(request), [one.index for one in detail.cases]
    place = places.index(case.index)
    given, expected = await both(_head(desk, detail, case, INPUT), _head(desk, detail, case, ANSWER))
    return await contest_page(
        request, "case.html", access, "jury", detail=detail, case=case, given=given, expected=expected,
        before=places[place - 1] + 1 if place else None, after=places[place + 1] + 1 if place + 1 < len(places) else None,
    )  # fmt: skip


async def download_part(request: web.Request) -> web.StreamResponse:
    """The input or the answer, whole, as a file."""
    detail, _, case = await _case_of(request)
    part = request.match_info["part"]
    name = re.sub(r"[^A-Za-z0-9._-]", "_", case.name.rpartition("/")[2]) or f"case-{case.index + 1}"
    async with desk_of(request).packages.case(detail.submission.problem, detail.version, case.index, part) as stream:
        response = web.StreamResponse(headers={
            "Content-Type": "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}.{_ENDINGS[part]}"',
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Content-Length": str(stream.size_bytes),
        })  # fmt: skip
        await response.prepare(request)
        async for chunk in stream:
            await response.write(chunk)
        await response.write_eof()
        return response


async def _case_of(request: web.Request) -> tuple[SubmissionDetail, ContestAccess, CaseResult]:
    check_signed_in(actor_of(request))
    detail, access = await desk_of(request).access.submission(actor_of(request), request.match_info["id"])
    if not access.is_jury:
        raise Forbidden("only the jury of this contest may see what its test cases are", code="not-jury")
    number = int(request.match_info["number"])
    case = next((one for one in detail.cases if one.index + 1 == number), None)
    if case is None:
        raise NotFound(f"this submission was not run on a test case {number}", code="no-such-case")
    return detail, access, case


async def _head(desk: Desk, detail: SubmissionDetail, case: CaseResult, part: str) -> Head:
    taken = b""
    try:
        async with desk.packages.case(detail.submission.problem, detail.version, case.index, part) as stream:
            size_bytes = stream.size_bytes
            async for chunk in stream:
                taken += chunk
                if len(taken) >= _HEAD_BYTES:
                    break
    except NotFound:
        return Head(trouble="This case has none." if part == ANSWER else "It is given nothing to read.")
    except MeshError as wrong:
        return Head(trouble=sentence(wrong.message))
    head = taken[:_HEAD_BYTES]
    is_binary = b"\0" in head
    return Head("" if is_binary else head.decode(errors="replace"), size_bytes, is_cut=len(head) < size_bytes, is_binary=is_binary)
