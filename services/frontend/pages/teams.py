"""Owns the page on which an organiser registers teams, with accounts made for those that have none, on slips to hand out."""

from __future__ import annotations

import asyncio
import csv
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from mesh.errors import MeshError
from services.frontend.access import check_admin
from services.frontend.actions import accounts, contests
from services.frontend.actor import Actor
from services.frontend.desk import Desk
from services.frontend.keys import actor_of, desk_of
from services.frontend.pages.forms import see_other, made_password, read_form, sentence
from services.frontend.pages.frames import contest_page, jury_access_of
from services.frontend.pages.paint import paint
from services.frontend.pages.problem import site_of
from wire.commands import Team

_MOST_LINES: Final = 2_000
_MOST_NEW: Final = 500
_AT_ONCE: Final = 4
_TOLD: Final = {
    "created": "The contest is there. Register its teams now.",
    "registered": "The teams are registered. They can sign in, and submit as soon as the contest starts.",
}


@dataclass(frozen=True, slots=True)
class Slip:
    """What is handed to a team on paper."""

    username: str
    name: str
    group: str
    password: str


async def show_teams(request: web.Request) -> web.Response:
    """Who is registered, and the form to register more."""
    return await _page(request, told=_TOLD.get(request.query.get("told", ""), ""))


async def register(request: web.Request) -> web.StreamResponse:
    """Registers the teams of the lines; shows slips for the accounts that were made."""
    desk, actor, form = desk_of(request), actor_of(request), await read_form(request)
    access = await jury_access_of(request)
    lines, creates = form.raw("lines"), form.is_ticked("creates")
    teams, faults = read_lines(lines)
    slips: list[Slip] = []
    if not faults and creates:
        check_admin(actor)
        slips, faults = await _create_missing(desk, actor, teams)
    if not faults:
        try:
            await contests.register_teams(desk, actor, access.contest.alias, tuple(teams))
        except MeshError as refused:
            if refused.status not in {404, 409, 422}:
                raise
            faults = [_explained(refused, actor)]
    if slips:
        told = ("1 account was made." if len(slips) == 1 else f"{len(slips)} accounts were made.") + (f" Not everything went well: {' '.join(faults)}" if faults else " All teams are registered.")
        back = f"/contests/{access.contest.alias}/teams"
        return paint(request, "slips.html", slips=slips, back=back, site=site_of(request), told=told)
    if faults:
        return await _page(request, status=422, lines=lines, faults=faults, creates=creates)
    raise see_other(f"/contests/{access.contest.alias}/teams?told=registered")


def read_lines(text: str) -> tuple[list[Team], list[str]]:
    """The teams that the lines name, and what is wrong by line. Commas, semicolons or tabs between; quotes as in CSV."""
    teams: list[Team] = []
    faults: list[str] = []
    seen: dict[str, int] = {}
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if not lines:
        return [], ["Write at least one line: username, name, group."]
    if len(lines) > _MOST_LINES:
        return [], [f"These are {len(lines)} lines; register at most {_MOST_LINES} at once."]
    for number, line in lines:
        separator = "\t" if "\t" in line else ";" if ";" in line and "," not in line else ","
        parts = [part.strip() for part in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]
        username = parts[0] if parts else ""
        if not username or len(parts) > 3:
            faults.append(f"Line {number} is not “username, name, group”: {line.strip()[:60]}")
        elif username in seen:
            faults.append(f"Line {number} names {username} once more; line {seen[username]} does already.")
        else:
            seen[username] = number
            teams.append(Team(username, (parts[1] if len(parts) > 1 else "") or username, parts[2] if len(parts) > 2 else ""))
    return teams, faults[:20]


async def _create_missing(desk: Desk, actor: Actor, teams: list[Team]) -> tuple[list[Slip], list[str]]:
    """Accounts for those that have none. What was made is told even when others failed: passwords are seen only once."""
    existing = await desk.accounts.which_exist(team.username for team in teams)
    missing = [team for team in teams if team.username not in existing]
    if len(missing) > _MOST_NEW:
        return [], [f"These are {len(missing)} new accounts; make at most {_MOST_NEW} at once."]
    turn, slips, faults = asyncio.Semaphore(_AT_ONCE), list[Slip](), list[str]()

    async def create(team: Team) -> None:
        password = made_password()
        async with turn:
            try:
                await accounts.create_account(desk, actor, team.username, password, team.name)
            except MeshError as refused:
                faults.append(f"{team.username}: {sentence(refused.message)}")
            else:
                slips.append(Slip(team.username, team.name, team.group, password))

    async with asyncio.TaskGroup() as group:
        for team in missing:
            group.create_task(create(team))
    order = {team.username: place for place, team in enumerate(teams)}
    return sorted(slips, key=lambda slip: order[slip.username]), faults[:20]


def _explained(refused: MeshError, actor: Actor) -> str:
    if refused.code == "no-such-account" and isinstance(refused.details, list):
        names = ", ".join(map(str, refused.details[:20]))
        way = "tick “Create accounts” below" if actor.is_admin else "ask an admin to create them, or leave these lines out"
        return f"There is no account for {names}: {way}."
    return sentence(refused.message)


async def _page(
    request: web.Request, *, status: int = 200, lines: str = "", faults: list[str] | None = None, creates: bool = True, told: str = ""
) -> web.Response:
    access = await jury_access_of(request)
    teams = await desk_of(request).contests.contestants(access.contest.alias)
    return await contest_page(
        request, "teams.html", access, "jury", status=status, teams=teams, lines=lines, faults=faults or [], creates=creates, told=told
    )  # fmt: skip
