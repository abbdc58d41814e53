"""Owns the page of the scoreboard: its first rows drawn here, the rest and all that moves by its script."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from aiohttp import web

from contest.rules import Audience
from services.frontend.keys import desk_of
from services.frontend.pages.frames import access_of, contest_page

ROWS_AT_ONCE: Final = 60


async def show_scoreboard(request: web.Request) -> web.Response:
    """The board: the jury's for the jury, unless it asks for the public one."""
    access = await access_of(request)
    audience = Audience.PUBLIC if request.query.get("as") == "public" else access.audience
    snapshot = await desk_of(request).scoreboards.snapshot(access.contest, audience, access.now)
    board = snapshot.board
    rows = board["rows"]
    pages = max(1, -(-len(rows) // ROWS_AT_ONCE))
    page = min(pages, _number(request.query.get("page", "1")))
    first_row = (page - 1) * ROWS_AT_ONCE
    tallies, groups = await asyncio.to_thread(_summary, board)
    return await contest_page(
        request, "scoreboard.html", access, "scoreboard", board=board, shown_rows=rows[first_row : first_row + ROWS_AT_ONCE], first_row=first_row,
        page=page, pages=pages, tallies=tallies, groups=groups, own_username=access.contestant.username if access.contestant else "",
        is_projected=request.query.get("view") == "projector",
    )  # fmt: skip


def _summary(board: dict[str, Any]) -> tuple[list[dict[str, int]], list[str]]:
    """How many solved and tried each problem, and the groups that there are."""
    tallies = [{"solved": 0, "tried": 0} for _ in board["problems"]]
    for row in board["rows"]:
        for tally, cell in zip(tallies, row["cells"], strict=False):
            tally["tried"] += cell["state"] != "empty"
            tally["solved"] += cell["state"] == "solved"
    return tallies, sorted({row["group"] for row in board["rows"] if row["group"]}, key=str.casefold)


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 6 else 1
